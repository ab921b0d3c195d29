# SPDX-License-Identifier: Apache-2.0
"""How features become a score: a file of weights in, scores out.

The weights were fitted by `benchmarks/fit_ranking.py` on development questions only; the file names them, the split
and what was measured. They are the same for every country.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.errors import KnowledgeError
from daulat.knowledge.search.features import FEATURES

_RANK = FEATURES.index("rank")


MODELS = ("law", "everyday", "defined", "text")
Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """A score over `FEATURES`: a linear model, and where thousands of questions carry it a hidden layer beside it.

    Parameters
    ----------
    linear : float32[f]
    down, bias, up : float32[f, h], float32[h], float32[h]
        ``relu(x @ down + bias) @ up`` is added; h may be 0.

    Examples
    --------
    >>> x = np.ones((1, 2), np.float32)
    >>> Weights.of_linear(np.array([1, 2], np.float32)).scores(x).tolist()
    [3.0]
    """

    linear: Float32
    down: Float32
    bias: Float32
    up: Float32

    @classmethod
    def of_linear(cls, linear: Float32) -> Weights:
        """Return weights without a hidden layer."""
        none = np.zeros(0, np.float32)
        return cls(linear, np.zeros((len(linear), 0), np.float32), none, none)

    def scores(self, rows: Float32) -> Float32:
        """Return a score for each row. rows: float32[n, f]."""
        found: Float32 = rows @ self.linear
        if len(self.up):
            found = found + np.maximum(rows @ self.down + self.bias, 0) @ self.up
        return found


@dataclass(frozen=True, slots=True)
class Ranking:
    """Four models over `FEATURES`.

    Parameters
    ----------
    law : Weights
        For passages of law, where rank and status speak.
    everyday : Weights
        For all passages of a release that has everyday questions.
    defined : Weights
        For passages of law, where the question asks what a term means or names a law.
    text : Weights
        For passages of any other text.
    about : str
        What they were fitted on.
    """

    law: Weights
    everyday: Weights
    defined: Weights
    text: Weights
    about: str = ""

    @classmethod
    def blank(cls) -> Ranking:
        """Return a ranking that scores every passage 0, for whoever fits weights."""
        nothing = Weights.of_linear(np.zeros(len(FEATURES), np.float32))
        return cls(nothing, nothing, nothing, nothing)

    def scores(self, rows: Float32, *, is_definition: bool = False, is_everyday: bool = False) -> Float32:
        """Return the score of each candidate. rows: float32[n, len(FEATURES)]."""
        if is_everyday and not is_definition:
            # One scale for all: these weights were fitted beside other text, which lacks a rank.
            return self.everyday.scores(rows)
        is_law = rows[:, _RANK] > 0
        law = self.defined if is_definition else self.law
        result: Float32 = np.where(is_law, law.scores(rows), self.text.scores(rows))
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
    weighed = [data[model].get("linear", ()) for model in MODELS]
    weighed += [data[model]["down"] for model in MODELS if "down" in data[model]]
    differing = {name for each in weighed for name in set(FEATURES) ^ set(each)}
    if differing:
        raise KnowledgeError(
            f"{path} weighs other features than this program computes (differing: {', '.join(sorted(differing))})",
            why="Scores of another set of features rank wrongly without a sign of it.",
            fix="Run `python benchmarks/fit_ranking.py`, or reinstall.",
            code="knowledge.ranking",
        )
    law, everyday, defined, text = (_read(data[model]) for model in MODELS)
    return Ranking(law, everyday, defined, text, str(data["about"]))


def _read(model: Mapping[str, Any]) -> Weights:
    linear = np.array([model["linear"][name] for name in FEATURES], np.float32)
    if "down" not in model:
        return Weights.of_linear(linear)
    down = np.array([model["down"][name] for name in FEATURES], np.float32)
    return Weights(linear, down, np.array(model["bias"], np.float32), np.array(model["up"], np.float32))
