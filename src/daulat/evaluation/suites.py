# SPDX-License-Identifier: Apache-2.0
"""Gates: the figures of a suite and what they have to reach come in; results that `daulat.models.gates` reads go out.

A result is written whether it passed or not, with the hash of the questions, so that anybody can see what it was
measured on. It never runs a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from daulat.evaluation.answers import AnswerFigures
from daulat.files import write_whole
from daulat.knowledge.encoder import file_sha256
from daulat.models.gates import GateFile, GateResult


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a suite has to show before citizens meet a model. Shares in [0, 1].

    The defaults are those of the first declared gate: nine in ten citations of unanswerable questions avoided, one in
    twenty answerable questions declined, every citation valid, the right passage cited four times in five. And four of
    five answers are the model's own: one whose sentences do not stand is covered by quotations, which need no model.
    """

    refusal_of_unanswerable: float = 0.90
    false_refusals: float = 0.05
    valid_citations: float = 1.0
    gold_cited: float = 0.80
    written: float = 0.80
    least_questions: int = 30

    def is_met(self, figures: AnswerFigures) -> bool:
        """Say whether figures reach it; a figure that could not be counted is not reached.

        Examples
        --------
        >>> good = AnswerFigures(40, 30, 1.0, 0.0, 1.0, 0.9, 50, 0, written=1.0)
        >>> Requirement().is_met(good), Requirement(least_questions=100).is_met(good)
        (True, False)
        """
        least = (
            (figures.refusal_of_unanswerable, self.refusal_of_unanswerable),
            (figures.valid_citations, self.valid_citations),
            (figures.gold_cited, self.gold_cited),
            (figures.written, self.written),
        )
        return (
            figures.n >= self.least_questions
            and figures.stale_as_law == 0
            and figures.false_refusals is not None
            and figures.false_refusals <= self.false_refusals
            and all(share is not None and share >= needed for share, needed in least)
        )


def gate_result(
    model: str, service: str, language: str, suite: Path, figures: AnswerFigures, required: Requirement, on: date
) -> GateResult:
    """State what a suite found for a model in a service and a language."""
    return GateResult(
        model=model,
        service=service,
        language=language,
        passed=required.is_met(figures),
        suite=suite.stem,
        suite_sha256=file_sha256(suite),
        date=on,
        score=figures.score,
    )


def write_gates(path: Path, results: Sequence[GateResult]) -> None:
    """Write results as one file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, msgspec.json.format(msgspec.json.encode(GateFile(list(results)))) + b"\n")
