# SPDX-License-Identifier: Apache-2.0
"""Serving with uvicorn, and two limits that it leaves to others: how long and how large the head of a request may be.

Takes a reserved address, serves until told. Installs no signal handler and writes no log.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from daulat.gateway._asgi import ASGIApp

# A client that takes longer to send its headers holds a connection for nothing.
HEAD_TIMEOUT_S = 10.0
HEAD_LIMIT_BYTES = 64 * 1024
# Longer than the proxies that stand before a gateway keep theirs (nginx: 60 s), so that they never meet a closed one.
KEEP_ALIVE_S = 75


class Protocol(HttpToolsProtocol):
    """One connection."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is only half there has to be finished soon, and to stay small."""
        super().data_received(data)
        if not self._in_head:
            if self._head_timer is not None:
                self._stop_waiting()
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_LIMIT_BYTES and not self.transport.is_closing():
            self.transport.write(STATUS_LINE[431] + b"connection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._head_is_late)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End a head."""
        self._in_head = False
        super().on_headers_complete()

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        self.transport.close()


class Server(uvicorn.Server):
    """uvicorn inside a program that has its own signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield


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
    settings: dict[str, Any] = {"lifespan": "off", "loop": "none", "http": Protocol, "ws": "none", "interface": "asgi3"}
    config = uvicorn.Config(
        app,
        **settings,
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=backlog,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(grace_s),
    )
    server = Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[holder]))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.001)
        if server.started:
            on_ready()
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
            await before_end()
            server.should_exit = True
            await asyncio.wait((serving,), timeout=grace_s + 1.0)
    finally:
        stopping.cancel()
        serving.cancel()
        await asyncio.wait((serving,))
        holder.close()
    return None if serving.cancelled() else serving.exception()
