# SPDX-License-Identifier: Apache-2.0
"""What a question goes on from, and what that changes in what is searched and found."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.assistant import Question, Turn
from daulat.assistant.followup import Thread, Threads
from daulat.knowledge.search import reader_for
from daulat.knowledge.types import Document, Hit, Passage

READER = reader_for(None, ["en"])
KNOWN = dict.fromkeys(("birth", "report", "twin", "late", "lose"), 0.01) | {"passport": 0.001}
THREADS = Threads(READER, lambda term: KNOWN.get(term, 0.0), lambda text: ["travel"] if "passport" in text else [])


def before(text: str, *turns: str) -> tuple[str, ...]:
    history = tuple(Turn("assistant" if n % 2 else "user", said) for n, said in enumerate(turns))
    return THREADS.thread(Question(text, history=history), "en").before


def hit(article: str, score: float) -> Hit:
    return Hit(Passage(f"A:{article}", "A", 1, "body", "text", article=article), Document("A", ""), score)


@pytest.mark.parametrize(
    ("text", "turns", "leans_on"),
    [
        ("and for twins?", ("When is a birth reported?", "..."), ("When is a birth reported?",)),
        (
            "and late?",
            ("When is a birth reported?", "...", "and for twins?", "..."),
            ("When is a birth reported?", "and for twins?"),
        ),
        ("and a passport?", ("When is a birth reported?", "..."), ()),
        ("asdf", ("When is a birth reported?", "..."), ()),
        ("report of a birth of twins being late and lost", ("my passport is lost", "..."), ()),
        ("and for twins?", (), ()),
    ],
)
def test_a_question_leans_on_what_it_goes_on_from(text: str, turns: tuple[str, ...], leans_on: tuple[str, ...]) -> None:
    assert before(text, *turns) == leans_on


@pytest.mark.parametrize(
    ("text", "is_compared"),
    [
        ("and for twins?", False),  # nothing without the turn before
        ("and report a birth of twins late?", True),  # opens as one that goes on, but is whole
        ("report a birth late?", True),  # short, of common words alone
    ],
)
def test_a_question_that_could_stand_alone_is_judged_both_ways(text: str, is_compared: bool) -> None:
    history = (Turn("user", "When are twins reported?"), Turn("assistant", "..."))
    thread = THREADS.thread(Question(text, history=history), "en")
    assert thread.before
    assert (thread.lead is not None) == is_compared


def test_what_was_asked_for_is_left_out_and_the_new_words_weigh_most() -> None:
    thread = Thread(("When is a birth reported?",))
    said = thread.searched("and for twins?", "en", READER)
    assert said == "and for twins? is a birth reported"
    asked = thread.dwell(READER.ask(said, "en"), READER.ask("and for twins?", "en"))
    assert asked.terms["twin"] > asked.terms["birth"] > 0


EVENTS = replace(
    READER.questions, instead=((re.compile("(?i)births?|baby"), re.compile("(?i)deaths?"), re.compile("(?i)visas?")),)
)
REPLACING = replace(THREADS, reader=replace(READER, questions=EVENTS), share=lambda term: 0.001 * (term != "twin"))


@pytest.mark.parametrize(
    ("text", "before", "searched"),
    [
        ("and a death?", ("When is a birth reported?",), "and a death? is a reported"),
        ("and twins?", ("When is a birth reported?",), "and twins? is a birth reported"),
        ("and a death of the baby?", ("When is a birth reported?",), "and a death of the baby? is a birth reported"),
        (
            "and late?",
            ("When is a birth reported?", "and a death?"),
            "and late? is a reported and a death",
        ),
        (
            "and for a baby?",
            ("When is a birth reported?", "and a death?"),
            "and for a baby? is a birth reported and a",
        ),
    ],
)
def test_a_thing_takes_the_place_of_the_one_before(text: str, before: tuple[str, ...], searched: str) -> None:
    assert Thread(before).searched(text, "en", REPLACING.reader) == searched


@pytest.mark.parametrize(
    ("text", "leans"),
    [("and a visa?", True), ("and how is a visa to France extended?", False), ("and a passport?", False)],
)
def test_what_names_another_thing_of_the_kind_and_no_more_is_asked_the_same(text: str, leans: bool) -> None:
    matters = {"visa": "travel", "passport": "travel", "birth": "registry"}
    threads = replace(REPLACING, matters=lambda said: [matter for word, matter in matters.items() if word in said])
    history = (Turn("user", "When is a birth reported?"), Turn("assistant", "..."))
    assert bool(threads.thread(Question(text, history=history), "en").before) == leans


def test_what_was_cited_before_comes_behind_what_is_as_near_and_before_what_is_not() -> None:
    thread = Thread(("...",), frozenset({("A", "1")}))
    moved = thread.moved_on([hit("1", 5.0), hit("2", 4.9), hit("3", 1.0)])
    assert [each.passage.article for each in moved] == ["2", "1", "3"]
    assert [each.passage.article for each in Thread().moved_on(moved)] == ["2", "1", "3"]


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=8))
def test_any_conversation_has_a_beginning(text: str, turns: list[str]) -> None:
    leans_on = before(text, *turns)
    assert len(leans_on) <= 3
    said = [each for each in turns[::2] if each.strip()]
    assert list(leans_on) == said[len(said) - len(leans_on) :]
