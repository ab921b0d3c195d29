# SPDX-License-Identifier: Apache-2.0
"""Serving with granian's embedded server, where uvicorn is not installed: a reserved address in, serving until told."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from daulat.gateway._asgi import ASGIApp

# A client that takes longer to send its headers holds a connection for nothing.
HEADER_TIMEOUT_MS = 10_000


async def run_server(
    app: ASGIApp,
    holder: socket.socket,
    stop: asyncio.Event,
    on_ready: Callable[[], None],
    before_end: Callable[[], Awaitable[None]],
    backlog: int,
    grace_s: float,
) -> BaseException | None:
    """Serve until `stop` is set, or the server ends; return what ended it."""
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
        backlog=backlog,
        log_enabled=False,
    )
    threads_before = _native_threads()
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        if await _is_listening(host, port, serving):
            server_threads = _native_threads() - threads_before
            on_ready()
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
            await before_end()
            server.stop()  # type: ignore[no-untyped-call]
            await asyncio.wait((serving,), timeout=grace_s)
            await _until_gone(server_threads)
    finally:
        stopping.cancel()
        serving.cancel()
        await asyncio.wait((serving,))
        holder.close()
    return None if serving.cancelled() else serving.exception()


async def _is_listening(host: str, port: int, serving: asyncio.Future[None]) -> bool:
    """Return whether the address takes a connection, as soon as it does or the server has ended."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            if serving.done():
                return False
            await asyncio.sleep(0.005)
            continue
        writer.close()
        await writer.wait_closed()
        return True


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
