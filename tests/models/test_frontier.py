# SPDX-License-Identifier: Apache-2.0
"""What a token costs is set against what was measured, and what nobody measured is left empty."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.cli.models import command
from daulat.models.frontier import Point, draw, frontier
from daulat.nation import bootstrap

SCORED = {
    "results": [
        {"model": model, "service": "health", "language": "et", "passed": True, "suite": "s", "suite_sha256": "0" * 64,
         "date": "2026-01-31", "score": score}
        for model, score in (("qwen3-4b", 0.4), ("qwen3-14b", 0.7), ("qwen3-32b", 0.6))
    ]
}  # fmt: skip

points = st.lists(
    st.builds(
        lambda name, cost, quality: Point(name, cost, cost * 0.5, cost * 2, "", quality),
        st.text("abc", min_size=1),
        st.floats(0.01, 100),
        st.none() | st.floats(0, 1),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(points)
def test_nothing_beats_what_is_on_the_frontier_and_something_beats_or_equals_all_else(many):
    best = frontier(many)
    for point in many:
        if point.quality is not None:
            assert any(one.cost <= point.cost and one.quality >= point.quality for one in best)
    for one in best:
        assert not any(
            point.quality is not None and point.quality > one.quality and point.cost <= one.cost for point in many
        )


@settings(deadline=None)
@given(points)
def test_the_picture_is_well_formed_and_has_a_dot_for_each_model(many):
    root = ElementTree.fromstring(draw(many, "et"))
    assert len(root.findall("{*}g/{*}circle")) == len(many)
    assert root.find("{*}title") is not None


def run(*arguments: str):
    return CliRunner().invoke(command, ["frontier", *arguments], catch_exceptions=False)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_measurement_quality_is_empty_and_said_to_be(place: Path) -> None:
    result = run("--language", "et", "--json")
    rows = json.loads(result.stdout)
    assert len(rows) >= 40
    assert {row["quality"] for row in rows} == {None}
    assert all(row["low"] <= row["cost_per_mtok"] <= row["high"] for row in rows)
    assert "nobody has measured" in run("--language", "et").stderr


def test_a_language_that_does_not_exist_is_wrong_usage(place: Path) -> None:
    ended = run("--language", "klingon")
    assert ended.exit_code == 2
    assert "`klingon` is not a known BCP 47 tag" in ended.stderr


def test_declared_prices_go_before_predicted_ones_and_measured_models_make_the_frontier(place: Path) -> None:
    priced = "models: [{id: qwen3-4b, kind: fake, price: {input: 1, output: 2.5, currency: USD}}]\n"
    (place / "nation.yaml").write_text(bootstrap("EE").replace("models: []\n", priced), encoding="utf-8")
    (place / "results.json").write_text(json.dumps(SCORED))
    rows = {row["model"]: row for row in json.loads(run("--results", "results.json", "--json").stdout)}
    assert (rows["qwen3-4b"]["cost_per_mtok"], rows["qwen3-4b"]["basis"]) == (2.5, "declared price")
    assert rows["qwen3-14b"]["quality"] == 0.7
    # qwen3-14b is better than the 4b at its declared price and than the dearer 32b: it alone is not beaten.
    assert [name for name, row in rows.items() if row["frontier"]] == ["qwen3-14b"]


def test_the_picture_is_written_where_it_is_asked_for(place: Path) -> None:
    run("--language", "et", "--plot", "frontier.svg")
    assert ElementTree.parse(place / "frontier.svg").getroot().tag.endswith("svg")


def test_a_deployment_file_is_written_and_the_next_step_named(place: Path) -> None:
    result = CliRunner().invoke(command, ["cluster", "writer", "--source", "/m/writer", "--accelerator", "H100"])
    assert "import_path: ray.serve.llm:build_openai_app" in result.stdout
    assert "serve deploy" in result.stderr
