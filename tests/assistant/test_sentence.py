# SPDX-License-Identifier: Apache-2.0
"""The sentence that answers is marked, and what is marked always is a sentence of the passage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.assistant.pairs import SentenceKind, pairs_of
from daulat.assistant.sentence import SENTENCE_FEATURES, Marked, SentenceModel, load_sentence_models, mark_sentence
from daulat.assistant.words import read_sentence
from daulat.knowledge.cutting import sentences
from daulat.knowledge.search import reader_for
from daulat.knowledge.search.rarity import Rarity
from daulat.knowledge.types import Passage

READER = reader_for(None, ["en"])
TEXT = (
    "The registry keeps a record of every birth. A birth must be reported to the registry within 60 days. "
    "Nurses help at the registry. The registry stands in Harbour Street."
)


def mark(question: str, text: str = TEXT, model: SentenceModel | None = None) -> Marked:
    counts = {"birth": 30, "registri": 60, "report": 200}
    rarity = Rarity(lambda term: counts.get(term, 0), 1_000)
    passage = Passage("x:1#1", "x", 1, "text", text)
    model = model or load_sentence_models()["text"]
    return mark_sentence(READER.ask(question, "en"), passage, "en", READER, rarity, {}, model)


def quoted(question: str) -> str:
    return TEXT[slice(*mark(question).span)]


def test_what_is_asked_tells_more_than_the_name_that_every_sentence_repeats() -> None:
    telling = SentenceModel(np.array([float(name == "telling") for name in SENTENCE_FEATURES]), {})
    marked = mark("What do nurses do at the registry?", model=telling)
    assert TEXT[slice(*marked.span)] == "Nurses help at the registry."


def test_a_question_for_a_time_marks_the_sentence_that_has_one() -> None:
    assert "60 days" in quoted("When must a birth be reported?")


def test_an_empty_passage_marks_nothing() -> None:
    assert mark("When?", "") == Marked((0, 0))


def test_a_passage_of_one_sentence_is_marked_whole_and_is_sure() -> None:
    marked = mark("When?", "Every birth is recorded.")
    assert marked.span == (0, 24)
    assert marked.score == pytest.approx(1.0)


def test_a_name_in_the_question_that_the_passage_lacks_is_noticed() -> None:
    assert mark("When is the registry of Sandtown open?").features["missing_name"] == 1.0
    assert mark("Is the registry in Harbour Street?").features["missing_name"] == 0.0


def test_a_number_in_the_question_that_the_passage_lacks_is_noticed() -> None:
    assert mark("Must a birth be reported within 90 days?").features["missing_number"] == 1.0
    assert mark("Must a birth be reported within 60 days?").features["missing_number"] == 0.0


def test_a_learnt_pair_speaks_for_the_sentence_that_has_its_word() -> None:
    weights = np.array([float(name == "pairs") for name in SENTENCE_FEATURES])
    model = SentenceModel(weights, {"en": {"where": {"street": 1.0}}})
    assert TEXT[slice(*mark("Where?", model=model).span)] == "The registry stands in Harbour Street."


def test_pairs_know_years_numbers_and_names_by_class_and_what_follows_the_question() -> None:
    text = "Radio Exampland began in 1987 with 12 voices"
    sentence = read_sentence(text, (0, len(text)), "en", READER)
    found = pairs_of(READER.ask("When did radio begin?", "en"), sentence)
    assert {"<year>", "<number>", "<name>", ">exampland"} & found == {"<year>", "<number>", "<name>"}
    assert "><name>" in found


@pytest.mark.parametrize("kind", ["law", "text"])
def test_the_weights_that_come_along_weigh_every_feature(kind: SentenceKind) -> None:
    model = load_sentence_models()[kind]
    assert len(model.weights) == len(SENTENCE_FEATURES)
    assert np.isfinite(model.weights).all()
    assert model.about


def test_pairs_come_from_the_pack_alone(pack) -> None:
    assert not load_sentence_models()["law"].pairs
    assert "kapan" in load_sentence_models(pack)["law"].pairs["id"]


def test_a_sentence_that_curators_quote_for_a_near_question_is_marked() -> None:
    weights = np.array([float(name == "heard_gap") for name in SENTENCE_FEATURES])
    passage = Passage("x:1#1", "x", 1, "text", TEXT)
    for begins in ("Nurses help", "The registry stands"):
        heard = {"The registry keeps": 0.4, begins: 0.9, "Nobody says this": 1.0}
        marked = mark_sentence(
            READER.ask("Who?", "en"),
            passage,
            "en",
            READER,
            Rarity(lambda _: 1, 9),
            {},
            SentenceModel(weights, {}),
            heard,
        )
        assert TEXT[slice(*marked.span)].startswith(begins)


words = st.text(st.sampled_from("ab C1.?!\n;(-é٣漢"), max_size=120)


@given(question=words, text=words)
def test_whatever_is_asked_the_mark_is_a_sentence_of_the_passage(question: str, text: str) -> None:
    marked = mark(question, text)
    assert marked.span in (sentences(text, "en") or [(0, 0)])
    assert 0.0 <= marked.score <= 1.0
    assert all(math.isfinite(value) for value in marked.features.values())


FIRST = SentenceModel(np.array([float(name == "first") for name in SENTENCE_FEATURES]), {})


def test_a_question_for_a_number_of_days_marks_the_sentence_that_has_one_with_its_unit() -> None:
    text = "(1) A birth is reported at the registry. (2) It is reported within 60 days."
    assert text[slice(*mark("Where is a birth reported?", text, FIRST).span)].startswith("(1)")
    marked = mark("How many days have parents?", text, FIRST)
    assert text[slice(*marked.span)] == "(2) It is reported within 60 days."


def test_what_speaks_for_an_answer_stays_that_of_the_best_sentence() -> None:
    text = "(1) A birth is reported at the registry. (2) It is reported within 60 days."
    assert mark("How many days have parents?", text, FIRST).features["first"] == 1.0


def test_where_no_sentence_has_the_measure_the_best_is_marked() -> None:
    text = "(1) A birth is reported at the registry. (2) It is free."
    assert text[slice(*mark("How many days have parents?", text, FIRST).span)].startswith("(1)")
