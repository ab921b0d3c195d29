# SPDX-License-Identifier: Apache-2.0
"""Sentences and segments lose nothing, cut no word, and keep to the length an encoder reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.knowledge.cutting import SentenceRules, segments, sentences, table_at

SPACED = [
    "kata",
    "Pasal 5.",
    "(1)",
    "\n(2) ",
    "\na. ",
    "; ",
    ". ",
    "Rp1.000",
    "dr. Budi",
    "\n\n",
    "…",
    "x" * 60,
    "1945",
]
SPACED_TEXTS = st.lists(st.sampled_from(SPACED), max_size=200).map(" ".join)
TEXTS = st.one_of(st.text(max_size=400), st.lists(st.sampled_from([*SPACED, "字。", "，"]), max_size=200).map("".join))
RULES = {"id": SentenceRules(frozenset({"no", "dr", "rp"}), frozenset({"pasal"}))}


def read(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in spans]


@settings(max_examples=150)
@given(TEXTS)
def test_every_visible_character_is_in_exactly_one_sentence_and_one_segment(text: str) -> None:
    for spans in (sentences(text, "id", RULES), segments(text, 12, "id", RULES)):
        place = 0
        for start, end in spans:
            assert place <= start < end
            assert not text[place:start].strip()
            assert text[start:end] == text[start:end].strip()
            place = end
        assert not text[place:].strip()


@settings(max_examples=150)
@given(SPACED_TEXTS, st.integers(min_value=1, max_value=40))
def test_a_segment_keeps_to_its_length_and_cuts_no_word(text: str, most: int) -> None:
    words = set(text.split())
    for piece in read(text, segments(text, most)):
        assert len(piece.split()) <= most
        assert set(piece.split()) <= words


def test_an_indonesian_abbreviation_ends_no_sentence() -> None:
    text = "Biaya Rp. 10.000 menurut UU No. 23 Tahun 2006. Hubungi dr. Sari. Gratis."
    assert read(text, sentences(text, "id", RULES)) == [
        "Biaya Rp. 10.000 menurut UU No. 23 Tahun 2006.",
        "Hubungi dr. Sari.",
        "Gratis.",
    ]


def test_a_heading_with_its_number_is_no_sentence_of_its_own() -> None:
    text = "Pasal 1. Di Palembang didirikan universitas. Hal itu diatur dalam Pasal 2. Menteri mengaturnya."
    assert read(text, sentences(text, "id", RULES)) == [
        "Pasal 1. Di Palembang didirikan universitas.",
        "Hal itu diatur dalam Pasal 2.",
        "Menteri mengaturnya.",
    ]


def test_a_short_list_stays_with_the_words_that_open_it() -> None:
    text = "(1) Pemohon membawa:\na. KTP; dan\nb. kartu keluarga.\n(2) Tidak dipungut biaya."
    assert read(text, sentences(text, "id", RULES)) == [
        "(1) Pemohon membawa:\na. KTP; dan\nb. kartu keluarga.",
        "(2) Tidak dipungut biaya.",
    ]


def test_a_reference_to_a_paragraph_ends_no_sentence() -> None:
    text = "Laporan sebagaimana dimaksud pada ayat (1) dibuat tertulis."
    assert read(text, sentences(text, "id", RULES)) == [text]


def test_a_short_tail_takes_a_sentence_from_the_segment_before_it() -> None:
    text = "Satu dua tiga empat. Lima enam tujuh. Delapan."
    assert read(text, segments(text, max_words=7)) == ["Satu dua tiga empat.", "Lima enam tujuh. Delapan."]


def test_a_text_without_words_has_no_spans() -> None:
    assert segments(" \n\t ") == []
    assert sentences("") == []


@pytest.mark.parametrize("unit", [". ", ".", "No. ", "\n \t", "\na. ", ' "', "x", "a " + " " * 500])
def test_a_hostile_text_of_a_hundred_thousand_characters_is_cut_without_going_back_and_forth(unit: str) -> None:
    text = unit * (100_000 // len(unit)) + "End."
    assert read(text, sentences(text))[-1].endswith("End.")
    assert read(text, segments(text))[-1].endswith("End.")


def test_a_table_is_one_sentence_and_what_stands_around_it_is_none_of_it() -> None:
    text = "Fees from May:\nItem | Fee\nPassport | ten crowns\nNotes\non cards:\nItem | Fee\nCard | five crowns"
    assert [text[a:b] for a, b in sentences(text)] == [
        "Fees from May:",
        "Item | Fee\nPassport | ten crowns",
        "Notes\non cards:",
        "Item | Fee\nCard | five crowns",
    ]


def test_a_bar_that_a_scanner_read_makes_no_table() -> None:
    text = "Whoever moves reports it. The office | notes it\nat once. It is free."
    assert [text[a:b] for a, b in sentences(text)] == [
        "Whoever moves reports it.",
        "The office | notes it\nat once.",
        "It is free.",
    ]
    assert table_at(text, text.index("notes")) is None
