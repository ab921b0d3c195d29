# SPDX-License-Identifier: Apache-2.0
"""A connection carries whole answers, one after another, and is closed only when nothing has come over it for long."""

import asyncio
import json
from contextlib import suppress

import pytest

from daulat.gateway import _uvicorn
from daulat.gateway._asgi import send_bytes
from daulat.gateway._places import Places
from daulat.gateway._uvicorn import Outgoing, Protocol
from daulat.models import Outbox


async def answer(scope, receive, send):
    """Answer with the path, below `/messages` in two messages; `/broken` tries to end a header early."""
    value = b"a\r\nset-cookie: b" if scope["path"].endswith("/broken") else b"a"
    body = scope["path"].encode()
    if not scope["path"].startswith("/messages"):
        await send_bytes(send, 200, body, [(b"x-word", value)])
        return
    headers = [(b"content-length", b"%d" % len(body)), (b"x-word", value)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def said(port, *lines):
    """Send requests at once, the last of which ends the connection, and return all that came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    last = len(lines) - 1
    for number, line in enumerate(lines):
        end = "connection: close\r\n" if number == last else ""
        writer.write(f"{line} HTTP/1.1\r\nhost: x\r\n{end}\r\n".encode())
    async with asyncio.timeout(30):
        whole = await reader.read()
    writer.close()
    return whole


async def test_requests_that_come_at_once_are_answered_whole_and_in_order(serving):
    async with serving(answer) as port:
        said_back = await said(port, "GET /one", "GET /messages/second", "GET /third", "GET /4")
    answers = said_back.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [whole.partition(b"\r\n\r\n")[2] for whole in answers] == [b"/one", b"/messages/second", b"/third", b"/4"]
    for size, whole in zip((4, 16, 6, 2), answers, strict=True):
        assert b"content-length: %d\r\n" % size in whole


async def test_a_head_is_sent_without_its_body(serving):
    async with serving(answer) as port:
        head, _, body = (await said(port, "HEAD /one")).partition(b"\r\n\r\n")
    assert b"content-length: 4" in head
    assert not body


@pytest.mark.parametrize("path", ["/broken", "/messages/broken"])
@pytest.mark.parametrize("more", [(), ("GET /one",)])
async def test_a_header_cannot_end_its_own_line(serving, path, more):
    async with serving(answer) as port:
        whole = await said(port, f"GET {path}", *more)
    assert not whole.startswith(b"HTTP/1.1 200 ")
    assert b"set-cookie" not in whole


class Clock:
    """Time that passes when a test says so, and what is to happen at it."""

    def __init__(self):
        self.now, self.timers = 0.0, []

    def time(self):
        return self.now

    def call_later(self, after_s, work):
        self.timers.append((self.now + after_s, work))
        return object()

    def call_soon(self, work):
        return self.call_later(0.0, work)

    def go_to(self, when):
        self.now = when
        due = [work for at, work in self.timers if at <= when]
        self.timers = [(at, work) for at, work in self.timers if at > when]
        for work in due:
            work()


class Transport:
    closed = False

    def __init__(self):
        self.written = []

    def write(self, data):
        assert not self.closed
        self.written.append(data)

    def is_closing(self):
        return self.closed

    def pause_reading(self):
        raise AssertionError("nothing here is slow")

    resume_reading = pause_reading

    def close(self):
        self.closed = True


@pytest.fixture
async def idle():
    """A connection whose answer ended at 0 s and that may be silent for 75."""
    protocol = Protocol.__new__(Protocol)
    protocol.loop, protocol.transport, protocol.timeout_keep_alive = Clock(), Transport(), 75
    protocol.timeout_keep_alive_task, protocol.pipeline = None, []
    protocol.cycle, protocol._places = type("Cycle", (), {"more_body": False})(), Places(8)
    protocol.flow = type("Flow", (), {"resume_reading": lambda _: None})()
    protocol.server_state = type("State", (), {"total_requests": 0})()
    protocol.on_response_complete()
    return protocol


async def test_a_silent_connection_is_closed_after_its_time(idle):
    idle.loop.go_to(75.0)
    assert idle.transport.closed


async def test_the_time_counts_from_the_last_answer(idle):
    idle.loop.now = 50.0
    idle._unset_keepalive_if_required()  # a request came
    idle.on_response_complete()
    idle.loop.go_to(75.0)
    assert not idle.transport.closed
    idle.loop.go_to(125.0)
    assert idle.transport.closed


async def test_a_connection_is_not_closed_while_an_answer_is_given(idle):
    idle._unset_keepalive_if_required()
    idle.loop.go_to(500.0)
    assert not idle.transport.closed
    idle.on_response_complete()
    idle.loop.go_to(575.0)
    assert idle.transport.closed


@pytest.fixture
def outgoing():
    """A connection, its transport and its loop."""
    transport, loop = Transport(), Clock()
    return Outgoing(transport, Outbox(loop)), transport, loop


def test_what_one_turn_writes_goes_out_in_the_next_in_one_piece_and_in_order(outgoing):
    way, transport, loop = outgoing
    way.write(b"answer ")
    way.write(b"one")
    assert transport.written == []
    loop.go_to(0.0)
    assert transport.written == [b"answer one"]
    way.write(b"two")
    loop.go_to(1.0)
    assert transport.written == [b"answer one", b"two"]


def test_what_was_written_goes_out_before_the_connection_closes(outgoing):
    way, transport, loop = outgoing
    way.write(b"answer")
    way.close()
    loop.go_to(0.0)
    assert (transport.written, transport.closed) == ([b"answer"], True)


def test_what_was_written_to_a_reader_that_left_is_dropped(outgoing):
    way, transport, loop = outgoing
    way.write(b"answer")
    transport.closed = True
    loop.go_to(0.0)
    assert transport.written == []


def test_a_write_that_fails_holds_up_no_other():
    loop, sent = Clock(), []
    outbox = Outbox(loop)
    for work in (lambda: sent.append(1), lambda: 1 / 0, lambda: sent.append(3)):
        outbox.put(work)
    with pytest.raises(ZeroDivisionError):
        loop.go_to(0.0)
    loop.go_to(0.0)
    assert sent == [1, 3]


@pytest.mark.parametrize("pieces", [1, 4])
async def test_a_head_that_is_too_large_is_refused_however_it_comes(serving, pieces):
    request = b"GET /one HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * 100_000 + b"\r\n\r\n"
    async with serving(answer) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        size = -(-len(request) // pieces)
        for at in range(0, len(request), size):
            writer.write(request[at : at + size])
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            told = await reader.read()
        assert told.startswith(b"HTTP/1.1 431 ")
        assert code_of(told) == "headers_too_large"
        writer.close()


def code_of(answer):
    return json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"]


async def read_after(port, *sent):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in sent:
        writer.write(piece)
        await asyncio.sleep(0.02)
    async with asyncio.timeout(30):
        whole = await reader.read()
    writer.close()
    return whole


CHUNKED = b"POST /one HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("sent", [b"GET\r\n\r\n", b"FOO / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX : y\r\n\r\n"])
async def test_what_is_no_request_is_told_so_as_every_other_error_is(serving, sent):
    async with serving(answer) as port:
        told = await read_after(port, sent)
    assert told.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json\r\n" in told
    assert code_of(told) == "invalid_http"


async def test_a_head_that_comes_too_slowly_is_told_so_and_silence_is_not(serving, monkeypatch):
    monkeypatch.setattr(_uvicorn, "HEAD_TIMEOUT_S", 0.2)
    async with serving(answer) as port:
        late = await read_after(port, b"GET /one HT")
        silent = await read_after(port)
        after_an_answer = await read_after(port, b"GET /one HTTP/1.1\r\nhost: x\r\n\r\n", b"GET /two HT")
    assert late.startswith(b"HTTP/1.1 408 ")
    assert code_of(late) == "request_timeout"
    assert silent == b""
    first, _, second = after_an_answer.partition(b"/one")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n"])
async def test_an_answer_under_way_is_given_whole_though_junk_follows_its_request(serving, junk):
    async def in_pieces(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
        for more in (True, False):
            await asyncio.sleep(0.2)
            await send({"type": "http.response.body", "body": b"half", "more_body": more})

    async with serving(in_pieces) as port:
        told = await read_after(port, b"GET /one HTTP/1.1\r\nhost: x\r\n\r\n", junk)
    assert told.startswith(b"HTTP/1.1 200 ")
    assert told.endswith(b"\r\n\r\nhalfhalf")


async def test_a_body_that_goes_wrong_in_the_middle_is_told_so_before_an_answer_and_not_within_one(serving):
    async def reads(scope, receive, send):
        if scope["path"] == "/early":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    async with serving(reads) as port:
        before = await read_after(port, CHUNKED, b"3\r\nabc\r\n", b"zz\r\n")
        within = await read_after(port, CHUNKED.replace(b"/one", b"/early"), b"3\r\nabc\r\n", b"zz\r\n")
    assert code_of(before) == "invalid_http"
    assert within.endswith(b"\r\n\r\nhalf")


async def test_a_large_body_in_one_piece_with_a_small_head_is_no_large_head(serving):
    async with serving(answer) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /one HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n" + b"a" * 200_000)
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()


LARGE = b"POST /one HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n"


async def test_a_body_that_drips_on_after_its_answer_does_not_hold_the_connection(serving, monkeypatch):
    monkeypatch.setattr(_uvicorn, "LEFTOVER_TIMEOUT_S", 0.1)

    async def drip(writer):
        while True:
            writer.write(b"a")
            await asyncio.sleep(0.01)

    async with serving(answer) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LARGE)
        dripping = asyncio.create_task(drip(writer))
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            with suppress(ConnectionError):
                await reader.read()
        dripping.cancel()
        writer.close()


async def test_a_body_that_ends_after_its_answer_leaves_the_connection_for_the_next_request(serving):
    async with serving(answer) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LARGE)
        async with asyncio.timeout(30):
            assert (await reader.readuntil(b"/one")).startswith(b"HTTP/1.1 200 ")
            writer.write(b"a" * 1_000_000 + b"GET /two HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert (await reader.read()).endswith(b"/two")
        writer.close()


ASK = b"GET /one HTTP/1.1\r\nhost: x\r\n\r\n"


async def answered(reader):
    """Read one whole answer of `answer`."""
    async with asyncio.timeout(30):
        return (await reader.readuntil(b"/one")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("before", [b"", b"GET /one HTTP/1.1\r\n", ASK])
async def test_where_all_places_are_taken_whoever_has_been_idle_longest_gives_way(serving, monkeypatch, before):
    monkeypatch.setattr(_uvicorn, "most_connections", lambda: 3)
    async with serving(answer) as port:
        ways = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for reader, writer in ways:
            writer.write(ASK)
            assert await answered(reader)
        first, *others = ways
        first[1].write(before)
        if before == ASK:  # it has just asked again, so that the next one is the one that was idle longest
            assert await answered(first[0])
            first, *others = *others, first
        last = await asyncio.open_connection("127.0.0.1", port)
        others.append(last)
        async with asyncio.timeout(30):
            assert await first[0].read() == b""
        for reader, writer in others:
            writer.write(ASK)
            assert await answered(reader)
        for _, writer in (first, *others):
            writer.close()


async def test_nobody_whose_answer_is_being_made_gives_way(serving, monkeypatch):
    monkeypatch.setattr(_uvicorn, "most_connections", lambda: 2)
    asked, may_answer = asyncio.Semaphore(0), asyncio.Event()

    async def answer_later(scope, receive, send):
        asked.release()
        await may_answer.wait()
        await answer(scope, receive, send)

    async with serving(answer_later) as port:
        ways = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for _, writer in ways:
            writer.write(ASK)
            await asked.acquire()
        newcomer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(30):
            assert await newcomer[0].read() == b""
        may_answer.set()
        assert [await answered(reader) for reader, _ in ways] == [True, True]
        for _, writer in (*ways, newcomer):
            writer.close()
