# SPDX-License-Identifier: Apache-2.0
"""Answers: questions in; what the assistant declined, cited and quoted, and whether that was right, out.

Takes any `answer` function of the assistant's shape, asks each question once and judges by ids and letters only: no
model judges a model. It keeps no question and no answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from daulat.assistant.types import Answer, Citation, Question
from daulat.evaluation.questions import KnownQuestion
from daulat.knowledge.release import Release

Answering = Callable[[Question], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Judged:
    """What one answer did.

    Parameters
    ----------
    question : KnownQuestion
    language : str
        BCP 47, of the answer.
    answered : bool
    cited_gold : bool
        Whether a passage that answers is among the citations.
    citations, valid : int
        How many there are; how many name a passage of the release and quote it to the letter.
    stale_as_law : bool
        Whether a text known to be old was cited as the law in force.
    written : bool
        Whether a model wrote it, and every sentence stood; else the text was quoted.
    marked : bool or None
        Whether the sentence marked in the question's main passage holds the words that answer; None where that passage
        is not cited or nobody knows the words.
    """

    question: KnownQuestion
    language: str
    answered: bool
    cited_gold: bool
    citations: int
    valid: int
    stale_as_law: bool
    written: bool = False
    marked: bool | None = None


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Shares in [0, 1]; None where there was nothing to count.

    `refusal_of_unanswerable`: of the unanswerable, declined. `false_refusals`: of the answerable, declined.
    `valid_citations`: of all citations, those that stand in the release to the letter. `gold_cited`: of the answerable,
    those with a passage that answers among the citations. `stale_as_law`: how many cite an old text as law in force.
    `marked`: of citations of the passage that answers best, where the words that answer are known, those whose marked
    sentence holds them. `written`: of what was answered, what a model wrote. `score`: of all, the unanswerable that
    were declined and the answerable that a model wrote with a passage that answers among its citations.
    """

    n: int
    answerable: int
    refusal_of_unanswerable: float | None
    false_refusals: float | None
    valid_citations: float | None
    gold_cited: float | None
    citations: int
    stale_as_law: int
    marked: float | None = None
    written: float | None = None
    score: float | None = None

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> AnswerFigures:
        """Compute the figures of judged answers."""
        answerable = [each for each in judged if each.question.answerable]
        unanswerable = [each for each in judged if not each.question.answerable]
        citations = sum(each.citations for each in judged)
        return cls(
            n=len(judged),
            answerable=len(answerable),
            refusal_of_unanswerable=_share(sum(not each.answered for each in unanswerable), len(unanswerable)),
            false_refusals=_share(sum(not each.answered for each in answerable), len(answerable)),
            valid_citations=_share(sum(each.valid for each in judged), citations),
            gold_cited=_share(sum(each.cited_gold for each in answerable), len(answerable)),
            citations=citations,
            stale_as_law=sum(each.stale_as_law for each in judged),
            marked=_share(sum(each.marked is True for each in judged), sum(each.marked is not None for each in judged)),
            written=_share(sum(each.written for each in judged), sum(each.answered for each in judged)),
            score=_share(
                sum(not each.answered for each in unanswerable)
                + sum(each.written and each.cited_gold for each in answerable),
                len(judged),
            ),
        )


@dataclass(frozen=True, slots=True)
class AnswersReport:
    """The figures of all questions, and of each kind and language."""

    figures: AnswerFigures
    by_kind: Mapping[str, AnswerFigures]
    by_language: Mapping[str, AnswerFigures]


async def measure_answers(
    answer: Answering, release: Release, asked: Iterable[tuple[KnownQuestion, str]], tell: Callable[[int], None]
) -> AnswersReport:
    """Ask every question, one after another.

    Parameters
    ----------
    answer : callable
        Of the assistant: a question in, its whole answer out.
    release : Release
        That it answers from.
    asked : iterable of (KnownQuestion, str)
        Questions, each with its language for the report; the assistant is told only what the file says.
    tell : callable
        Told how many are done.
    """
    judged: list[tuple[str, Judged]] = []
    for question, language in asked:
        given = await answer(Question(question.text, language=question.language))
        judged.append((language, judge(question, given, release)))
        tell(len(judged))
    everything = [each for _, each in judged]
    return AnswersReport(
        figures=AnswerFigures.of(everything),
        by_kind=_grouped((each.question.kind, each) for each in everything),
        by_language=_grouped(judged),
    )


def judge(question: KnownQuestion, answer: Answer, release: Release) -> Judged:
    """Judge one answer by what is known of its question."""
    cited = {citation.passage_id for citation in answer.citations}
    return Judged(
        question=question,
        language=answer.language,
        answered=answer.answered,
        cited_gold=answer.answered and bool(cited & question.gold),
        citations=len(answer.citations),
        valid=sum(is_valid(citation, release) for citation in answer.citations),
        stale_as_law=any(c.passage_id in question.stale and c.status == "in_force" for c in answer.citations),
        written=answer.mode == "written",
        marked=_marked(question, answer),
    )


def _marked(question: KnownQuestion, answer: Answer) -> bool | None:
    main = next((citation for citation in answer.citations if citation.passage_id == question.main), None)
    return question.is_said_in(main.quote[slice(*main.answer_span)]) if main and question.quote else None


def is_valid(citation: Citation, release: Release) -> bool:
    """Say whether a citation names a passage of the release and quotes it to the letter."""
    row = release.row_of(citation.passage_id)
    return row is not None and bool(citation.quote) and citation.quote in release.stored(row).passage.text


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _grouped(judged: Iterable[tuple[str, Judged]]) -> dict[str, AnswerFigures]:
    groups: dict[str, list[Judged]] = {}
    for name, each in judged:
        groups.setdefault(name, []).append(each)
    return {name: AnswerFigures.of(groups[name]) for name in sorted(groups)}
