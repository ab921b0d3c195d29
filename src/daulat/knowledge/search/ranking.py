# SPDX-License-Identifier: Apache-2.0
"""How features become a score: a file of weights in, scores out.

The weights were fitted by `benchmarks/fit_ranking.py` on development questions only; the file names them, the split
and what was measured. They are the same for every country.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.errors import KnowledgeError
from daulat.knowledge.search.features import FEATURES

_RANK = FEATURES.index("rank")


MODELS = ("law", "everyday", "defined", "text")


@dataclass(frozen=True, slots=True)
class Ranking:
    """Four linear models over `FEATURES`.

    Parameters
    ----------
    law : float32[len(FEATURES)]
        For passages of law, where rank and status speak.
    everyday : float32[len(FEATURES)]
        For all passages of a release that has everyday questions.
    defined : float32[len(FEATURES)]
        For passages of law, where the question asks what a term means or names a law.
    text : float32[len(FEATURES)]
        For passages of any other text.
    about : str
        What they were fitted on.
    """

    law: NDArray[np.float32]
    everyday: NDArray[np.float32]
    defined: NDArray[np.float32]
    text: NDArray[np.float32]
    about: str = ""

    def scores(
        self, rows: NDArray[np.float32], *, is_definition: bool = False, is_everyday: bool = False
    ) -> NDArray[np.float32]:
        """Return the score of each candidate. rows: float32[n, len(FEATURES)]."""
        if is_everyday and not is_definition:
            # One scale for all: these weights were fitted beside other text, which lacks a rank.
            heard: NDArray[np.float32] = rows @ self.everyday
            return heard
        is_law = rows[:, _RANK] > 0
        law = self.defined if is_definition else self.law
        result: NDArray[np.float32] = np.where(is_law, rows @ law, rows @ self.text)
        return result


def load_ranking(path: Path | None = None) -> Ranking:
    """Read the weights that come with Daulat, or those of another file of that form.

    Raises
    ------
    KnowledgeError
        If the file does not weigh exactly the features that this program computes.
    """
    path = path or Path(__file__).with_name("ranking.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    differing = {name for model in MODELS for name in set(FEATURES) ^ set(data[model])}
    if differing:
        raise KnowledgeError(
            f"{path} weighs other features than this program computes (differing: {', '.join(sorted(differing))})",
            why="Scores of another set of features rank wrongly without a sign of it.",
            fix="Run `python benchmarks/fit_ranking.py`, or reinstall.",
            code="knowledge.ranking",
        )
    law, everyday, defined, text = (np.array([data[model][name] for name in FEATURES], np.float32) for model in MODELS)
    return Ranking(law, everyday, defined, text, str(data["about"]))
