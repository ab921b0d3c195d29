# SPDX-License-Identifier: Apache-2.0
"""Streams that a dropped connection can take up again: encoded events in, numbered server-sent events out.

A `Stream` runs its source in a task of its own and keeps what it produced in a bounded ring. One reader follows it
live; if it drops, it continues after `Last-Event-ID`, until the stream is forgotten 60 s after its end. Kept in memory
only, under an id that cannot be guessed; never written anywhere.

    source ──put──▶ ring ──follow──▶ reader (1, 2, 3, ... )
                      └────follow──▶ the same reader, back again after Last-Event-ID: 3
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import msgspec

from daulat.errors import DaulatError
from daulat.gateway._asgi import SECURITY_HEADERS, Header, Request, Send
from daulat.gateway.errors import Gone, NotFound, defect, envelope

KEEP_S = 60.0
HEARTBEAT_S = 15.0
GRACE_S = 2.0
RING_LIMIT_BYTES = 1024 * 1024
TOTAL_LIMIT_BYTES = 64 * 1024 * 1024

DONE = b"[DONE]"
HEARTBEAT = b": keep-alive\n\n"

Source = AsyncGenerator[bytes, None]


def encode_event(number: int, data: bytes) -> bytes:
    r"""Return one server-sent event. `data` is JSON, so it holds no line break of its own.

    Examples
    --------
    >>> encode_event(3, b'{"a":1}')
    b'id: 3\ndata: {"a":1}\n\n'
    """
    return b"id: %d\ndata: %b\n\n" % (number, data)


class Stream:
    """One streamed answer: its events so far, and the task that makes more.

    Parameters
    ----------
    stream_id : str
        Unguessable; whoever knows it may read the stream.
    source : async generator of bytes
        The JSON of each event. Closed when the stream is cancelled.
    linger_s : float
        How long the source may go on with nobody reading, in seconds. Zero: it stops at once.
    on_end : callable
        Called once when the source has ended, however it ended.
    """

    def __init__(self, stream_id: str, source: Source, linger_s: float, on_end: Callable[[Stream], None]) -> None:
        self.stream_id = stream_id
        self.ended = False
        self._failure: DaulatError | None = None
        self._farewell: DaulatError | None = None
        self.kept_bytes = 0
        self._events: deque[tuple[int, bytes]] = deque()
        self._last = 0
        self.linger_s = linger_s
        self._readers: set[asyncio.Event] = set()
        self._abandoned: asyncio.TimerHandle | None = None
        self._on_end = on_end
        self._task = asyncio.get_running_loop().create_task(self._run(source))
        # A callback and not `finally`: a task that is cancelled before its first step never enters its body.
        self._task.add_done_callback(self._finish)

    async def first(self, patience_s: float) -> None:
        """Wait until there is something to send, at most `patience_s`.

        Raises
        ------
        DaulatError
            If the source failed before its first event; there is nothing to stream then.
        """
        wake = asyncio.Event()
        self._readers.add(wake)
        try:
            async with asyncio.timeout(patience_s):
                while not self._events and not self.ended:
                    await wake.wait()
                    wake.clear()
        except TimeoutError:
            return
        finally:
            self._readers.discard(wake)
        if self._failure is not None:
            raise self._failure

    async def wait(self) -> None:
        """Return when the source has ended."""
        await asyncio.wait([self._task])

    async def cancel(self, farewell: DaulatError | None = None) -> None:
        """Stop the source now and wait until it has let go of what it held; `farewell` tells a reader why."""
        self._farewell = farewell
        self._task.cancel()
        await asyncio.wait([self._task])

    def since(self, number: int) -> tuple[bytes, int]:
        """Return everything after event `number`, and the number of the last event returned.

        Raises
        ------
        Gone
            If events after `number` have already left the ring.
        """
        if number == self._last:
            return b"", number
        oldest = self._events[0][0] if self._events else self._last + 1
        if number < oldest - 1 or number > self._last:
            raise Gone(
                f"event {number} of this stream is no longer kept",
                why="A stream keeps its latest part only, and this one has moved on.",
                fix="ask again.",
                code="stream_gone",
            )
        return b"".join(event for n, event in self._events if n > number), self._last

    async def follow(self, after: int, request: Request, send: Send) -> None:
        """Send everything after event `after`, then what comes, until the end or until the reader has gone.

        Notes
        -----
        The response has to have been started. A comment goes out every 15 s of silence, so that proxies keep the line
        open and a reader that vanished without a word is noticed.
        """
        wake = asyncio.Event()
        gone = asyncio.ensure_future(request.disconnected())
        gone.add_done_callback(lambda _: wake.set())
        self._enter(wake)
        try:
            while True:
                wake.clear()  # before looking, so that nothing put while we send is missed
                body, after = self.since(after)
                if body:
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                if gone.done():
                    return
                if self.ended and after == self._last:
                    break
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await wake.wait()
                except TimeoutError:
                    await send({"type": "http.response.body", "body": HEARTBEAT, "more_body": True})
        except Gone:
            pass  # a reader slower than the ring; its connection ends cleanly, without [DONE]
        finally:
            gone.cancel()
            self._leave(wake)
        await send({"type": "http.response.body", "body": b""})

    def _enter(self, wake: asyncio.Event) -> None:
        self._readers.add(wake)
        if self._abandoned is not None:
            self._abandoned.cancel()
            self._abandoned = None

    def _leave(self, wake: asyncio.Event) -> None:
        self._readers.discard(wake)
        if self._readers or self.ended:
            return
        if self.linger_s:
            self._abandoned = asyncio.get_running_loop().call_later(self.linger_s, self._task.cancel)
        else:
            self._task.cancel()

    async def _run(self, source: Source) -> None:
        try:
            async with aclosing(source):
                async for data in source:
                    self._put(data)
            self._put(DONE)
        except asyncio.CancelledError:
            if self._farewell is not None:
                self._fail(self._farewell)
        except DaulatError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the edge of the task: a defect of ours ends the stream with a word
            self._fail(defect(error, self.stream_id[:8]))

    def _finish(self, _task: asyncio.Task[None]) -> None:
        self.ended = True
        if self._abandoned is not None:
            self._abandoned.cancel()
        self._on_end(self)
        self._wake_readers()

    def _fail(self, error: DaulatError) -> None:
        if self._last == 0:
            self._failure = error
        self._put(msgspec.json.encode(envelope(error)))

    def _put(self, data: bytes) -> None:
        self._last += 1
        event = encode_event(self._last, data)
        self._events.append((self._last, event))
        self.kept_bytes += len(event)
        while self.kept_bytes > RING_LIMIT_BYTES and len(self._events) > 1:
            self.kept_bytes -= len(self._events.popleft()[1])
        self._wake_readers()

    def _wake_readers(self) -> None:
        for wake in self._readers:
            wake.set()


class Streams:
    """Every stream that runs, and every one that can still be taken up.

    Parameters
    ----------
    new_id : callable
        Makes an id that cannot be guessed.
    keep_s : float
        How long a stream stays after its end, in seconds.
    """

    def __init__(self, new_id: Callable[[], str], keep_s: float = KEEP_S) -> None:
        self._new_id = new_id
        self._keep_s = keep_s
        self._running: dict[str, Stream] = {}
        self._ended: OrderedDict[str, tuple[float, Stream]] = OrderedDict()  # in the order of their ends
        self._ended_bytes = 0

    def open(self, source: Source, linger_s: float, at_end: Callable[[], None] = lambda: None) -> Stream:
        """Start a source and return its stream. With a `linger_s` above zero it can be taken up after a drop.

        `at_end` is called once the source has ended, however it ended, even before it began.
        """

        def on_end(stream: Stream) -> None:
            self._on_end(stream)
            at_end()

        stream = Stream(self._new_id(), source, linger_s, on_end)
        self._running[stream.stream_id] = stream
        return stream

    def find(self, stream_id: str) -> Stream:
        """Return the stream with this id.

        Raises
        ------
        NotFound
            If there is none, or it has been forgotten.
        """
        self._forget_old()
        if stream_id in self._ended:
            return self._ended[stream_id][1]
        stream = self._running.get(stream_id)
        if stream is None or not stream.linger_s:
            raise NotFound(
                "there is no stream with this id",
                why=f"A service's stream is kept for {self._keep_s:g} s after its end, by the process that made it.",
                fix="ask again; the id stands in the response header `X-Daulat-Stream`.",
                code="stream_not_found",
            )
        return stream

    async def close(self, farewell: DaulatError, grace_s: float = GRACE_S) -> None:
        """Give the streams that are running `grace_s` to end, then cancel the others with a word to their readers."""
        ending = [stream.wait() for stream in self._running.values()]
        if ending:
            await asyncio.wait([asyncio.ensure_future(each) for each in ending], timeout=grace_s)
        await asyncio.gather(*(stream.cancel(farewell) for stream in list(self._running.values())))

    def _on_end(self, stream: Stream) -> None:
        del self._running[stream.stream_id]
        if stream.linger_s:
            self._ended[stream.stream_id] = (asyncio.get_running_loop().time() + self._keep_s, stream)
            self._ended_bytes += stream.kept_bytes
        self._forget_old()

    def _forget_old(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._ended:
            deadline, oldest = next(iter(self._ended.values()))
            if deadline > now and self._ended_bytes <= TOTAL_LIMIT_BYTES:
                return
            del self._ended[oldest.stream_id]
            self._ended_bytes -= oldest.kept_bytes


def stream_headers(stream: Stream, request: Request, more: Sequence[Header] = ()) -> list[Header]:
    """Return the headers of a response that streams; `X-Daulat-Stream` names what can be taken up again."""
    headers: list[Header] = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"x-request-id", request.request_id.encode()),
        (b"x-accel-buffering", b"no"),  # nginx would hold the first words back
        *SECURITY_HEADERS,
        *more,
    ]
    if stream.linger_s:
        headers.append((b"x-daulat-stream", stream.stream_id.encode()))
    return headers
