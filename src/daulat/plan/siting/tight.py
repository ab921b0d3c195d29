# SPDX-License-Identifier: Apache-2.0
"""Rows that follow from the rules and shorten the search: rows of a program in, more rows in the same place out.

Where sites are small against what it costs to have one at all, the program with fractions of sites is far too cheap,
and the search has much to prove. What whole sites imply is told to it beforehand, and it may branch on which grids have
a site and on how many there are, where the sites themselves are much alike. No plan is excluded by these rows; a test
compares with and without. They are left out where an impossible plan is explained, which may break the rules.
"""

from __future__ import annotations

import numpy as np

from daulat.plan.siting.classes import Classes
from daulat.plan.siting.rows import Columns, Ints, Rows
from daulat.plan.siting.types import Float64, Siting

LEAST_SITES = 2  # of which one may fail


def tighten(rows: Rows, columns: Columns, siting: Siting, classes: Classes) -> None:
    """Add what whole sites imply."""
    _one_site_for_each_class(rows, columns, classes)
    if columns.counted:
        _grid_has_a_site(rows, columns, siting)
        for counter, counted in ((columns.n_sites, columns.open), (columns.n_grids, columns.on_grid)):
            _count(rows, counter, counted)
        _spare_by_number(rows, columns, siting)


def least_opened(siting: Siting) -> Float64:
    """Return how many sites are open at least in each year, where spare capacity is asked for: float64[n_years]."""
    return np.where(siting.regions.it_mw.sum(axis=0) > 0, float(LEAST_SITES), 0.0)


def _one_site_for_each_class(rows: Rows, columns: Columns, classes: Classes) -> None:
    """Say that somebody is open who may serve a class that has load."""
    for k, years in enumerate(classes.it_mw > 0):
        at = np.flatnonzero(years)
        start = rows.open_block(("implied", f"class {k}"), np.ones(len(at)), np.full(len(at), np.inf))
        rows.add(start + np.arange(len(at)), columns.open[np.ix_(classes.allowed[k], at)], 1.0)


def _grid_has_a_site(rows: Rows, columns: Columns, siting: Siting) -> None:
    """Say that a grid has a site where one on it is open, and only there."""
    n_years = columns.open.shape[1]
    years = np.arange(n_years)
    for place, grid in enumerate(sorted(set(siting.candidates.grid))):
        here = np.flatnonzero([one == grid for one in siting.candidates.grid])
        every = np.arange(len(here) * n_years).reshape(len(here), n_years)
        start = rows.open_block(("implied", f"a site on {grid}"), np.zeros(every.size), np.full(every.size, np.inf))
        rows.add(start + every, columns.on_grid[place], 1.0)
        rows.add(start + every, columns.open[here], -1.0)
        start = rows.open_block(("implied", f"none on {grid}"), np.zeros(n_years), np.full(n_years, np.inf))
        rows.add(start + years, columns.open[here], 1.0)
        rows.add(start + years, columns.on_grid[place], -1.0)


def _count(rows: Rows, counter: Ints, counted: Ints) -> None:
    """Say how many of `counted`, int64[n, n_years], are 1, in whole numbers of their own."""
    n_years = len(counter)
    start = rows.open_block(("implied", "number"), np.zeros(n_years), np.zeros(n_years))
    rows.add(start + np.arange(n_years), counted, 1.0)
    rows.add(start + np.arange(n_years), counter, -1.0)


def _spare_by_number(rows: Rows, columns: Columns, siting: Siting) -> None:
    """Say how much must stand at least with n grids, and with n sites, as chords of convex curves.

    All other grids carry `spare` when any one fails, so the size on each is at most total - spare; summed over n grids,
    total >= spare n / (n - 1). Sites are no fewer than grids and this falls, so n may count sites too; each of these
    has at least the smallest size, so total >= smallest n, and the greater of both is convex.
    """
    years = np.flatnonzero(siting.regions.it_mw.sum(axis=0) > 0)
    spare = siting.rules.spare_share * siting.regions.it_mw.sum(axis=0)[years]
    all_grids = len(columns.on_grid)

    def with_grids(n: int) -> Float64:
        found: Float64 = spare * n / (n - 1)
        return found

    def with_sites(n: int) -> Float64:
        found: Float64 = np.maximum(with_grids(min(n, all_grids)), siting.rules.smallest_mw * n)
        return found

    curves = ((columns.n_grids, with_grids, all_grids), (columns.n_sites, with_sites, all_grids + 2))
    for counter, least, last in curves if all_grids > 1 else ():
        for n in range(LEAST_SITES, last):
            slope = least(n + 1) - least(n)
            start = rows.open_block(("implied", f"with {n}"), least(n) - slope * n, np.full(len(years), np.inf))
            rows.add(start + np.arange(len(years)), columns.size[:, years], 1.0)
            rows.add(start + np.arange(len(years)), counter[years], -slope)
