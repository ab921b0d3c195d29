# SPDX-License-Identifier: Apache-2.0
"""The mixed-integer program of siting, as arrays: a question in, columns and rows for HiGHS out.

Columns, for class k, site s and year t: `open[s,t]` (0 or 1: open by then), `size[s,t]` (IT MW that stand), and
`serve[k,s,t]` (share of the class's load, only for pairs that the rules allow); where the search is shortened also
which grids have a site, and how many. Money is counted in millions of US dollars, so that coefficients stay near one.
Every row carries the group that it belongs to, which is what an explanation of an impossible plan speaks of.
Derivation: docs/concepts/plan-sites.md
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from daulat.plan.siting.classes import Classes
from daulat.plan.siting.rows import Columns, Program, Rows
from daulat.plan.siting.tight import least_opened, tighten
from daulat.plan.siting.types import Float64, Siting

MILLION = 1e6
OPENING = "opening"  # the family of rows that say that a closed site holds nothing


@dataclass(frozen=True, slots=True, eq=False)
class Model(Program):
    """The program of siting, and where each of its variables stands."""

    columns: Columns


def build_model(siting: Siting, classes: Classes, *, tight: bool = False, apart: bool = False) -> Model:
    """Write the program of a siting question.

    `tight` adds rows that follow from the others and shorten the search. `apart` states the power limit apart from the
    rule that a closed site holds nothing, so that the one may give way and the other not.
    """
    columns = _columns(siting, classes, counted=tight and siting.rules.spare_share > 0)
    rows = Rows()
    _serve_everybody(rows, columns, classes)
    _within_size(rows, columns, classes)
    if apart:
        _size_within_limit(rows, columns, siting)
        _size_within_opening(rows, columns, siting, np.full(columns.size.shape, _largest_useful(siting)))
    else:
        _size_within_opening(rows, columns, siting, np.minimum(siting.candidates.limit_mw, _largest_useful(siting)))
    _smallest(rows, columns, siting)
    _never_shrinks(rows, columns)
    _spare(rows, columns, siting)
    _minimums(rows, columns, siting)
    _grid_limits(rows, columns, siting)
    _budgets(rows, columns, siting)
    if tight:
        tighten(rows, columns, siting, classes)
    upper = np.ones(columns.count)
    upper[columns.size] = _largest_useful(siting) if apart else siting.candidates.limit_mw
    lower, whole = np.zeros(columns.count), np.zeros(columns.count, bool)
    whole[columns.open] = True
    for column in (columns.on_grid, columns.n_sites, columns.n_grids):
        whole[column] = True
    for column, most in ((columns.n_sites, len(siting.candidates.names)), (columns.n_grids, len(columns.on_grid))):
        lower[column], upper[column] = least_opened(siting)[: column.size], most
    return Model(_cost(columns, siting, classes), lower, upper, whole, rows, columns)


def _columns(siting: Siting, classes: Classes, *, counted: bool) -> Columns:
    n_sites, n_years = siting.candidates.limit_mw.shape
    pair_class, pair_site = np.nonzero(classes.allowed)
    pairs, grids, years = len(pair_class), len(set(siting.candidates.grid)) * counted, n_years * counted
    ends = np.cumsum([0, *[n_sites * n_years] * 2, pairs * n_years, grids * n_years, years, years])
    at = [np.arange(start, end) for start, end in itertools.pairwise(ends)]
    return Columns(
        open=at[0].reshape(n_sites, n_years),
        size=at[1].reshape(n_sites, n_years),
        serve=at[2].reshape(pairs, n_years),
        pair_class=pair_class.astype(np.int64),
        pair_site=pair_site.astype(np.int64),
        on_grid=at[3].reshape(grids, n_years),
        n_sites=at[4],
        n_grids=at[5],
    )


def _discounts(siting: Siting) -> Float64:
    """Return the present value of a dollar of each year; the first year is now."""
    years = np.arange(siting.candidates.limit_mw.shape[1])
    discounts: Float64 = (1 + siting.rules.discount_rate) ** -years.astype(float)
    return discounts


def _cost(columns: Columns, siting: Siting, classes: Classes) -> Float64:
    """Spread prices of growth over the running total: a year's price counts once, less the next year's."""
    discount, at = _discounts(siting), siting.candidates
    cost = np.zeros(columns.count)
    for variable, price in ((columns.open, at.open_usd), (columns.size, at.build_usd_per_mw)):
        now = price * discount
        cost[variable] = now - np.concatenate([now[:, 1:], np.zeros((len(now), 1))], axis=1)
    cost[columns.size] += at.run_usd_per_mw_year * discount
    link = classes.link_usd_per_mw_year[columns.pair_class, columns.pair_site]
    cost[columns.serve] = link[:, None] * classes.it_mw[columns.pair_class] * discount
    return cost / MILLION


def _serve_everybody(rows: Rows, columns: Columns, classes: Classes) -> None:
    n_classes, n_years = classes.it_mw.shape
    ones = np.ones(n_classes * n_years)
    start = rows.open_block(("demand", "every region is served"), ones, ones)
    rows.add(start + columns.pair_class[:, None] * n_years + np.arange(n_years), columns.serve, 1.0)


def _within_size(rows: Rows, columns: Columns, classes: Classes) -> None:
    n_sites, n_years = columns.size.shape
    zero = np.zeros(n_sites * n_years)
    start = rows.open_block(("capacity", "a site serves no more than it holds"), zero - np.inf, zero)
    load = classes.it_mw[columns.pair_class]
    rows.add(start + columns.pair_site[:, None] * n_years + np.arange(n_years), columns.serve, load)
    rows.add(start + np.arange(n_sites * n_years).reshape(n_sites, n_years), columns.size, -1.0)


def _size_within_limit(rows: Rows, columns: Columns, siting: Siting) -> None:
    """A site is no larger than its power supply carries, whether it is open or not."""
    n_years = columns.size.shape[1]
    for s, name in enumerate(siting.candidates.names):
        start = rows.open_block(("power limit", name), np.full(n_years, -np.inf), siting.candidates.limit_mw[s])
        rows.add(start + np.arange(n_years), columns.size[s], 1.0)


def _size_within_opening(rows: Rows, columns: Columns, siting: Siting, most_mw: Float64) -> None:
    """A closed site has no size, an open one at most so much."""
    n_years = columns.size.shape[1]
    places = np.arange(n_years)
    for s, name in enumerate(siting.candidates.names):
        start = rows.open_block((OPENING, name), np.full(n_years, -np.inf), np.zeros(n_years))
        rows.add(start + places, columns.size[s], 1.0)
        rows.add(start + places, columns.open[s], -most_mw[s])


def _smallest(rows: Rows, columns: Columns, siting: Siting) -> None:
    n_sites, n_years = columns.size.shape
    if siting.rules.smallest_mw > 0:
        zero = np.zeros(n_sites * n_years)
        start = rows.open_block(("smallest site", "an open site has at least the smallest size"), zero, zero + np.inf)
        every = start + np.arange(n_sites * n_years).reshape(n_sites, n_years)
        rows.add(every, columns.size, 1.0)
        rows.add(every, columns.open, -siting.rules.smallest_mw)


def _largest_useful(siting: Siting) -> float:
    """Return a size beyond which no site need grow, MW: the peak of all load (building ahead may pay), or a minimum."""
    total = float(siting.regions.it_mw.sum(axis=0).max())
    return max(total, siting.rules.smallest_mw, *siting.rules.grid_minimum_mw.values(), 0.0)


def _never_shrinks(rows: Rows, columns: Columns) -> None:
    for variable in (columns.open, columns.size):
        n_sites, n_years = variable.shape
        zero = np.zeros(n_sites * (n_years - 1))
        start = rows.open_block(("growth", "a site neither closes nor shrinks"), zero, zero + np.inf)
        every = start + np.arange(len(zero)).reshape(n_sites, n_years - 1)
        rows.add(every, variable[:, 1:], 1.0)
        rows.add(every, variable[:, :-1], -1.0)


def _spare(rows: Rows, columns: Columns, siting: Siting) -> None:
    if siting.rules.spare_share <= 0:
        return
    n_years = columns.size.shape[1]
    wanted = siting.rules.spare_share * siting.regions.it_mw.sum(axis=0)
    for grid in sorted(set(siting.candidates.grid)):
        others = np.flatnonzero([g != grid for g in siting.candidates.grid])
        start = rows.open_block(("spare", f"without {grid}"), wanted, np.full(n_years, np.inf))
        rows.add(start + np.arange(n_years), columns.size[others], 1.0)


def _minimums(rows: Rows, columns: Columns, siting: Siting) -> None:
    for grid, least in sorted(siting.rules.grid_minimum_mw.items()):
        here = np.flatnonzero([g == grid for g in siting.candidates.grid])
        start = rows.open_block(("minimum", grid), np.array([least]), np.array([np.inf]))
        rows.add(np.full(len(here), start), columns.size[here, -1], 1.0)


def _grid_limits(rows: Rows, columns: Columns, siting: Siting) -> None:
    n_years = columns.size.shape[1]
    for grid, most in sorted(siting.rules.grid_limit_mw.items()):
        here = np.flatnonzero([g == grid for g in siting.candidates.grid])
        start = rows.open_block(("grid limit", grid), np.full(n_years, -np.inf), np.full(n_years, most))
        rows.add(start + np.arange(n_years), columns.size[here], 1.0)


def _budgets(rows: Rows, columns: Columns, siting: Siting) -> None:
    at = siting.candidates
    for budget in siting.rules.budgets:
        start = rows.open_block(("budget", budget.name), np.array([-np.inf]), np.array([budget.usd / MILLION]))
        for t in range(budget.first_year - siting.first_year, budget.last_year - siting.first_year + 1):
            for variable, price in ((columns.open, at.open_usd), (columns.size, at.build_usd_per_mw)):
                rows.add(np.array([start]), variable[:, t], price[:, t] / MILLION)
                if t > 0:
                    rows.add(np.array([start]), variable[:, t - 1], -price[:, t] / MILLION)
