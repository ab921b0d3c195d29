# SPDX-License-Identifier: Apache-2.0
"""Why no plan exists: an impossible question in, the rules that conflict and the cheapest way to give way out.

Every rule may be broken at a price (`PRICES`), and the program then pays as little as it must. Rules with a price of
their own in the answer (nonzero duals) are a proof that they cannot hold together (Farkas); the amounts paid are what
to give way in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daulat.plan.siting._highs import Solved, solve
from daulat.plan.siting.classes import Classes, join_regions, may_keep, near_enough
from daulat.plan.siting.errors import NoSitePlanError, Relaxation
from daulat.plan.siting.model import Model, build_model
from daulat.plan.siting.rows import Columns
from daulat.plan.siting.types import Float64, Siting

Mask = NDArray[np.bool_]

# Million US dollars for one unit of giving way: what it would roughly cost to mend instead. They only order the ways:
# money first, then more supply, then a weaker promise, then a longer wait, then the law, and people last.
PRICES = {"budget": 1.0, "power limit": 2.0, "minimum": 5.0, "spare": 10.0}
_UNITS = {"budget": "million USD", "power limit": "MW", "minimum": "MW", "spare": "MW", "demand": "of a year's load"}
# Million US dollars for a megawatt that is served too slowly, in the wrong place, or not at all.
_SLOW, _ABROAD, _UNSERVED = 20.0, 100.0, 1000.0
_TOUCHED = 1e-6
_TIME_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class _Slack:
    family: str
    name: str
    first: int
    last: int


def explain(siting: Siting, *, threads: int, in_time: bool = True) -> NoSitePlanError:
    """Say which rules conflict and what is the cheapest way to give way."""
    if not in_time:
        return NoSitePlanError(("the time limit of the search",), ())
    masks = near_enough(siting), may_keep(siting)
    joined = join_regions(siting, np.concatenate(masks, axis=1))
    near, keep = np.split(joined.allowed, 2, axis=1)
    everywhere = replace(joined, allowed=np.ones_like(near), link_usd_per_mw_year=np.zeros(near.shape))
    model, slacks = _elastic(build_model(siting, everywhere), everywhere, near, keep)
    relaxed = solve(model, gap=0.0, time_limit_s=_TIME_LIMIT_S, threads=threads, whole=False)
    if relaxed.values is not None and relaxed.objective <= _TOUCHED:  # only whole sites stand in the way
        relaxed = solve(model, gap=0.05, time_limit_s=_TIME_LIMIT_S, threads=threads)
    if relaxed.values is None:
        return NoSitePlanError((), ())
    ways = [*_paid(relaxed.values, slacks), *_moved(relaxed.values, model, everywhere, near, keep)]
    return NoSitePlanError(_conflict(relaxed, model, ways), tuple(ways))


def _elastic(base: Model, classes: Classes, near: Mask, keep: Mask) -> tuple[Model, list[_Slack]]:
    """Add a column of giving way to each row that has a price, and make only giving way cost."""
    cost = np.zeros(len(base.cost))
    columns = base.columns
    fine = np.where(keep, np.where(near, 0.0, _SLOW), _ABROAD)[columns.pair_class, columns.pair_site]
    cost[columns.serve] = fine[:, None] * classes.it_mw[columns.pair_class]
    slacks: list[_Slack] = []
    added: list[Float64] = []
    upper = base.upper.copy()
    upper[columns.size] = np.inf  # the rows of the power limit say it too, and may give way
    end = len(cost)
    lower_bounds, upper_bounds = np.concatenate(base.rows.lower), np.concatenate(base.rows.upper)
    for (family, name), first, last in base.rows.groups:
        price = _prices(family, last - first, classes)
        if price is None:
            continue
        sign = np.where(np.isfinite(upper_bounds[first:last]) & ~np.isfinite(lower_bounds[first:last]), -1.0, 1.0)
        base.rows.add(np.arange(first, last), end + np.arange(last - first), sign)
        slacks.append(_Slack(family, name, end, end + last - first))
        added.append(price)
        end += last - first
    n_new = end - len(cost)
    return Model(
        columns,
        np.concatenate([cost, *added]),
        np.zeros(end),
        np.concatenate([upper, np.full(n_new, np.inf)]),
        np.concatenate([base.whole, np.zeros(n_new, bool)]),
        base.rows,
    ), slacks


def _prices(family: str, n_rows: int, classes: Classes) -> Float64 | None:
    if family == "demand":
        return _UNSERVED * np.maximum(classes.it_mw.ravel(), _TOUCHED)
    return np.full(n_rows, PRICES[family]) if family in PRICES else None


def _paid(values: Float64, slacks: list[_Slack]) -> list[Relaxation]:
    """List what was given way in, the largest amount of each group's years."""
    ways = []
    for slack in slacks:
        amount = float(values[slack.first : slack.last].max(initial=0.0))
        if amount > _TOUCHED:
            ways.append(Relaxation(slack.family, slack.name, amount, _UNITS[slack.family]))
    return ways


def _moved(values: Float64, model: Model, classes: Classes, near: Mask, keep: Mask) -> list[Relaxation]:
    """List the load that is served too slowly or where its law forbids, MW in the worst year."""
    columns: Columns = model.columns
    load = values[columns.serve] * classes.it_mw[columns.pair_class]
    kept = keep[columns.pair_class, columns.pair_site]
    slow = kept & ~near[columns.pair_class, columns.pair_site]
    found = (("residency", "load kept elsewhere", ~kept), ("round trip", "load served from too far", slow))
    return [
        Relaxation(family, name, float(load[pairs].sum(axis=0).max()), "MW")
        for family, name, pairs in found
        if load[pairs].sum() > _TOUCHED
    ]


def _conflict(relaxed: Solved, model: Model, ways: list[Relaxation]) -> tuple[str, ...]:
    named = [f"{way.family} ({way.name})" for way in ways]
    for (family, name), first, last in model.rows.groups if len(relaxed.duals) else ():
        label = f"{family} ({name})"
        if family != "growth" and np.abs(relaxed.duals[first:last]).max() > _TOUCHED and label not in named:
            named.append(label)
    return tuple(named)
