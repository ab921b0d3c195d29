# SPDX-License-Identifier: Apache-2.0
"""Bands: percentiles of a figure over its draws.

Comes in: float64[draws, ...]. Goes out: one list for each percentile, and the mean. It fits no curve.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from daulat.plan.figures import Floats

PERCENTILES = (5, 10, 50, 90, 95)


def bands(array: Floats) -> dict[str, Any]:
    """Return percentiles and mean over the draws, as plain lists or numbers.

    Examples
    --------
    >>> found = bands(np.array([[0.0, 1.0], [10.0, 1.0]]))
    >>> found["p50"], found["p90"], found["mean"]
    ([5.0, 1.0], [9.0, 1.0], [5.0, 1.0])
    """
    found = np.percentile(array, PERCENTILES, axis=0)
    named = {f"p{percent}": row for percent, row in zip(PERCENTILES, found, strict=True)} | {"mean": array.mean(axis=0)}
    return {name: _short(row) for name, row in named.items()}


def _short(row: Floats) -> Any:
    """Six digits: more would claim what nobody knows, and would double the file."""
    flat = [float(f"{value:.6g}") for value in np.ravel(row)]
    return np.array(flat).reshape(np.shape(row)).tolist()
