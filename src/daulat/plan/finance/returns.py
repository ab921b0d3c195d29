# SPDX-License-Identifier: Apache-2.0
"""What a deal is worth to each party: flows in, NPV, XIRR, payback and cover out. Internal rates come from pyxirr."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyxirr

from daulat.plan.finance.types import Deal, Float64, Flows


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """What one party makes of it.

    Attributes
    ----------
    npv_usd : float64[n_draws]
        At the party's own rate, counted from the end of the first year.
    xirr : float64[n_draws]
        NaN where no rate makes the flows even, e.g. where nothing comes back.
    payback_year : float64[n_draws]
        The first year at whose end it has got back what it put in; NaN where it does not.
    paid_usd, received_usd : float64[n_draws]
        All that it puts in and all that it gets, over the years; neither is taken off the other within a year.
    """

    party: str
    npv_usd: Float64
    xirr: Float64
    payback_year: Float64
    paid_usd: Float64
    received_usd: Float64


def net_present_value(flows_usd: Float64, rate: float) -> Float64:
    """Return the value of yearly flows at the end of the first year.

    Examples
    --------
    >>> net_present_value(np.array([[-100.0, 60.0, 60.0]]), 0.1).round(2).tolist()  # -100 + 60/1.1 + 60/1.21
    [4.13]
    """
    years = np.arange(flows_usd.shape[1])
    value: Float64 = flows_usd @ (1 + rate) ** -years.astype(float)
    return value


def internal_rate(flows_usd: Float64, first_year: int) -> Float64:
    """Return the rate at which yearly flows, at each year's last day, come out even; NaN where none does.

    Examples
    --------
    >>> internal_rate(np.array([[-100.0, 110.0], [-1.0, -1.0]]), 2026).round(4).tolist()
    [0.1, nan]
    """
    days = [date(first_year + t, 12, 31) for t in range(flows_usd.shape[1])]
    rates = [pyxirr.xirr(days, row, silent=True) for row in flows_usd]
    return np.array([np.nan if rate is None else rate for rate in rates], float)


def payback_year(flows_usd: Float64, first_year: int) -> Float64:
    """Return the first year at whose end the sum stays no longer below zero; NaN where it ends below."""
    total = flows_usd.cumsum(axis=1)
    below = total < 0
    last_below = np.where(below.any(axis=1), below.shape[1] - 1 - below[:, ::-1].argmax(axis=1), -1)
    year = first_year + last_below + 1.0
    return np.where(below[:, -1], np.nan, year)


def returns_of(deal: Deal, flows: Flows, first_year: int) -> list[Returns]:
    """Say what the deal is worth to each party, in the deal's order."""
    result = []
    for party, cash, paid, received in zip(
        deal.parties, flows.party_usd, flows.paid_usd, flows.received_usd, strict=True
    ):
        result.append(
            Returns(
                party.name,
                net_present_value(cash, party.discount_rate),
                internal_rate(cash, first_year),
                payback_year(cash, first_year),
                paid.sum(axis=1),
                received.sum(axis=1),
            )
        )
    return result
