# SPDX-License-Identifier: Apache-2.0
"""Draws: from assumptions to arrays, spread evenly over every input at once.

Comes in: assumptions, a number of draws and a seed. Goes out: `Values`, by path float64[draws, 1] (float64[1, 1] for an
input that is fixed). Latin hypercube sampling: each input is cut into as many slices of equal probability as there are
draws, one draw falls into each, and the slices of different inputs are shuffled against each other (McKay, Beckman and
Conover 1979). Nothing is computed from the values here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from daulat.plan.figures import Floats
from daulat.plan.inputs.assumption import Assumption

Z90 = NormalDist().inv_cdf(0.9)  # 1.2816: from a median to its 90th percentile, in standard deviations
# Quantiles of the normal on a grid fine enough that interpolation errs by less than 1e-4 within 4 deviations.
_GRID = np.concatenate([np.geomspace(1e-9, 1e-2, 400), np.linspace(0.0101, 0.5, 1600)])
_NORMAL = np.array([NormalDist().inv_cdf(p) for p in _GRID])


@dataclass(frozen=True)
class Values:
    """The inputs of a run, by path.

    Examples
    --------
    >>> Values({"energy.pue": np.array([[1.2]])}, 1)("energy.pue")
    array([[1.2]])
    """

    arrays: Mapping[str, Floats]
    n_draws: int

    def __call__(self, path: str) -> Floats:
        """Return one input: float64[draws, 1], or float64[1, 1] where it is fixed."""
        return self.arrays[path]

    def rows(self, part: slice) -> Values:
        """Return the inputs of some of the draws."""
        arrays = {path: array if len(array) == 1 else array[part] for path, array in self.arrays.items()}
        return Values(arrays, len(range(*part.indices(self.n_draws))))

    def with_value(self, path: str, value: Floats) -> Values:
        """Return the inputs with one of them replaced."""
        return Values({**self.arrays, path: value}, self.n_draws)


def draw(assumptions: Iterable[Assumption], n_draws: int, seed: int) -> Values:
    """Draw every uncertain input.

    Parameters
    ----------
    assumptions : iterable of Assumption
        Each uncertain one gets a column of the hypercube, in the order of its path, so that adding one moves no other.
    n_draws : int
        1 or more. With one draw every input takes its value.
    seed : int
        The same seed gives the same draws.
    """
    rows = sorted(assumptions, key=lambda one: one.path)
    if n_draws == 1:
        return Values({one.path: np.array([[one.value]]) for one in rows}, 1)
    arrays: dict[str, Floats] = {}
    for one in rows:
        if not one.is_uncertain:
            arrays[one.path] = np.array([[one.value]])
            continue
        generator = np.random.default_rng([seed, *one.path.encode()])
        shares = (generator.permutation(n_draws) + generator.random(n_draws)) / n_draws
        arrays[one.path] = quantile(one, shares)[:, None]
    return Values(arrays, n_draws)


def quantile(one: Assumption, shares: Floats) -> Floats:
    """Return the values of an assumption at probabilities in [0, 1].

    Values of `normal` and `lognormal` beyond the allowed range are drawn back to its edge.

    Examples
    --------
    >>> from daulat.plan.inputs.assumption import first
    >>> row = {"value": 2.0, "low": 1.0, "high": 4.0, "kind": "lognormal", "unit": "years", "min": 0.0, "max": 99.0,
    ...        "about": "", "source": "a test", "date": "", "licence": "", "basis": "given"}
    >>> quantile(first("a.b", row, "test"), np.array([0.1, 0.5, 0.9])).round(4).tolist()
    [1.0, 2.0, 4.0]
    """
    low, mid, high = one.low, one.value, one.high
    if one.kind == "uniform":
        found = low + (high - low) * shares
    elif one.kind == "triangular":
        turn = (mid - low) / (high - low)
        rising = low + np.sqrt(shares * (high - low) * (mid - low))
        falling = high - np.sqrt((1 - shares) * (high - low) * (high - mid))
        found = np.where(shares < turn, rising, falling)
    elif one.kind in ("normal", "lognormal"):
        bend = np.log if one.kind == "lognormal" else np.asarray
        z = normal_quantile(shares) / Z90
        middle, lower, upper = bend(mid), bend(low), bend(high)
        # Two half-normals that meet at the median, so that low and high are met exactly even where they are skewed.
        found = middle + np.where(z < 0, middle - lower, upper - middle) * z
        found = np.exp(found) if one.kind == "lognormal" else found
    else:
        found = np.full_like(shares, mid)
    return np.clip(found, one.min, one.max)


def median(one: Assumption) -> float:
    """Return the median of an assumption; of a fixed one its value.

    Examples
    --------
    >>> from daulat.plan.inputs.assumption import first
    >>> row = {"value": 0.0, "low": 0.0, "high": 1.0, "kind": "triangular", "unit": "share", "min": 0.0, "max": 1.0,
    ...        "about": "", "source": "a test", "date": "", "licence": "", "basis": "given"}
    >>> round(median(first("a.b", row, "test")), 4)  # 1 - sqrt(1/2): its mode is 0
    0.2929
    """
    return float(quantile(one, np.array([0.5]))[0]) if one.is_uncertain else one.value


def normal_quantile(shares: Floats) -> Floats:
    """Return the quantiles of the standard normal, to within 1e-4 between 1e-9 and 1 - 1e-9.

    Examples
    --------
    >>> normal_quantile(np.array([0.025, 0.5, 0.9])).round(3).tolist()
    [-1.96, 0.0, 1.282]
    """
    folded = np.minimum(shares, 1 - shares)
    return np.asarray(np.where(shares > 0.5, -1.0, 1.0) * np.interp(folded, _GRID, _NORMAL))
