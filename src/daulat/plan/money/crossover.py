# SPDX-License-Identifier: Apache-2.0
"""Crossover: at which size building, renting and buying cost the same.

Comes in: the money of a plan. Goes out: the unit cost of the three ways from a thousandth of the demand to ten times
it, and the size at which the curves of building cross the others. What does not shrink with the demand (the least team,
the links) is fixed; all else is taken as proportional, which is roughly so down to a server.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daulat.plan.figures import Floats
from daulat.plan.inputs.draws import Values
from daulat.plan.money.opex import Opex
from daulat.plan.money.unit_cost import UnitCost
from daulat.plan.sizing import Fleet

SCALES = np.geomspace(0.001, 10, 17)


@dataclass(frozen=True)
class Crossover:
    """The three ways over sizes.

    Parameters
    ----------
    tokens_per_day : float64[draws, sizes]
        In the last year.
    build, rent, buy : float64[draws, sizes]
        USD a million tokens.
    build_meets_rent_tokens_per_day, build_meets_buy_tokens_per_day : float64[draws]
        Where the curves cross; infinite where building never gets as cheap.
    """

    tokens_per_day: Floats
    build: Floats
    rent: Floats
    buy: Floats
    build_meets_rent_tokens_per_day: Floats
    build_meets_buy_tokens_per_day: Floats


def crossover(fleet: Fleet, opex: Opex, cost: UnitCost, v: Values, n_sites: int) -> Crossover:
    """Return the three ways over sizes."""
    n_years = fleet.tokens_served_per_year.shape[1]
    years = np.arange(n_years)[None, :]
    discount = (1 + v("money.discount_rate")) ** -(years + 0.5)
    prices = (1 + v("money.inflation_per_year")) ** years
    team = v("jobs.minimum_operation_jobs") * n_sites * v("money.salary_usd_per_year") * prices
    fixed = ((np.minimum(team, opex.staff_usd) + opex.links_usd) * discount).sum(axis=1) * cost.own_share
    mtok = np.maximum((fleet.tokens_served_per_year * discount).sum(axis=1) / 1e6, 1e-300)
    variable = np.maximum(cost.build_present_usd * cost.own_share - fixed, 0)
    last_day = fleet.tokens_served_per_year[:, -1] / 365
    shape = (len(mtok), len(SCALES))
    return Crossover(
        tokens_per_day=last_day[:, None] * SCALES,
        build=(fixed[:, None] / SCALES + variable[:, None]) / mtok[:, None],
        rent=np.broadcast_to(cost.rent_per_mtok[:, None], shape),
        buy=np.broadcast_to(cost.buy_per_mtok[:, None], shape),
        build_meets_rent_tokens_per_day=_meets(fixed, variable, cost.rent_per_mtok * mtok) * last_day,
        build_meets_buy_tokens_per_day=_meets(fixed, variable, cost.buy_per_mtok * mtok) * last_day,
    )


def _meets(fixed: Floats, variable: Floats, other: Floats) -> Floats:
    """The scale at which ``fixed / scale + variable == other``."""
    margin = other - variable
    return np.where(margin > 0, fixed / np.where(margin > 0, margin, 1.0), np.inf)
