# SPDX-License-Identifier: Apache-2.0
"""The least costly sites: a question in, a `SitePlan` out, or what stands in its way and the cheapest way round.

The program is solved by HiGHS; nothing here searches by itself. The same question gives the same plan unless the time
limit ends the search, which the plan then says.
"""

from __future__ import annotations

import numpy as np

from daulat.plan.note import note
from daulat.plan.siting._highs import solve
from daulat.plan.siting.check import check_siting
from daulat.plan.siting.classes import Classes, join_regions, may_keep, near_enough
from daulat.plan.siting.errors import TooLateError
from daulat.plan.siting.model import MILLION, Model, build_model
from daulat.plan.siting.relax import explain
from daulat.plan.siting.types import Float64, SitePlan, Siting

_OPEN = 0.5
_ROUND_MW = 1e-9


def plan_sites(siting: Siting, *, gap: float = 0.01, time_limit_s: float = 60.0) -> SitePlan:
    """Choose which sites open, when, how large, and whom they serve, at the least present cost.

    Parameters
    ----------
    siting : Siting
    gap : float
        Stop when no plan can be cheaper by more than this share.
    time_limit_s : float
        Stop then with the best plan so far; the plan's `gap` says how good it is.

    Raises
    ------
    PlanError
        If the question itself is wrong: every fault at once.
    NoSitePlanError
        If no plan keeps every rule: which rules conflict, and the cheapest way to give way; as `TooLateError` where
        none was found in time.

    Examples
    --------
    One region, two sites: the cheaper one opens.

    >>> import numpy as np
    >>> from daulat.plan.siting import Candidates, Regions, Rules, Siting, plan_sites
    >>> place = np.array([[0.0, 0.0]])
    >>> flat = lambda *row: np.array([row], float).T
    >>> siting = Siting(
    ...     Regions(("Exampland",), place, np.array([[3.0]])),
    ...     Candidates(("Hill", "Shore"), np.array([[0.0, 1.0], [0.0, 2.0]]), ("main", "main"), (frozenset(),) * 2,
    ...                flat(10, 10), flat(5e6, 5e6), flat(30e6, 20e6), flat(1e6, 1e6)),
    ...     Rules(), 2027)
    >>> plan = plan_sites(siting)
    >>> dict(plan.opens), plan.it_mw.ravel().tolist(), round(plan.cost_usd / 1e6)
    ({'Shore': 2027}, [0.0, 3.0], 68)
    """
    check_siting(siting)
    allowed = near_enough(siting) & may_keep(siting)
    if not allowed.any(axis=1).all():
        raise explain(siting, time_limit_s=time_limit_s)
    classes = join_regions(siting, allowed)
    model = build_model(siting, classes, tight=True)
    solved = solve(model, gap=gap, time_limit_s=time_limit_s)
    if solved.values is None:
        raise explain(siting, time_limit_s=time_limit_s) if solved.in_time else TooLateError(time_limit_s)
    return _read(siting, classes, model, solved.values, solved.bound, solved.in_time)


def _read(siting: Siting, classes: Classes, model: Model, values: Float64, bound: float, in_time: bool) -> SitePlan:
    columns, at = model.columns, siting.candidates
    size = np.where(values[columns.open] > _OPEN, np.maximum(values[columns.size], 0), 0.0)
    size[size < _ROUND_MW] = 0.0
    is_open = (values[columns.open] > _OPEN) & (size[:, -1:] > 0)  # where opening is free, some open for nothing
    share = np.zeros((*classes.allowed.shape, size.shape[1]))
    share[columns.pair_class, columns.pair_site] = np.maximum(values[columns.serve], 0)
    # A whole number may be off by the solver's tolerance, and a site that is all but closed serve a few watts.
    at_open = share * is_open
    # Where nothing is open yet there is no load to serve, and the program's own shares stand.
    share = np.where(at_open.any(axis=1, keepdims=True), at_open, share)
    share /= share.sum(axis=1, keepdims=True)
    size = np.maximum.accumulate(np.maximum(size, np.einsum("ky,ksy->sy", classes.it_mw, share)), axis=1)
    values[columns.open], values[columns.size] = is_open, size
    values[columns.serve] = share[columns.pair_class, columns.pair_site]
    grown = np.diff(size, axis=1, prepend=0.0)
    opened = np.diff(is_open.astype(float), axis=1, prepend=0.0)
    cost = float(model.cost @ values) * MILLION
    lower = min(bound * MILLION, cost)
    notes = () if in_time else (note("sites_in_time", share=1 - lower / cost),)
    return SitePlan(
        opens={at.names[s]: siting.first_year + int(is_open[s].argmax()) for s in np.flatnonzero(is_open[:, -1])},
        it_mw=size,
        share=share[classes.member],
        cost_usd=cost,
        lower_bound_usd=lower,
        gap=(cost - lower) / cost if cost > 0 else 0.0,
        capex_usd=np.asarray((at.open_usd * opened + at.build_usd_per_mw * grown).sum(axis=0)),
        running_usd=np.asarray((at.run_usd_per_mw_year * size).sum(axis=0)),
        notes=notes,
    )
