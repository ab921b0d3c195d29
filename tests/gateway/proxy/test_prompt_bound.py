# SPDX-License-Identifier: Apache-2.0
"""What a real engine counts of a prompt is never above the bound of its body, from the first call on."""

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "models"))

from tiny_model import CHAT_TEMPLATE, write_tiny_model

from daulat.gateway.proxy.asked import CHAT, read_asked
from daulat.models import EmbeddedEngine, EmbeddedSettings, EngineRefused, WeightsStore, load_catalogue

TEMPLATE = 32  # SmolLM2's own system prompt and its marks are 30
SMOLLM2 = "smollm2-135m-instruct"
TEMPLATE_WITH_TOOLS = CHAT_TEMPLATE + "{% for tool in tools %}{{ tool | tojson }}{% endfor %}"
TEXTS = {  # not reviewed by a native speaker
    "nothing": "",
    "a letter": "x",
    "Indonesian": "Kapan pendaftaran sekolah dibuka? " * 5,
    "Javanese script": "ꦏꦥꦤ꧀ꦥꦼꦤ꧀ꦝꦥ꧀ꦠꦫꦤ꧀" * 5,
    "emoji": "\N{BABY}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}" * 20,
    "control characters": "".join(map(chr, range(1, 32))) * 5,
    "digits": "90172836451" * 10,
    "marks of a template": "<|im_start|><|im_end|>" * 5,
}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {
    letter: {"type": "integer", "enum": [1, 2, 3]} for letter in "abcd"}}}}  # fmt: skip


def smollm2() -> Path:
    """Return real weights, where the journey of SmolLM2 has pulled them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    path = cache / "daulat" / "models" / SMOLLM2 / f"{SMOLLM2}.gguf"
    if not path.is_file():
        pytest.skip(f"the weights are not in {cache}: tests/models/test_journey_smollm2.py pulls them")
    return WeightsStore(cache / "daulat" / "models").verify(load_catalogue().find(SMOLLM2).id).path


@pytest.mark.parametrize("weights", ["tiny", SMOLLM2])
async def test_no_text_with_or_without_tools_comes_to_more_than_its_bound(tmp_path, weights):
    writes_tools = weights == "tiny"  # SmolLM2's template has no place for them
    path = write_tiny_model(tmp_path / "tiny.gguf", TEMPLATE_WITH_TOOLS) if writes_tools else smollm2()
    settings = EmbeddedSettings(context_length=2_048, threads=1)
    async with EmbeddedEngine("m", path, settings=settings) as engine:
        for name, text in TEXTS.items():
            for tools in ([], [TOOL]):
                sent = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": text}]}
                sent |= {"tools": tools} if tools else {}
                body = json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()
                if tools and not writes_tools:
                    with pytest.raises(EngineRefused):
                        await engine.send("/chat/completions", body)
                    continue
                counted = json.loads((await engine.send("/chat/completions", body)).body)["usage"]["prompt_tokens"]
                assert 0 < counted <= read_asked(body, CHAT).prompt_bound + TEMPLATE, name
