# SPDX-License-Identifier: Apache-2.0
"""Rows that follow from the rules and shorten the search: rows of a program in, more rows in the same place out.

Where sites are small against what it costs to have one at all, the program with fractions of sites is far too cheap,
and the search has much to prove. What whole sites imply is told to it beforehand, and it may branch on how many sites
are open, of which many are alike. No plan is excluded by these rows; a test compares with and without. They are left
out where an impossible plan is explained, which may break the rules.
"""

from __future__ import annotations

import numpy as np

from daulat.plan.siting.classes import Classes
from daulat.plan.siting.rows import Columns, Rows
from daulat.plan.siting.types import Float64, Siting

LEAST_SITES = 2  # of which one may fail


def tighten(rows: Rows, columns: Columns, siting: Siting, classes: Classes) -> None:
    """Add what whole sites imply."""
    _one_site_for_each_class(rows, columns, classes)
    if columns.opened.size:
        _count_sites(rows, columns)
        _spare_by_number_of_sites(rows, columns, siting)


def least_opened(siting: Siting) -> Float64:
    """Return how many sites are open at least in each year, where spare capacity is asked for: float64[n_years]."""
    return np.where(siting.regions.it_mw.sum(axis=0) > 0, float(LEAST_SITES), 0.0)


def _one_site_for_each_class(rows: Rows, columns: Columns, classes: Classes) -> None:
    """Say that somebody is open who may serve a class that has load."""
    for k, years in enumerate(classes.it_mw > 0):
        at = np.flatnonzero(years)
        here = rows.open_block(("implied", f"class {k}"), np.ones(len(at)), np.full(len(at), np.inf))
        rows.add(here + np.arange(len(at)), columns.open[np.ix_(classes.allowed[k], at)], 1.0)


def _count_sites(rows: Rows, columns: Columns) -> None:
    """Say how many sites are open, in a whole number of its own."""
    n_years = len(columns.opened)
    start = rows.open_block(("implied", "number of sites"), np.zeros(n_years), np.zeros(n_years))
    rows.add(start + np.arange(n_years), columns.open, 1.0)
    rows.add(start + np.arange(n_years), columns.opened, -1.0)


def _spare_by_number_of_sites(rows: Rows, columns: Columns, siting: Siting) -> None:
    """Say how much must stand at least when n sites are open, as chords of a convex curve.

    All other grids carry `spare` when any one fails, so the size on each is at most total - spare; summed over n grids,
    total >= spare n / (n - 1). Sites are no fewer than grids and this falls, so n may count sites. Each site has at
    least the smallest size, so total >= smallest n too; the greater of both is convex.
    """
    years = np.flatnonzero(siting.regions.it_mw.sum(axis=0) > 0)
    spare = siting.rules.spare_share * siting.regions.it_mw.sum(axis=0)[years]
    n_grids = len(set(siting.candidates.grid))

    def least(n: int) -> Float64:
        grids = min(n, n_grids)
        found: Float64 = np.maximum(spare * grids / (grids - 1), siting.rules.smallest_mw * n)
        return found

    for n in range(LEAST_SITES, n_grids + 2) if n_grids > 1 else ():
        slope = least(n + 1) - least(n)
        start = rows.open_block(("implied", f"{n} sites"), least(n) - slope * n, np.full(len(years), np.inf))
        rows.add(start + np.arange(len(years)), columns.size[:, years], 1.0)
        rows.add(start + np.arange(len(years)), columns.opened[years], -slope)
