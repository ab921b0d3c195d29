# SPDX-License-Identifier: Apache-2.0
"""Adoption: how many people of each region use it in each year.

Comes in: people and internet shares by group, and the inputs. Goes out: float64[draws, years, groups]. Everyone counted
is old enough, online and able to ask; of those, an S-curve that starts at nobody and ends at the ceiling uses it.
"""

from __future__ import annotations

import numpy as np

from daulat.plan.figures import Floats
from daulat.plan.inputs.draws import Values
from daulat.plan.place import Place


def s_curve(years: Floats, midpoint_years: Floats, takeover_years: Floats) -> Floats:
    """Return the share of the ceiling that is reached, a logistic curve moved so that it starts at exactly 0.

    ``takeover_years`` is the time from a tenth to nine tenths (Fisher and Pry 1971): slope = ln(81) / takeover_years.

    Examples
    --------
    >>> s_curve(np.array([0.0, 4.0, 1000.0]), np.array(4.0), np.array(6.0)).round(3).tolist()
    [0.0, 0.473, 1.0]
    """
    slope = np.log(81) / takeover_years
    start = 1 / (1 + np.exp(slope * midpoint_years))
    plain = 1 / (1 + np.exp(-slope * (np.maximum(years, 0) - midpoint_years)))
    return np.asarray((plain - start) / (1 - start))


def internet_shares(place: Place, v: Values, years: Floats) -> Floats:
    """Return who is online, float64[draws, years, groups]: it grows by points a year up to the ceiling, never falls.

    A group's own share stands where it is known; there the national input gives only the growth.
    """
    national = v("demand.internet_share")[:, :, None]
    start = np.where(np.isnan(place.internet_share), national, np.nan_to_num(place.internet_share))
    ceiling = np.maximum(v("demand.internet_ceiling")[:, :, None], start)
    return np.asarray(
        np.minimum(start + v("demand.internet_growth_per_year")[:, :, None] * years[None, :, None], ceiling)
    )


def _own(known: Floats, national: Floats) -> Floats:
    """Return each group's own share where it is known, else the nation's: float64[draws, 1, groups]."""
    return np.where(np.isnan(known), national[:, :, None], np.nan_to_num(known))


def active_users(place: Place, v: Values, n_years: int) -> tuple[Floats, Floats, Floats]:
    """Return people, active users in the middle of each year, and what users would be at the ceiling.

    All float64[draws, years, groups].
    """
    years = np.arange(n_years, dtype=np.float64) + 0.5
    growth = (1 + v("demand.population_growth_per_year")[:, :, None]) ** years[None, :, None]
    people = place.people * growth
    online = internet_shares(place, v, years)
    nation = (online * place.people).sum(axis=2, keepdims=True) / place.people.sum()
    lag = v("demand.adoption_lag_years_per_share")[:, :, None] * np.maximum(nation - online, 0)
    midpoint = v("demand.adoption_midpoint_years")[:, :, None] + lag
    taken = s_curve(years[None, :, None], midpoint, v("demand.adoption_takeover_years")[:, :, None])
    eligible = people * _own(place.age_share, v("demand.age_share")) * online
    eligible = eligible * _own(place.literacy_share, v("demand.literacy_share"))
    at_ceiling = eligible * v("demand.adoption_ceiling")[:, :, None]
    return people, at_ceiling * taken, at_ceiling
