# SPDX-License-Identifier: Apache-2.0
"""Tornado: how far each input moves a result on its own, from its 10th to its 90th percentile.

Comes in: a `Case` and names of figures. Goes out: `Swing`s, the widest first. Everything else stands at its median, so
that the swings start from about the middle of the draws: the value of a triangular input is its mode, which may lie far
from it. What two inputs do together does not show; for that there are Sobol indices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from daulat.plan.chain import Case, figures_of
from daulat.plan.figures import Floats
from daulat.plan.inputs.draws import Values, median, quantile

LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True)
class Swing:
    """What one input does to one result; `at_low` is the result with the input at its 10th percentile.

    `base` is the result with every input at its median, the same in all swings of a result.
    """

    path: str
    low: float
    high: float
    at_low: float
    at_high: float
    base: float

    @property
    def width(self) -> float:
        """How far the result moves."""
        return abs(self.at_high - self.at_low)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for plan.json."""
        return asdict(self)


def tornado(case: Case, names: Sequence[str]) -> dict[str, list[Swing]]:
    """Return the swings of each result, the widest first; ties go to the earlier path.

    Parameters
    ----------
    names : sequence of str
        Figures; of one with years the last is taken.
    """
    rows = sorted(case.assumptions.uncertain(), key=lambda one: one.path)
    ends = {one.path: quantile(one, np.array([LOW, HIGH])) for one in rows}
    n_draws = 2 * len(rows) + 1
    arrays: dict[str, Floats] = {one.path: np.array([[one.value]]) for one in case.assumptions}
    for place, one in enumerate(rows):
        column = np.full((n_draws, 1), median(one))
        column[1 + 2 * place : 3 + 2 * place, 0] = ends[one.path]
        arrays[one.path] = column
    figures = figures_of(case, Values(arrays, n_draws), names)
    found: dict[str, list[Swing]] = {}
    for name in names:
        result = last(figures[name])
        base, pairs = float(result[0]), result[1:].reshape(-1, 2).tolist()
        swings = []
        for one, (at_low, at_high) in zip(rows, pairs, strict=True):
            low, high = (float(end) for end in ends[one.path])
            swings.append(Swing(one.path, low, high, at_low, at_high, base))
        found[name] = sorted(swings, key=lambda swing: -swing.width)
    return found


def last(array: Floats) -> Floats:
    """Return one number for each draw: the last year of a series, summed over what else there is."""
    if array.ndim == 1:
        return array
    end = array[:, -1]
    return end if end.ndim == 1 else end.reshape(len(end), -1).sum(axis=1)
