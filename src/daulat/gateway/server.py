# SPDX-License-Identifier: Apache-2.0
"""Serving: an ASGI app and an address in; an open port until `stop` is set, then a clean end.

uvicorn with httptools runs inside this process, on the event loop of everything else; `run` takes uvloop for that loop.
Both were chosen by measurement: docs/design/gateway.md. Knows nothing of what the app does.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from uvloop import new_event_loop

from daulat.errors import DaulatError
from daulat.gateway._asgi import ASGIApp
from daulat.gateway._uvicorn import run_server

Result = TypeVar("Result")

BACKLOG = 2048
GRACE_S = 5.0
SWITCH_S = 0.0005
# Most of what a call makes is gone when it ends; to look for the rest every 700 objects finds little.
GC_THRESHOLDS = (20_000, 10, 10)


class ListenError(DaulatError):
    """The address cannot be listened on; the operator can act."""


def reserve(host: str, port: int, *, join: bool = False) -> socket.socket:
    """Take the address for this process and its workers, without listening yet.

    Parameters
    ----------
    host : str
        An address of this machine, IPv4 or IPv6.
    port : int
        0 for any free one; `getsockname` says which.
    join : bool
        Another process of ours has the address already, and shares it.

    Raises
    ------
    ListenError
        If another program has it, or it is not ours to take.

    Notes
    -----
    Binding without SO_REUSEPORT finds another program that has the address; setting it afterwards lets our own workers
    join this socket, each with one of its own, among which the kernel shares connections out.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family, socket.SOCK_STREAM)
    # Connections of a process that was killed linger for a minute; they are no reason not to come up again.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if join:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((host, port))
        if sys.platform == "linux":
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except OSError as error:
        holder.close()
        raise _explain(error, host, port) from error
    return holder


def _explain(error: OSError, host: str, port: int) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        return ListenError(
            f"port {port} on {host} is in use",
            why="Two programs cannot answer at one address.",
            fix=f"stop the other program, or choose another port: `daulat up --port {port + 1}`.",
            code="up.port_in_use",
        )
    return ListenError(
        f"cannot listen on {host} port {port}: {error.strerror or error}",
        why="Nobody could reach the service.",
        fix="choose an address of this machine and a port above 1023.",
        code="up.cannot_listen",
    )


async def serve(
    app: ASGIApp,
    holder: socket.socket,
    *,
    stop: asyncio.Event,
    on_ready: Callable[[], None] = lambda: None,
    before_end: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve `app` on a reserved address until `stop` is set.

    Parameters
    ----------
    app : ASGI app
        Answers every request.
    holder : socket
        From `reserve`; closed at the end.
    stop : asyncio.Event
        Set it to end: no new connection is taken, and answers under way get 5 s.
    on_ready : callable
        Called once the address takes connections.
    before_end : coroutine function, optional
        Awaited after `stop`, so that the app can end its streams with a word.

    Raises
    ------
    ListenError
        If the server could not start, or ended by itself.
    """

    async def ending() -> None:
        if before_end is not None:
            await before_end()

    def ready() -> None:
        # What was imported lives as long as the process: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        on_ready()

    failure = await run_server(app, holder, stop, ready, ending, BACKLOG, GRACE_S)
    if not stop.is_set():
        raise ListenError(
            f"the server ended by itself ({type(failure).__name__ if failure else 'no reason given'})",
            why="Nobody can reach the service.",
            fix="run `daulat doctor`.",
            code="up.server_ended",
        )


def run(work: Coroutine[None, None, Result]) -> Result:
    """Run a service's work to its end, on uvloop."""
    # Threads write accounts beside the loop; it should not wait Python's usual 5 ms until one of them lets go.
    sys.setswitchinterval(SWITCH_S)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)
