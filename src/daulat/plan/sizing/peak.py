# SPDX-License-Identifier: Apache-2.0
"""The peak, from arguments of queueing rather than from a multiplier.

Comes in: mean loads, the shape of the week, the spread within the hour, and the objective. Goes out: the busiest hour,
and the factors that stand between its mean and what must be ready. Derivation: docs/concepts/plan-demand.md
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist

import numpy as np

from daulat.plan.demand import WeekShape
from daulat.plan.figures import Floats


def week_load(shape: WeekShape, load: Floats, office: Floats, peak_to_mean: Floats) -> Floats:
    """Return the mean load of each hour of the week, float64[draws, years, 168].

    Parameters
    ----------
    load : float64[draws, years, services]
        Mean over the week.
    office : float64[draws, services]
        Share of each service that follows office hours.
    peak_to_mean : float64[draws, 1]
        Busiest hour of a day against its mean, for what does not.
    """
    desk = (load * office[:, None, :]).sum(axis=2)[:, :, None]
    home = load.sum(axis=2)[:, :, None] - desk
    return np.asarray(home * shape.flat + home * (peak_to_mean[:, :, None] - 1) * shape.wave + desk * shape.desk)


def hours_by_service(shape: WeekShape, mean: Floats, office: Floats, peak_to_mean: Floats) -> Floats:
    """Return services by hour of the week, float64[draws, services, 168], from means float64[draws, services]."""
    home = (mean * (1 - office))[:, :, None]
    swing = (peak_to_mean[:, :, None] - 1) * shape.wave
    return np.asarray(home * (shape.flat + swing) + (mean * office)[:, :, None] * shape.desk)


def busiest_hour(
    shape: WeekShape, load: Floats, office: Floats, peak_to_mean: Floats, events: Sequence[tuple[int, Floats]]
) -> Floats:
    """Return the greatest hourly load of a year, over ordinary weeks and those of each event: float64[draws, years].

    Parameters
    ----------
    events : sequence of (service, factor)
        The service's load times the factor, float64[draws, 1]; one event at a time.
    """
    shape = _candidates(shape)
    greatest = week_load(shape, load, office, peak_to_mean).max(axis=2)
    for service, factor in events:
        raised = load.copy()
        raised[:, :, service] *= factor
        greatest = np.maximum(greatest, week_load(shape, raised, office, peak_to_mean).max(axis=2))
    return np.asarray(greatest)


def _candidates(shape: WeekShape) -> WeekShape:
    """Keep the hours that can be the busiest: those of which no other is at least as high on all three curves.

    Loads are not negative and the swing is not, so an hour below another on every curve is below it in every mix.
    """
    curves = np.stack([shape.flat, shape.wave, shape.desk], axis=1)
    kept: list[int] = []
    for hour in np.argsort(-curves.sum(axis=1), kind="stable"):
        if not any((curves[other] >= curves[hour]).all() for other in kept):
            kept.append(int(hour))
    return WeekShape(shape.flat[kept], shape.wave[kept], shape.desk[kept])


def burst_factor(cv: Floats, percentile: float) -> Floats:
    """Return the rate at a percentile of the moments of an hour, over the hour's mean.

    The rate is taken as lognormal with mean 1 and standard deviation `cv`.

    Examples
    --------
    >>> burst_factor(np.array([0.0, 0.23]), 0.99).round(3).tolist()
    [1.0, 1.653]
    """
    sigma = np.sqrt(np.log1p(cv**2))
    return np.asarray(np.exp(NormalDist().inv_cdf(percentile) * sigma - sigma**2 / 2))


def staffing_factor(offered: Floats, output_cv: Floats, waiting_share: float) -> Floats:
    """Return the slots that keep waiting rare, over the slots in use on average.

    Square-root staffing: ``n = R + beta sqrt(R I)`` with ``R`` the requests in service (Little's law), ``I`` half the
    sum of the squared spreads of arrivals (1: chance) and of service times, and ``beta`` from Halfin and Whitt (1981).

    Examples
    --------
    >>> staffing_factor(np.array([100.0, 10_000.0]), np.array([1.0]), 0.05).round(3).tolist()
    [1.174, 1.017]
    """
    index = (1 + output_cv**2) / 2
    return np.asarray(1 + halfin_whitt_beta(waiting_share) * np.sqrt(index / np.maximum(offered, 1e-9)))


@cache
def halfin_whitt_beta(waiting_share: float) -> float:
    """Return beta such that ``1 / (1 + beta Phi(beta) / phi(beta))``, the share of requests that wait, is as asked.

    Examples
    --------
    >>> round(halfin_whitt_beta(0.5), 3)
    0.506
    """
    normal = NormalDist()

    def waits(beta: float) -> float:
        return 1 / (1 + beta * normal.cdf(beta) / normal.pdf(beta))

    low, high = 1e-9, 8.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if waits(middle) > waiting_share else (low, middle)
    return math.fsum((low, high)) / 2
