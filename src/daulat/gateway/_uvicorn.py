# SPDX-License-Identifier: Apache-2.0
"""Serving with uvicorn, and limits that it leaves to others: how long and how large the head of a request may be, and
how long the rest of a body may come that nobody reads.

Takes a reserved address, serves until told. Installs no signal handler and writes no log. A whole answer that is small
goes out as one piece, head and body, together with what else a turn of the loop writes. A connection has one clock for
its silence, not a new one after each answer.
"""

from __future__ import annotations

import asyncio
import math
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from daulat.gateway._asgi import SECURITY_HEADERS, ASGIApp, Header, Message, Receive, Scope, Send
from daulat.gateway._places import Places, most_connections
from daulat.gateway._refusals import (
    HEAD_LIMIT_BYTES,
    HEAD_TIMEOUT_S,
    HEAD_TOO_LARGE,
    HEAD_TOO_SLOW,
    NOT_HTTP,
    refusal,
)
from daulat.gateway.errors import RequestError
from daulat.models import Outbox

# So long may the rest of a body come of a request that is answered already; a client may read no answer before its end.
LEFTOVER_TIMEOUT_S = 10.0
# Longer than the proxies that stand before a gateway keep theirs (nginx: 60 s), so that they never meet a closed one.
KEEP_ALIVE_S = 75
# A larger body is not copied behind its head.
JOINED_BYTES = 64 * 1024
# What a head may hold: visible ASCII, space and tab, and bytes that other character sets use.
_ALLOWED = bytes((9, *range(32, 127), *range(128, 256)))
_OK = STATUS_LINE[200]
_SECURE = b"".join(b"%b: %b\r\n" % header for header in SECURITY_HEADERS)


class _Sender:
    """Sends one response, message by message as ASGI has it, or whole."""

    __slots__ = ("_cycle", "_pass_on")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._pass_on = cast("Send", cycle.send)  # uvicorn names the kinds of message one by one

    def __call__(self, message: Message) -> Awaitable[None]:
        """Take a message of the application."""
        return self._pass_on(message)

    def whole(self, headers: list[Header], body: bytes) -> bool:
        """Write a whole answer of status 200 as `send_bytes` says, in one piece and at once; say whether that could be.

        `headers` say nothing of the connection, nor of the length of the body; there is one at least.
        """
        cycle = self._cycle
        if (
            len(body) > JOINED_BYTES
            or cycle.scope["method"] == "HEAD"
            or not cycle.keep_alive
            or cycle.waiting_for_100_continue
            or cycle.disconnected
            or cycle.flow.write_paused
        ):
            return False
        lines = b"\r\n".join([b"%b: %b" % header for header in headers])
        if len(lines.translate(None, _ALLOWED)) != 2 * len(headers) - 2:
            raise RuntimeError("a header holds what would end its line")
        own = b"".join([b"%b: %b\r\n" % header for header in cycle.default_headers])
        cycle.transport.write(b"%b%b%b\r\n%bcontent-length: %d\r\n\r\n%b" % (_OK, own, lines, _SECURE, len(body), body))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()
        return True


class _Receiver:
    """Gives one request's body, message by message as ASGI has it, or whole."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    def __call__(self) -> Awaitable[Message]:
        """Return the next message."""
        return cast("Awaitable[Message]", self._cycle.receive())

    def whole(self) -> bytes | None:
        """Take the whole body at once if all of it is here, as the one message that would hold it; else nothing."""
        cycle = self._cycle
        if cycle.more_body or cycle.disconnected or cycle.response_complete or cycle.waiting_for_100_continue:
            return None
        body, cycle.body = bytes(cycle.body), bytearray()
        cycle.flow.resume_reading()
        cycle.message_event.clear()
        return body


def _joined(app: ASGIApp, cycle: RequestResponseCycle, scope: Scope, _: Receive, __: Send) -> Awaitable[None]:
    """Call an application that receives through a `_Receiver` and sends through a `_Sender`."""
    return app(scope, _Receiver(cycle), _Sender(cycle))


# A path of letters that stand for themselves, with nothing before or behind it.
_PLAIN_PATH = re.compile(rb"/(?:[A-Za-z0-9_.-][A-Za-z0-9/_.-]{0,250})?")


@lru_cache(maxsize=256)
def plain_path(url: bytes) -> str | None:
    """Return the path that a request asks for where that is all it says, as most do; else None.

    >>> plain_path(b"/v1/models"), plain_path(b"/v1/models?a=1"), plain_path(b"//host/v1"), plain_path(b"/caf%C3%A9")
    ('/v1/models', None, None, None)
    """
    return None if _PLAIN_PATH.fullmatch(url) is None else url.decode("ascii")


class Outgoing(asyncio.Transport):
    """A connection whose bytes go out in the loop's next turn, behind what else this turn writes to others.

    A reader that is woken for each piece costs more than the piece; this way it is woken once for many. What is written
    keeps its order, and closing lets go first of what is held.
    """

    def __init__(self, transport: asyncio.Transport, outbox: Outbox) -> None:
        super().__init__()
        self._transport, self._outbox = transport, outbox
        self._held: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take what is to go out."""
        if not self._held:
            self._outbox.put(self._let_go)
        self._held.append(bytes(data))

    def close(self) -> None:
        """Let go of what is held, and close."""
        self._let_go()
        self._transport.close()

    def is_closing(self) -> bool:
        """Say whether the connection is closed or closing."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Let the other side wait."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Let the other side go on."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Say what the connection itself says."""
        return self._transport.get_extra_info(name, default)

    def _let_go(self) -> None:
        held, self._held = self._held, []
        if held and not self._transport.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))


