# SPDX-License-Identifier: Apache-2.0
"""`daulat bench` as a person runs it: a real process, the real encoder, nothing declared, no database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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
