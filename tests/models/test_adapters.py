# SPDX-License-Identifier: Apache-2.0
"""A LoRA adapter that is declared changes what the embedded engine says, and one of scale 0 changes nothing."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from tiny_model import FLOAT32, STRING, pair, text, write_gguf

from daulat.models import ChatRequest, EmbeddedEngine, EmbeddedSettings, EngineUnavailable, Message, declare_engines
from daulat.nation import bootstrap, nation_of

_WIDTH, _RANK = 32, 4


def write_adapter(path: Path) -> Path:
    """Write an adapter of rank 4 for the tiny model's attention output."""
    random = np.random.default_rng(11)
    pairs = [
        pair("general.type", STRING, text("adapter")),
        pair("general.architecture", STRING, text("llama")),
        pair("adapter.type", STRING, text("lora")),
        pair("adapter.lora.alpha", FLOAT32, struct.pack("<f", 4.0)),
    ]
    tensors = {
        "blk.0.attn_output.weight.lora_a": random.standard_normal((_RANK, _WIDTH)),
        "blk.0.attn_output.weight.lora_b": random.standard_normal((_WIDTH, _RANK)),
    }
    return write_gguf(path, pairs, tensors)


async def say(weights: Path, *adapters: tuple[Path, float]) -> str:
    settings = EmbeddedSettings(context_length=512, threads=1, adapters=adapters)
    async with EmbeddedEngine("tiny", weights, settings=settings) as engine:
        request = ChatRequest("tiny", (Message("user", "hello"),), max_tokens=12, temperature=0.0)
        return "".join([delta.content async for delta in engine.stream(request)])


async def test_an_adapter_changes_the_answer_by_its_scale(tiny_weights: Path, tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter.gguf")
    plain = await say(tiny_weights)
    assert plain
    assert await say(tiny_weights, (adapter, 0.0)) == plain
    assert await say(tiny_weights, (adapter, 5.0)) != plain


async def test_an_adapter_that_is_not_there_keeps_the_model_from_loading(tiny_weights: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable):
        await say(tiny_weights, (tmp_path / "gone.gguf", 1.0))


def test_a_declared_adapter_reaches_the_engine(tmp_path: Path) -> None:
    model = "[{id: m, kind: embedded, weights: a/m.gguf, adapters: [{weights: a/l.gguf, scale: 0.5}]}]"
    nation = nation_of(bootstrap("EE").replace("models: []\n", f"models: {model}\n"))
    engines = declare_engines(nation.models, base=tmp_path, weights=tmp_path, environment={})
    assert engines.engine_for("m")._settings.adapters == ((tmp_path / "a/l.gguf", 0.5),)
