# SPDX-License-Identifier: Apache-2.0
"""What llama.cpp's own server can do passes through the embedded engine: schemas, probabilities, many at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from scripted_server import ScriptedServer, status
from tiny_model import CHAT_TEMPLATE, write_tiny_model

from daulat.models import EmbeddedEngine, EmbeddedSettings, EngineRefused
from daulat.models._child import _takes_tools

SETTINGS = EmbeddedSettings(context_length=2_048, slots=3, threads=1)
CHAT = "/chat/completions"
SCHEMA = {
    "type": "object",
    "properties": {"born": {"type": "boolean"}},
    "required": ["born"],
    "additionalProperties": False,
}


@pytest.fixture
async def engine(tiny_weights: Path) -> AsyncIterator[EmbeddedEngine]:
    async with EmbeddedEngine("tiny", tiny_weights, settings=SETTINGS) as engine:
        yield engine


def asks(text: str = "Halo", **fields: object) -> bytes:
    messages = [{"role": "user", "content": text}]
    return json.dumps({"model": "tiny", "messages": messages, "max_tokens": 24, "temperature": 0} | fields).encode()


async def whole(engine: EmbeddedEngine, body: bytes) -> dict:
    return json.loads((await engine.send(CHAT, body)).body)


async def test_an_answer_keeps_to_a_schema(engine: EmbeddedEngine) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "birth", "schema": SCHEMA}}
    answer = await whole(engine, asks(response_format=wanted, max_tokens=64))
    assert set(json.loads(answer["choices"][0]["message"]["content"])) == {"born"}


async def test_probabilities_are_told_where_they_are_asked_for(engine: EmbeddedEngine) -> None:
    answer = await whole(engine, asks(logprobs=True, top_logprobs=2, max_tokens=3))
    tokens = answer["choices"][0]["logprobs"]["content"]
    assert len(tokens) == answer["usage"]["completion_tokens"] == 3
    assert all(len(token["top_logprobs"]) == 2 for token in tokens)


async def test_a_stream_comes_as_events_and_ends(engine: EmbeddedEngine) -> None:
    async with engine.open(CHAT, asks(stream=True)) as pieces:
        received = b""
        while (piece := await pieces.read()) is not None:
            received += piece
    assert received.startswith(b"data: {")
    assert received.rstrip().endswith(b"data: [DONE]")


async def test_slots_answer_at_the_same_time_and_each_for_itself(engine: EmbeddedEngine) -> None:
    alone = await whole(engine, asks("Apa itu akta?"))
    together = await asyncio.gather(*(whole(engine, asks("Apa itu akta?")) for _ in range(3)))
    assert {each["choices"][0]["message"]["content"] for each in together} == {
        alone["choices"][0]["message"]["content"]
    }


async def test_a_prompt_that_begins_like_the_last_is_not_read_again(engine: EmbeddedEngine) -> None:
    beginning = "Setiap kelahiran wajib dilaporkan. " * 20
    await whole(engine, asks(beginning + "Kapan?"))
    again = await whole(engine, asks(beginning + "Kapan?"))
    assert again["usage"]["prompt_tokens_details"]["cached_tokens"] > 100


async def test_what_llama_cpp_refuses_is_told_in_its_own_words(engine: EmbeddedEngine) -> None:
    with pytest.raises(EngineRefused) as caught:
        await engine.send(CHAT, asks("kata " * 3_000))
    assert caught.value.code == "context_length_exceeded"
    assert caught.value.said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
        ]}]}, "image input is not supported"),
        ({"messages": [{"role": "user", "content": [
            {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
        ]}]}, "audio input is not supported"),
        ({"messages": [{"content": "Halo"}]}, "Missing 'role'"),
        ({"tools": [{"type": "function"}]}, "Missing tool function"),
        ({"reasoning_format": "loud"}, "Unknown reasoning format"),
        ({"json_schema": {"type": "object"}, "grammar": 'root ::= "a"'}, "Cannot use both"),
    ],
    ids=["picture", "sound", "no role", "no function", "unknown format", "two grammars"],
)  # fmt: skip
async def test_a_request_that_is_at_fault_is_refused_though_llama_cpp_calls_it_a_fault_of_its_own(
    engine: EmbeddedEngine, fields: dict, said: str
) -> None:
    with pytest.raises(EngineRefused) as caught:
        await engine.send(CHAT, asks(**fields))
    assert caught.value.status == 400
    assert said in caught.value.said


WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
TEMPLATE_WITH_TOOLS = CHAT_TEMPLATE + "{% for tool in tools %}{{ tool | tojson }}{% endfor %}"


@pytest.mark.parametrize("choice", [None, "auto", "required", {"type": "function", "function": {"name": "weather"}}])
async def test_tools_are_refused_where_the_model_would_never_see_them(engine: EmbeddedEngine, choice: object) -> None:
    fields = {"tools": [WEATHER], **({"tool_choice": choice} if choice else {})}
    with pytest.raises(EngineRefused, match="no place for them") as caught:
        await engine.send(CHAT, asks(**fields))
    assert (caught.value.status, caught.value.code) == (400, "unsupported_parameter")
    with pytest.raises(EngineRefused):
        async with engine.open(CHAT, asks(**fields, stream=True)):
            pass


@pytest.mark.parametrize(
    ("props", "takes_tools"),
    [
        ({"chat_template_caps": {"supports_tools": False}}, False),
        ({"chat_template_caps": None}, True),
        ({"error": {"message": "loading"}}, True),
        ([], True),
    ],
)
async def test_a_server_that_does_not_tell_whether_it_takes_tools_is_left_to_judge(
    server: ScriptedServer, props: object, takes_tools: bool
) -> None:
    server.answers(status(200, props))
    assert await asyncio.to_thread(_takes_tools, server.base_url.removesuffix("/v1"), "key") == takes_tools


async def test_tools_that_are_not_to_be_called_hinder_nothing(engine: EmbeddedEngine) -> None:
    for fields in ({"tools": [WEATHER], "tool_choice": "none"}, {"tools": []}):
        assert (await whole(engine, asks(**fields, max_tokens=2, ignore_eos=True)))["usage"]["completion_tokens"] == 2


async def test_a_model_whose_template_has_a_place_for_tools_reads_them(tmp_path: Path) -> None:
    weights = write_tiny_model(tmp_path / "tools.gguf", chat_template=TEMPLATE_WITH_TOOLS)
    async with EmbeddedEngine(
        "tools", weights, settings=EmbeddedSettings(context_length=2048, threads=1)
    ) as with_tools:
        plain = await whole(with_tools, asks(max_tokens=2))
        told = await whole(with_tools, asks(max_tokens=2, tools=[WEATHER]))
    assert told["usage"]["prompt_tokens"] > plain["usage"]["prompt_tokens"] + 20


async def test_the_tokens_of_all_answers_are_counted(engine: EmbeddedEngine) -> None:
    one = await whole(engine, asks(max_tokens=8, ignore_eos=True))
    three = await whole(engine, asks(max_tokens=8, ignore_eos=True, n=3, seed=1))
    assert [choice["index"] for choice in three["choices"]] == [0, 1, 2]
    assert three["usage"]["completion_tokens"] == 3 * one["usage"]["completion_tokens"] == 24
    assert three["usage"]["prompt_tokens"] == one["usage"]["prompt_tokens"]
    # What was read again for the second and the third is not counted, nor what of it was cached.
    assert three["usage"]["prompt_tokens_details"]["cached_tokens"] == one["usage"]["prompt_tokens"] - 1
    assert three["usage"]["total_tokens"] == three["usage"]["prompt_tokens"] + 24


async def test_the_tokens_of_answers_to_several_prompts_are_counted(engine: EmbeddedEngine) -> None:
    body = json.dumps({"model": "tiny", "prompt": ["Halo", "Apa kabar"], "max_tokens": 4, "ignore_eos": True, "n": 2})
    answer = json.loads((await engine.send("/completions", body.encode())).body)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2, 3]
    assert answer["usage"]["completion_tokens"] == 16


async def test_a_stream_of_several_answers_tells_them_apart_and_counts_all(engine: EmbeddedEngine) -> None:
    options = {"include_usage": True}
    asked = asks(stream=True, n=2, max_tokens=6, ignore_eos=True, stream_options=options)
    async with engine.open(CHAT, asked) as pieces:
        received = b""
        while (piece := await pieces.read()) is not None:
            received += piece
    events = [line[6:] for line in received.split(b"\n\n") if line]
    assert events.pop() == b"[DONE]"
    told = [json.loads(event) for event in events]
    assert {choice["index"] for event in told for choice in event["choices"]} == {0, 1}
    assert [event["usage"]["completion_tokens"] for event in told if event.get("usage")] == [12]
    assert told[-1]["choices"] == []
