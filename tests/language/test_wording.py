# SPDX-License-Identifier: Apache-2.0
"""Wording: a citizen's words become the law's, and what no list knows stays as it was."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.language import PackFiles, wording_for
from daulat.language._phrases import Affixes, PhraseTable

words = st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=6), max_size=12).map(" ".join)


def test_chat_spelling_becomes_standard_spelling(exampland: PackFiles) -> None:
    assert wording_for(exampland).normalise("ZZ kaaartaaa lol, bor2 ngapel", "xo") == "za karta , bor-bor mengapel"


def test_a_doubled_letter_is_not_drawn_out(exampland: PackFiles) -> None:
    assert wording_for(exampland).normalise("allee", "xo") == "allee"


def test_a_prefix_written_with_a_hyphen_is_part_of_its_word_unless_capitals_follow(exampland: PackFiles) -> None:
    assert (
        wording_for(exampland).normalise("Da-hack, da-KTP, kada-ru, da - za", "xo")
        == "Dahack, da-KTP, kada-ru, da - za"
    )


def test_another_language_is_glossed_word_by_word_with_the_first_sense(exampland: PackFiles) -> None:
    assert wording_for(exampland).to_official("Sut nin Pavel, nyutik!", "xs") == "karta nova Pavel, karta!"


def test_the_law_s_terms_come_with_the_other_senses_and_the_topic(exampland: PackFiles) -> None:
    expansion = wording_for(exampland).expand("sut nin", "xs")
    assert expansion.phrases == ("karta familia", "registro")
    assert expansion.topics == ("papers",)


def test_a_question_in_the_law_s_own_words_is_not_read_as_something_wider(exampland: PackFiles) -> None:
    assert wording_for(exampland).expand("karta familia", "xo").phrases == ("karta familia",)


def test_an_ending_does_not_hide_an_everyday_word(exampland: PackFiles) -> None:
    assert wording_for(exampland).expand("Kartane", "xo").phrases == ("karta familia", "registro")


def test_an_address_in_a_question_is_not_searched_for(exampland: PackFiles) -> None:
    assert wording_for(exampland).normalise("za https://a.example/zz?q=zz", "xo") == "za"


@given(words)
def test_without_a_pack_the_words_stay(text: str) -> None:
    wording = wording_for(None)
    if not any(word.startswith("www") for word in text.split()):
        assert wording.to_official(text, "en") == wording.normalise(text, "en") == text


@given(st.text(max_size=200))
def test_any_text_can_be_normalised(text: str) -> None:
    table = PhraseTable([("a b", "x"), ("b", "")])
    assert "  " not in table.replace(text)


def test_the_longest_phrase_wins_and_none_crosses_a_mark() -> None:
    table = PhraseTable([("a", "1"), ("a b c", "3"), ("a b", "2")])
    assert table.replace("a b c a b a, b") == "3 2 1, b"


def test_joined_words_are_found_only_side_by_side_and_in_their_order() -> None:
    table = PhraseTable([("hits_pupil", "protection")])
    assert table.heard("who hits a pupil", slack=3) == []
    assert [match.replacement for match in table.matches("the pupil hits, who hits pupil")] == ["protection"]


def test_part_of_a_longer_phrase_is_not_heard_beside_it() -> None:
    table = PhraseTable([("birth leave", "mother"), ("leave wife birth", "father")])
    assert table.heard("leave wife birth", slack=3) == ["father"]
    assert table.heard("leave after birth", slack=3) == ["mother"]


@pytest.mark.parametrize(("word", "bare"), [("sutik", "sut"), ("nyut", "sut"), ("nyutik", "sut")])
def test_affixes_are_looked_through(word: str, bare: str) -> None:
    assert bare in Affixes(("ik",), (("ny", "s"),)).forms(word)


@given(st.text(string.ascii_lowercase, min_size=1, max_size=12))
def test_the_word_itself_is_always_looked_up_first(word: str) -> None:
    forms = Affixes(("ne", "e"), (("n", "t"),)).forms(word)
    assert forms[0] == word
    assert len(set(forms)) == len(forms)
