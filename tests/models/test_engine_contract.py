# SPDX-License-Identifier: Apache-2.0
"""What every engine promises, run over the fake, a remote server and llama.cpp with real (tiny) weights."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from scripted_server import DONE, EVENT_STREAM, ScriptedServer, counts, says, status

from daulat.gateway.access.settings import access_settings
from daulat.models import (
    ChatRequest,
    EmbeddedEngine,
    EmbeddedSettings,
    Engine,
    EngineError,
    EngineUnavailable,
    FakeEngine,
    Message,
    RemoteEngine,
    Reply,
    Usage,
    declare_engines,
    forwarding,
)
from daulat.nation import bootstrap, nation_of

REQUEST = ChatRequest("tiny", (Message("user", "Who issues a birth certificate?"),), max_tokens=6, temperature=0.0)
MODEL_LIST = status(200, {"data": [{"id": "tiny"}]})


async def fake(tmp_path: Path, weights: Path) -> AsyncIterator[Engine]:
    yield FakeEngine(["tiny"], [Reply(("a", "b", "c", "d", "e", "f", "g"))])


async def remote(tmp_path: Path, weights: Path) -> AsyncIterator[Engine]:
    async with ScriptedServer() as server:
        for _ in range(3):
            answer = [says(letter) for letter in "abcdef"]
            server.answers(EVENT_STREAM, *answer, says(finish="length"), counts(5, 6), DONE)
        async with RemoteEngine(server.base_url) as engine:
            yield engine


async def remote_models(tmp_path: Path, weights: Path) -> AsyncIterator[Engine]:
    async with ScriptedServer() as server, RemoteEngine(server.base_url) as engine:
        server.answers(MODEL_LIST)
        server.answers(MODEL_LIST)
        yield engine


async def embedded(tmp_path: Path, weights: Path) -> AsyncIterator[Engine]:
    async with EmbeddedEngine("tiny", weights, settings=EmbeddedSettings(threads=1)) as engine:
        yield engine


@pytest.fixture(params=[fake, remote, embedded], ids=lambda make: make.__name__)
async def engine(request: pytest.FixtureRequest, tmp_path: Path, tiny_weights: Path) -> AsyncIterator[Engine]:
    async for engine in request.param(tmp_path, tiny_weights):
        yield engine


@pytest.fixture(params=[fake, remote_models, embedded], ids=lambda make: make.__name__)
async def listing(request: pytest.FixtureRequest, tmp_path: Path, tiny_weights: Path) -> AsyncIterator[Engine]:
    async for engine in request.param(tmp_path, tiny_weights):
        yield engine


async def test_an_answer_comes_in_pieces_and_the_last_carries_the_end_and_the_count(engine: Engine) -> None:
    deltas = [delta async for delta in engine.stream(REQUEST)]

    assert len([delta for delta in deltas if delta.content]) > 1
    assert [delta.finish_reason for delta in deltas[:-1]] == [None] * (len(deltas) - 1)
    assert deltas[-1].finish_reason == "length"
    assert deltas[-1].usage is not None
    assert deltas[-1].usage.completion_tokens == 6
    assert deltas[-1].usage.prompt_tokens > 0


async def test_the_same_request_at_temperature_zero_gets_the_same_answer(engine: Engine) -> None:
    first = [delta async for delta in engine.stream(REQUEST)]
    second = [delta async for delta in engine.stream(REQUEST)]

    assert "".join(delta.content for delta in first) == "".join(delta.content for delta in second)


async def test_closing_the_stream_early_leaves_an_engine_that_answers_the_next_request(engine: Engine) -> None:
    async with aclosing(engine.stream(REQUEST)) as stream:
        await anext(stream)

    deltas = [delta async for delta in engine.stream(REQUEST)]

    assert deltas[-1].finish_reason == "length"


async def test_an_engine_lists_its_models_and_is_healthy(listing: Engine) -> None:
    assert await listing.models() == ["tiny"]
    assert await listing.is_healthy()


OFFER = {"context_length": 512, "output_limit": 64, "price": {"input": "2", "output": "6", "currency": "XTS"}}


@pytest.mark.parametrize("kind", ["fake", "remote", "embedded"])
async def test_what_a_model_can_do_and_what_it_costs_is_read_from_its_declaration_whatever_runs_it(
    kind: str, tmp_path: Path, tiny_weights: Path
) -> None:
    async with ScriptedServer() as server:
        server.answers(EVENT_STREAM, says("six"), says(finish="length"), counts(5, 6), DONE)
        runs = {"fake": {}, "remote": {"url": server.base_url}, "embedded": {"weights": str(tiny_weights)}}
        model = {"id": "tiny", "kind": kind, **OFFER, **runs[kind]}
        nation = nation_of(bootstrap("IS").replace("models: []\n", f"models: {json.dumps([model])}\n"))

        async with declare_engines(nation.models, base=tmp_path, weights=tmp_path, environment={}) as engines:
            engine, rules = engines.engine_for("tiny"), access_settings(nation, {})
            *_, last = [delta async for delta in engine.stream(REQUEST)]

            assert (rules.contexts["tiny"], rules.output_limits["tiny"]) == (512, 64)
            # Tools, schemas and probabilities are its server's to offer, where it has one.
            assert (forwarding(engine) is not None) == (kind != "fake")
            # In quanta of 10^-8 XTS, 2 and 6 for a million tokens are 200 and 600 for one.
            assert last.usage is not None
            cost_q = rules.prices["tiny"].cost_q(last.usage.prompt_tokens, last.usage.completion_tokens)
            assert cost_q == 200 * last.usage.prompt_tokens + 600 * last.usage.completion_tokens > 0


async def test_an_embedded_engine_that_is_closed_says_so_instead_of_starting_again(tiny_weights: Path) -> None:
    engine = EmbeddedEngine("tiny", tiny_weights)
    await engine.close()

    with pytest.raises(EngineUnavailable):
        await anext(engine.stream(REQUEST))


async def test_a_fake_engine_fails_where_its_script_says_and_counts_what_was_cancelled() -> None:
    engine = FakeEngine(replies=[Reply(("Yes",), error=_failure()), Reply(("a", "b"), reasoning=("hm",))])

    with pytest.raises(EngineError):
        [delta async for delta in engine.stream(REQUEST)]
    async with aclosing(engine.stream(REQUEST)) as stream:
        assert (await anext(stream)).reasoning == "hm"

    assert engine.cancelled == 1
    assert [request.model for request in engine.requests] == ["tiny", "tiny"]


async def test_a_fake_engine_repeats_its_last_reply() -> None:
    engine = FakeEngine(replies=[Reply(("first",)), Reply(("last",))])

    answers = [await anext(engine.stream(REQUEST)) for _ in range(3)]

    assert [delta.content for delta in answers] == ["first", "last", "last"]


async def test_a_fake_engine_counts_words() -> None:
    *_, last = [delta async for delta in FakeEngine(replies=[Reply(("two words",))]).stream(REQUEST)]

    assert last.usage == Usage(prompt_tokens=5, completion_tokens=2)


def _failure() -> EngineError:
    return EngineUnavailable("broke", why="A script says so.", fix="Nothing to do.", code="models.engine.unavailable")