class Protocol(HttpToolsProtocol):
    """One connection; `outbox` and `places` are those of all connections of a server."""

    _head_timer: asyncio.TimerHandle | None = None
    _leftover_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True
    _may_be_large = _is_too_large = False
    _idle_since = math.inf

    def __init__(self, *about: Any, outbox: Outbox, places: Places, **more: Any) -> None:
        super().__init__(*about, **more)
        self._outbox, self._places = outbox, places

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(Outgoing(transport, self._outbox))
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._head_is_late)
        self._places.enter(self)

    def close(self) -> None:
        """Close a connection over which nothing is being answered."""
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._places.leave(self)
        self._stop_waiting()
        self._end_leftover()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that is only half there has to be finished soon, and to stay small."""
        # Headers are measured only where there is more than their limit: a head may come whole in one read.
        self._may_be_large = self._head_bytes + len(data) > HEAD_LIMIT_BYTES
        super().data_received(data)
        if not self._in_head:
            if self._head_timer is not None:
                self._stop_waiting()
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_LIMIT_BYTES and not self.transport.is_closing():
            self._refuse(431, HEAD_TOO_LARGE)
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._head_is_late)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End a head; one that asks for a plain path, after the last answer, has its answer begun with fewer steps."""
        self._in_head = False
        self._places.is_busy(self)
        if self._may_be_large and _size_of(self.url, self.headers) > HEAD_LIMIT_BYTES:
            self._is_too_large = True
            raise ValueError("the head is too large")  # ends the parser, which then asks for `send_400_response`
        parser, url, before = self.parser, self.url, self.cycle
        path = plain_path(url)
        if (
            path is None
            or parser.get_http_version() != "1.1"
            or parser.should_upgrade()
            or (before is not None and not before.response_complete)
        ):
            super().on_headers_complete()
            return
        scope = self.scope
        scope["method"], scope["path"] = parser.get_method().decode("ascii"), path
        scope["raw_path"], scope["query_string"] = url, b""
        self.cycle = RequestResponseCycle(
            scope, self.transport, self.flow, self.logger, self.access_logger, self.access_log,
            self.server_state.default_headers, asyncio.Event(), self.expect_100_continue, parser.should_keep_alive(),
            self.on_response_complete,
        )  # fmt: skip
        self._start_asgi_task(self.cycle, self.app)

    def on_message_complete(self) -> None:
        """End a body."""
        self._end_leftover()
        super().on_message_complete()

    def send_400_response(self, _msg: str) -> None:
        """Answer what is no request, or one whose head is too large, and close."""
        if self._is_too_large:
            self._refuse(431, HEAD_TOO_LARGE)
        elif self._is_answering() and not self.cycle.more_body:
            self.cycle.keep_alive = False  # it came behind a whole request, which is answered before the end
        else:
            self._refuse(400, NOT_HTTP)

    def _refuse(self, status: int, error: RequestError) -> None:
        """Answer in the place of the application and close; without a word where that would stand in another answer."""
        if not self._is_answering():
            self.transport.write(refusal(status, error, self.server_state.default_headers))
        self.transport.close()

    def _is_answering(self) -> bool:
        """Say whether the next bytes that go out belong to the answer of a request that is there."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        return bool(self.pipeline) or cycle.response_started or not cycle.more_body

    def on_response_complete(self) -> None:
        """Begin to wait for the next request; the clock may still run from before, and then looks again."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_since = self.loop.time()
        self._places.is_idle(self)
        if self.cycle.more_body:
            self._leftover_timer = self.loop.call_later(LEFTOVER_TIMEOUT_S, self.transport.close)
        if self.timeout_keep_alive_task is None:
            self._look_again(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection over which nothing has come for so long."""
        self.timeout_keep_alive_task = None
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            super().timeout_keep_alive_handler()
        elif left < math.inf:  # an answer that is still being given sets the clock when it ends
            self._look_again(left)

    def _look_again(self, after_s: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(after_s, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = math.inf

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        task = self.loop.create_task(cycle.run_asgi(partial(_joined, app, cycle)))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _end_leftover(self) -> None:
        if self._leftover_timer is not None:
            self._leftover_timer.cancel()
            self._leftover_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._head_bytes:
            self._refuse(408, HEAD_TOO_SLOW)
        else:  # nothing was asked: a browser opens connections ahead, and may not take an answer for that of its next
            self.transport.close()


def _size_of(url: bytes, headers: list[Header]) -> int:
    """Return the bytes of a head, with what stands between its words: `: ` and the end of the line."""
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


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
    outbox = Outbox(asyncio.get_running_loop())
    settings: dict[str, Any] = {"lifespan": "off", "loop": "none", "ws": "none", "interface": "asgi3"}
    config = uvicorn.Config(
        app,
        **settings,
        http=cast("Any", partial(Protocol, outbox=outbox, places=Places(most_connections()))),
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
        for answering in server.server_state.tasks:  # none is left where the server ended them itself
            answering.cancel()
        holder.close()
    return None if serving.cancelled() else serving.exception()
