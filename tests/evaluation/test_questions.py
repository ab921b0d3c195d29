# SPDX-License-Identifier: Apache-2.0
"""Questions are read whole or refused by their line, and a sample is the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.evaluation import EvaluationError, KnownQuestion, find_questions, read_questions, sample_questions

rows = st.integers(0, 40).map(lambda n: [KnownQuestion(str(i), "?", True, frozenset()) for i in range(n)])


def test_a_suite_of_citizens_names_all_acceptable_passages_and_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "jv.jsonl"
    path.write_text(
        '{"id": "jv-1", "lang": "jv", "question": "?", "answerable": true, "gold": ["a", "b"], "stale": ["c"]}'
    )
    [question] = read_questions(path)
    assert (question.gold, question.stale, question.language) == ({"a", "b"}, {"c"}, "jv")


@pytest.mark.parametrize("line", ["{", "[]", '{"question": "?"}', '{"question": 1, "answerable": true, "gold": ["a"]}'])
def test_a_line_that_is_no_question_is_named_and_never_skipped(tmp_path: Path, line: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "?", "answerable": false, "gold": []}\n' + line)
    with pytest.raises(EvaluationError, match="line 2 is not a question"):
        read_questions(path)


def test_an_answerable_question_without_a_passage_is_an_error_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "?", "answerable": true, "passage_id": null}')
    with pytest.raises(EvaluationError, match="line 1"):
        read_questions(path)


def test_a_folder_without_questions_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"neither `questions.jsonl` nor `law_qa.jsonl`"):
        find_questions(tmp_path)


@given(rows, st.integers(0, 50))
def test_a_sample_is_the_same_every_time_in_the_order_of_the_file(found: list[KnownQuestion], limit: int) -> None:
    sample = sample_questions(found, limit)
    assert sample == sample_questions(found, limit)
    assert len(sample) == (min(limit, len(found)) if limit else len(found))
    assert sample == [each for each in found if each in sample]
