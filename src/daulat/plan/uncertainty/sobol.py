# SPDX-License-Identifier: Apache-2.0
"""Sobol indices: the share of a result's variance that each input causes, alone and with all others.

Comes in: a `Case`, names of figures, a number of base draws. Goes out: `SobolIndex`es, the greatest total first. Two
independent Latin hypercubes A and B, and for each input A with that input's column from B (Saltelli et al. 2010): first
order by their equation (b), total by Jansen's (f). Agreement with SALib is a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from daulat.plan.chain import Case, figures_of
from daulat.plan.figures import Floats
from daulat.plan.inputs.draws import Values, draw
from daulat.plan.uncertainty.tornado import last

SEED_A, SEED_B = 11, 12


@dataclass(frozen=True)
class SobolIndex:
    """Shares of variance; estimates, so a little below 0 or above 1 is noise of the draws."""

    path: str
    first: float
    total: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for plan.json."""
        return asdict(self)


def saltelli_indices(a: Floats, b: Floats, mixed: Floats) -> tuple[Floats, Floats]:
    """Return first-order and total indices.

    Parameters
    ----------
    a, b : float64[base]
        Results on the two samples.
    mixed : float64[inputs, base]
        Results on A with one input's column from B.

    Returns
    -------
    tuple of float64[inputs]
        Zero where the result does not vary.

    Examples
    --------
    >>> a, b = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])  # f(x, y) = x: y plays no part
    >>> first, total = saltelli_indices(a, b, np.stack([b, a]))
    >>> total.tolist()
    [1.0, 0.0]
    """
    both = np.concatenate([a, b])
    variance = both.var()
    if variance <= 0 or not np.isfinite(variance):
        return np.zeros(len(mixed)), np.zeros(len(mixed))
    # Centred: the estimator multiplies by f(B), and a large mean would drown what is looked for.
    centre = both.mean()
    first = ((b - centre) * (mixed - a)).mean(axis=1) / variance
    total = ((a - mixed) ** 2).mean(axis=1) / (2 * variance)
    return first, total


def sobol(case: Case, names: Sequence[str], *, n_base: int = 256) -> dict[str, list[SobolIndex]]:
    """Return the indices of each result, the greatest total first.

    Costs ``n_base x (inputs + 2)`` runs of the chain. Of the logarithm, where a result is positive throughout.
    """
    rows = sorted(case.assumptions.uncertain(), key=lambda one: one.path)
    a, b = (draw(case.assumptions, n_base, seed) for seed in (SEED_A, SEED_B))
    paths = [one.path for one in rows]
    figures = figures_of(case, _stacked(a, b, paths), names)
    return {name: _indices(figures[name], paths, n_base) for name in names}


def _stacked(a: Values, b: Values, paths: list[str]) -> Values:
    """A, then B, then A with each input from B, one below the other."""
    arrays: dict[str, Floats] = {}
    for path, column in a.arrays.items():
        if path not in paths:
            arrays[path] = column
            continue
        parts = [column, b.arrays[path], *[column] * len(paths)]
        parts[2 + paths.index(path)] = b.arrays[path]
        arrays[path] = np.concatenate(parts)
    return Values(arrays, a.n_draws * (len(paths) + 2))


def _indices(figure: Floats, paths: list[str], n_base: int) -> list[SobolIndex]:
    results = last(figure).reshape(-1, n_base)
    if (results > 0).all():
        results = np.log(results)  # spread over factors: a few large draws would else be all the variance
    first, total = saltelli_indices(results[0], results[1], results[2:])
    found = [SobolIndex(path, float(one), float(all_)) for path, one, all_ in zip(paths, first, total, strict=True)]
    return sorted(found, key=lambda index: -index.total)
