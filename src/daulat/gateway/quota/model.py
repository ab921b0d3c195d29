# SPDX-License-Identifier: Apache-2.0
"""What can be limited, over which period, and in which whole units it is counted.

A `Limit` in; the period that a moment falls into, and amounts as whole numbers, out. Counts nothing itself. Money is
counted in quanta of 10^-8 of the currency's unit, so that the price of one token is never lost in rounding and no
binary fraction ever stands for money. Periods are those of the calendar in the nation's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Scope = Literal["organisation", "project", "key"]
Metric = Literal["requests", "tokens_in", "tokens_out", "concurrent", "money"]
Period = Literal["minute", "day", "month", ""]

SCOPES: tuple[Scope, ...] = get_args(Scope)
METRICS: tuple[Metric, ...] = get_args(Metric)
PERIODS: tuple[Period, ...] = get_args(Period)
MONEY = METRICS.index("money")

MONEY_DIGITS = 8
_PER_UNIT = 10**MONEY_DIGITS
# 64-bit counters of quanta hold 9.2 x 10^10 units.
LARGEST_AMOUNT = 90_000_000_000

# What a call needs of each metric, in the order of METRICS.
Needs = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of one metric that one scope may use in one period.

    Attributes
    ----------
    id : int
        Number of its row.
    scope, scope_id : str
        Whom it holds: an organisation, a project or a key.
    metric, period : str
        What is counted, and over what; `concurrent` has no period.
    currency : str
        ISO 4217; empty unless money is counted.
    amount : int
        In requests, tokens, calls at once, or quanta of the currency.
    """

    id: int
    scope: Scope
    scope_id: str
    metric: Metric
    period: Period
    currency: str
    amount: int

    @property
    def shown(self) -> Decimal:
        """The amount in units that people read."""
        return from_quanta(self.amount, self.metric)

    @property
    def name(self) -> str:
        """Name it in a message.

        >>> Limit(1, "key", "key_a", "tokens_out", "day", "", 5000).name
        'tokens_out per day of key `key_a`'
        """
        what = f"money in {self.currency}" if self.metric == "money" else self.metric
        return f"{what}{f' per {self.period}' if self.period else ''} of {self.scope} `{self.scope_id}`"


def to_quanta(amount: Decimal, metric: str) -> int:
    """Turn an amount into whole units of counting.

    >>> to_quanta(Decimal("12.5"), "money"), to_quanta(Decimal(7), "requests")
    (1250000000, 7)
    """
    return int(amount.scaleb(MONEY_DIGITS)) if metric == "money" else int(amount)


def from_quanta(amount: int, metric: str) -> Decimal:
    """Turn whole units of counting into an amount that people read.

    >>> from_quanta(1_250_000_000, "money"), from_quanta(7, "requests")
    (Decimal('12.50000000'), Decimal('7'))
    """
    return Decimal(amount).scaleb(-MONEY_DIGITS) if metric == "money" else Decimal(amount)


def money_text(quanta: int) -> str:
    """Return an amount of money that is not negative in decimal digits; a quarter of the price of `from_quanta`.

    >>> money_text(1_250_000_000), money_text(720)
    ('12.50000000', '0.00000720')
    """
    return f"{quanta // _PER_UNIT}.{quanta % _PER_UNIT:0{MONEY_DIGITS}d}"


def period_bounds(period: Period, at_s: float, zone: ZoneInfo) -> tuple[int, int]:
    """Return the start and the end of the calendar period that a moment falls into, in seconds since 1970 UTC.

    Parameters
    ----------
    period : str
        ``minute``, ``day``, ``month``, or empty for what has no end.
    at_s : float
        The moment, seconds since 1970 UTC.
    zone : ZoneInfo
        The time zone whose midnights count. A day of 23 or 25 hours is one day.

    Examples
    --------
    >>> start, end = period_bounds("day", 1_800_000_000, ZoneInfo("Asia/Jakarta"))
    >>> str(datetime.fromtimestamp(start, ZoneInfo("Asia/Jakarta"))), (end - start) // 3600
    ('2027-01-15 00:00:00+07:00', 24)
    """
    if period == "":
        return 0, 2**53
    if period == "minute":  # every zone in use today stands off UTC by whole minutes
        start = int(at_s) // 60 * 60
        return start, start + 60
    local = datetime.fromtimestamp(at_s, zone)
    first = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period == "day":
        following = first.replace(tzinfo=None) + timedelta(days=1)
    else:
        first = first.replace(day=1)
        following = (first.replace(tzinfo=None) + timedelta(days=32)).replace(day=1)
    return int(first.timestamp()), int(following.replace(tzinfo=zone).timestamp())
