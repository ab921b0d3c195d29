# SPDX-License-Identifier: Apache-2.0
"""A remote engine reads real servers correctly, honest or not."""

from __future__ import annotations

import json
from contextlib import aclosing

import pytest
from scripted_server import DONE, EVENT_STREAM, SILENCE, ScriptedServer, counts, event, says, status

from daulat.models import (
    ChatRequest,
    Delta,
    EngineError,
    EngineInterrupted,
    EngineOverloaded,
    EngineRefused,
    EngineUnavailable,
    Message,
    ModelsError,
    RemoteEngine,
    Usage,
)

SECRET = "My number is 3174."
REQUEST = ChatRequest("m", (Message("user", SECRET),), seed=1, stop=("END",), options={"top_k": 3})


async def collect(server: ScriptedServer, **settings: object) -> list[Delta]:
    async with RemoteEngine(server.base_url, **settings) as engine:
        return [delta async for delta in engine.stream(REQUEST)]


async def read_until_error(server: ScriptedServer, error: type[ModelsError]) -> tuple[str, ModelsError]:
    text = ""
    is_silent = any(SILENCE in script for script in server.scripts)
    async with RemoteEngine(server.base_url, patience_s=0.5 if is_silent else 60) as engine:
        try:
            async for delta in engine.stream(REQUEST):
                text += delta.content
        except error as raised:
            return text, raised
    pytest.fail("the stream ended as if nothing had happened")


