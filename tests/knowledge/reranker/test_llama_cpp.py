# SPDX-License-Identifier: Apache-2.0
"""A real llama.cpp is understood in both forms. Its weights are random: that it scores each text is all this shows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "models"))

from tiny_model import write_tiny_model

from daulat.knowledge.reranker import RemoteReranker

SERVE = """
import sys, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.embedding, params.port = sys.argv[1], True, 0
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_RANK
params.n_ctx = params.n_batch = params.n_ubatch = 2_048
params.n_parallel = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    model = write_tiny_model(tmp_path_factory.mktemp("llama") / "tiny.gguf", context_length=2_048)
    command = [sys.executable, "-c", SERVE, str(model)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = (line.strip() for line in process.stdout)
        yield next(line for line in lines if line.startswith("http"))
        process.stdin.close()
        process.wait(60)


def test_each_text_is_scored_in_both_forms_alike(address: str) -> None:
    texts = ["a birth is reported", "a bicycle carries a lamp", "school is free"]
    by_name = RemoteReranker(f"{address}/v1", "tiny", patience_s=60).scores("who reports a birth", texts)
    assert len(set(by_name)) == 3
    assert RemoteReranker(address, "", patience_s=60).scores("who reports a birth", texts) == pytest.approx(by_name)


def test_a_passage_as_long_as_search_sends_fits(address: str) -> None:
    assert len(RemoteReranker(f"{address}/v1", "tiny", patience_s=60).scores("why", ["word " * 320, "short"])) == 2
