# SPDX-License-Identifier: Apache-2.0
"""Bands: percentiles of a figure over its draws.

Comes in: float64[draws, ...]. Goes out: one list for each percentile, and the mean. It fits no curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from daulat.plan.figures import Floats

PERCENTILES = (5, 10, 50, 90, 95)


def bands(array: Floats) -> dict[str, Any]:
    """Return percentiles and mean over the draws, as plain lists or numbers.

    What is infinite in a draw never comes there: it ranks last, is None in the bands, and leaves no mean.

    Examples
    --------
    >>> found = bands(np.array([[0.0, 1.0], [10.0, 1.0]]))
    >>> found["p50"], found["p90"], found["mean"]
    ([5.0, 1.0], [9.0, 1.0], [5.0, 1.0])
    >>> never = bands(np.array([2.0, 3.0, np.inf]))
    >>> never["p10"], never["p50"], never["p90"], never["mean"]
    (2.0, 3.0, None, None)
    """
    found = percentiles(array, PERCENTILES)
    named = {f"p{percent}": row for percent, row in zip(PERCENTILES, found, strict=True)} | {"mean": array.mean(axis=0)}
    return {name: _short(row) for name, row in named.items()}


def percentiles(array: Floats, shares: Sequence[float]) -> Floats:
    """Return percentiles over the draws; of the nearest draw where some are infinite, for nothing lies before never."""
    return np.percentile(array, shares, axis=0, method="linear" if np.isfinite(array).all() else "nearest")


def _short(row: Floats) -> Any:
    """Six digits: more would claim what nobody knows, and would double the file."""
    flat = [float(f"{value:.6g}") if np.isfinite(value) else None for value in np.ravel(row)]
    return np.array(flat, dtype=object).reshape(np.shape(row)).tolist()