async def test_a_request_is_sent_as_declared_with_its_options_and_the_key(server: ScriptedServer) -> None:
    server.answers(EVENT_STREAM, says("x", finish="stop"), DONE)

    await collect(server, api_key="k")

    line, headers, body = server.requests[0]
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == "Bearer k"
    assert json.loads(body) == {
        "model": "m",
        "messages": [{"role": "user", "content": SECRET}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "seed": 1,
        "stop": ["END"],
        "top_k": 3,
    }


async def test_events_split_at_every_byte_are_put_together_again(server: ScriptedServer) -> None:
    whole = says("Kartu ") + says("Keluarga \u2014 ya") + says(finish="stop") + counts(3, 4) + DONE
    server.answers(EVENT_STREAM, *(bytes([byte]) for byte in whole))

    deltas = await collect(server)

    assert "".join(delta.content for delta in deltas) == "Kartu Keluarga \u2014 ya"
    assert deltas[-1] == Delta(finish_reason="stop", usage=Usage(3, 4))


async def test_reasoning_is_kept_apart_whether_named_or_tagged(server: ScriptedServer) -> None:
    server.answers(EVENT_STREAM, says(reasoning_content="hm"), says("Yes", finish="stop"), DONE)
    server.answers(EVENT_STREAM, says(reasoning="hm"), says("Yes", finish="stop"), DONE)
    server.answers(EVENT_STREAM, says("<thi"), says("nk>hm</"), says("think>\n\nYes", finish="stop"), DONE)

    for _ in range(3):
        deltas = await collect(server)
        assert "".join(delta.reasoning for delta in deltas) == "hm"
        assert "".join(delta.content for delta in deltas) == "Yes"


async def test_text_before_a_death_stands_and_the_reader_is_told(server: ScriptedServer) -> None:
    server.answers(EVENT_STREAM, says("Half an"))

    text, _ = await read_until_error(server, EngineInterrupted)

    assert text == "Half an"


@pytest.mark.parametrize(
    "lie",
    [
        b"data: not json\n\n",
        b'data: {"choices": "none"}\n\n',
        b"data: " + b"x" * (1 << 20) + b"\n\n",
        event(error={"message": SECRET, "type": "server_error"}),
        event(error=SECRET),
    ],
    ids=["not json", "wrong shape", "endless", "error event", "error text"],
)
async def test_an_event_that_makes_no_sense_ends_the_stream_and_quotes_nothing(
    server: ScriptedServer, lie: bytes
) -> None:
    server.answers(EVENT_STREAM, says("Half") + lie, says(" more", finish="stop"), DONE)

    text, error = await read_until_error(server, EngineInterrupted)

    assert text == "Half"
    assert SECRET not in str(error)


async def test_a_lie_about_the_length_interrupts(server: ScriptedServer) -> None:
    head = EVENT_STREAM.replace(b"\r\n\r\n", b"\r\ncontent-length: 9999\r\n\r\n")
    server.answers(head, says("Half"))

    text, _ = await read_until_error(server, EngineInterrupted)

    assert text == "Half"


async def test_a_whole_answer_is_whole_even_if_the_connection_then_breaks(server: ScriptedServer) -> None:
    head = EVENT_STREAM.replace(b"\r\n\r\n", b"\r\ncontent-length: 9999\r\n\r\n")
    server.answers(head, says("All of it", finish="stop"))

    deltas = await collect(server)

    assert [delta.content for delta in deltas] == ["All of it", ""]


async def test_silence_before_the_answer_is_unavailable_and_silence_midway_interrupts(server: ScriptedServer) -> None:
    server.answers(SILENCE)
    server.answers(EVENT_STREAM, says("Half"), SILENCE)

    await read_until_error(server, EngineUnavailable)
    text, _ = await read_until_error(server, EngineInterrupted)

    assert text == "Half"


@pytest.mark.parametrize(
    ("script", "was_read"),
    [([SILENCE], True), ([], False), ([status(500, {})], False), ([EVENT_STREAM, says("Half"), SILENCE], True)],
    ids=["fell silent", "hung up at once", "said 500", "broke off"],
)
async def test_an_error_says_whether_the_engine_may_have_worked_on_the_request(server, script, was_read) -> None:
    server.answers(*script)

    _, error = await read_until_error(server, EngineError)

    assert error.was_read is was_read


async def test_a_server_that_is_not_reached_has_read_nothing() -> None:
    async with ScriptedServer() as server:
        url = server.base_url
    async with RemoteEngine(url) as engine:
        with pytest.raises(EngineUnavailable) as raised:
            await anext(engine.stream(REQUEST))
    assert not raised.value.was_read


async def test_closing_the_stream_hangs_up_on_the_server(server: ScriptedServer) -> None:
    server.answers(EVENT_STREAM, says("One"), SILENCE)

    async with (
        RemoteEngine(server.base_url) as engine,
        aclosing(engine.stream(REQUEST)) as stream,
    ):
        await anext(stream)
        assert not server.hung_up.is_set()
        await stream.aclose()
        await server.hung_up.wait()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(400, {"error": {"message": SECRET, "code": "context_length_exceeded"}}), EngineRefused),
        (status(404, {"detail": SECRET}), EngineRefused),
        (status(401, {}), EngineUnavailable),
        (status(429, {}, "retry-after: 7"), EngineOverloaded),
        (status(503, "loading"), EngineOverloaded),
        (status(500, SECRET), EngineUnavailable),
        (status(302, {}, "location: http://127.0.0.1:1/"), EngineUnavailable),
        (status(200, {"choices": []}), EngineUnavailable),
        (b"garbage\r\n\r\n", EngineUnavailable),
        (b"", EngineUnavailable),
    ],
)
async def test_an_answer_that_is_not_a_stream_says_who_can_act_and_quotes_nothing(
    server: ScriptedServer, answer: bytes, error: type[ModelsError]
) -> None:
    server.answers(answer)

    text, raised = await read_until_error(server, error)

    assert text == ""
    assert SECRET not in str(raised)


async def test_an_overloaded_engine_says_when_to_come_back(server: ScriptedServer) -> None:
    server.answers(status(429, {}, "retry-after: 7"))

    _, error = await read_until_error(server, EngineOverloaded)

    assert isinstance(error, EngineOverloaded)
    assert error.retry_after_s == 7.0


async def test_a_server_that_is_not_there_is_unavailable_and_not_healthy() -> None:
    async with ScriptedServer() as server:
        url = server.base_url
    async with RemoteEngine(url) as engine:
        assert not await engine.is_healthy()
        with pytest.raises(EngineUnavailable):
            await anext(engine.stream(REQUEST))


async def test_other_alternatives_than_the_first_are_left_alone(server: ScriptedServer) -> None:
    other = event(choices=[{"index": 1, "delta": {"content": "No"}, "finish_reason": "stop"}])
    server.answers(EVENT_STREAM, says("Yes"), other, says(finish="stop"), DONE)

    deltas = await collect(server)

    assert "".join(delta.content for delta in deltas) == "Yes"


@pytest.mark.parametrize(
    "url", ["ftp://host/v1", "http://user:password@host/v1", "host:8000", "http://host/v1?key=1", ""]
)
def test_an_address_that_hides_a_password_or_a_scheme_is_refused(url: str) -> None:
    with pytest.raises(ModelsError):
        RemoteEngine(url)
