# SPDX-License-Identifier: Apache-2.0
"""A passage that was cut where no article ends is quoted and named by the article that answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.errors import SourceError
from daulat.knowledge.legal import (
    LegalRules,
    article_at,
    cuts_of,
    load_legal_rules,
    others_in,
    span_of_article,
    without_heading,
)
from daulat.knowledge.types import Passage

from .conftest import LEGAL


def section_5(text: str) -> Passage:
    return Passage("ACT-1-2000:s-5#5", "ACT-1-2000", 5, "body", text, "5")


@pytest.mark.parametrize(
    ("text", "stretches"),
    [
        ("A lost card is reported.", ["A lost card is reported."]),
        (
            "A lost card is reported. Part II Fees Section 6 (1) Fees are set. 3. Section 7 is changed and reads:",
            [
                "A lost card is reported.",
                "Part II Fees Section 6 (1) Fees are set.",
                "3. Section 7 is changed and reads:",
            ],
        ),
        ("Section 5 (1) A lost card is reported.", ["Section 5 (1) A lost card is reported."]),
    ],
)
def test_a_passage_is_cut_where_something_else_begins(text: str, stretches: list[str], rules: LegalRules) -> None:
    edges = [0, *cuts_of(section_5(text), rules), len(text)]
    assert [text[start:end].strip() for start, end in pairwise(edges)] == stretches


def test_nothing_is_cut_without_rules_or_in_what_is_no_article(rules: LegalRules) -> None:
    text = "A lost card is reported. Part II Fees"
    assert cuts_of(section_5(text), None) == ()
    assert cuts_of(replace(section_5(text), article=None), rules) == ()


def quoted(text: str, answer: str, rules: LegalRules | None) -> str:
    at = text.index(answer)
    start, end = span_of_article(text, (at, at + len(answer)), rules)
    return text[start:end].strip()


@pytest.mark.parametrize(
    "hangs_on",
    [
        "Part II Fees",
        "Section 6 (1) Fees are set by the minister.",
        "Section 6 Fees are set by the minister.",
        "3. Section 7 is changed and reads as follows:",
    ],
)
def test_what_hangs_on_to_an_article_is_not_quoted(hangs_on: str, rules: LegalRules) -> None:
    article = "(1) A lost card is reported. (2) Its owner reports it within 14 days."
    assert quoted(f"{article} {hangs_on}", "(2) Its owner reports it within 14 days.", rules) == article


@pytest.mark.parametrize(
    "inside",
    [
        "See Part II below. (2) Its owner reports it.",
        "(1) Lost cards. Part II... (2) Its owner reports it.",
        "(1) As Section 6 says. (2) Its owner reports it.",
    ],
)
def test_what_belongs_to_an_article_is_quoted(inside: str, rules: LegalRules) -> None:
    assert quoted(inside, "(2) Its owner", rules) == inside


@pytest.mark.parametrize("opens", ["Section 6 (1)", "Part II Fees Section 6 (1)", "Section 6"])
def test_an_answer_in_the_next_article_is_named_and_quoted_as_that_article(opens: str, rules: LegalRules) -> None:
    text = f"A lost card is reported. {opens} A card costs nothing. Section 7 (1) Forms are free."
    place = text.index("A card costs")
    named = article_at(section_5(text), place, rules)
    assert (named.article, named.section, named.passage_id) == ("6", "body", "ACT-1-2000:s-5#5")
    assert quoted(text, "A card costs nothing.", rules).removeprefix("(1) ") == "A card costs nothing."


@pytest.mark.parametrize("number", ["6", "5A"])
def test_what_follows_a_point_of_an_amending_act_is_the_article_that_the_point_names(
    number: str, rules: LegalRules
) -> None:
    point = f"3. Section {number} is changed and reads as follows:"
    text = f"(1) A lost card is reported. {point} (1) A card costs nothing. (2) Nor do forms. 4. Section 7 is changed"
    answer = "(2) Nor do forms."
    assert article_at(section_5(text), text.index(answer), rules).article == number
    assert quoted(text, answer, rules) == "(1) A card costs nothing. (2) Nor do forms."
    assert article_at(section_5(text), 0, rules).article == "5"
    assert quoted(text, "(1) A lost card is reported.", rules) == "(1) A lost card is reported."


def test_a_point_is_no_part_of_the_answer_behind_it(rules: LegalRules) -> None:
    point = "3. Section 6 is changed and reads as follows: "
    text = f"{point}A card costs nothing."
    assert without_heading(text, (0, len(text)), rules) == (len(point), len(text))


def test_digits_that_a_scanner_parted_are_one_number(rules: LegalRules) -> None:
    text = "A lost card is reported. Section 1 1 (1) A card costs nothing."
    assert article_at(section_5(text), len(text) - 3, rules).article == "11"


def test_a_heading_right_behind_another_is_found(rules: LegalRules) -> None:
    text = "A lost card is reported.\nSection 6\nSection 7 A card costs nothing."
    assert article_at(section_5(text), len(text) - 3, rules).article == "7"


def test_an_answer_in_the_article_itself_keeps_its_name(rules: LegalRules) -> None:
    text = "A lost card is reported. Section 6 (1) A card costs nothing."
    assert article_at(section_5(text), 0, rules).article == "5"


def test_a_smaller_number_names_no_article_of_the_body(rules: LegalRules) -> None:
    text = "A lost card is reported. Section 2 (1) applies. Its owner pays."
    assert article_at(section_5(text), len(text) - 5, rules).article == "5"


def test_behind_the_notes_it_is_the_note_on_an_article(rules: LegalRules) -> None:
    text = "This Act begins at once. NOTES ON SECTIONS. Section 2 A card is any card. Section 3 Clear enough."
    named = article_at(section_5(text), text.index("A card is"), rules)
    assert (named.article, named.section) == ("2", "elucidation")


def test_every_other_article_that_stands_in_a_passage_is_found(rules: LegalRules) -> None:
    text = (
        "A lost card is reported. Section 2 (1) applies. Section 6 (1) A card costs nothing. Section 6 (1) says so too."
        " NOTES ON SECTIONS. Section 2 A card is any card. Section 5 Clear enough."
    )
    others = others_in(section_5(text), rules)
    assert [(each.article, each.section) for each in others] == [
        ("6", "body"),
        ("2", "elucidation"),
        ("5", "elucidation"),
    ]
    said = ("(1) A card costs", "A card is any", "Clear enough")
    assert others == tuple(article_at(section_5(text), text.index(words), rules) for words in said)


def test_nothing_stands_in_what_is_no_article(rules: LegalRules) -> None:
    text = "A lost card is reported. Section 6 (1) A card costs nothing."
    assert others_in(replace(section_5(text), section="elucidation"), rules) == ()
    assert others_in(section_5(text), None) == ()


def test_a_scanner_s_letter_is_read_as_its_digit(rules: LegalRules) -> None:
    text = "A lost card is reported. Section 1O (1) A card costs nothing."
    assert article_at(section_5(text), len(text) - 3, rules).article == "10"


def test_a_country_without_the_rule_quotes_as_before() -> None:
    text = "A lost card is reported. Section 6 (1) A card costs nothing."
    assert span_of_article(text, (0, 5), None) == (0, len(text))
    assert article_at(section_5(text), len(text) - 3, None) == section_5(text)


def test_a_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    written = LEGAL.replace("elucidation: 'NOTES ON SECTIONS'", "elucidation: 'NOTES ('")
    (tmp_path / "legal.yaml").write_text(written)
    with pytest.raises(SourceError, match="not a regular expression"):
        load_legal_rules(tmp_path / "legal.yaml")


@given(
    st.lists(st.sampled_from(["A card. ", "Section 6 (1) ", "Part II Fees ", "2. Section 7 is ", "(2) "]), min_size=1),
    st.data(),
)
def test_a_quote_always_holds_its_answer(rules: LegalRules, parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = span_of_article(text, (start, end), rules)
    assert first <= start < end <= last
