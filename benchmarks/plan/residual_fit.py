# SPDX-License-Identifier: Apache-2.0
"""Fit what the roofline leaves: a Gaussian process in which every pair has an offset of its own, so that it trusts few.

Comes in: residuals of the rows to learn from, under the roofline fitted to the same rows. Goes out: a `Support`. What a
pair has for itself is told apart from what pairs alike share, and only the shared part goes into the correction.
"""

from __future__ import annotations

import numpy as np
from measured import Flags, Floats, Measured

from daulat.plan._columns import lay_out
from daulat.plan._residual import Support, features, likeness, work_likeness

PAIR_ROWS = 30  # of one pair are kept: the size of the shipped file
NOISE = 0.15  # of one measurement, standard deviation of the logarithm
OFFSET = 0.3  # of one pair alone, standard deviation
SHARED = 0.06  # variance of what pairs alike have in common
LARGEST = 0.45  # residuals beyond this are cut: a slip of the source, or another kind of serving


def fit_residual(data: Measured, chosen: Flags, roofline: Floats) -> Support:
    """Return the support; `roofline` is the log prediction of every row, of which only the chosen ones are read."""
    kept = data.thinned(chosen, PAIR_ROWS, all_kinds=True)
    columns, owners = lay_out(data.chosen(kept))
    found = features(columns, owners)
    residual = np.clip(data.target[kept] - roofline[kept], -LARGEST, LARGEST)
    same = data.pair[kept][:, None] == data.pair[kept][None, :]
    shared = SHARED * likeness(found, found)
    alone = OFFSET**2 * same * (0.5 + 0.5 * work_likeness(found, found))
    covariance = shared + alone + NOISE**2 * np.eye(len(found))
    weights = SHARED * np.linalg.solve(covariance, residual)
    return Support(np.round(found, 3), np.round(weights, 5))
