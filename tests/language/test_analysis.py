# SPDX-License-Identifier: Apache-2.0
"""Analysis: the same word is found again however it is written, and no text breaks it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.language import Analyser, Rules, analyser_for

anything = st.text(max_size=300)
PLAIN = analyser_for("xx", None)
ENGLISH = analyser_for("en", None)


@given(anything)
def test_any_text_gives_terms_that_are_words(text: str) -> None:
    assert all(term and not term.isspace() for term in PLAIN.terms(text))


@given(anything)
def test_the_second_reading_is_the_first(text: str) -> None:
    assert ENGLISH.terms(text) == analyser_for("en", None).terms(text)


@given(st.lists(st.sampled_from(["birth", "Law", "23/2006", "children's"]), max_size=8))
def test_terms_keep_the_order_of_the_words(words: list[str]) -> None:
    assert ENGLISH.terms(" ".join(words)) == [term for word in words for term in ENGLISH.terms(word)]


@given(st.integers(0, 10**12))
def test_a_number_is_kept_whatever_groups_its_thousands(number: int) -> None:
    plain = str(number)
    assert PLAIN.terms(f"{number:,}") == PLAIN.terms(f"{number:,}".replace(",", ".")) == [plain]


@pytest.mark.parametrize(
    ("written", "terms"), [("23/2006", ["23/2006", "23", "2006"]), ("28H", ["28h"]), ("Rp1.500", ["rp", "1500"])]
)
def test_numbers_are_found_as_written_and_in_parts(written: str, terms: list[str]) -> None:
    assert PLAIN.terms(written) == terms


@pytest.mark.parametrize(("roman", "arabic"), [("II", "2"), ("iv", "4"), ("XIX", "19"), ("XXVIII", "28")])
def test_a_roman_numeral_is_its_number(roman: str, arabic: str) -> None:
    assert PLAIN.terms(roman) == [arabic]


@pytest.mark.parametrize("word", ["mix", "di", "vixi", "ivi"])
def test_a_word_that_only_looks_roman_stays_a_word(word: str) -> None:
    assert not PLAIN.terms(word)[0].isdigit()


def test_a_word_said_twice_is_one_word_where_the_language_doubles() -> None:
    doubling = Analyser(Rules("xo", reduplication=True))
    assert doubling.terms("bor-bor") == ["bor"]
    assert PLAIN.terms("bor-bor") == ["bor", "bor"]


def test_light_endings_go_where_there_is_no_stemmer_and_four_letters_stay() -> None:
    light = Analyser(Rules("xo", suffixes=("an",)))
    assert light.terms("kartan kran") == ["kart", "kran"]


def test_diacritics_of_latin_letters_do_not_hide_a_word() -> None:
    assert PLAIN.terms("Kémah") == PLAIN.terms("kemah")


def test_diacritics_that_make_another_letter_stay() -> None:
    assert PLAIN.terms("мой") != PLAIN.terms("мои")


@pytest.mark.parametrize(
    "text", ["ꦲꦏ꧀ꦱꦫ", "สวัสดี", "出生証明書", "حُقُوقُ الطِّفْلِ", "हिन्दी", "👨‍👩‍👧", "\u200f\u202e", "\ud800"]
)
def test_every_script_can_be_searched(text: str) -> None:
    assert PLAIN.terms(text) == PLAIN.terms(text)
    assert bool(PLAIN.terms(text)) == any(char.isalnum() for char in text)


def test_part_of_a_text_without_spaces_is_found_in_the_whole() -> None:
    assert set(PLAIN.terms("出生")) <= set(PLAIN.terms("出生証明書"))


@pytest.mark.parametrize("language", ["", "xx", "et", "fr-FR", "zh_Hant", "../en", "qqq-x-private"])
def test_a_language_without_rules_is_still_analysed(language: str) -> None:
    assert analyser_for(language, None).terms("2006 X1") == ["2006", *analyser_for(language, None).terms("X1")]


def test_threads_share_one_analyser_without_mixing_words() -> None:
    words = [f"registration{'s' * (n % 3)} {n}" for n in range(400)]
    shared = analyser_for("en", None)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(shared.terms, words))
    assert together == [analyser_for("en", None).terms(word) for word in words]
