# SPDX-License-Identifier: Apache-2.0
"""A badly read text scores low and is searched as it was meant; the text itself never changes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.quality import SearchForm, load_search_forms, quality, search_form

MISREADINGS = """
format: 1
languages:
  en:
    words: {tlie: the}
    letters: [['I', l], ['I,', L], ['rn', m], ['c', e]]
    digits: {O: '0', o: '0', l: '1'}
"""


@pytest.fixture
def form(tmp_path: Path) -> SearchForm:
    (tmp_path / "misreadings.yaml").write_text(MISREADINGS)
    (tmp_path / "words.txt.gz").write_bytes(gzip.compress(b"the\nlaw\nsmall\nminister\nactive\nelected\ncentre\n"))
    return load_search_forms(tmp_path)["en"]


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("tlie", "the"),
        ("srnall", "small"),
        ("SMAI,L", "SMALL"),
        ("rninister", "minister"),
        ("clectcd", "clectcd"),
        ("ccntre", "centre"),
        ("in 2OO7 and l999", "in 2007 and 1999"),
        ("iron corn", "iron corn"),
    ],
)
def test_a_misreading_is_undone_only_where_the_result_is_a_word(form: SearchForm, read: str, meant: str) -> None:
    assert search_form(read, form) == meant


@given(st.text(alphabet="abcIrnm0Ol ,.{}\n", max_size=120))
def test_the_search_form_keeps_spacing_and_settles_at_once(text: str) -> None:
    form = SearchForm(letters=(), digits=str.maketrans("Ol", "01"), vocabulary=frozenset({"a"}))
    once = search_form(text, form)
    assert len(once) == len(text)
    assert search_form(once, form) == once


def test_a_pack_without_misreadings_changes_nothing(tmp_path: Path) -> None:
    assert load_search_forms(tmp_path) == {}
    assert search_form("Iaw", SearchForm()) == "Iaw"


def test_unknown_words_and_odd_characters_lower_the_score() -> None:
    words = {"every", "citizen", "has", "rights"}
    clean, noisy = "every citizen has rights", "cvery cltizen has rlghts"
    assert quality(clean, words) == 1.0
    assert quality(noisy, words) == 0.0
    assert quality(clean, oov_rate=0.05) == 0.5
    assert quality("every ¬¤ citizen ~^ has", words) < 1.0


def test_without_words_nobody_can_judge_and_no_text_is_called_clean() -> None:
    assert quality("Be ae aoe ke") is None


def test_what_a_reader_puts_between_cells_is_nothing_odd() -> None:
    words = {"days", "leave"}
    assert quality("leave | days", words) == 1.0
    assert quality("leave |¦ days", words) < 1.0


@given(st.text(max_size=300), st.floats(0, 1))
def test_quality_is_a_share(text: str, unknown: float) -> None:
    assert 0.0 <= quality(text, {"a"}) <= 1.0
    assert 0.0 <= quality(text, oov_rate=unknown) <= 1.0
