# SPDX-License-Identifier: Apache-2.0
"""A country without a pack and the pages of its offices: plain questions are answered, those beside a page are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from daulat.assistant import Question, Turn, explain, open_assistant
from daulat.assistant.likeness import likeness, unlike
from daulat.knowledge.encoder import Encoder
from daulat.knowledge.index.cache import VectorCache
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.release import Builder, Release, SigningKey
from daulat.knowledge.search import reader_for
from daulat.knowledge.sources import load_sources

from .conftest import Asked

PAGES = Path(__file__).parents[2] / "benchmarks" / "pages"
LANGUAGES = {"ee": ("et", "en"), "ke": ("sw", "en"), "tl": ("pt", "tet", "en")}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Callable[[str], Asked]:
    @cache
    def opened(country: str) -> Asked:
        folder = tmp_path_factory.mktemp(country)
        builder = Builder(
            folder / "releases", country.upper(), encoder, VectorCache(folder / "vectors.bin", encoder.dimensions),
            reader_for(None, LANGUAGES[country]).terms, SigningKey.open(folder / "key"), "1",
            lambda: datetime(2026, 11, 29, tzinfo=UTC),
        )  # fmt: skip
        built = builder.build(load_sources(PAGES / country / "sources.yaml"), IngestRules())
        return Asked(open_assistant(Release(built.folder), encoder, None, LANGUAGES[country]))

    return opened


@pytest.mark.parametrize(
    ("country", "question", "words"),
    [
        ("tl", "Que documentos preciso para o passaporte?", "Certidão de nascimento"),
        ("ee", "Kas reedel saab arsti juurde?", "Reedel võtab vastu ainult valvearst"),
    ],
)
def test_a_plain_question_is_answered_from_a_page_without_any_everyday_question(office, country, question, words):
    answer = office(country)(question)
    assert answer.answered
    assert words in answer.citations[0].quote


@pytest.mark.parametrize("question", ["How much is an ultrasound?", "HOW MUCH IS AN ULTRASOUND?"])
def test_who_writes_in_capitals_is_answered_as_who_does_not(office, question):
    assert "Ultrasound | 1,200" in office("ke")(question).citations[0].quote


@pytest.mark.parametrize(
    ("country", "question"),
    [("tl", "Como obter a carta de condução?"), ("ee", "Kui palju maksab hambaravi?")],
)
def test_what_stands_beside_a_page_is_declined(office, country, question):
    assert not office(country)(question).answered


def test_words_are_alike_at_whichever_end_they_are_bent():
    assert likeness(["lapsele"], {"lapse"})["lapsele"] > 0.5
    assert likeness(["magpabunot"], {"bunot"})["magpabunot"] > 0.4
    assert likeness(["visa"], {"passport"})["visa"] == 0.0


def test_what_stands_above_a_passage_counts_as_standing_there():
    question = {"passport": 2.0, "fee": 1.0}
    below, alone = unlike(question, (), {"fee", "passport", "60"}), unlike(question, (), {"60"})
    assert below == {"unlike": 0.0, "unlike_count": 0.0, "unlike_names": 0.0, "unheld": 0.0}
    assert alone["unlike"] == alone["unheld"] == 1.0


def test_a_question_of_no_words_is_unlike_nothing():
    assert set(unlike({}, (), ()).values()) == {0.0}


def test_why_a_question_was_declined_can_be_read(office):
    assistant = office("ee").assistant
    why = explain(assistant, Question("Kui palju maksab hambaravi?"))
    assert (why.decided_by, why.probability < why.threshold) == ("weighed", True)
    assert why.passage_id == assistant.release.stored(assistant.release.row_of(why.passage_id)).passage.passage_id
    assert "hambaravi" in why.missing
    assert "maksab" not in why.missing  # it stands in the passage


def test_why_is_told_of_the_question_as_it_is_understood(office):
    assistant = office("ee").assistant
    asked = Question("Kui palju maksab hambaravi?")
    assert explain(assistant, replace(asked, language="zz")) == explain(assistant, asked)
    again = Question("in English please", history=(Turn("user", asked.text),))
    assert explain(assistant, again) == explain(assistant, replace(asked, language="en"))


def test_why_says_where_no_text_was_searched_or_a_heading_was_asked(office):
    assistant = office("tl").assistant
    assert explain(assistant, Question("hello")).decided_by == "at once"
    assert explain(assistant, Question("Ema moras no katuas ferik?")).decided_by == "rule"
    assert explain(assistant, Question("Quanto custa o passaporte urgente?")).decided_by == "weighed"


def test_a_question_is_read_by_the_rules_of_the_texts_in_its_language_not_by_those_of_the_nations_first(office):
    searcher = office("ke").assistant.searcher
    permits = searcher.search("permits expiring", "en")[0]
    assert permits.passage.passage_id.startswith("permit")
    assert permits.features["cover"] == 1.0  # `permit` and `expires` stand there, and were stemmed by English rules
