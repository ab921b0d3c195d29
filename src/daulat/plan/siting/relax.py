# SPDX-License-Identifier: Apache-2.0
"""Why no plan exists: an impossible question in, the rules that conflict and the cheapest way to give way out.

Every rule but two may be broken at a price (`PRICES`), and the program then pays as little as it must. The two are that
everybody is served and that a site is opened, as a whole, before it holds anything: so what is told is enough. Rules
with a price of their own in the answer (nonzero duals) are a proof that they cannot hold together (Farkas).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daulat.plan.siting._highs import Solved, solve
from daulat.plan.siting.classes import Classes, join_regions, may_keep, near_enough
from daulat.plan.siting.distance import great_circle_km, round_trip_ms
from daulat.plan.siting.errors import NoSitePlanError, Relaxation
from daulat.plan.siting.model import OPENING, Model, build_model
from daulat.plan.siting.types import Float64, Siting

Mask = NDArray[np.bool_]

# Million US dollars for one unit of giving way: what it would roughly cost to mend instead. They only order the ways:
# money first, then more supply, then a weaker promise, then a longer wait, and the law last.
PRICES = {"budget": 1.0, "power limit": 2.0, "grid limit": 2.0, "minimum": 5.0, "spare": 10.0}
_UNITS = dict.fromkeys(PRICES, "MW") | {"budget": "million USD"}
# Million US dollars for a megawatt that is served too slowly or in the wrong place.
_SLOW, _ABROAD = 20.0, 100.0
_LEAST_MW = 1e-4  # what a region without load counts as, so that it too is near a site if it can be
_TOUCHED = 1e-6
_NOISE = 1e-8  # below the tolerance to which HiGHS keeps a row
_DIGITS = 4
_GAP = 0.01
_TIME_LIMIT_S = 60.0
_SILENT = {"growth", OPENING}  # what sites are, not what a nation asks of them


@dataclass(frozen=True, slots=True, eq=False)
class _Slack:
    family: str
    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class _Masks:
    """Which region, or class of regions, a site answers in time, and whose data it may keep: bool[n, n_sites]."""

    near: Mask
    keep: Mask


def explain(siting: Siting, *, time_limit_s: float) -> NoSitePlanError:
    """Say which rules conflict and what is the cheapest way to give way."""
    joined = join_regions(siting, np.concatenate([near_enough(siting), may_keep(siting)], axis=1))
    masks = _Masks(*np.split(joined.allowed, 2, axis=1))
    classes = replace(joined, allowed=np.ones_like(masks.near), link_usd_per_mw_year=np.zeros(masks.near.shape))
    model, slacks = _elastic(build_model(siting, classes, apart=True), classes, masks)
    parts = solve(model, gap=0.0, time_limit_s=_TIME_LIMIT_S, whole=False)
    if parts.values is None:
        return NoSitePlanError((), ())
    whole = _with_whole_sites(model, parts.values, time_limit_s=time_limit_s)
    if whole.values is None:
        return NoSitePlanError((), ())
    ways = [*_paid(whole.values, slacks), *_moved(whole.values, siting, model, classes, masks)]
    # Where fractions of sites would do, nothing but the wholeness of sites proves the conflict.
    return NoSitePlanError(_conflict(parts if parts.objective > _TOUCHED else whole, model, ways), tuple(ways))


def _elastic(base: Model, classes: Classes, masks: _Masks) -> tuple[Model, list[_Slack]]:
    """Add a column of giving way to each row that has a price, and make only giving way cost."""
    cost = np.zeros(len(base.cost))
    columns = base.columns
    fine = (_SLOW * ~masks.near + _ABROAD * ~masks.keep)[columns.pair_class, columns.pair_site]
    cost[columns.serve] = fine[:, None] * np.maximum(classes.it_mw, _LEAST_MW)[columns.pair_class]
    slacks: list[_Slack] = []
    added: list[Float64] = []
    end = len(cost)
    lower_bounds, upper_bounds = np.concatenate(base.rows.lower), np.concatenate(base.rows.upper)
    for (family, name), first, last in base.rows.groups:
        if family not in PRICES:
            continue
        sign = np.where(np.isfinite(upper_bounds[first:last]) & ~np.isfinite(lower_bounds[first:last]), -1.0, 1.0)
        base.rows.add(np.arange(first, last), end + np.arange(last - first), sign)
        slacks.append(_Slack(family, name, end, end + last - first))
        added.append(np.full(last - first, PRICES[family]))
        end += last - first
    n_new = end - len(cost)
    return Model(
        np.concatenate([cost, *added]),
        np.zeros(end),
        np.concatenate([base.upper, np.full(n_new, np.inf)]),
        np.concatenate([base.whole, np.zeros(n_new, bool)]),
        base.rows,
        columns,
    ), slacks


def _with_whole_sites(model: Model, parts: Float64, *, time_limit_s: float) -> Solved:
    """Choose which sites open, whole, and give way as little as these sites ask.

    The second step leaves no trace of the gap and of the tolerance of whole numbers, and has duals. Where the time ends
    before any choice was found, every site of which a fraction was open opens; that too is enough.
    """
    found = solve(model, gap=_GAP, time_limit_s=time_limit_s)
    opened = np.ceil(parts[model.whole] - _TOUCHED) if found.values is None else np.round(found.values[model.whole])
    lower, upper = model.lower.copy(), model.upper.copy()
    lower[model.whole] = upper[model.whole] = opened
    fixed = replace(model, lower=lower, upper=upper)
    return solve(fixed, gap=0.0, time_limit_s=_TIME_LIMIT_S, whole=False)


def _round_up(amount: float) -> float:
    """Round to four digits so that it stays enough: a way that is followed as it is written opens a plan."""
    if amount <= _NOISE:
        return 0.0
    digits = _DIGITS - 1 - math.floor(math.log10(amount))
    return round(math.ceil((amount - _NOISE) * 10.0**digits) / 10.0**digits, max(digits, 0))


def _paid(values: Float64, slacks: list[_Slack]) -> list[Relaxation]:
    """List what was given way in, the largest amount of each group's years."""
    ways = []
    for slack in slacks:
        amount = float(values[slack.first : slack.last].max(initial=0.0))
        if amount > _TOUCHED:
            ways.append(Relaxation(slack.family, slack.name, _round_up(amount), _UNITS[slack.family]))
    return ways


