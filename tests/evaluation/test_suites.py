# SPDX-License-Identifier: Apache-2.0
"""A gate lets through what meets every figure, and the router reads what the suite wrote."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from daulat.evaluation import AnswerFigures, Requirement, gate_result, write_gates
from daulat.models.gates import load_gates

GOOD = AnswerFigures(40, 30, 0.95, 0.02, 1.0, 0.9, 50, 0, written=0.9, score=0.85)
DAY = date(2026, 1, 31)


@pytest.mark.parametrize(
    "worse",
    [
        replace(GOOD, refusal_of_unanswerable=0.8),
        replace(GOOD, refusal_of_unanswerable=None),
        replace(GOOD, false_refusals=0.2),
        replace(GOOD, valid_citations=0.999),
        replace(GOOD, gold_cited=0.5),
        replace(GOOD, stale_as_law=1),
        replace(GOOD, n=10),
        replace(GOOD, written=0.5),  # quotations covered for it
        replace(GOOD, written=None),
    ],
)
def test_one_figure_short_of_the_gate_keeps_a_model_from_citizens(worse: AnswerFigures) -> None:
    assert Requirement().is_met(GOOD)
    assert not Requirement().is_met(worse)


def test_the_router_reads_what_a_suite_wrote(tmp_path: Path) -> None:
    suite = tmp_path / "citizens-id.jsonl"
    suite.write_text("{}\n")
    bad = replace(GOOD, gold_cited=0.1)
    results = [
        gate_result("model-a", "health", language, suite, figures, Requirement(), DAY)
        for language, figures in (("id", GOOD), ("jv", bad))
    ]
    write_gates(tmp_path / "state" / "gates.json", results)
    gates = load_gates([tmp_path / "state" / "gates.json"])
    assert (gates.is_fit("model-a", "health", "id"), gates.is_fit("model-a", "health", "jv")) == (True, False)
    found = gates.result("model-a", "health", "id")
    assert found is not None
    assert (found.suite, found.suite_sha256) == ("citizens-id", hashlib.sha256(b"{}\n").hexdigest())
