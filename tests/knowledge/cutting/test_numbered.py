# SPDX-License-Identifier: Apache-2.0
"""Sections that a law numbers are headings in every language, and no word of the law is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.cutting import cut_blocks
from daulat.knowledge.cutting.numbered import with_numbered
from daulat.knowledge.readers import Block

CONTENTS = "THE BIRTHS ACT\n1. Name\n2. Meaning\n3. Notice\n4. Fee\n5. Fine\n6. Rules"
BODY = """\
PART I - GENERAL
1. Name
This is the Births Act.
2. Meaning
A registrar is an officer named under
section 9 of the Officers Act.
PART II - NOTICE
3. Notice.—(1) A parent gives notice within ninety days.
(2) Notice is free.
4. (1) A copy costs fifty shillings.
5. Whoever gives no notice although this Act asks for one within ninety days pays five hundred shillings.
6. Repealed."""


def _headings(text: str) -> list[tuple[int, str]]:
    blocks = with_numbered(Block("text", part) for part in text.split("\n\n"))
    return [(block.level, block.text) for block in blocks if block.kind == "heading"]


def test_sections_and_parts_are_headings_and_take_their_titles_from_the_list_of_contents() -> None:
    assert _headings(f"{CONTENTS}\n\n{BODY}") == [
        (8, "PART I - GENERAL"),
        (9, "1. Name"),
        (9, "2. Meaning"),
        (8, "PART II - NOTICE"),
        (9, "3. Notice"),
        (9, "4. Fee"),
        (9, "5. Fine"),
        (9, "6. Rules"),
    ]


def test_the_text_of_each_section_is_a_passage_and_the_list_of_contents_is_none() -> None:
    passages = cut_blocks([Block("text", CONTENTS), Block("text", BODY)], "act")
    assert [(passage.heading, passage.text) for passage in passages[:3]] == [
        (None, "THE BIRTHS ACT"),
        ("PART I - GENERAL / 1. Name", "This is the Births Act."),
        ("PART I - GENERAL / 2. Meaning", "A registrar is an officer named under\nsection 9 of the Officers Act."),
    ]
    assert passages[-1].text == "Repealed."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("§ 1. Nimi\nSee on\n§ 2. Tasu\nTasu on\n§ 2a. Muu\nMuu on", ["§ 1. Nimi", "§ 2. Tasu", "§ 2a. Muu"]),
        ("§ 1. Nimi\nSee on\n§ 2. Tasu\nTasu on\n§ 2¹. Trahv\nTrahv on\n§ 2². Kord\nKord on\n§ 3. Muu\nMuu on",
         ["§ 1. Nimi", "§ 2. Tasu", "§ 2¹. Trahv", "§ 2². Kord", "§ 3. Muu"]),
        ("1 § Nimi\nTämä on\n2 § Maksu\nMaksu on\n3 § Kumottu", ["1 § Nimi", "2 § Maksu", "3 §"]),
        ("المادة 1\nهذا\nالمادة 2 التصريح\nيجب\nالمادة 3\nثلاثون", ["المادة 1", "المادة 2 التصريح", "المادة 3"]),
        ("Ibara ya 14 Uraia\nMtu ni\nIbara ya 15 Kujiandikisha\nMtu a\nIbara ya 83 Kura\nMtu b",
         ["Ibara ya 14 Uraia", "Ibara ya 15 Kujiandikisha", "Ibara ya 83 Kura"]),
        ("Article 1er\nLa loi\nArticle 2\nLa\nArticle 3\nLe prix", ["Article 1er", "Article 2", "Article 3"]),
    ],
)  # fmt: skip
def test_each_country_has_its_own_word_for_a_section(text: str, found: list[str]) -> None:
    assert [heading for _level, heading in _headings(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "Buy:\n1. Milk\n2. Bread\n3. Eggs\n4. Tea\n5. Salt\n6. Rice\n\nThen:\n1. Cook\n2. Eat",
        "Section 9 of this Act applies.\nSection 10 of it does not.\nSection 11 of it may.",
        "On 1 May\n2 parents\n3 children\n4 dogs\n5 cats",
        "Prices\n2019\n2020\n2021\n2022\n2023",
        "No number opens a line here.",
    ],
)
def test_lists_references_and_figures_are_no_sections(text: str) -> None:
    blocks = [Block("text", part) for part in text.split("\n\n")]
    assert with_numbered(blocks) == blocks


def test_headings_that_a_document_declares_stay_above_its_sections() -> None:
    law = "Section 1 Name\nThis is it.\nSection 2 Fee\nTen.\nSection 3 Fine\nTwenty."
    passages = cut_blocks([Block("heading", "Dogs", 1), Block("text", law)], "act")
    assert [passage.heading for passage in passages] == [
        "Dogs / Section 1 Name", "Dogs / Section 2 Fee", "Dogs / Section 3 Fine",
    ]  # fmt: skip


def test_a_section_of_another_law_that_is_quoted_stays_in_the_text_and_names_no_part() -> None:
    law = (
        "Section 1. Cats\nAfter section 39 of the Cat Act insert:\nSection 40\nThe fee is five crowns.\n"
        "Section 2. Dogs\nThe fee is ten crowns.\nPART II\nFINES\nSection 3. Fine\nFifty crowns."
    )
    assert [(each.heading, each.text) for each in cut_blocks([Block("text", law)], "fees")] == [
        (
            "Section 1. Cats",
            "After section 39 of the Cat Act insert:\nSection 40\nThe fee is five crowns.",
        ),
        ("Section 2. Dogs", "The fee is ten crowns."),
        ("PART II FINES / Section 3. Fine", "Fifty crowns."),
    ]


def test_a_section_is_cited_as_its_law_calls_it() -> None:
    law = [Block("text", "Section 1 Name\nThis.\nSection 2A\n(1) Ten.\nSection 3 Fine\nTwenty.")]
    assert [passage.article for passage in cut_blocks(law, "act")] == ["Section 1", "Section 2A", "Section 3"]


def test_a_section_that_was_inserted_is_cited_by_its_raised_number_and_not_as_the_one_before() -> None:
    law = "§ 2\nA dog is\n§ 2¹\nWhoever keeps one\n§ 2²\nA cat is\n§ 3\nPay\n§ 21\nDuty"
    passages = cut_blocks([Block("text", law)], "act")
    assert [(passage.passage_id, passage.article) for passage in passages] == [
        ("act:2#0", "§ 2"), ("act:2-1#1", "§ 2¹"), ("act:2-2#2", "§ 2²"), ("act:3#3", "§ 3"), ("act:21#4", "§ 21"),
    ]  # fmt: skip


_LINES = st.lists(
    st.one_of(
        st.from_regex(r"\A(Section |§ |)[1-9]{1,2}\. ?[A-Z][a-z]{0,5}( \(1\) [a-z]{1,5})?\Z"),
        st.from_regex(r"\A(PART [IV]{1,2}|[A-Z]{1,6}|\([1-3]\) [a-z]{1,5}|[a-z ]{1,9}[a-z])\Z"),
    ),
    max_size=40,
)


@given(_LINES, st.integers(1, 4))
def test_no_word_is_lost(lines: list[str], size: int) -> None:
    blocks = [Block("text", "\n".join(lines[at : at + size])) for at in range(0, len(lines), size)]
    before = {word.strip(".") for block in blocks for word in block.text.split()}
    after = {word.strip(".") for block in with_numbered(blocks) for word in block.text.split()}
    assert after == before


def test_the_first_line_of_a_wrapped_section_is_no_title_where_the_law_has_none() -> None:
    law = (
        "1. These Rules may be cited as the Water\nRules, 2021.\n"
        "2. A person shall apply in the form set out in the first schedule to these rules and\npay.\n"
        "3. (1) The provider shall connect.\n(2) It may refuse.\n"
        "4. The provider shall give a written warning at least seven days before it cuts the water\noff.\n"
        "5. Whoever connects without the consent of the provider shall be liable to a fine not above\nfifty crowns."
    )
    passages = cut_blocks([Block("text", law)], "water")
    assert [passage.heading for passage in passages] == ["1.", "2.", "3.", "4.", "5."]
    assert passages[0].text == "These Rules may be cited as the Water\nRules, 2021."
