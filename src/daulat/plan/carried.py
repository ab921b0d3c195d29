# SPDX-License-Identifier: Apache-2.0
"""Levels carried to the first year of a plan: prices, carbon and who is online, each from the year that it holds in.

Comes in: `Values`, the assumptions that they were drawn from, the first year. Goes out: the same `Values` with each
level that has a trend as of that year, so that a trend is one curve over the calendar wherever a plan begins on it.
What begins with the service (adoption, use) is not carried. Derivation: docs/concepts/plan-uncertainty.md
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from daulat.plan.figures import Floats
from daulat.plan.inputs.assumption import Assumption
from daulat.plan.inputs.draws import Values

INFLATION = ("money.inflation_per_year", 1)
API_FALL = ("money.api_price_decline_per_year", -1)
# level -> the trends that move it in proportion, and whether they raise or lower it
TRENDS: dict[str, tuple[tuple[str, int], ...]] = {
    "energy.electricity_price_usd_per_mwh": (INFLATION, ("energy.electricity_real_growth_per_year", 1)),
    "energy.ppa_price_usd_per_mwh": (INFLATION,),
    "energy.usd_per_eur": (INFLATION,),
    "energy.grid_gco2_per_kwh": (("energy.grid_decline_per_year", -1),),
    "money.facility_usd_per_mw": (INFLATION,),
    "money.land_usd_per_mw": (INFLATION,),
    "money.grid_connection_usd_per_mw": (INFLATION,),
    "money.links_usd_per_year": (INFLATION,),
    "money.salary_usd_per_year": (INFLATION,),
    "money.hardware_usd_per_accelerator": (("money.accelerator_decline_per_year", -1),),
    "money.rent_usd_per_hour": (("money.rent_decline_per_year", -1),),
}
ONLINE = "demand.internet_share"


def carried(v: Values, assumptions: Mapping[str, Assumption], start_year: int) -> Values:
    """Return the inputs of a run with every level as of the first year of the plan."""
    arrays = dict(v.arrays)
    for path in arrays:
        since = start_year - assumptions[path].year
        if path == ONLINE and since:
            arrays[path] = _online(v, since)
        for trend, sign in trends_of(path) if since else ():
            arrays[path] = arrays[path] * (1 + sign * v(trend)) ** since
    return Values(arrays, v.n_draws)


def trends_of(path: str) -> tuple[tuple[str, int], ...]:
    """Return the trends of a level, each with its sign; none for an input that has none.

    >>> trends_of("money.api_input_usd_per_mtok_gpt-oss-120b"), trends_of("energy.pue_base")
    ((('money.api_price_decline_per_year', -1),), ())
    """
    return (API_FALL,) if path.startswith("money.api_") and path != API_FALL[0] else TRENDS.get(path, ())


def moved(assumptions: Mapping[str, Assumption], path: str, since: int) -> float:
    """Return what a level is multiplied by over so many years, its trends at their values."""
    return math.prod((1 + sign * assumptions[trend].value) ** since for trend, sign in trends_of(path))


def _online(v: Values, since: int) -> Floats:
    """Who is online that many years later (earlier, if negative): by points a year, up to the ceiling."""
    told = v(ONLINE)
    later = told + v("demand.internet_growth_per_year") * since
    return np.clip(later, 0.0, np.maximum(v("demand.internet_ceiling"), told))
