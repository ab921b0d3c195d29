# SPDX-License-Identifier: Apache-2.0
"""Which act rules on what is asked: by words of the pack, unless another act may; and a pack that has none."""

from __future__ import annotations

import pytest

from daulat.language import LanguageError, Ruling, rulings_for, wording_for

FILE = """
asks: penalty | prison
unless: minor
groups: {home: wife | child}
endings: [s]
acts:
  XA-1-1999:
    title: Crimes
    matters:
      - {words: assault | beat_someone, article: '12', unless: '{home} | dog'}
      - {words: robbery | armed robbery with violence, article: '14'}
      - {words: armed robbery}
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Penalty for assault?", Ruling("XA-1-1999", "12", "Crimes")),
        ("penalty for assaults", Ruling("XA-1-1999", "12", "Crimes")),
        ("Penalty for assault on a wife?", None),
        ("penalty for assault on a dog?", None),
        ("Penalty for assault by a minor", None),
        ("I saw an assault", None),
        ("Prison for robbery?", Ruling("XA-1-1999", "14", "Crimes")),
        ("Prison for armed robbery?", Ruling("XA-1-1999", "", "Crimes")),
        ("Prison for smoking?", None),
    ],
)
def test_the_longest_matter_said_is_ruled_on_unless_another_act_may(pack_of, question, expected):
    rulings = rulings_for(pack_of({"elsewhere.yaml": FILE}), wording_for(None))
    assert rulings.of(question, "en") == expected


def test_a_pack_without_rulings_has_none(pack_of):
    assert rulings_for(None, wording_for(None)).of("Penalty for assault?", "en") is None
    assert rulings_for(pack_of({}), wording_for(None)).of("Penalty for assault?", "en") is None


def test_a_matter_that_nobody_could_ask_about_is_a_fault(pack_of):
    with pytest.raises(LanguageError, match="a matter of XA-1 has no `words`"):
        rulings_for(pack_of({"elsewhere.yaml": "acts: {XA-1: {matters: [{article: '3'}]}}"}), wording_for(None))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("acts: [XA-1]", "`acts` does not list the matters of each act"),
        ("acts: {XA-1: }", "`acts` does not list the matters of each act"),
        ("acts: {XA-1: {matters: [{words: theft, unless: '{hom} | dog'}]}}", "there is no group `hom`"),
    ],
)
def test_a_file_of_another_form_is_refused_in_words(pack_of, text, says):
    with pytest.raises(LanguageError, match=says):
        rulings_for(pack_of({"elsewhere.yaml": text}), wording_for(None))