def _moved(values: Float64, siting: Siting, model: Model, classes: Classes, masks: _Masks) -> list[Relaxation]:
    """List the load that is served too slowly or where its law forbids, MW in the worst year."""
    columns = model.columns
    share = values[columns.serve]
    load = share * classes.it_mw[columns.pair_class]
    used = (share > _TOUCHED).any(axis=1)
    abroad = used & ~masks.keep[columns.pair_class, columns.pair_site]
    slow = used & ~masks.near[columns.pair_class, columns.pair_site]
    ways = []
    if abroad.any():
        ways.append(Relaxation("residency", "load kept elsewhere", _round_up(load[abroad].sum(axis=0).max()), "MW"))
    if slow.any():
        trip = round_trip_ms(great_circle_km(siting.regions.position, siting.candidates.position))
        pairs = zip(columns.pair_class[slow], columns.pair_site[slow], strict=True)
        longest = max(float(trip[classes.member == k, s].max()) for k, s in pairs)
        amount = _round_up(load[slow].sum(axis=0).max())
        enough_ms = math.ceil(longest * 10) / 10
        ways.append(Relaxation("round trip", "load served from too far", amount, "MW", round_trip_ms=enough_ms))
    return ways


def _conflict(solved: Solved, model: Model, ways: list[Relaxation]) -> tuple[str, ...]:
    named = [f"{way.family} ({way.name})" for way in ways]
    for (family, name), first, last in model.rows.groups if len(solved.duals) else ():
        label = f"{family} ({name})"
        if family not in _SILENT and np.abs(solved.duals[first:last]).max() > _TOUCHED and label not in named:
            named.append(label)
    return tuple(named)
