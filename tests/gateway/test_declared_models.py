# SPDX-License-Identifier: Apache-2.0
"""A service says which of its declared models cannot run, before anybody asks for one, and when they can."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from tiny_model import STRING, pair, text, write_gguf

from daulat.gateway import create_app, declared_models
from daulat.gateway.declared_models import keep_told
from daulat.gateway.readiness import Readiness
from daulat.models import EngineSet, Fetcher, Order, WeightsStore, declare_engines, parse_source, pull
from daulat.nation import Model


def write_smallest(path: Path) -> Path:
    """Write a file that has a record, and no more than one number."""
    return write_gguf(path, [pair("general.architecture", STRING, text("llama"))], {"a": np.ones(1)})


@pytest.fixture
def pulled(tmp_path: Path) -> Callable[[], Path]:
    def bring() -> Path:
        write_smallest(tmp_path / "source.gguf")
        order = Order("tiny", (parse_source(f"file://{tmp_path / 'source.gguf'}"),))
        return pull(order, WeightsStore(tmp_path / "models"), fetcher=Fetcher()).path

    return bring


def declared(tmp_path: Path, **weights: str) -> EngineSet:
    models = [Model(id=name, kind="embedded", weights=file) for name, file in weights.items()]
    return declare_engines(models, base=tmp_path, weights=tmp_path / "models", environment={})


@contextlib.asynccontextmanager
async def told(engines: EngineSet) -> AsyncIterator[Readiness]:
    readiness = Readiness()
    telling = asyncio.create_task(keep_told(engines, readiness))
    try:
        yield readiness
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await engines.close()


async def state_of(readiness: Readiness, *awaited: str) -> str:
    while readiness.states.get("models", ("",))[0] not in awaited:
        await asyncio.sleep(0.01)
    return readiness.states["models"][1]


async def test_without_models_the_service_says_that_it_quotes(tmp_path: Path) -> None:
    async with told(declared(tmp_path)) as readiness:
        assert "quoted" in await state_of(readiness, "ready")


async def test_each_model_without_weights_is_named_with_the_weights_to_pull(
    tmp_path: Path, pulled: Callable[[], Path]
) -> None:
    pulled()
    async with told(declared(tmp_path, writer="tiny", w2="qwen3-4b", w3="mine.gguf")) as readiness:
        detail = await state_of(readiness, "absent")
    assert detail.startswith("writer; ")
    assert "`w2` does not run" in detail
    assert "daulat models pull qwen3-4b" in detail
    assert "`mine.gguf`" in detail


async def test_altered_weights_are_a_failure_until_they_are_pulled_again(
    tmp_path: Path, pulled: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared_models, "LOOK_S", 0.05)
    weights = pulled()
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    async with told(declared(tmp_path, writer="tiny")) as readiness:
        assert "daulat models remove tiny" in await state_of(readiness, "failed")
        pulled()
        assert await state_of(readiness, "ready") == "writer"


async def get(app, path: str) -> tuple[int, dict]:
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app({"type": "http", "method": "GET", "path": path, "headers": []}, receive, send)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.mark.parametrize("state", ["failed", "absent", "loading"])
async def test_a_model_that_does_not_run_turns_the_light_amber_and_keeps_no_other_from_answering(fakes, state) -> None:
    front = fakes.make_parts(services={}, assistant=None)  # the front door alone
    front.readiness.set("models", state, "`w2` does not run")
    app = create_app(front)
    assert (await get(app, "/readyz"))[0] == 200
    assert (await get(app, "/v1/status"))[1]["level"] == "amber"
