# SPDX-License-Identifier: Apache-2.0
"""Rows that follow from the rules and shorten the search: rows of a program in, more rows in the same place out.

Where sites are small against what it costs to have one at all, the program with fractions of sites is far too cheap,
and the search has much to prove. What whole sites imply is told to it beforehand. No plan is excluded by these rows; a
test compares with and without. They are left out where an impossible plan is explained, which may break the rules.
"""

from __future__ import annotations

import numpy as np

from daulat.plan.siting.rows import Columns, Rows
from daulat.plan.siting.types import Siting


def tighten(rows: Rows, columns: Columns, siting: Siting) -> None:
    """Add what whole sites imply."""
    if siting.rules.spare_share > 0:
        _spare_by_number_of_sites(rows, columns, siting)


def _spare_by_number_of_sites(rows: Rows, columns: Columns, siting: Siting) -> None:
    """Say how much must stand at least when n sites are open, as chords of a convex curve.

    All other grids carry `spare` when any one fails, so the size on each is at most total - spare; summed over n grids,
    total >= spare n / (n - 1). Sites are no fewer than grids and the curve falls, so n may count sites.
    """
    years = np.flatnonzero(siting.regions.it_mw.sum(axis=0) > 0)
    spare = siting.rules.spare_share * siting.regions.it_mw.sum(axis=0)[years]
    n_sites, n_grids = len(siting.candidates.names), len(set(siting.candidates.grid))
    start = rows.open_block(("implied", "two sites"), np.full(len(years), 2.0), np.full(len(years), np.inf))
    here = start + np.arange(len(years))
    rows.add(np.tile(here, (n_sites, 1)), columns.open[:, years], 1.0)
    for n in range(2, n_grids):
        at, slope = n / (n - 1), -1 / (n * (n - 1))  # of n / (n - 1) from n to n + 1
        start = rows.open_block(("implied", f"{n} sites"), spare * (at - slope * n), np.full(len(years), np.inf))
        here = np.tile(start + np.arange(len(years)), (n_sites, 1))
        rows.add(here, columns.size[:, years], 1.0)
        rows.add(here, columns.open[:, years], -slope * spare)
    if n_grids > 1:
        least = spare * n_grids / (n_grids - 1)
        start = rows.open_block(("implied", "every grid"), least, np.full(len(years), np.inf))
        rows.add(np.tile(start + np.arange(len(years)), (n_sites, 1)), columns.size[:, years], 1.0)
