# SPDX-License-Identifier: Apache-2.0
"""What abbreviations stand for, in whatever spelling, and which words only look like one."""

from __future__ import annotations

import pytest

from daulat.language import LanguageError, abbreviations_for, looks_short

FILE = """
language: id
abbreviations:
  KTP: {id: Kartu Tanda Penduduk, en: identity card}
  SPT: {id: Surat Pemberitahuan (pajak), also: [surat pemberitahuan tahunan]}
  KIA: [{id: Kartu Identitas Anak}, {id: Kesehatan Ibu dan Anak}]
"""


@pytest.mark.parametrize("short", ["KTP", "ktp", "K.T.P.", "k t p", "K-T-P"])
def test_it_is_known_in_whatever_spelling(pack_of, short):
    [meaning] = abbreviations_for(pack_of({"abbreviations.yaml": FILE})).of(short)
    assert (meaning.short, meaning.official) == ("KTP", "Kartu Tanda Penduduk")
    assert meaning.in_language("en-GB") == "Kartu Tanda Penduduk (identity card)"
    assert meaning.in_language("jv") == "Kartu Tanda Penduduk"


def test_several_meanings_are_told_and_a_text_may_use_other_words(pack_of):
    known = abbreviations_for(pack_of({"abbreviations.yaml": FILE}))
    assert [each.official for each in known.of("kia")] == ["Kartu Identitas Anak", "Kesehatan Ibu dan Anak"]
    assert known.of("SPT")[0].words == ("Surat Pemberitahuan", "surat pemberitahuan tahunan")


def test_of_what_no_pack_names_nothing_is_known(pack_of):
    assert abbreviations_for(None).of("KTP") == ()
    assert abbreviations_for(pack_of({})).of("KTP") == ()
    assert abbreviations_for(pack_of({"abbreviations.yaml": "# none yet"})).of("KTP") == ()


def test_an_entry_that_says_nothing_in_the_laws_language_is_a_fault(pack_of):
    with pytest.raises(LanguageError, match="`KTP` does not say what it stands for in `id`"):
        abbreviations_for(pack_of({"abbreviations.yaml": "{language: id, abbreviations: {KTP: {en: card}}}"}))


@pytest.mark.parametrize("text", ["[KTP]", "abbreviations: [KTP]"])
def test_a_file_of_another_form_is_refused_in_words(pack_of, text):
    with pytest.raises(LanguageError, match="holds no `abbreviations`"):
        abbreviations_for(pack_of({"abbreviations.yaml": text}))


@pytest.mark.parametrize(
    ("term", "is_short"),
    [("LTSA", True), ("ÕIS", True), ("ФМС", True), ("sp3", True), ("ltsa", False), ("2024", False), ("A", False)],
)
def test_capitals_and_numbers_tell_an_abbreviation(term, is_short):
    assert looks_short(term) == is_short
