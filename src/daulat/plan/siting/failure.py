# SPDX-License-Identifier: Apache-2.0
"""When a grid fails, which regions lose which promise: a question and its plan in, each broken promise out.

N+1 keeps enough megawatts on the other grids. Where these stand is another matter: for each grid and year the whole
load is laid anew on the sites that are left, so that as little as possible finds no room at all, finds it only where
its residency does not let it go, or is answered from farther than the round trip allows, in this order. Whoever keeps
to the law then goes without service. It changes no plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daulat.plan.siting._highs import solve
from daulat.plan.siting.classes import may_keep, near_enough
from daulat.plan.siting.distance import great_circle_km, round_trip_ms
from daulat.plan.siting.rows import Program, Rows
from daulat.plan.siting.types import Float64, SitePlan, Siting

Promise = Literal["served", "residency", "round_trip"]
PROMISES: tuple[Promise, ...] = ("served", "residency", "round_trip")
_UNSERVED, _ABROAD, _LATE = 1e4, 1e2, 1.0
_BY_MS = 1e-4  # of two that are late the nearer
_NOISE = 1e-6  # a share below it is the solver's tolerance
_TIME_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """A promise that does not hold when a grid fails in a year.

    Attributes
    ----------
    grid : str
    year : int
    promise : str
    share : float64[n_regions]
        Share of each region's load that loses it.
    round_trip_ms : float
        Longest round trip of those who lose it; 0 where they are not served.
    """

    grid: str
    year: int
    promise: Promise
    share: Float64
    round_trip_ms: float


def lost_promises(siting: Siting, plan: SitePlan) -> Iterator[Lost]:
    """Yield what does not hold when any one grid with a site fails, by grid and year; nothing where all holds.

    Raises
    ------
    SolverError
        If HiGHS stops with an error.
    """
    on = np.array(siting.candidates.grid)
    delay = round_trip_ms(great_circle_km(siting.regions.position, siting.candidates.position))
    keep, near = may_keep(siting), near_enough(siting)
    for grid in dict.fromkeys(siting.candidates.grid[s] for s in np.flatnonzero(plan.it_mw[:, -1])):
        for t, year in enumerate(siting.years):
            if not plan.it_mw[on == grid, t].any():
                continue
            left = np.flatnonzero((on != grid) & (plan.it_mw[:, t] > 0))
            load = siting.regions.it_mw[:, t]
            moved = _laid_anew(load, plan.it_mw[left, t], keep[:, left], near[:, left], delay[:, left])
            over = np.maximum(load, _NOISE)
            broken = {
                "residency": (moved * ~keep[:, left]).sum(axis=1) / over,
                "served": 1 - moved.sum(axis=1) / over,
                "round_trip": (moved * ~near[:, left]).sum(axis=1) / over,
            }
            touched = moved / over[:, None] > _NOISE
            masks = {"residency": touched & ~keep[:, left], "round_trip": touched & ~near[:, left]}
            for promise in PROMISES:
                share = np.where((broken[promise] > _NOISE) & (load > 0), broken[promise], 0.0)
                if share.any():
                    longest = delay[:, left][masks[promise]].max(initial=0.0) if promise in masks else 0.0
                    yield Lost(grid, year, promise, share, float(longest))


def _laid_anew(
    load: Float64, size: Float64, keep: NDArray[np.bool_], near: NDArray[np.bool_], delay: Float64
) -> Float64:
    """Return the megawatts of each region that each site serves, with as little broken as can be.

    Parameters
    ----------
    load, size : float64[n_regions], float64[n_sites]
    keep, near : bool[n_regions, n_sites]
    delay : float64[n_regions, n_sites]
        Round trip, milliseconds.
    """
    n_regions, n_sites = keep.shape
    pairs = np.arange(n_regions * n_sites).reshape(n_regions, n_sites)
    none = pairs.size + np.arange(n_regions)
    rows = Rows()
    start = rows.open_block(("demand", "every region is served or not"), load, load)
    region = start + np.arange(n_regions)
    rows.add(np.broadcast_to(region[:, None], pairs.shape), pairs, 1.0)
    rows.add(region, none, 1.0)
    start = rows.open_block(("capacity", "a site serves no more than it holds"), np.full(n_sites, -np.inf), size)
    rows.add(np.broadcast_to(start + np.arange(n_sites), pairs.shape), pairs, 1.0)
    cost = _ABROAD * ~keep + ~near * (_LATE + _BY_MS * delay)
    total = pairs.size + n_regions
    costs = np.concatenate([cost.ravel(), np.full(n_regions, _UNSERVED)])
    program = Program(costs, np.zeros(total), np.full(total, np.inf), np.zeros(total, bool), rows)
    found = solve(program, gap=0.0, time_limit_s=_TIME_LIMIT_S, whole=False)
    values = np.zeros(total) if found.values is None else found.values
    moved: Float64 = np.maximum(values[pairs], 0.0)
    return moved
