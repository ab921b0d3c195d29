# SPDX-License-Identifier: Apache-2.0
"""What was asked of a passage counts together: words of several questions find what none of them finds alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.everyday.gathered import Gathered, Named, Rows

NOBODY = (np.empty(0, np.int64),) * 3
Question = tuple[int, frozenset[int]]  # its row, its terms


def terms_of(questions: Sequence[Question]) -> tuple[Rows, Rows, Rows]:
    pairs = [(term, row) for row, terms in questions for term in sorted(terms)]
    numbers, rows = (np.array([pair[n] for pair in pairs], np.int64) for n in (0, 1))
    return numbers, rows, np.array([row for row, _ in questions], np.int64)


def gather(questions: Sequence[Question], named: Sequence[Sequence[int]]) -> Gathered:
    texts = np.array([text for each in named for text in each], np.int64)
    return Gathered(*terms_of(questions), Named(texts, np.cumsum([0, *map(len, named)])))


PLATE, CUSTOM, FINED, LIGHT, LUNCH = range(1, 6)
NAMED = [[0], [0, 1], [1], [2]]  # the plate's, both, the light's, and a row that no source answers
ASKED = [(0, {PLATE, CUSTOM}), (1, {PLATE, FINED}), (2, {LIGHT, FINED}), (2, {LIGHT}), (3, {LUNCH})]


@pytest.fixture(scope="module")
def gathered() -> Gathered:
    return gather([(row, frozenset(terms)) for row, terms in ASKED], NAMED)


def test_words_of_several_questions_find_what_they_name_together(gathered: Gathered) -> None:
    plate, light, lunch = gathered.shares({CUSTOM: 1.0, FINED: 1.0}, 0.0, NOBODY)
    assert plate > light > lunch == 0


def test_words_that_nobody_used_make_every_share_smaller(gathered: Gathered) -> None:
    known, less = (gathered.shares({PLATE: 1.0}, unknown, NOBODY) for unknown in (0.0, 1.0))
    assert 0 < less[0] < known[0] <= 1
    assert not gathered.shares({}, 1.0, NOBODY).any()


def test_where_nobody_asked_nothing_is_found() -> None:
    assert gather([], []).shares({}, 1.0, NOBODY).tolist() == []


TERMS = st.frozensets(st.integers(1, 6), min_size=1)
QUESTIONS = st.lists(st.tuples(st.integers(0, 3), TERMS), min_size=1, max_size=12)


@given(QUESTIONS, st.data())
def test_who_is_not_heard_counts_for_nothing(questions: list[Question], data: st.DataObject) -> None:
    places = data.draw(st.sets(st.sampled_from(range(len(questions)))))
    silent = [questions[place] for place in sorted(places)]
    others = [each for place, each in enumerate(questions) if place not in places]
    whole, rest = gather(questions, NAMED), gather(others, NAMED)
    used = sorted(frozenset().union(*(terms for _, terms in others)))
    weights = dict.fromkeys(used, 1.0)
    found, expected = whole.shares(weights, 0.5, terms_of(silent)), rest.shares(weights, 0.5, NOBODY)
    assert np.allclose(found, expected)
    assert ((found >= 0) & (found <= 1)).all()
