# SPDX-License-Identifier: Apache-2.0
"""The ranges of a deal's terms: a deal and how it earns in, each term that lies outside its range out.

A term is told with its path, what is allowed, and the unit that was likely meant. Names, phases and shares that must
fit together are checked with the plan's years, in `daulat.plan.finance`. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daulat.plan.finance import Deal
from daulat.plan.inputs.settings import LAST_YEAR
from daulat.plan.units import likely_meant

if TYPE_CHECKING:
    from daulat.plan.deal import Revenue

# What a price list or a treaty may say, and beyond which a slip of the unit is far more likely.
SHARE = (0.0, 1.0, "share")
RATE = (0.0, 1.0, "share/year")
CONTROL = {"majority": SHARE, "step_in_days": (0, 3650, "days"), "buy_out_by": (2000, LAST_YEAR + 40, "year")}
REVENUE = {"rate": RATE, "margin": SHARE, "usd_per_mtok": (0.0, 10_000.0, "USD/Mtok")}
COVER = (0.0, 10.0, "ratio")


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A term outside its range; `path` is below the deal, `meant` is empty where no other unit would fit."""

    path: str
    value: Any
    allowed: str
    meant: str = ""


def out_of_range(deal: Deal | None, revenue: Revenue | None) -> Iterator[OutOfRange]:
    """Yield every term that lies outside its range; what could not be read is None and judged no further.

    Examples
    --------
    >>> from daulat.plan.deal import Revenue
    >>> [one.meant for one in out_of_range(None, Revenue(rate=9))]
    ['9 percent/year, which is 0.09 share/year?']
    """
    for path, value, (low, high, unit) in _terms(deal, revenue):
        if value is not None and not low <= value <= high:  # also for NaN
            yield OutOfRange(path, value, f"{low:g} to {high:g} {unit}", likely_meant(value, unit, low, high))
    if revenue is not None and revenue.basis == "price" and revenue.usd_per_mtok == 0:
        yield OutOfRange("revenue.usd_per_mtok", 0, "more than 0 USD/Mtok with `basis: price`; else nothing is paid")


def _terms(deal: Deal | None, revenue: Revenue | None) -> Iterator[tuple[str, Any, tuple[float, float, str]]]:
    for name, bounds in REVENUE.items() if revenue is not None else ():
        yield f"revenue.{name}", getattr(revenue, name), bounds
    if deal is None:
        return
    for at, party in enumerate(deal.parties):
        yield f"parties[{at}].discount_rate", party.discount_rate, RATE
    for at, loan in enumerate(deal.loans):
        yield f"loans[{at}].least_dscr", loan.least_dscr, COVER
    for name, bounds in CONTROL.items():
        yield f"control.{name}", getattr(deal.control, name), bounds
