# SPDX-License-Identifier: Apache-2.0
"""Retrieval: answerable questions in; how often, and how high, a passage that answers is found, out.

Takes a searcher as citizens use it. Judges no answer and keeps no question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from daulat.evaluation.questions import KnownQuestion
from daulat.knowledge.search import Searcher

_DEPTH = 100  # more than a search has candidates


@dataclass(frozen=True, slots=True)
class RetrievalFigures:
    """Shares in [0, 1] over `n` answerable questions.

    `recall_at_k`: a passage that answers is among the first k. `mrr`: mean of 1 / rank of the first one, 0 where it
    was no candidate.
    """

    n: int
    recall_at_1: float
    recall_at_5: float
    mrr: float

    @classmethod
    def of(cls, ranks: Sequence[int | None]) -> RetrievalFigures:
        """Compute the figures from ranks, 1 for the best; None: not found.

        Examples
        --------
        >>> RetrievalFigures.of([1, 4, None, 1])  # 2/4, 3/4, (1 + 1/4 + 0 + 1) / 4
        RetrievalFigures(n=4, recall_at_1=0.5, recall_at_5=0.75, mrr=0.5625)
        """
        n = len(ranks)
        found = [rank for rank in ranks if rank is not None]
        return cls(
            n=n,
            recall_at_1=sum(rank <= 1 for rank in found) / max(n, 1),
            recall_at_5=sum(rank <= 5 for rank in found) / max(n, 1),
            mrr=sum(1 / rank for rank in found) / max(n, 1),
        )


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """The figures of all questions, and of each kind and language; `unknown_gold` counts golds not in the release."""

    figures: RetrievalFigures
    by_kind: Mapping[str, RetrievalFigures]
    by_language: Mapping[str, RetrievalFigures]
    unknown_gold: int


def measure_retrieval(
    searcher: Searcher, asked: Iterable[tuple[KnownQuestion, str]], tell: Callable[[int], None]
) -> RetrievalReport:
    """Search for every answerable question.

    Parameters
    ----------
    searcher : Searcher
    asked : iterable of (KnownQuestion, str)
        Questions, each with its language (BCP 47).
    tell : callable
        Told how many are done.
    """
    ranks: list[tuple[KnownQuestion, str, int | None]] = []
    unknown = 0
    for question, language in asked:
        if not question.answerable:
            continue
        unknown += all(searcher.release.row_of(gold) is None for gold in question.gold)
        hits = searcher.search(question.text, language, top_k=_DEPTH)
        rank = next((n for n, hit in enumerate(hits, 1) if hit.passage.passage_id in question.gold), None)
        ranks.append((question, language, rank))
        tell(len(ranks))
    return RetrievalReport(
        figures=RetrievalFigures.of([rank for *_, rank in ranks]),
        by_kind=_grouped((question.kind, rank) for question, _, rank in ranks),
        by_language=_grouped((language, rank) for _, language, rank in ranks),
        unknown_gold=unknown,
    )


def _grouped(ranks: Iterable[tuple[str, int | None]]) -> dict[str, RetrievalFigures]:
    groups: dict[str, list[int | None]] = {}
    for name, rank in ranks:
        groups.setdefault(name, []).append(rank)
    return {name: RetrievalFigures.of(groups[name]) for name in sorted(groups)}
