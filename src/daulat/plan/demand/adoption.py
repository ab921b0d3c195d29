# SPDX-License-Identifier: Apache-2.0
"""Adoption: how many people of each region use it in each year.

Comes in: people and shares by group, and the inputs. Goes out: float64[draws, years, groups], and what is to be said of
the shares. Everyone counted is old enough, online and able to ask; of those, an S-curve that starts at nobody and ends
at the ceiling uses it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from daulat.plan.figures import Floats
from daulat.plan.inputs import Assumptions
from daulat.plan.inputs.draws import Values
from daulat.plan.inputs.settings import DATA_YEAR, Settings
from daulat.plan.note import Note, note
from daulat.plan.place import SHARES, Place


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


def internet_shares(start: Floats, v: Values, years: Floats) -> Floats:
    """Return who is online, float64[draws, years, groups], from who is at the start, float64[draws, groups].

    It grows by points a year up to the ceiling and never falls.
    """
    begun = start[:, None, :]
    ceiling = np.maximum(v("demand.internet_ceiling")[:, :, None], begun)
    return np.asarray(
        np.minimum(begun + v("demand.internet_growth_per_year")[:, :, None] * years[None, :, None], ceiling)
    )


def active_users(place: Place, v: Values, settings: Settings) -> tuple[Floats, Floats, Floats]:
    """Return people, active users in the middle of each year, and what users would be at the ceiling.

    All float64[draws, years, groups]. People are told for `DATA_YEAR`.
    """
    years = np.arange(settings.horizon_years, dtype=np.float64) + 0.5
    since = years[None, :, None] + settings.start_year - DATA_YEAR
    growth = (1 + v("demand.population_growth_per_year")[:, :, None]) ** since
    people = place.people * growth
    national = v("demand.internet_share")
    online = internet_shares(place.internet_share.at(national), v, years)
    nation = internet_shares(national, v, years)
    lag = v("demand.adoption_lag_years_per_share")[:, :, None] * np.maximum(nation - online, 0)
    midpoint = v("demand.adoption_midpoint_years")[:, :, None] + lag
    taken = s_curve(years[None, :, None], midpoint, v("demand.adoption_takeover_years")[:, :, None])
    eligible = people * place.age_share.at(v("demand.age_share"))[:, None, :] * online
    eligible = eligible * place.literacy_share.at(v("demand.literacy_share"))[:, None, :]
    at_ceiling = eligible * v("demand.adoption_ceiling")[:, :, None]
    return people, at_ceiling * taken, at_ceiling


def share_notes(place: Place, assumptions: Assumptions) -> Iterator[Note]:
    """Yield for each share that a table has by region what its mean is, and to which of the nation it is brought."""
    for name in SHARES:
        own, nation = getattr(place, name), assumptions[f"demand.{name}"]
        if own.is_told:
            table = place.table
            yield note("share_by_region", share=name, table=table, mean=float(own.mean), nation=nation.value)
            if own.told_apart < len(own.table):
                yield note("share_coarse", share=name, table=table, figures=own.told_apart, groups=len(own.table))
