# SPDX-License-Identifier: Apache-2.0
"""A stream that dropped goes on where it stopped, and nobody else can read it."""

import asyncio
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.errors import DaulatError
from daulat.gateway.errors import Gone
from daulat.gateway.streams import DONE, RING_LIMIT_BYTES, Streams


def content(events) -> str:
    chunks = [json.loads(data) for _, data in events if data != "[DONE]"]
    return "".join(each["choices"][0]["delta"].get("content", "") for each in chunks)


def test_events_are_numbered_from_one_without_a_gap(stream, events):
    received = events(stream())
    assert [number for number, _ in received] == [str(n + 1) for n in range(len(received))]
    assert received[-1][1] == "[DONE]"


def test_a_dropped_stream_goes_on_after_the_last_event(stream, events, live, fakes):
    response = stream("slowly")
    stream_id = response.headers["x-daulat-stream"]
    first = [response.readline().decode().strip() for _ in range(6)]  # two events of three lines
    response.close()
    last_id = [line[4:] for line in first if line.startswith("id: ")][-1]
    rest = events(stream(path=f"/v1/streams/{stream_id}", headers={"Last-Event-ID": last_id}))
    assert rest[0][0] == str(int(last_id) + 1)
    head = [("", line[6:]) for line in first if line.startswith("data: ")]
    assert content(head + rest) == fakes.TEXT


def test_a_stream_that_has_ended_can_be_read_again(stream, events):
    response = stream()
    stream_id, whole = response.headers["x-daulat-stream"], events(response)
    assert events(stream(path=f"/v1/streams/{stream_id}")) == whole


@pytest.mark.parametrize(
    ("path", "last_event_id", "status", "code"),
    [
        ("/v1/streams/guessed", "1", 404, "stream_not_found"),
        ("/v1/streams/", "1", 404, "not_found"),
        ("known", "99", 410, "stream_gone"),
        ("known", "-1", 400, "invalid_last_event_id"),
        ("known", "²", 400, "invalid_last_event_id"),
    ],
)
def test_a_stream_that_cannot_go_on_says_why(stream, events, live, path, last_event_id, status, code):
    response = stream()
    events(response)
    path = path.replace("known", f"/v1/streams/{response.headers['x-daulat-stream']}")
    found, _, body = live.request("GET", path, headers={"Last-Event-ID": last_event_id})
    assert (found, body["error"]["code"]) == (status, code)


def test_a_cancelled_stream_stops_its_work(stream, live):
    response = stream("slowly")
    response.readline()
    assert live.request("DELETE", f"/v1/streams/{response.headers['x-daulat-stream']}")[0] == 200
    assert b"[DONE]" not in response.read()
    while live.request("GET", "/v1/status")[2]["pulse"]["in_progress"]:
        time.sleep(0.01)


def test_a_raw_model_leaves_no_stream_behind(stream, events):
    response = stream(model="tiny")
    assert response.headers["x-daulat-stream"] is None
    assert events(response)[-1][1] == "[DONE]"


async def source(*pieces, wait=None):
    for piece in pieces:
        yield piece
    if wait is not None:
        await wait.wait()


async def ended(stream):
    while not stream.ended:
        await asyncio.sleep(0)


@given(st.lists(st.binary(min_size=1, max_size=30).filter(lambda b: b"\n" not in b), max_size=20), st.data())
def test_what_was_read_and_what_follows_are_the_whole_stream(pieces, data):
    async def run():
        stream = Streams(lambda: "x").open(source(*pieces), 1.0)
        await ended(stream)
        whole, last = stream.since(0)
        cut = data.draw(st.integers(0, last))
        rest, end = stream.since(cut)
        assert (end, whole.count(b"data: ") >= len(pieces)) == (len(pieces) + 1, True)
        assert whole.endswith(rest)
        assert rest.startswith(b"id: %d\n" % (cut + 1)) or cut == last

    asyncio.run(run())


async def test_the_ring_keeps_the_latest_part_only():
    piece = b"x" * (RING_LIMIT_BYTES // 4)
    stream = Streams(lambda: "x").open(source(*[piece] * 8), 1.0)
    await ended(stream)
    assert stream.kept_bytes <= RING_LIMIT_BYTES
    with pytest.raises(Gone):
        stream.since(0)
    assert DONE in stream.since(8)[0]


async def test_a_stream_is_forgotten_after_its_time():
    streams = Streams(lambda: "x", keep_s=0.0)
    stream = streams.open(source(b"1"), 1.0)
    assert streams.find("x") is stream
    await ended(stream)
    with pytest.raises(DaulatError, match="no stream"):
        streams.find("x")


async def test_closing_ends_what_runs_with_a_word():
    streams = Streams(lambda: "x")
    stream = streams.open(source(b"1", wait=asyncio.Event()), 1.0)
    await stream.first(1.0)
    await streams.close(DaulatError("stopping", why="-", fix="-", code="stopping"), grace_s=0.0)
    assert b'"code":"stopping"' in stream.since(1)[0]


async def test_a_stream_cancelled_before_its_first_step_has_ended():
    streams = Streams(lambda: "x")
    stream = streams.open(source(b"1"), 1.0)
    await stream.cancel()
    assert stream.ended
