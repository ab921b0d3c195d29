# SPDX-License-Identifier: Apache-2.0
"""Everyday questions are read once: what was read before is not read again, and is never told for other rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.errors import KnowledgeError
from daulat.knowledge.everyday import Reading, Readings, Wordings, rules_of
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.release import Builder
from daulat.knowledge.search import Reader
from daulat.knowledge.sources import Source

RULES = bytes(32)
ASKED = [("en", "Where do I vote?"), ("id", "Di mana saya memilih?"), ("en", "")]
TEXT = st.text(st.characters() | st.sampled_from("\t\n\r \u2028\x1c"), max_size=12)


def shout(text: str, tag: str) -> tuple[str, Mapping[str, float]]:
    return f"{tag}: {text.upper()}", dict.fromkeys(text.lower().split(), 1.0)


def nobody(text: str, tag: str) -> tuple[str, Mapping[str, float]]:
    raise AssertionError(f"read again: {text}")


def test_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    readings = Readings(RULES, tmp_path / "kept")
    first = readings.read(ASKED, shout)
    assert first[0] == ("en: WHERE DO I VOTE?", ("where", "do", "i", "vote?"))
    assert Readings(RULES, tmp_path / "kept").read(ASKED, nobody) == first


def test_the_same_words_in_another_language_are_another_question(tmp_path: Path) -> None:
    readings = Readings(RULES, tmp_path / "kept")
    readings.read([("en", "a")], shout)
    assert readings.read([("id", "a")], shout)[0].text == "id: A"


def test_what_a_pack_brings_is_not_kept_again(tmp_path: Path) -> None:
    Readings(RULES).write(tmp_path / "brought", ASKED[:2], Readings(RULES).read(ASKED[:2], shout))
    readings = Readings(RULES, tmp_path / "kept", [tmp_path / "brought"])
    assert readings.read(ASKED[:2], nobody) == Readings(RULES).read(ASKED[:2], shout)
    assert not (tmp_path / "kept").exists()
    readings.read(ASKED, shout)
    alone = Readings(RULES, tmp_path / "kept")
    assert alone.read(ASKED[2:], nobody) == Readings(RULES).read(ASKED[2:], shout)
    with pytest.raises(AssertionError, match="read again: Where"):
        alone.read(ASKED, nobody)


@pytest.mark.parametrize("place", ["kept", "brought"])
def test_by_other_rules_everything_is_read_again(tmp_path: Path, place: str) -> None:
    Readings(RULES).write(tmp_path / place, ASKED, Readings(RULES).read(ASKED, shout))
    readings = Readings(b"others".ljust(32), tmp_path / "kept", [tmp_path / "brought"])
    assert readings.read(ASKED, lambda text, tag: ("new", {})) == [Reading("new", ())] * 3


def test_rules_are_others_where_a_file_or_the_code_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    rules = rules_of([tmp_path / "a", tmp_path / "b"], 5)
    assert rules_of([tmp_path / "a", tmp_path / "b"], 5) == rules
    assert len({rules, rules_of([tmp_path / "a"], 5), rules_of([tmp_path / "a", tmp_path / "b"], 6)}) == 3
    (tmp_path / "b").write_text("three")
    assert rules_of([tmp_path / "a", tmp_path / "b"], 5) != rules


def test_what_nobody_asks_any_more_is_dropped(tmp_path: Path) -> None:
    readings = Readings(RULES, tmp_path / "kept")
    readings.read(ASKED[:1], shout)
    readings.read(ASKED[1:], shout)
    with pytest.raises(AssertionError, match="read again: Where"):
        readings.read(ASKED[:1], nobody)


@pytest.mark.parametrize("damage", [b"", b"daulat readings 1", b"x" * 200, None])
def test_a_damaged_file_is_read_again_here_and_refused_of_a_pack(tmp_path: Path, damage: bytes | None) -> None:
    place = tmp_path / "readings"
    Readings(RULES).write(place, ASKED, Readings(RULES).read(ASKED, shout))
    place.write_bytes(place.read_bytes()[:-20] if damage is None else damage)
    with pytest.raises(KnowledgeError, match="cut short or damaged") as refused:
        Readings(RULES, brought=[place]).read(ASKED, shout)
    assert "Install the pack again" in refused.value.fix
    assert Readings(RULES, place).read(ASKED, shout) == Readings(RULES).read(ASKED, shout)
    assert Readings(RULES, place).read(ASKED, nobody) == Readings(RULES).read(ASKED, shout)


@given(st.lists(st.tuples(TEXT, st.lists(TEXT, max_size=3, unique=True)), max_size=4))
def test_whatever_a_reading_holds_comes_back_or_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, held: list[tuple[str, list[str]]]
) -> None:
    asked = [("en", str(n)) for n in range(len(held))]

    def how(text: str, _tag: str) -> tuple[str, Mapping[str, float]]:
        read, terms = held[int(text)]
        return read, dict.fromkeys(terms, 1.0)

    readings = Readings(RULES, tmp_path_factory.mktemp("kept") / "readings")
    expected = [Reading(read, tuple(terms)) for read, terms in held]
    assert readings.read(asked, how) == expected
    assert readings.read(asked, how) == expected


def test_a_second_build_reads_only_the_question_that_is_new(
    tmp_path: Path, make_builder: Callable[[Path], Builder], sources: list[Source], rules: IngestRules, reader: Reader
) -> None:
    seen: list[str] = []

    def read(text: str, tag: str) -> tuple[str, Mapping[str, float]]:
        seen.append(text)
        return reader.everyday(text, tag)

    def ask(*questions: str) -> None:
        row = {"passages": ["ACT-1-2001:2"], "asks": {"en": list(questions)}}
        (tmp_path / "asked" / "rows.jsonl").write_text(json.dumps(row), encoding="utf-8")

    (tmp_path / "asked").mkdir()
    wordings = Wordings(tmp_path / "asked", read, readings=Readings(RULES, tmp_path / "kept"))
    builder = replace(make_builder(tmp_path), everyday=wordings)
    ask("where do I sign up a newborn")
    builder.build(sources, rules)
    ask("where do I sign up a newborn", "my baby arrived")
    builder.build(sources, rules)
    assert seen == ["where do I sign up a newborn", "my baby arrived"]
