# SPDX-License-Identifier: Apache-2.0
"""Whether there is an answer: a probability, by a model of law or of other text, and one rule before both."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.assistant.answerable import (
    Answerable,
    Calibrated,
    evidence_features,
    load_answerable,
    names_another_law,
)
from daulat.assistant.judging import weighed
from daulat.assistant.likeness import unlike
from daulat.assistant.sentence import Marked, load_sentence_models, mark_sentence
from daulat.knowledge.everyday import EVERYDAY_FEATURES, Heard, Together
from daulat.knowledge.legal import LawMention
from daulat.knowledge.search import FEATURES, Asked, reader_for
from daulat.knowledge.search.rarity import Rarity
from daulat.knowledge.types import Document, Hit, Passage
from daulat.nation import Pack, pack_at

ASKED, NONE = ("best", "best_words", "lead", "agree", "together"), ("dense", "words", "vote", "together")
NOTHING = dict.fromkeys((*(f"asked_{name}" for name in ASKED), *(f"none_{name}" for name in NONE)), 0.0)
NOBODY = np.empty(0, np.int64)
SURE = Calibrated(9.0, {}, 0.5)
UNSURE = Calibrated(-9.0, {}, 0.9)


def hit(doc_id: str = "A-1-2000", score: float = 1.0, rank: int | None = 3, article: float = 0.0) -> Hit:
    features = dict.fromkeys(FEATURES, 0.5) | {"article": article, "elucidation": 0.0, "preamble": 0.0}
    return Hit(
        Passage(f"{doc_id}:1#1", doc_id, 1, "body", "text"),
        Document(doc_id, "", rank=rank),
        score,
        0.4,
        0.8,
        features=features,
    )


def learnt(folder: Path) -> Pack:
    (folder / "assistant").mkdir()
    (folder / "assistant" / "pairs.json").write_text("{}")
    return pack_at(folder, "XA")


def asked(*mentions: LawMention) -> Asked:
    return Asked("question", ("question",), {"question": 1.0}, ("question",), mentions=mentions)


def test_without_a_hit_there_is_no_answer() -> None:
    assert Answerable(*[SURE] * 4).probability([], Marked((0, 0)), asked()) == 0.0


def test_a_law_that_is_not_in_the_release_is_not_answered_from_another() -> None:
    question = asked(LawMention(doc_id="A-9-1999"))
    assert names_another_law([hit()], question)
    assert Answerable(*[SURE] * 4).probability([hit()], Marked((0, 4)), question) == 0.0


def test_a_law_that_was_found_among_others_may_be_answered_from() -> None:
    question = asked(LawMention(doc_id="A-9-1999"), LawMention(doc_id="A-1-2000"))
    assert not names_another_law([hit("B-1"), hit()], question)


def test_any_law_of_the_title_that_was_named_will_do() -> None:
    assert not names_another_law([hit()], asked(LawMention(doc_id="A-2-2010", candidates=("A-2-2010", "A-1-2000"))))


def test_an_article_without_a_law_names_no_other_law() -> None:
    assert not names_another_law([hit()], asked(LawMention(article="5")))


def test_the_article_that_a_question_names_answers_it() -> None:
    judge = Answerable(*[UNSURE] * 4)
    assert judge.probability([hit(article=1.0)], Marked((0, 4)), asked()) == 1.0
    assert judge.probability([hit(), hit(article=1.0)], Marked((0, 4)), asked()) < 0.01


def test_law_and_other_text_have_models_and_thresholds_of_their_own() -> None:
    judge = Answerable(law=SURE, everyday=SURE, text=UNSURE, unheard=UNSURE)
    assert judge.probability([hit()], Marked((0, 4)), asked()) > 0.99
    assert judge.probability([hit(rank=None)], Marked((0, 4)), asked()) < 0.01
    assert (judge.threshold([hit()]), judge.threshold([hit(rank=None)])) == (0.5, 0.9)


def test_the_models_that_come_along_weigh_nothing_that_is_not_computed(tmp_path: Path) -> None:
    reader = reader_for(None, ["en"])
    best = hit()
    model, rarity = load_sentence_models()["text"], Rarity(lambda _: 1, 10)
    marked = mark_sentence(reader.ask("What text?", "en"), best.passage, "en", reader, rarity, {}, model)
    by_letters = Marked(marked.span, marked.score, marked.features | unlike({}, (), ()))  # as without a pack
    described = evidence_features([best, hit("B-1", 0.5)], by_letters, asked())
    for pack in (None, learnt(tmp_path)):
        judge = load_answerable(pack)
        assert set(judge.law.weights) | set(judge.text.weights) <= set(described)


def test_where_nothing_was_learnt_for_a_country_law_is_judged_as_other_text(tmp_path: Path) -> None:
    young = load_answerable(pack_at(tmp_path, "XA"))
    assert young.law == young.text == load_answerable(None).text
    assert load_answerable(learnt(tmp_path)).law != young.law


@pytest.mark.parametrize(
    ("heading", "question", "answers"),
    [
        ("Passports / How much is a passport?", "how much is a passport", True),
        ("جواز السفر / كم رسم جواز السفر؟", "كم رسم جواز السفر", True),
        ("How much is a passport?", "How much is a passport for a child?", False),
        ("Passports", "passports", False),
        (None, "who may have a passport", True),  # the title of the document, which no heading repeats
        ("Fees", "who may have a passport", False),
    ],
)
def test_a_published_question_is_answered_by_what_stands_under_it(
    heading: str | None, question: str, answers: bool
) -> None:
    document = Document("A-1", "Who may have a passport?")
    found = replace(hit(), passage=Passage("A-1:1#1", "A-1", 1, "text", "Fifty.", heading=heading), document=document)
    judge = Answerable(law=UNSURE, everyday=UNSURE, text=UNSURE, unheard=UNSURE)
    asked_so = Asked(question, ("",), {})
    assert (judge.probability([found], Marked((0, 4)), asked_so) == 1.0) == answers


@given(st.floats(-1e6, 1e6), st.dictionaries(st.sampled_from(FEATURES), st.floats(-1e3, 1e3)))
def test_a_probability_lies_between_0_and_1(bias: float, features: dict[str, float]) -> None:
    p = Calibrated(bias, dict.fromkeys(features, 1.0), 0.5).probability(features)
    assert 0.0 <= p <= 1.0


@pytest.mark.parametrize("more", [0.1, 1.0, 10.0])
def test_more_of_what_speaks_for_it_never_lowers_the_probability(more: float) -> None:
    model = Calibrated(-1.0, {"cover": 2.0}, 0.5)
    assert model.probability({"cover": 0.5 + more}) >= model.probability({"cover": 0.5})


def test_a_document_that_nobody_asked_about_is_judged_without_what_people_asked() -> None:
    judge = Answerable(law=UNSURE, everyday=UNSURE, text=UNSURE, unheard=SURE)
    together = Together(NOBODY, np.empty(0), 0.0)
    nothing_heard = Heard(NOBODY, np.empty((0, len(EVERYDAY_FEATURES)), np.float32), NOTHING, together)
    for is_unheard in (True, False):
        found = replace(hit(), is_unheard=is_unheard)
        assert (judge.probability([found], Marked((0, 4)), asked(), nothing_heard) > 0.9) == is_unheard


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.05, 1))
def test_a_newcomer_leads_only_where_it_may_answer_and_makes_what_is_known_no_surer(
    known: float, new: float, enough: float
) -> None:
    leads, surely = weighed(known, new, enough)
    assert surely == new if leads else surely <= known
    assert not leads or new >= enough
    assert weighed(known, 0.0, enough) == (False, known)
    assert weighed(0.0, new, enough)[0] == (new >= enough)
