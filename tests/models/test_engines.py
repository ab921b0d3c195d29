# SPDX-License-Identifier: Apache-2.0
"""A nation's declaration becomes engines, and none of them starts before it is asked."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from scripted_server import DONE, EVENT_STREAM, ScriptedServer, says, status

from daulat.models import (
    ChatRequest,
    EmbeddedEngine,
    EngineSet,
    EngineUnavailable,
    Fetcher,
    Message,
    ModelsError,
    Order,
    RemoteEngine,
    UnknownModel,
    WeightsStore,
    declare_engines,
    parse_source,
    pull,
)


@dataclass(frozen=True)
class Declared:
    id: str
    kind: Literal["embedded", "remote", "fake"] = "fake"
    weights: str | None = None
    url: str | None = None
    upstream: str | None = None
    key_from: str | None = None
    context_length: int = 512


def declare(tmp_path: Path, *models: Declared, **environment: str) -> EngineSet:
    return declare_engines(models, base=tmp_path, weights=tmp_path / "models", environment=environment)


def pulled(tmp_path: Path, weights: Path) -> Path:
    order = Order("tiny", (parse_source(f"file://{weights}"),))
    return pull(order, WeightsStore(tmp_path / "models"), fetcher=Fetcher()).path


def ask(model: str) -> ChatRequest:
    return ChatRequest(model, (Message("user", "Halo"),), max_tokens=3, temperature=0.0)


async def test_an_unknown_model_is_refused_and_an_empty_declaration_is_fine(tmp_path: Path) -> None:
    async with declare(tmp_path) as engines:
        assert await engines.list_models() == []
        with pytest.raises(UnknownModel):
            engines.engine_for("anything")


async def test_models_of_one_server_answer_to_their_declared_names_each_from_an_engine_of_its_own_name(
    tmp_path: Path, server: ScriptedServer
) -> None:
    server.answers(status(200, {"data": [{"id": "Org/Large"}, {"id": "small"}]}))  # asked once for the three of them
    server.answers(EVENT_STREAM, says("Yes", finish="stop"), DONE)
    server.answers(status(500))
    large = Declared("large", "remote", url=server.base_url, upstream="Org/Large", key_from="LARGE_KEY")
    small = Declared("small", "remote", url=server.base_url, key_from="LARGE_KEY")
    gone = Declared("gone", "remote", url=server.base_url, key_from="LARGE_KEY")

    async with declare(tmp_path, large, small, gone, LARGE_KEY="k") as engines:
        assert [engines.engine_for(each).name for each in engines.model_ids] == ["large", "small", "gone"]
        assert await engines.list_models() == ["large", "small"]
        [delta async for delta in engines.engine_for("large").stream(ask("large"))]
        with pytest.raises(EngineUnavailable, match="`small`"):
            [delta async for delta in engines.engine_for("small").stream(ask("small"))]

    assert [json.loads(body)["model"] for _, _, body in server.requests[1:]] == ["Org/Large", "small"]
    assert {headers["authorization"] for _, headers, _ in server.requests} == {"Bearer k"}


async def test_models_of_one_server_are_asked_over_the_connections_of_all(tmp_path: Path) -> None:
    """Two connections for two models, one after the other, would be two."""
    peers = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername"))
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await answer(reader, writer)
        writer.close()

    async with await asyncio.start_server(handled, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        one, other = (Declared(id, "remote", url=url) for id in ("one", "other"))
        async with declare(tmp_path, one, other) as engines:
            for each in ("one", "other", "one"):
                engine = engines.engine_for(each)
                assert isinstance(engine, RemoteEngine)
                assert (await engine.send("/embeddings", b"{}")).body == b"{}"
    assert len(peers) == 1


async def test_a_server_that_is_down_costs_only_its_own_models(tmp_path: Path) -> None:
    down = Declared("down", "remote", url="http://127.0.0.1:9/v1")

    async with declare(tmp_path, down, Declared("up")) as engines:
        assert engines.model_ids == ["down", "up"]
        assert await engines.list_models() == ["up"]


async def test_weights_are_found_by_the_name_they_were_pulled_under_or_by_their_path(
    tmp_path: Path, tiny_weights: Path
) -> None:
    shutil.copy(tiny_weights, tmp_path / "mine.gguf")
    by_name, by_path = Declared("a", "embedded", weights="tiny"), Declared("b", "embedded", weights="mine.gguf")

    async with declare(tmp_path, by_name, by_path) as engines:
        assert await engines.list_models() == ["b"]
        # Pulled while the service runs: the next request finds them.
        pulled(tmp_path, tiny_weights)
        assert await engines.list_models() == ["a", "b"]
        engine = engines.engine_for("a")
        assert isinstance(engine, EmbeddedEngine)
        assert engine.process_id is None
        *_, last = [delta async for delta in engine.stream(ask("a"))]
        assert last.finish_reason == "length"


async def test_weights_that_are_missing_are_asked_for_by_their_own_name_not_by_the_models(tmp_path: Path) -> None:
    async with declare(tmp_path, Declared("writer", "embedded", weights="qwen3-4b")) as engines:
        with pytest.raises(EngineUnavailable) as caught:
            await anext(engines.engine_for("writer").stream(ask("writer")))
    assert "daulat models pull qwen3-4b" in caught.value.fix


async def test_altered_weights_never_run(tmp_path: Path, tiny_weights: Path) -> None:
    path = pulled(tmp_path, tiny_weights)
    async with declare(tmp_path, Declared("writer", "embedded", weights="tiny")) as engines:
        engine = engines.engine_for("writer")
        assert isinstance(engine, EmbeddedEngine)
        with path.open("r+b") as file:
            file.seek(100_000)
            file.write(b"x")
        with pytest.raises(EngineUnavailable, match="`tiny` are not what was pulled") as caught:
            await anext(engine.stream(ask("writer")))
        assert engine.process_id is None
        assert not await engine.is_healthy()
        assert "daulat models remove tiny" in caught.value.fix
        # Pulled again, they run without a restart.
        pulled(tmp_path, tiny_weights)
        assert await engine.is_healthy()
        assert [delta async for delta in engine.stream(ask("writer"))]


@pytest.mark.parametrize("spoil", ["cut", "unrecorded"])
async def test_weights_that_are_cut_or_that_nobody_recorded_are_not_offered(
    tmp_path: Path, tiny_weights: Path, spoil: str
) -> None:
    path = pulled(tmp_path, tiny_weights)
    if spoil == "cut":
        path.write_bytes(path.read_bytes()[:60_000])
    else:
        path.with_name("provenance.json").unlink()
    async with declare(tmp_path, Declared("writer", "embedded", weights="tiny")) as engines:
        assert await engines.list_models() == []
        with pytest.raises(EngineUnavailable):
            await anext(engines.engine_for("writer").stream(ask("writer")))


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (Declared("m", "remote"), "url"),
        (Declared("m", "embedded"), "weights"),
        (Declared("m", "remote", url="http://h/v1", key_from="NO_SUCH_KEY"), "NO_SUCH_KEY"),
    ],
)
def test_a_declaration_that_cannot_work_says_what_is_missing(tmp_path: Path, model: Declared, named: str) -> None:
    with pytest.raises(ModelsError, match=named):
        declare(tmp_path, model)
