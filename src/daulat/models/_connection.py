# SPDX-License-Identifier: Apache-2.0
"""Connections to one engine's server: a request's bytes in, a response as it comes out, on the event loop itself.

HTTP/1.1 as llhttp reads it (`httptools`, the parser of Node.js and of our own server), kept-alive connections, TLS by
the standard library. It exists for two things that a client in a thread of its own does not give: leaving a request
closes its connection at once, before the response has begun too, so that an accelerator never works for nobody; and a
piece of an answer costs one wake-up and not four. It follows no redirect, asks no proxy, unpacks nothing, and sends a
request twice only where a connection that was kept turns out to be closed before a byte of an answer came.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import SplitResult, urlsplit

import httptools

from daulat.models.outbox import Outbox

# Servers of this kind hang up on an idle connection after 5 s (uvicorn, vLLM); we let go first.
IDLE_S = 4.0
MOST_IDLE = 1_024
# A reader that is slower than its engine makes the engine wait, once so much lies here.
HIGH_WATER_BYTES = 256 * 1024
HEAD_LIMIT_BYTES = 64 * 1024
MOST_HEADS = 64
# A kept connection that closes so soon after a request was sent had been closed before.
CLOSED_BEFORE_S = 0.25


class ConnectionFailedError(Exception):
    """The server was not reached, fell silent, or does not speak HTTP; the argument says which, and quotes nothing.

    `was_read` says that the request may have been read.
    """

    was_read = False


class Reply(asyncio.Protocol):
    """One connection, and the response that is coming over it.

    Attributes
    ----------
    status : int
        0 until the head is there.
    headers : dict of str to str
        Names in lower case; a later value of the same name wins.
    complete : bool
        The whole body has arrived.
    was_closed_unread : bool
        The server closed the connection before it can have read the request.
    """

    def __init__(self, outbox: Outbox, patience_s: float) -> None:
        self._outbox = outbox
        self._loop = outbox.loop
        self._patience_s = patience_s
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._idle_since = 0.0
        self._request = b""
        self._failure: ConnectionFailedError | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: deque[bytes] = deque()
        self._reset()

    def _reset(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._head_bytes = 0
        self.has_head = False
        self.complete = False
        self._keeps = False
        self._pieces.clear()
        self._held_bytes = 0
        self._paused = False
        self._sent_at = self._loop.time()
        self._last_heard = self._sent_at
        self._has_heard = False
        self.was_closed_unread = False

    # What callers do

    @property
    def may_be_used_again(self) -> bool:
        """Whether the response ended, the server keeps the connection, and it is open."""
        transport = self._transport
        return self._keeps and self._failure is None and transport is not None and not transport.is_closing()

    def send(self, request: bytes) -> None:
        """Send a request."""
        assert self._transport is not None
        self._reset()
        if self._timer is None:  # it may still run from the last request: then it looks again, and sees this one
            self._timer = self._loop.call_later(self._patience_s, self._look)
        self._request = request
        self._outbox.put(self._write)

    async def head(self) -> None:
        """Return when the head of the response is there.

        Raises
        ------
        ConnectionFailedError
            If it does not come.
        """
        while not self.has_head:
            if self._failure is not None:
                raise self._failure
            await self._wait()

    async def read(self) -> bytes | None:
        """Return what has come of the body, or None at its end.

        Raises
        ------
        ConnectionFailedError
            If it breaks off or falls silent.
        """
        while not self._pieces:
            if self.complete:
                return None
            if self._failure is not None:
                raise self._failure
            await self._wait()
        if len(self._pieces) == 1:
            whole = self._pieces.popleft()
        else:
            whole = b"".join(self._pieces)
            self._pieces.clear()
        self._held_bytes = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._last_heard = self._loop.time()  # the silence was ours
            self._transport.resume_reading()
        return whole

    def whole(self) -> bytes | None:
        """Return the body if all of it has come and nothing of it was read; None where it has to be waited for."""
        pieces = self._pieces
        if not self.complete or self._paused or len(pieces) != 1:
            return None
        self._held_bytes = 0
        return pieces.popleft()

    def keep(self) -> None:
        """Begin to lie idle."""
        self._idle_since = self._loop.time()

    @property
    def is_fresh(self) -> bool:
        """Whether it may be used again, and has not lain idle for so long that its server hangs up."""
        return self.may_be_used_again and self._loop.time() - self._idle_since < IDLE_S

    @property
    def has_more(self) -> bool:
        """Pieces of the body are here that nobody has read yet."""
        return bool(self._pieces)

    def rest(self) -> None:
        """Stop the clock of a response that is done."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abort(self) -> None:
        """Close the connection now."""
        self.rest()
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._last_heard = self._loop.time()
        self._has_heard = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("it does not speak HTTP as it should")
            return
        except httptools.HttpParserUpgrade:
            self._fail("it wants to speak something else")
            return
        self._wake()

    def eof_received(self) -> bool:
        """Close with the server."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits; a body without a length ends here."""
        unbounded = self.has_head and "content-length" not in self.headers and "transfer-encoding" not in self.headers
        if unbounded and exc is None:
            self.complete = True
        elif not self.complete and self._failure is None:
            self._failure = ConnectionFailedError("it closed the connection")
            self.was_closed_unread = not self._has_heard and self._loop.time() - self._sent_at < CLOSED_BEFORE_S
        self._transport = None
        self.rest()
        self._wake()

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > HEAD_LIMIT_BYTES:
            self._fail("its headers are larger than any that make sense")
            return
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Take the head; 1xx only announces another."""
        self.status = self._parser.get_status_code()
        if self.status >= 200:
            self.has_head = True
        else:
            self.headers.clear()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._pieces.append(body)
        self._held_bytes += len(body)
        if self._held_bytes > HIGH_WATER_BYTES and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """Take the end of the body."""
        if self.has_head:
            self.complete = True
            self._keeps = self._parser.should_keep_alive()

    def _write(self) -> None:
        request, self._request = self._request, b""
        if self._transport is not None:  # a transport that was aborted meanwhile passes it over
            self._transport.write(request)

    def _look(self) -> None:
        """Fail a response that has been silent for too long; look again later otherwise."""
        if self.complete:
            self._timer = None
            return
        left = self._last_heard + self._patience_s - self._loop.time()
        if self._paused or left > 0:
            self._timer = self._loop.call_later(max(left, 0.01) if not self._paused else self._patience_s, self._look)
        else:
            self._timer = None
            self._fail("it fell silent")

    def _fail(self, reason: str) -> None:
        if self._failure is None:
            self._failure = ConnectionFailedError(reason)
        self.abort()
        self._wake()

    def _wait(self) -> asyncio.Future[None]:
        self._waiter = self._loop.create_future()
        return self._waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


@dataclass(slots=True)
class Connections:
    """Connections to one server, opened as they are needed and kept for the next request.

    Parameters
    ----------
    base_url : str
        http or https, host, port and the path that every request begins with.
    authorization : str
        The header of that name; empty sends none.
    patience_s, connect_timeout_s : float
        Longest silence, and longest wait for a connection, in seconds.
    """

    base_url: str
    authorization: str = field(repr=False, default="")
    patience_s: float = 120.0
    connect_timeout_s: float = 5.0
    _idle: list[Reply] = field(default_factory=list, init=False, repr=False)
    _parts: SplitResult = field(init=False, repr=False)
    _tls: ssl.SSLContext | None = field(default=None, init=False, repr=False)
    _heads: dict[tuple[str, str, str], bytes] = field(default_factory=dict, init=False, repr=False)
    _outbox: Outbox | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._parts = urlsplit(self.base_url)

    async def request(self, path: str, body: bytes | None, content_type: str = "") -> Reply:
        """Send a POST, or a GET where there is no body, and return its response once its head is there.

        Raises
        ------
        ConnectionFailedError
            If there is none.
        """
        head = self._head(path, content_type, "GET" if body is None else "POST")
        data = head + b"%d\r\n\r\n" % len(body or b"") + (body or b"")
        kept = self._kept()
        while True:
            reply = kept or await self._opened()
            try:
                reply.send(data)
                await reply.head()
            except ConnectionFailedError as error:
                reply.abort()
                # It had closed while it was kept, so this request was never read; later, or after a byte, it was.
                if kept is None or not kept.was_closed_unread:
                    error.was_read = not reply.was_closed_unread
                    raise
                kept = None
            except BaseException:
                reply.abort()
                raise
            else:
                return reply

    def give_back(self, reply: Reply) -> None:
        """Keep the connection of a response for the next, or close it where that cannot be."""
        if reply.may_be_used_again and len(self._idle) < MOST_IDLE:
            reply.keep()
            self._idle.append(reply)
        else:
            reply.abort()

    def close(self) -> None:
        """Close the connections that are kept."""
        while self._idle:
            self._idle.pop().abort()

    def _kept(self) -> Reply | None:
        """Return the connection that was used last, if it is fresh; let go of all that are stale."""
        while self._idle:
            reply = self._idle.pop()
            if reply.is_fresh:
                return reply
            reply.abort()
        return None

    async def _opened(self) -> Reply:
        loop = asyncio.get_running_loop()
        outbox = self._outbox
        if outbox is None or outbox.loop is not loop:
            outbox = self._outbox = Outbox(loop)
        parts = self._parts
        secure = parts.scheme == "https"
        if secure and self._tls is None:
            self._tls = ssl.create_default_context()
        port = parts.port or (443 if secure else 80)
        try:
            async with asyncio.timeout(self.connect_timeout_s):
                _, reply = await loop.create_connection(
                    lambda: Reply(outbox, self.patience_s), parts.hostname or "", port, ssl=self._tls
                )
        except TimeoutError:
            raise ConnectionFailedError("it was not reached in time") from None
        except OSError as error:
            raise ConnectionFailedError(f"it was not reached ({type(error).__name__})") from None
        return reply

    def _head(self, path: str, content_type: str, method: str) -> bytes:
        """Return the head of a request up to the number of its length."""
        head = self._heads.get((method, path, content_type))
        if head is None:
            lines = [f"{method} {self._parts.path}{path} HTTP/1.1", f"host: {self._parts.netloc}", "accept: */*"]
            if self.authorization:
                lines.append(f"authorization: {self.authorization}")
            if content_type:
                lines.append(f"content-type: {content_type}")
            if not all(line.isascii() and line.isprintable() for line in lines):
                raise ConnectionFailedError("its address, its key or the type of the body would break the request")
            head = "\r\n".join([*lines, "content-length: "]).encode("ascii")
            if len(self._heads) < MOST_HEADS:
                self._heads[method, path, content_type] = head
        return head
