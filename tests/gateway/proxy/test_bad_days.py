# SPDX-License-Identifier: Apache-2.0
"""Engines that hang, lie or die, and callers that leave: a clear error or a clean end, and one settlement."""

from __future__ import annotations

import asyncio
import json

import pytest
from scripted_server import DONE, EVENT_STREAM, SILENCE, says, status

from daulat.gateway.proxy import flows
from daulat.models import RemoteEngine

ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAMED = ASK | {"stream": True}


def error_of(answer) -> tuple[int, str]:
    error = answer.json["error"]
    assert set(error) >= {"message", "type", "param", "code"}
    return answer.status, error["code"]


def last_event(answer) -> dict:
    assert answer.body.endswith(b"\n\n")
    return json.loads(answer.body.rstrip().rpartition(b"data: ")[2])


async def test_a_request_that_the_engine_refuses_is_the_callers_and_says_why(gateway, engine_server):
    said = "This model's maximum context length is 512 tokens."
    engine_server.answers(status(400, {"error": {"message": said, "type": "BadRequestError", "code": 400}}))
    answer = await gateway.ask(ASK)
    assert error_of(answer) == (400, "context_length_exceeded")
    assert said in answer.json["error"]["message"]
    usage = await gateway.books.one_settled()
    assert (usage.status, usage.code, usage.prompt_tokens) == (400, "context_length_exceeded", 0)


async def test_a_busy_engine_says_when_to_come_back(gateway, engine_server):
    engine_server.answers(status(429, {"error": {"message": "busy"}}, "retry-after: 7"))
    answer = await gateway.ask(ASK)
    assert error_of(answer) == (429, "models.engine.overloaded")
    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize("body", [ASK, STREAMED], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([status(500, {"error": "boom"})], (503, "models.engine.unavailable")),
        ([b""], (503, "models.engine.unavailable")),
        ([b"not HTTP at all\r\n\r\n"], (503, "models.engine.unavailable")),
        ([SILENCE], (503, "models.engine.unavailable")),
        ([b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"],
         (503, "models.engine.unavailable")),
    ],
    ids=["fails", "hangs up", "speaks something else", "hangs", "sends elsewhere"],
)  # fmt: skip
async def test_an_engine_that_does_not_begin_is_away(gateway, engine_server, body, script, expected):
    engine_server.answers(*script)
    assert error_of(await gateway.ask(body)) == expected
    usage = await gateway.books.one_settled()
    assert (usage.status, usage.completion_tokens, usage.time_to_first_token_s) == (503, 0, None)


