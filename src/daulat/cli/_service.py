# SPDX-License-Identifier: Apache-2.0
"""Running a service in the foreground: a nation, and its knowledge if any, in; an open address until somebody stops it.

Prints one address on stdout as soon as it takes connections; what is still loading, ready or failed goes to stderr.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from daulat.cli._address import take_address
from daulat.cli._ending import Ending
from daulat.cli._output import emit, emit_json, hint, say
from daulat.cli.status import noted_address
from daulat.gateway import ASGIApp, Parts, create_app, open_front, run, serve
from daulat.gateway.access.cors import with_cors
from daulat.gateway.access.proxies import with_trusted_proxies
from daulat.gateway.routing import Row
from daulat.nation import Nation

if TYPE_CHECKING:
    from daulat.gateway import Knowledge
    from daulat.gateway.readiness import Readiness

MakeWeb = Callable[[Nation, Parts], ASGIApp]
OpenAll = Callable[[], AbstractAsyncContextManager[Parts]]


class Announcer:
    """Tells on stderr how the parts come up, each once and with its time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._told: dict[str, str] = {}
        self._is_ending = False

    def follow(self, readiness: Readiness) -> None:
        """Tell what is settled already, and every change from now on."""
        for name, (state, detail) in readiness.states.items():
            if state != "loading":
                self.changed(name, state, detail)
        readiness.on_change = self.changed

    def end(self, waiting: Sequence[str]) -> None:
        """Say that the service ends, and what becomes of the parts that were still loading."""
        self._is_ending = True
        unfinished = f"; what was still loading ({', '.join(waiting)}) goes on at the next start" if waiting else ""
        say(f"stopping{unfinished}")

    def changed(self, name: str, state: str, detail: str) -> None:
        """Tell a change of state; progress inside a state goes to `/v1/status` only."""
        if self._is_ending:
            return  # what breaks off now was broken off by whoever ends the service
        stage = detail.partition(" ")[0] if state == "loading" else ""
        if self._told.get(name) == state + stage:
            return
        self._told[name] = state + stage
        elapsed_s = self._clock() - self._started
        say(f"{elapsed_s:5.1f} s  {state:<8}{name}{': ' + detail if detail else ''}")


def run_service(
    nation: Nation,
    knowledge: Knowledge,
    make_web: MakeWeb,
    environ: Mapping[str, str],
    *,
    port: int | None = None,
    as_json: bool = False,
) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP; return the exit code.

    Raises
    ------
    DaulatError
        If the address is taken, or the declared engines cannot be made.
    """

    from daulat.gateway import open_parts  # the front door alone does without it

    @asynccontextmanager
    async def parts() -> AsyncIterator[Parts]:
        async with open_parts(nation, knowledge, environ) as opened:
            opened.web = make_web(nation, opened)
            yield opened

    holder = take_address(nation, port)
    with noted_address(nation, holder.getsockname()[1]):
        return run(_run(parts, holder, as_json))


def run_front(
    nation: Nation,
    environ: Mapping[str, str],
    *,
    port: int | None = None,
    as_json: bool = False,
    workers: int = 1,
    join: bool = False,
    row: Row | None = None,
) -> int:
    """Serve the front door alone until SIGINT, SIGTERM or SIGHUP; return the exit code.

    With `join` this process is one of several workers: it shares the address, and ends when its standard input does;
    `row` is where they count together.

    Raises
    ------
    DaulatError
        If the address is taken, or the declared engines cannot be made.
    """

    @asynccontextmanager
    async def parts() -> AsyncIterator[Parts]:
        async with open_front(nation, environ, workers=workers, row=row) as front:
            yield front.parts

    return run(_run(parts, take_address(nation, port, join=join), as_json, join=join))


def url_of(holder: socket.socket) -> str:
    """Return the address of a socket as people write it."""
    host, port = holder.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _run(open_all: OpenAll, holder: socket.socket, as_json: bool, *, join: bool = False) -> int:
    serving: asyncio.Task[None] | None = None

    def hurry() -> None:
        if serving is not None and not serving.done() and not serving.cancelling():  # its own end is not cut off
            say("stopping at once: answers under way are cut off")
            serving.cancel()

    ending = Ending(hurry, led=join)
    if join:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _end_with_input, ending.stop)
    announcer = Announcer(time.monotonic)
    address = url_of(holder)
    async with open_all() as parts:
        announcer.follow(parts.readiness)
        app = create_app(parts)

        def announce() -> None:
            waiting = parts.readiness.waiting_for()
            if as_json:
                emit_json({"url": address, "pid": os.getpid(), "loading": waiting})
            else:
                emit(address)
            if waiting:
                say(f"still loading: {', '.join(waiting)}")
            if not join:
                hint("Ctrl-C stops everything that was started here")

        outer = with_trusted_proxies(with_cors(app, parts.allowed_origins), parts.trusted_proxies)

        async def before_end() -> None:
            announcer.end(parts.readiness.waiting_for())
            await app.close()

        serving = asyncio.ensure_future(
            serve(outer, holder, stop=ending.stop, on_ready=announce, before_end=before_end)
        )
        with suppress(asyncio.CancelledError):  # by `hurry`; what was started ends in order with the block
            await serving
    return ending.exit_code


def _end_with_input(stop: asyncio.Event) -> None:
    """Stop when whoever holds the other end of standard input has gone."""
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()
