# SPDX-License-Identifier: Apache-2.0
"""Serving: an ASGI app and an address in; an open port until `stop` is set, then a clean end.

granian runs inside this process, on the event loop of everything else: measured against a worker process and against
uvicorn in docs/design/gateway.md. Knows nothing of what the app does.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from daulat.errors import DaulatError
from daulat.gateway._asgi import ASGIApp

# A client that takes longer to send its headers holds a connection for nothing.
HEADER_TIMEOUT_MS = 10_000
BACKLOG = 1024
GRACE_S = 5.0


class ListenError(DaulatError):
    """The address cannot be listened on; the operator can act."""


def reserve(host: str, port: int) -> socket.socket:
    """Take the address for this process, without listening yet.

    Parameters
    ----------
    host : str
        An address of this machine, IPv4 or IPv6.
    port : int
        0 for any free one; `getsockname` says which.

    Raises
    ------
    ListenError
        If another program has it, or it is not ours to take.

    Notes
    -----
    granian binds with SO_REUSEPORT, so a second service would join the first in silence and answer every other request.
    Binding here without it finds the other program; setting it afterwards lets granian join this socket.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family, socket.SOCK_STREAM)
    # Connections of a process that was killed linger for a minute; they are no reason not to come up again.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
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
    host, port = holder.getsockname()[:2]
    if sys.platform != "linux":
        holder.close()  # elsewhere granian shares one socket of its own, and ours would be in its way
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT_MS),
        websockets=False,
        backlog=BACKLOG,
        log_enabled=False,
    )
    threads_before = _native_threads()
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await _until_listening(host, port, serving)
        server_threads = _native_threads() - threads_before
        on_ready()
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        if before_end is not None:
            await before_end()
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait((serving,), timeout=GRACE_S)
        await _until_gone(server_threads)
    finally:
        stopping.cancel()
        serving.cancel()
        await asyncio.wait((serving,))
        holder.close()
    if not stop.is_set():
        raise _ended_early(serving)


async def _until_listening(host: str, port: int, serving: asyncio.Future[None]) -> None:
    """Return once the address takes a connection.

    Raises
    ------
    ListenError
        If the server ended before.
    """
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            if serving.done():
                raise _ended_early(serving) from None
            await asyncio.sleep(0.005)
            continue
        writer.close()
        await writer.wait_closed()
        return


def _ended_early(serving: asyncio.Future[None]) -> ListenError:
    failure = None if serving.cancelled() else serving.exception()
    return ListenError(
        f"the server ended by itself ({type(failure).__name__ if failure else 'no reason given'})",
        why="Nobody can reach the service.",
        fix="run `daulat doctor`.",
        code="up.server_ended",
    )


def _native_threads() -> set[str]:
    """Name every thread of this process, those of libraries in Rust too; empty where the system does not list them."""
    tasks = Path("/proc/self/task")
    return {task.name for task in tasks.iterdir()} if tasks.is_dir() else set()


async def _until_gone(threads: set[str]) -> None:
    """Wait, 1 s at most, until granian's threads have ended: one that outlives the interpreter aborts with a trace."""
    for _ in range(200):
        if not threads & _native_threads():
            return
        await asyncio.sleep(0.005)
