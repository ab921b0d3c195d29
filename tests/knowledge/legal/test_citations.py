# SPDX-License-Identifier: Apache-2.0
"""A law is known by its number, its popular name or its title; an article belongs to the law beside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.legal import LegalRules, find_citations, title_index
from daulat.knowledge.types import Document


@pytest.mark.parametrize(
    ("text", "doc_id", "article"),
    [
        ("What does Act 5/1999 say?", "ACT-5-1999", ""),
        ("section 7 of Act No. 5 of 1999", "ACT-5-1999", "7"),
        ("Statute 5 of l999 section 7A", "ACT-5-1999", "7A"),
        ("the Marriage Act, section 2 (1)", "ACT-5-1999", "2"),
        ("section 3 of the Constitution", "CON-1900", "3"),
        ("section 3", "", "3"),
    ],
)
def test_a_law_and_its_article_are_found(rules: LegalRules, text: str, doc_id: str, article: str) -> None:
    (mention,) = find_citations(text, rules)
    assert (mention.doc_id, mention.article) == (doc_id, article)


def test_two_laws_keep_their_own_articles(rules: LegalRules) -> None:
    found = find_citations("section 1 of Act 5/1999 and section 2 of Reg 3/2001", rules)
    assert [(mention.doc_id, mention.article) for mention in found] == [("ACT-5-1999", "1"), ("REG-3-2001", "2")]


def test_a_title_without_a_number_finds_every_law_that_bears_it_newest_first(rules: LegalRules) -> None:
    documents = [
        Document("ACT-1-1980", "Housing", kind="Act", year=1980),
        Document("ACT-2-2010", "Housing", kind="Act", year=2010),
    ]
    (mention,) = find_citations("What does the Act on Housing say?", rules, title_index(documents, rules))
    assert mention.candidates == ("ACT-2-2010", "ACT-1-1980")
    assert mention.doc_id == "ACT-2-2010"


def test_an_unknown_title_is_returned_as_words_only(rules: LegalRules) -> None:
    (mention,) = find_citations("What does the Act on Space Travel say?", rules)
    assert (mention.doc_id, mention.title_words) == ("", ("space", "travel"))


def test_ordinary_words_are_no_citation(rules: LegalRules) -> None:
    assert find_citations("An actor enacts 5 of 1999 regular scenes; sectional.", rules) == []


@given(st.text(max_size=200))
def test_spans_lie_in_the_text_in_order(rules: LegalRules, text: str) -> None:
    spans = [mention.span for mention in find_citations(text + " section 2 of Act 5/1999", rules)]
    assert spans == sorted(spans)
    assert all(0 <= start < end <= len(text) + 25 for start, end in spans)


def test_a_scanned_number_is_read_as_digits(rules: LegalRules) -> None:
    assert [rules.number(text) for text in ("2OO7", "l0", "28h", "5O")] == ["2007", "10", "28H", "50"]


def test_the_day_of_publication_is_the_last_one_said(rules: LegalRules) -> None:
    assert rules.date_of("Published soon") == ""
    assert rules.date_of("Published on 2 May 2001 ... published on 10 June 2OO2") == "2002-06-10"


@pytest.mark.parametrize("unit", ["act ", "act on ", "act 1/2000 ", "section ", "section 3 ", "act" + " " * 500, "1 "])
def test_a_hostile_question_of_a_hundred_thousand_characters_is_read_to_its_end(rules: LegalRules, unit: str) -> None:
    text = unit * (100_000 // len(unit)) + ". section 4 of the Constitution"
    assert find_citations(text, rules)[-1].doc_id == "CON-1900"
