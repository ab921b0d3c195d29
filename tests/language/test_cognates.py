# SPDX-License-Identifier: Apache-2.0
"""Cognates: a form answers to a word of the law or to nothing, and never becomes a word that the law does not have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.language._cognates import Cognates

WORDS = ("keputusan", "sanksi", "diumumkan", "kabupaten", "mana")
RULES = {"ka(.+)": r"ke\1", "(.+)na": r"\1", "di(.+)keun": r"di\1kan"}
COGNATES = Cognates(RULES, WORDS)


@pytest.mark.parametrize(
    ("word", "cognate"),
    [
        ("kaputusan", "keputusan"),
        ("Kaputusanna", "keputusan"),
        ("sanksina", "sanksi"),
        ("diumumkeun", "diumumkan"),
        ("kabupatén", "kabupaten"),
        ("keputusan", None),
        ("Kartini", None),
        ("kamana", None),
        ("na", None),
    ],
)
def test_a_form_answers_to_a_word_of_the_law_or_to_nothing(word: str, cognate: str | None) -> None:
    assert COGNATES.of(word) == cognate


@given(st.text(max_size=30))
def test_nothing_but_words_of_the_law_comes_out(word: str) -> None:
    assert COGNATES.of(word) in {None, *WORDS}


@given(st.text(max_size=30))
def test_without_rules_every_word_stays(word: str) -> None:
    assert Cognates({}, WORDS).of(word) is None
