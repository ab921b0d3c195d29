# SPDX-License-Identifier: Apache-2.0
"""What llama.cpp's own server can do passes through the embedded engine: schemas, probabilities, many at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daulat.models import EmbeddedEngine, EmbeddedSettings, EngineRefused

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
