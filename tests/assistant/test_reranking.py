# SPDX-License-Identifier: Apache-2.0
"""A reranker chooses which passage answers first, and never whether there is an answer."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "knowledge" / "reranker"))

from stand_in import StandIn, standing_in

from daulat.assistant import Answer, Question, open_assistant
from daulat.knowledge.encoder import Encoder
from daulat.knowledge.release import Release
from daulat.knowledge.reranker import RemoteReranker, RestingReranker
from daulat.knowledge.search.reranking import FIRST
from daulat.knowledge.types import Hit
from daulat.nation import Pack

from .acts import ACTS, LANGUAGES
from .conftest import ALWAYS, NAMES, SERVICE, Asked, judged_by

VOID = "Kapan perkawinan dapat dibatalkan?"
NOWHERE = "Berapa harga tiket kereta cepat ke Bandung?"
NAMED = "Apa isi pasal 28 UU 23 tahun 2006?"


@pytest.fixture
def server() -> Iterator[StandIn]:
    with standing_in() as server:
        yield server


@pytest.fixture
def reranking(release: Release, encoder: Encoder, pack: Pack, server: StandIn) -> Asked:
    """Ask an assistant with a reranker that judges the evidence as it is opened."""
    reranker = RestingReranker(RemoteReranker(server.base_url, "m", patience_s=60), lambda: 0.0)
    return Asked(open_assistant(release, encoder, pack, LANGUAGES, names=NAMES, reranker=reranker))


def cited(answer: Answer) -> list[str]:
    return [citation.passage_id for citation in answer.citations]


def text_of(asked: Asked, passage_id: str) -> str:
    release = asked.assistant.release
    row = release.row_of(passage_id)
    assert row is not None
    return release.stored(row).passage.text


def backwards(server: StandIn) -> None:
    """Let the last of what the stand-in is given be the most relevant."""
    texts = itertools.count()
    server.relevance = lambda _question, _text: float(next(texts))


def test_whether_there_is_an_answer_is_judged_as_without_it(judging: Asked, reranking: Asked, server: StandIn) -> None:
    backwards(server)
    for question in (
        VOID,
        NOWHERE,
        NAMED,
        "Siapa yang wajib melaporkan kematian?",
        "Apa hak setiap orang atas kesehatan?",
    ):
        alone, ordered = judging(question), reranking(question)
        assert (ordered.answered, ordered.confidence) == (alone.answered, alone.confidence)


def test_the_passage_that_it_puts_first_is_the_one_that_is_quoted_first(
    judging: Asked, reranking: Asked, server: StandIn
) -> None:
    first, second, *_ = cited(judging(VOID))
    wanted = text_of(reranking, second)
    server.relevance = lambda question, text: float(text.endswith(wanted))
    answer = reranking(VOID)
    assert cited(answer)[:2] == [second, first]
    assert answer.citations[0].quote in wanted
    assert answer.confidence == judging(VOID).confidence


def test_it_is_asked_once_a_question_and_only_of_what_is_answered_by_no_rule(reranking: Asked, server: StandIn) -> None:
    assert not reranking(NOWHERE).answered
    assert reranking(NAMED).answered
    assert server.asked == []
    reranking(VOID)
    assert len(server.asked) == 1
    goes_on = "Kalau kematian, siapa yang wajib melaporkan?"  # judged by itself, and with what was asked before
    assert reranking(goes_on, "Siapa yang wajib melaporkan kelahiran?", "Penduduk.").answered
    assert len(server.asked) == 2


def test_it_brings_back_nothing_that_does_not_speak_of_the_abbreviation_asked_about(
    reranking: Asked, server: StandIn
) -> None:
    backwards(server)
    judge = judged_by(reranking.assistant, ALWAYS).judge
    hits = judge.prepare(Question("apa itu PNS?", SERVICE), "id").hits
    assert server.asked
    assert hits
    assert all("pegawai negeri sipil" in " ".join(hit.passage.text.casefold().split()) for hit in hits)


def test_where_it_fails_the_answer_is_the_one_without_it(judging: Asked, reranking: Asked, server: StandIn) -> None:
    server.reply = lambda _: (500, b"")
    assert [reranking(VOID) for _ in range(2)] == [judging(VOID)] * 2
    assert len(server.asked) == 1


def test_a_perfect_reranker_leads_with_what_answers_wherever_it_was_among_the_first(
    judging: Asked, reranking: Asked, server: StandIn, pack: Pack
) -> None:
    golds = dict(development(pack))
    answers = {text: [text_of(judging, each)[:1_000] for each in gold] for text, gold in golds.items()}
    server.relevance = lambda question, text: float(any(each in text for each in answers[question]))
    led = 0
    for text, gold in golds.items():
        before, after = (each.assistant.searcher.search(text, top_k=2 * FIRST) for each in (judging, reranking))
        # Law that is history keeps its place, however well it answers.
        found = any(hit.passage.passage_id in gold and not hit.features["past"] for hit in before[:FIRST])
        assert leads(after, gold) == found
        led += leads(after, gold) - leads(before, gold)
    assert led >= len(golds) / 4


def development(pack: Pack) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the development questions that the four acts answer, as they are searched for, with what answers."""
    for name in ("id", "jv", "su", "en"):
        lines = (pack.root.parent / "tests" / "questions" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        for row in map(json.loads, lines):
            gold = frozenset(each for each in row.get("gold") or () if each.partition(":")[0] in ACTS)
            if gold:
                yield " ".join(row["question"].split()), gold


def leads(hits: Sequence[Hit], gold: frozenset[str]) -> bool:
    """Say whether the first of what still holds answers."""
    return next(hit for hit in hits if not hit.features["past"]).passage.passage_id in gold
