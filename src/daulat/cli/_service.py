# SPDX-License-Identifier: Apache-2.0
"""Running a service in the foreground: a nation and its knowledge in; an open address until somebody stops it.

Prints one address on stdout as soon as it takes connections; what is still loading, ready or failed goes to stderr.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping

from daulat.cli._output import emit, emit_json, hint, say
from daulat.gateway import ASGIApp, Knowledge, Parts, create_app, open_parts, reserve, serve
from daulat.nation import Nation

EXIT_INTERRUPTED = 130

MakeWeb = Callable[[Nation, Parts], ASGIApp]


class Announcer:
    """Tells on stderr how the parts come up, each once and with its time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._told: dict[str, str] = {}

    def changed(self, name: str, state: str, detail: str) -> None:
        """Tell a change of state; progress inside a state goes to `/v1/status` only."""
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
    holder = reserve(nation.gateway.host, nation.gateway.port if port is None else port)
    return asyncio.run(_run(nation, knowledge, make_web, environ, holder, as_json))


async def _run(
    nation: Nation,
    knowledge: Knowledge,
    make_web: MakeWeb,
    environ: Mapping[str, str],
    holder: socket.socket,
    as_json: bool,
) -> int:
    stop, received = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        received.append(number)
        stop.set()
        for each in signals:  # a second Ctrl-C ends the process at once
            loop.remove_signal_handler(each)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, end, number)
    announcer = Announcer(time.monotonic)
    host, port = holder.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    async with open_parts(nation, knowledge, environ) as parts:
        parts.readiness.on_change = announcer.changed
        parts.web = make_web(nation, parts)
        app = create_app(parts)

        def announce() -> None:
            waiting = parts.readiness.waiting_for()
            if as_json:
                emit_json({"url": address, "pid": os.getpid(), "loading": waiting})
            else:
                emit(address)
            if waiting:
                say(f"still loading: {', '.join(waiting)}")
            hint("Ctrl-C stops everything that was started here")

        await serve(app, holder, stop=stop, on_ready=announce, before_end=app.close)
        say("stopping")
    return EXIT_INTERRUPTED if signal.SIGINT in received else 0
