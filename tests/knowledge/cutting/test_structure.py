# SPDX-License-Identifier: Apache-2.0
"""A regulation is cut by its own headings, and no visible word of it is lost."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.cutting import Structure, cut_blocks, cut_regulation, gap_note, load_structures
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


HEADINGS = [
    "PART I",
    "Division 2",
    "Section 1",
    "Section 2. (1) {}",
    "section 3",
    "Section 4 {}",
    "FIRST: {}",
    "ANNEX A",
]
OTHERS = ["{}", "(1) {}", "{}.", "a. {} under", "{} and", "1. Section 3 is amended {}", "750", "{} | {}", "NOTES", ""]


@given(st.lists(st.sampled_from([*HEADINGS, *OTHERS, "SECTION BY SECTION", "Section IV"]), max_size=40))
def test_every_word_of_the_text_is_in_a_passage_once_in_its_order(full: Structure, lines: list[str]) -> None:
    count = itertools.count()
    law = [re.sub(r"\{\}", lambda _: f"w{next(count)}", line) for line in lines]
    passages = cut_regulation(law, "A", full)
    assert len({passage.passage_id for passage in passages}) == len(passages)
    said = "\n".join(passage.text for passage in passages)
    assert re.findall(r"w\d+", said) == [f"w{number}" for number in range(next(count))]
    assert said.count("750") == law.count("750")


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


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Structure:
    """A structure that declares everything there is."""
    path = tmp_path_factory.mktemp("full") / "structure.yaml"
    path.write_text(
        STRUCTURE.replace(r"(?P<number>\d+[A-Z]?)\.?", r"(?P<number>\d+(?: ?[A-Z])?|[IV]+)\.?").replace(
            "    item:",
            """\
    article_after_end: '(?i:section) (?P<number>\\d+):?(?: (?P<text>.*))?'
    goes_on: '[a-z]{2,}'
    decision: '(?P<number>FIRST|SECOND) ?: ?(?P<text>.*)'
    decision_name: 'Point {number}'
    amending: '[IV]+'
    instruction: '\\d\\. .*\\b(?:amended|repealed)\\b.*'
    item:""",
        )
    )
    return load_structures(path)[0]["xa-act"]


def cut(structure: Structure, text: str) -> list[tuple[str | None, str]]:
    return [(passage.article, passage.text) for passage in cut_regulation(text.splitlines(), "A", structure)]


def test_an_article_is_known_in_other_writings_where_the_text_before_has_ended(full: Structure) -> None:
    law = (
        "Section 1\nDogs bark.\nSECTION 2:\nFew cats do.\nSection 3 A\nNor mice.\nSection 4 Birds sing.\nsection 5\nA."
    )
    assert [article for article, _text in cut(full, law)] == ["1", "2", "3A", "4", "5"]
    assert cut(full, law)[3] == ("4", "Birds sing.")
    wrapped = "Section 1\nWho breaks\nsection 9\nof this act pays, and so does who breaks\nSection 10\nparagraph (2)."
    assert cut(full, wrapped) == [("1", wrapped.partition("\n")[2].replace("\n", " "))]


def test_points_of_a_decision_are_cut_like_articles(full: Structure) -> None:
    passages = cut_regulation(["DECIDES", "FIRST: A fee is due.", "SECOND :", "It is five."], "A", full)
    assert [(p.passage_id, p.article, p.text) for p in passages] == [
        ("A:preamble#0", None, "DECIDES"),
        ("A:decision-first#1", "Point FIRST", "A fee is due."),
        ("A:decision-second#2", "Point SECOND", "It is five."),
    ]


def test_what_an_amending_act_orders_is_no_text_of_the_article_that_it_gives(full: Structure) -> None:
    act = "Section I\n1. Section 4 is amended:\nSection 4\nDogs pay.\n2. Section 5 is repealed.\nSection II\nFrom May."
    assert cut(full, act) == [
        ("I", "1. Section 4 is amended:"),
        ("4", "Dogs pay."),
        ("I", "2. Section 5 is repealed."),
        ("II", "From May."),
    ]
    plain = "Section 1\nDogs pay.\n2. Section 5 is repealed."
    assert [article for article, _text in cut(full, plain)] == ["1"]


def test_an_elucidation_may_follow_an_annex_and_a_heading_in_a_form_is_none(full: Structure) -> None:
    act = "Section 1\nDogs pay.\nANNEX A\nNOTES\nFill in here.\n"
    assert [passage.section for passage in cut_regulation(act.splitlines(), "A", full)] == ["body", "text"]
    noted = replace(full, elucidation=re.compile("NOTES(?: ON THE .*)?"))
    lines = [*act.splitlines(), "NOTES", "ON THE DOG ACT", "Section 1", "Clear."]
    assert [passage.section for passage in cut_regulation(lines, "A", noted)][-1] == "elucidation"


def test_words_that_a_page_repeats_from_the_next_are_said_once(full: Structure) -> None:
    assert cut(full, "Section 1\nDogs pay. . .\nGazette\nDogs pay five euro.") == [("1", "Dogs pay five euro.")]
    assert cut(full, "Section 1\nName . . .\nAge") == [("1", "Name . . . Age")]


def test_rows_of_a_table_are_lines_of_their_own(full: Structure) -> None:
    assert cut(full, "Section 1\nFees:\nDog | 5\nCat | 3\nAll a year.") == [
        ("1", "Fees:\nDog | 5\nCat | 3\nAll a year.")
    ]


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ("Section 1\nA.\nSection 2\nB.", ""),
        ("Section 1\nA.\nSection 1A\nB.\nSection 5\nC.\nSection 7\nD.", "articles 2–4, 6 were not found, but 7 was"),
        ("Section 2\nA.", "article 1 was not found, but 2 was"),
        ("A fee is due.", "no article was found"),
        ("Section I\nSection 4\nA.\nSection II\nB.", ""),
        ("FIRST: A.\nSECOND: B.", ""),
    ],
)
def test_articles_that_were_not_found_are_told_by_the_numbers_of_the_others(
    full: Structure, lines: str, note: str
) -> None:
    assert gap_note(cut_regulation(lines.splitlines(), "A", full)) == note


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
