# SPDX-License-Identifier: Apache-2.0
"""Climate: the mean temperature of the year at each place of a plan, and over its sites.

Comes in: the nation's temperature with the site that it is told for, and places. Goes out: degrees Celsius by place,
and the row of the input table for given sites. Between places only latitude is known: each differs from the first site
as the zonal means do. Height and sea are not; a nation that knows them sets its own figure. It measures nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from daulat.plan.energy import FREE_COOLING_C, zonal_temperature_c
from daulat.plan.figures import Floats
from daulat.plan.inputs import Assumption, Assumptions
from daulat.plan.inputs.assumption import overlaid
from daulat.plan.sites import Sites

PATH = "energy.annual_temperature_c"


def temperatures_c(told_c: float, told_at: float, latitudes: Sequence[float]) -> Floats:
    """Return the temperature of each place, float64[places], degC.

    Parameters
    ----------
    told_c : float
        The year's mean at the place where it is known, degC.
    told_at : float
        That place's latitude, degrees.

    Examples
    --------
    >>> temperatures_c(27.5, 0.0, [0.0, 60.0]).round(1).tolist()
    [27.5, -4.0]
    """
    zonal = np.array([zonal_temperature_c(one) for one in latitudes])
    return np.asarray(told_c + zonal - zonal_temperature_c(told_at))


def pues(v: Assumptions, temperatures: Floats) -> Floats:
    """Return the year's mean PUE of each place with the inputs at their values, as `daulat.plan.energy.pue`."""
    warmer = np.maximum(temperatures + v["energy.temperature_error_c"].value - FREE_COOLING_C, 0)
    return np.asarray(v["energy.pue_base"].value + v["energy.pue_slope_per_c"].value * warmer)


def at_climate(told: Assumption, told_at: float, sites: Sites) -> Assumption:
    """Return the temperature whose PUE is the mean PUE of the sites, by their share of the last year.

    Below 15 degrees PUE does not fall further, so that only degrees above it are averaged; where no site is warmer it
    is the mean temperature.
    """
    weights = sites.shares[-1]
    places = temperatures_c(told.value, told_at, [one.latitude for one in sites.sites])
    above = float(weights @ np.maximum(places - FREE_COOLING_C, 0))
    mean = FREE_COOLING_C + above if above > 0 else float(weights @ places)
    moved = mean - told.value
    if moved == 0:
        return told
    names = ", ".join(one.name for one in sites.sites)
    given = {
        "value": mean,
        "low": told.low + moved,
        "high": told.high + moved,
        "kind": told.kind,
        "source": f"at {names}, from {told.value:.1f} degC by zonal means of latitude (North 1975): {told.source}",
        "basis": "derived",
        "date": told.date,
        "licence": told.licence,
    }
    return overlaid(told, given, told.origin)
