# SPDX-License-Identifier: Apache-2.0
"""The everyday questions: no row has a fault, each passage is in the sources, and no test question is among them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from daulat.knowledge.cutting import sentences
from daulat.knowledge.everyday import FOLDER, find_unknown, read_everyday
from daulat.knowledge.ingest import ingest_all, load_rules
from daulat.knowledge.sources import load_sources

PACK = Path(__file__).parents[1] / "daulat_id"
ROWS, FAULTS = read_everyday(PACK / FOLDER)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every passage of the sources by its id, read once: that takes seconds."""
    documents = ingest_all(load_sources(PACK / "sources.yaml"), load_rules(PACK)).documents
    return {passage.passage_id: passage.text for item in documents for passage in item.passages}


def test_no_row_has_a_fault() -> None:
    assert [str(fault) for fault in FAULTS] == []
    assert len(ROWS) > 2_000


def test_every_passage_that_a_row_names_is_in_the_sources(texts: dict[str, str]) -> None:
    _, unknown = find_unknown(ROWS, texts.__contains__)
    assert [str(fault) for fault in unknown] == []


def test_every_quote_begins_one_sentence_of_a_passage_of_its_row(texts: dict[str, str]) -> None:
    """One of the first passage, which answers by itself, or else one of another; some quote is of the first."""
    rules = load_rules(PACK)
    quoting = [row for row in ROWS if row.quote]
    assert len(quoting) > 700
    plain = {
        passage: [" ".join(texts[passage][a:b].split()) for a, b in sentences(texts[passage], "id", rules.sentences)]
        for passage in {passage for row in quoting for passage in row.passages}
    }
    for row in quoting:
        begun = [[sum(said.startswith(quote) for said in plain[each]) for each in row.passages] for quote in row.quote]
        for quote, counts in zip(row.quote, begun, strict=True):
            assert counts[0] == 1 or (counts[0] == 0 and 1 in counts), f"{row.file} line {row.line}: {quote}"
        assert any(counts[0] == 1 for counts in begun), f"{row.file} line {row.line}: nothing of {row.passages[0]}"


def test_no_test_question_was_copied_among_them() -> None:
    asked = {question.casefold() for row in ROWS for questions in row.asks.values() for question in questions}
    files = sorted((PACK.parent / "tests" / "questions").glob("*.jsonl"))
    tests = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(tests) > 300
    assert [test["id"] for test in tests if not asked.isdisjoint(_said(test))] == []


def _said(test: Mapping[str, Any]) -> set[str]:
    """Return what a test asks: its question, or the last turn of its conversation."""
    return {" ".join(text.split()).casefold() for text in (test.get("question"), *test.get("turns", ())[-1:]) if text}
