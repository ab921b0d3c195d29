# SPDX-License-Identifier: Apache-2.0
"""A regulation is cut by its own headings, and no visible word of it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.cutting import Structure, cut_blocks, cut_regulation, load_structures
from daulat.knowledge.errors import SourceError
from daulat.knowledge.readers import Block

STRUCTURE = r"""
format: 1
structures:
  xa-act:
    headings: ['PART [IVX]+', 'Division \d+']
    title_line: '[A-Z ]+'
    article: 'Section (?P<number>\d+[A-Z]?)\.?(?: (?P<text>\(1\).*))?'
    continues: '\b(?:under|and)$'
    item: '(?:\(\d+\)|[a-z]\.)\s'
    elucidation: 'NOTES'
    elucidation_articles: 'SECTION BY SECTION'
    annex: 'ANNEX [A-Z]'
    noise: 'Gazette'
    place:
      preamble: preamble
      article: 'section-{article}'
      elucidation_general: notes
      elucidation: 'note-{article}'
      annex: annex
"""
ACT = """\
ACT 1 OF 2000
The King, considering:
a. that there be order;
PART I
GENERAL
Section 1
(1) Every person may marry who is
not married. Order under
Section 7
stays.
Gazette
(2) Fees are waived.
Division 2
Section 2. (1) The minister decides.
ANNEX A
A list of perundang-
undangan.
"""
NOTES = "NOTES\nThis act brings order.\nSECTION BY SECTION\nSection 1\n(1) Clear.\n"


@pytest.fixture(scope="module")
def structure(tmp_path_factory: pytest.TempPathFactory) -> Structure:
    path = tmp_path_factory.mktemp("structure") / "structure.yaml"
    path.write_text(STRUCTURE)
    return load_structures(path)[0]["xa-act"]


def test_an_act_falls_into_its_articles_under_their_headings(structure: Structure) -> None:
    passages = cut_regulation(ACT.splitlines(), "ACT-1-2000", structure)
    assert [(passage.passage_id, passage.heading) for passage in passages] == [
        ("ACT-1-2000:preamble#0", None),
        ("ACT-1-2000:section-1#1", "PART I GENERAL"),
        ("ACT-1-2000:section-2#2", "PART I GENERAL Division 2"),
        ("ACT-1-2000:annex#3", "ANNEX A"),
    ]
    assert passages[1].text == (
        "(1) Every person may marry who is not married. Order under Section 7 stays.\n(2) Fees are waived."
    )
    assert passages[3].text == "A list of perundang-undangan."


def test_the_elucidation_is_kept_apart_from_the_law(structure: Structure) -> None:
    passages = cut_regulation((ACT.split("ANNEX")[0] + NOTES).splitlines(), "A", structure)
    assert [(passage.section, passage.article) for passage in passages[-2:]] == [
        ("elucidation_general", None),
        ("elucidation", "1"),
    ]


def test_a_text_without_articles_is_one_passage_and_nothing_is_lost(structure: Structure) -> None:
    assert [passage.text for passage in cut_regulation(["no", "headings"], "A", structure)] == ["no headings"]


@given(st.lists(st.sampled_from([*ACT.splitlines(), *NOTES.splitlines(), "word", "", "Section 1 word"]), max_size=40))
def test_every_word_is_in_a_passage_or_its_heading_and_ids_are_unique(structure: Structure, lines: list[str]) -> None:
    passages = cut_regulation(lines, "A", structure)
    assert len({passage.passage_id for passage in passages}) == len(passages)
    kept = " ".join(f"{passage.heading} {passage.text}" for passage in passages)
    assert ("word" in kept) == any("word" in line for line in lines)


def test_an_article_may_have_a_title_on_its_line(tmp_path: Path) -> None:
    path = tmp_path / "structure.yaml"
    path.write_text(STRUCTURE.replace(r"\.?(?: (?P<text>\(1\).*))?", r"\.(?: .+)?"))
    titled = load_structures(path)[0]["xa-act"]
    passages = cut_regulation(["PART I", "Section 3. Fee", "Ten.", "Section 4.", "None."], "A", titled)
    assert [(p.article, p.heading, p.text) for p in passages] == [("3", "PART I Fee", "Ten."), ("4", "PART I", "None.")]
    (long,) = cut_regulation([f"Section 5. Who keeps {'many ' * 14}dogs pays."], "A", titled)
    assert (long.heading, long.text[:9], long.text[-10:]) == (None, "Who keeps", "dogs pays.")


def test_an_article_whose_number_cannot_be_told_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "structure.yaml"
    path.write_text(STRUCTURE.replace("?P<number>", "?:"))
    with pytest.raises(SourceError, match=r"line 7: .*article.*\(\?P<number>"):
        load_structures(path)


def test_a_pattern_that_does_not_compile_is_a_fault_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "structure.yaml"
    path.write_text(STRUCTURE.replace("'Gazette'", "'(Gazette'"))
    with pytest.raises(SourceError, match=r"line 13: .*noise.*not a regular expression"):
        load_structures(path)


def test_other_text_is_cut_by_its_headings() -> None:
    blocks = [
        Block("heading", "Fees", 1),
        Block("text", "Nobody pays."),
        Block("heading", "Birth", 2),
        Block("item", "Bring a form."),
        Block("heading", "Ähnliches", 1),
        Block("text", "More. " * 300),
    ]
    passages = cut_blocks(blocks, "guide")
    assert [(p.passage_id, p.heading, p.text) for p in passages[:2]] == [
        ("guide:fees#0", "Fees", "Nobody pays."),
        ("guide:birth#1", "Fees / Birth", "- Bring a form."),
    ]
    assert passages[2].passage_id == "guide:ahnliches#2"
    assert all(len(passage.text.split()) <= 220 for passage in passages)