async def test_an_engine_that_lies_about_its_length_is_told_apart_from_a_whole_answer(gateway, engine_server):
    engine_server.answers(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{}")
    assert error_of(await gateway.ask(ASK)) == (502, "models.engine.interrupted")


@pytest.mark.parametrize(
    "rest",
    [[b"data: {broken\n\n"], [says("lost")[:-10]], [SILENCE], [b'data: {"error": {"message": "CUDA"}}\n\n'], []],
    ids=["invalid event", "cut within an event", "falls silent", "says that it failed", "dies"],
)
async def test_a_stream_that_breaks_ends_with_an_error_event_and_is_booked_as_far_as_it_came(
    gateway, engine_server, rest
):
    head, first = EVENT_STREAM, says("One")
    engine_server.answers(head, first, *rest)
    answer = await gateway.ask(STREAMED)
    assert answer.status == 200
    assert answer.body.startswith(first)
    assert last_event(answer)["error"]["code"] == "models.engine.interrupted"
    assert b"[DONE]" not in answer.body
    usage = await gateway.books.one_settled()
    assert (usage.status, usage.completion_tokens, usage.estimated) == (502, 1, True)
    assert gateway.books.route[-1] == ("ended", "north", "models.engine.interrupted")


async def test_a_page_where_a_stream_should_be_is_an_error_with_a_status(gateway, engine_server):
    engine_server.answers(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>")
    assert error_of(await gateway.ask(STREAMED)) == (503, "models.engine.unavailable")


def claims_json(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


CUT_THINKING = b'{"choices":[{"message":{"content":"<think>a"}}'
NOT_JSON = [b"<html>", b'{"choices": [', b"[1, <html>", CUT_THINKING, b"[" * 100_000]


@pytest.mark.parametrize("body", NOT_JSON, ids=["page", "cut", "list", "thinking", "deep"])
async def test_an_answer_that_is_not_the_json_it_claims_to_be_is_the_engines_fault(gateway, engine_server, body):
    engine_server.answers(claims_json(body))
    assert error_of(await gateway.ask(ASK)) == (502, "models.engine.interrupted")
    usage = await gateway.books.one_settled()
    assert (usage.status, usage.code, usage.completion_tokens) == (502, "models.engine.interrupted", 0)


async def test_the_next_engine_answers_where_the_first_writes_no_json(engine_server, other_server, start):
    engine_server.answers(claims_json(b"<html>"))
    other_server.answers(status(200, {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 0}}))
    south = RemoteEngine(other_server.base_url, name="south")
    async with start(RemoteEngine(engine_server.base_url, name="north"), south) as gateway:
        answer = await gateway.ask(ASK)
    assert (answer.status, answer.headers["x-daulat-engine"]) == (200, "south")
    assert [(each.engine, each.discarded) for each in gateway.books.discards] == [("north", "broke_off")]


async def test_an_answer_that_is_a_list_or_no_json_at_all_passes(gateway, engine_server):
    engine_server.answers(claims_json(b"[0.5]"))
    assert (await gateway.ask({"model": "m", "query": "a", "documents": ["b"]}, "/v1/rerank")).body == b"[0.5]"
    engine_server.answers(claims_json(b"<html>").replace(b"application/json", b"audio/ogg"))
    assert (await gateway.ask({"model": "m", "input": "a"}, "/v1/audio/speech")).body == b"<html>"


async def test_a_caller_that_leaves_a_stream_cancels_the_engine_and_is_booked(engine_server, start):
    patient = RemoteEngine(engine_server.base_url, name="north", patience_s=60)
    async with start(patient) as gateway:
        engine_server.answers(EVENT_STREAM, says("One"), says("Two"), SILENCE)
        reader, writer = await gateway.connect(STREAMED)
        await reader.readuntil(b"Two")
        writer.close()
        async with asyncio.timeout(20):
            await engine_server.hung_up.wait()
        usage = await gateway.books.one_settled()
    assert (usage.status, usage.code, usage.completion_tokens) == (499, "client_gone", 2)


async def test_a_caller_that_leaves_before_a_whole_answer_cancels_the_engine(engine_server, start):
    patient = RemoteEngine(engine_server.base_url, name="north", patience_s=60)
    async with start(patient) as gateway:
        engine_server.answers(SILENCE)
        _, writer = await gateway.connect(ASK)
        async with asyncio.timeout(20):
            while not engine_server.requests:
                await asyncio.sleep(0.01)
        writer.close()
        async with asyncio.timeout(20):
            await engine_server.hung_up.wait()
        assert (await gateway.books.one_settled()).status == 499


async def test_a_caller_that_takes_nothing_is_let_go(engine_server, start, monkeypatch):
    monkeypatch.setattr(flows, "PATIENCE_S", 0.5)
    monkeypatch.setattr(flows, "LOOK_S", 0.1)
    patient = RemoteEngine(engine_server.base_url, name="north", patience_s=60)
    async with start(patient) as gateway:
        long = says("x" * 100_000)
        engine_server.answers(EVENT_STREAM, *[long] * 400, SILENCE)
        _, writer = await gateway.connect(STREAMED)
        writer.transport.pause_reading()
        usage = await gateway.books.one_settled()
        assert (usage.status, usage.code) == (499, "client_gone")
        writer.transport.abort()


async def test_the_next_engine_answers_where_the_first_is_away(engine_server, other_server, start):
    first = RemoteEngine(engine_server.base_url, name="north", patience_s=60)
    second = RemoteEngine(other_server.base_url, name="south", patience_s=60)
    async with start(first, second) as gateway:
        engine_server.answers(status(503, {}))
        other_server.answers(EVENT_STREAM, says("Yes", finish="stop"), DONE)
        answer = await gateway.ask(STREAMED)
        assert answer.headers["x-daulat-engine"] == "south"
        assert b"Yes" in answer.body
        engine_server.answers(status(503, {}))
        other_server.answers(status(200, {"choices": []}))
        assert (await gateway.ask(ASK)).headers["x-daulat-engine"] == "south"
        assert len(gateway.books.settled) == 2
        assert gateway.books.route[:4] == [
            ("began", "north"), ("ended", "north", "models.engine.overloaded"), ("began", "south"), ("first", "south"),
        ]  # fmt: skip


async def test_what_has_begun_is_never_asked_again_elsewhere(engine_server, other_server, start):
    first = RemoteEngine(engine_server.base_url, name="north")
    second = RemoteEngine(other_server.base_url, name="south")
    async with start(first, second) as gateway:
        engine_server.answers(EVENT_STREAM, says("Half"))
        answer = await gateway.ask(STREAMED)
        assert last_event(answer)["error"]["code"] == "models.engine.interrupted"
        assert other_server.requests == []


async def test_where_all_are_away_the_last_says_so(engine_server, other_server, start):
    first = RemoteEngine(engine_server.base_url, name="north")
    second = RemoteEngine(other_server.base_url, name="south")
    async with start(first, second) as gateway:
        engine_server.answers(status(503, {}))
        other_server.answers(status(429, {}, "retry-after: 3"))
        answer = await gateway.ask(ASK)
        assert (*error_of(answer), answer.headers["retry-after"]) == (429, "models.engine.overloaded", "3")
        assert (await gateway.books.one_settled()).status == 429


async def test_a_service_that_stops_ends_a_stream_with_a_word(engine_server, start, monkeypatch):
    patient = RemoteEngine(engine_server.base_url, name="north", patience_s=60)
    async with start(patient) as gateway:
        engine_server.answers(EVENT_STREAM, says("One"), SILENCE)
        reader, writer = await gateway.connect(STREAMED)
        await reader.readuntil(b"One")
        gateway.stop.set()
        async with asyncio.timeout(20):
            rest = await reader.read()
        writer.close()
        assert b'"code":"stopping"' in rest
        assert (await gateway.books.one_settled()).status == 499


async def test_headers_cannot_be_injected_by_what_a_caller_sends(gateway, engine_server):
    engine_server.answers(status(200, {"choices": []}))
    answer = await gateway.ask(ASK | {"user": "a\r\nX-Injected: 1", "metadata": {"x": "\r\n\r\n"}})
    assert answer.status == 200
    assert "x-injected" not in answer.headers
    assert "x-injected" not in engine_server.requests[0][1]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": []}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": "hi"}, "messages"),
        (ASK | {"stream": "yes"}, "stream"),
        (ASK | {"max_tokens": "many"}, "max_tokens"),
        (ASK | {"max_tokens": -1}, "max_tokens"),
        (ASK | {"n": []}, "n"),
        (ASK | {"stream": True, "stream_options": 1}, "stream_options"),
    ],
)
async def test_a_field_of_the_wrong_type_is_named_and_nobody_is_asked(gateway, engine_server, body, param):
    answer = await gateway.ask(body)
    assert error_of(answer) == (400, "invalid_body")
    assert answer.json["error"]["param"] == param
    assert engine_server.requests == []
    assert gateway.books.settled == []
