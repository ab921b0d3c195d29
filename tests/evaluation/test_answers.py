# SPDX-License-Identifier: Apache-2.0
"""Answers are measured as an official would: declined where nothing answers, cited and quoted truly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daulat.assistant.types import Answer, Citation, Question
from daulat.evaluation import Bench, KnownQuestion, find_questions, measure_answers, open_corpus, read_questions
from daulat.evaluation.corpus import with_languages
from daulat.knowledge.release import Release
from daulat.knowledge.search import Ranking
from daulat.knowledge.sources import folder_sources

DECLINED = Answer(False, "", (), "id", "", "declined")
GOLD = "UU-1-2001:pasal-1#0"
OLD = "UU-2-2002:pasal-2#1"


@pytest.fixture
def release(bench: Bench, law_folder: Path, tmp_path: Path, ranking: Ranking) -> Release:
    questions = read_questions(find_questions(law_folder))
    (tmp_path / "work").mkdir()
    sources = folder_sources(law_folder, language="id")
    return open_corpus(bench, sources, questions, ranking, tmp_path / "work").release


def cite(passage_id: str, quote: str, status: str = "in_force") -> Citation:
    return Citation(passage_id, passage_id.partition(":")[0], "", "", quote, status, "")


def quoting(*citations: Citation) -> Answer:
    return Answer(True, "", citations, "id", "", "quotation")


async def test_figures_count_what_was_declined_cited_and_quoted(
    bench: Bench, law_folder: Path, release: Release
) -> None:
    asked = with_languages(bench, read_questions(find_questions(law_folder)))

    async def answer(question: Question) -> Answer:
        if "Akta" in question.text:
            return quoting(cite(GOLD, "Akta kelahiran adalah catatan"), cite(OLD, "kata yang tidak berdiri di sana"))
        return DECLINED

    done: list[int] = []
    report = await measure_answers(answer, release, asked, done.append)
    found = report.figures
    # Two answerable, one of them declined; the one unanswerable declined; two citations, one to the letter.
    assert (found.refusal_of_unanswerable, found.false_refusals, found.valid_citations) == (1.0, 0.5, 0.5)
    assert (found.gold_cited, done) == (0.5, [1, 2, 3])
    assert report.by_kind["unanswerable"].false_refusals is None


@pytest.mark.parametrize(
    ("citation", "valid"),
    [
        (cite("UU-9-2009:pasal-1#0", "Akta"), 0),
        (cite(GOLD, ""), 0),
        (cite(GOLD, "akta kelahiran Adalah"), 0),
        (cite(GOLD, "Akta"), 1),
    ],
)
async def test_a_citation_is_valid_only_to_the_letter(release: Release, citation: Citation, valid: int) -> None:
    question = KnownQuestion("1", "?", True, frozenset({GOLD}))

    async def answer(_: Question) -> Answer:
        return quoting(citation)

    report = await measure_answers(answer, release, [(question, "id")], lambda done: None)
    assert report.figures.valid_citations == valid


async def test_an_old_text_may_be_cited_as_history_and_not_as_the_law_in_force(release: Release) -> None:
    question = KnownQuestion("1", "?", True, frozenset({OLD}), stale=frozenset({OLD}))
    for status, faults in (("revoked", 0), ("in_force", 1)):
        given = quoting(cite(OLD, "Pengusaha", status))

        async def answer(_: Question, given: Answer = given) -> Answer:
            return given

        report = await measure_answers(answer, release, [(question, "id")], lambda done: None)
        assert report.figures.stale_as_law == faults


async def test_the_assistant_is_told_a_language_only_where_the_file_names_it(release: Release) -> None:
    told: list[str] = []

    async def answer(question: Question) -> Answer:
        told.append(question.language)
        return DECLINED

    question = KnownQuestion("1", "?", False, frozenset())
    asked = [(question, "id"), (replace(question, language="su"), "su")]
    await measure_answers(answer, release, asked, lambda done: None)
    assert told == ["", "su"]


@pytest.mark.parametrize(
    ("passage", "span", "words", "marked"),
    [
        (GOLD, (0, 14), "Akta kelahiran", 1.0),
        (GOLD, (15, 30), "Akta kelahiran", 0.0),
        (GOLD, (0, 30), "kelahiran, Akta catatan sipil", 1.0),
        (GOLD, (0, 14), "", None),
        (OLD, (0, 14), "Akta kelahiran", None),
    ],
)
async def test_the_marked_sentence_is_right_where_it_holds_the_words_that_answer(
    release: Release, passage: str, span: tuple[int, int], words: str, marked: float | None
) -> None:
    question = KnownQuestion("1", "?", True, frozenset({GOLD}), main=GOLD, quote=words)

    async def answer(_: Question) -> Answer:
        return quoting(replace(cite(passage, "Akta kelahiran adalah catatan"), answer_span=span))

    report = await measure_answers(answer, release, [(question, "id")], lambda done: None)
    assert report.figures.marked == marked
