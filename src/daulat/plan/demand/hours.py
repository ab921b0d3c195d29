# SPDX-License-Identifier: Apache-2.0
"""Hours: when in the week the requests come, over all time zones of the nation.

Comes in: a `Place`. Goes out: three curves over the 168 hours of a week in UTC, from which the load of any mix follows
by adding. They are shapes only, each with mean 1 (the wave: 0); how much there is, is for `demand.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daulat.plan.figures import Floats
from daulat.plan.place import Place

HOURS = 168
CITIZENS_PEAK_HOUR = 20.0  # local time; chat follows waking hours and peaks in the evening
CITIZENS_WEEKEND = 0.9  # a day of the weekend against a working day
OFFICE_HOURS = (8, 17)
OFFICE_OUTSIDE = 0.05  # what office systems send at night and on rest days, against a working hour


@dataclass(frozen=True)
class WeekShape:
    """Curves over the hours of the week in UTC, hour 0 is Monday 00:00.

    The load of a service is ``mean x ((1 - office) x (flat + (peak_to_mean - 1) x wave) + office x desk)``.

    Parameters
    ----------
    flat : float64[168]
        Working days against weekends, mean 1.
    wave : float64[168]
        The day's raised cosine times `flat`, mean 0.
    desk : float64[168]
        Office hours, mean 1.
    """

    flat: Floats
    wave: Floats
    desk: Floats


def week_shape(place: Place) -> WeekShape:
    """Return the curves of a place: those of each time zone, weighted by its people."""
    hour = np.arange(HOURS)
    flat, wave, desk = np.zeros(HOURS), np.zeros(HOURS), np.zeros(HOURS)
    for offset, share in zip(place.offsets_h, place.zone_shares, strict=True):
        local = (hour + offset) % HOURS
        weekend = local >= 120
        days = np.where(weekend, CITIZENS_WEEKEND, 1.0)
        days = days / days.mean()
        flat += share * days
        wave += share * days * np.cos(2 * np.pi * (local % 24 - CITIZENS_PEAK_HOUR) / 24)
        at_desk = ~weekend & (local % 24 >= OFFICE_HOURS[0]) & (local % 24 < OFFICE_HOURS[1])
        office = np.where(at_desk, 1.0, OFFICE_OUTSIDE)
        desk += share * office / office.mean()
    # The cosine sums to 0 over a day, but a day of another weight begins at another hour in each zone.
    return WeekShape(flat, wave - wave.mean(), desk)
