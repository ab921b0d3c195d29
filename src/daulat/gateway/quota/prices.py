# SPDX-License-Identifier: Apache-2.0
"""What a call costs: prices per million tokens, as declared, in; whole quanta of the currency, rounded up, out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from daulat.gateway.quota.model import MONEY_DIGITS

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one model.

    Attributes
    ----------
    currency : str
        ISO 4217.
    input_q, output_q, cached_q : int
        Quanta (10^-8 of the currency's unit) per million tokens: read, generated, and read from the prefix cache.
    """

    currency: str
    input_q: int
    output_q: int
    cached_q: int

    @classmethod
    def of(cls, currency: str, *, input: Decimal, output: Decimal, cached: Decimal | None = None) -> Price:
        """Make a price from units of the currency per million tokens; cached tokens cost as others by default.

        >>> Price.of("USD", input=Decimal("0.2"), output=Decimal("0.6")).cost_q(1000, 500)
        50000
        """
        quanta = [int(amount.scaleb(MONEY_DIGITS)) for amount in (input, output, input if cached is None else cached)]
        return cls(currency, *quanta)

    def cost_q(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> int:
        """Return the cost of a call in quanta, rounded up: 0.2 x 1000/10^6 + 0.6 x 500/10^6 is 0.0005 units."""
        fresh = prompt_tokens - cached_tokens
        total = self.input_q * fresh + self.cached_q * cached_tokens + self.output_q * completion_tokens
        return -(-total // _MILLION)


FREE = Price("", 0, 0, 0)


def dearest(prices: Iterable[Price]) -> Price:
    """Return a price that none of several exceeds, in the currency of the dearest, for a name that stands for them.

    Examples
    --------
    >>> small = Price.of("USD", input=Decimal("0.2"), output=Decimal("0.2"), cached=Decimal(0))
    >>> dearest([FREE, small, Price.of("USD", input=Decimal("0.1"), output=Decimal("0.6"))])
    Price(currency='USD', input_q=20000000, output_q=60000000, cached_q=10000000)
    """
    paid = [price for price in prices if price.currency] or [FREE]
    most = max(paid, key=lambda price: price.output_q)
    return Price(most.currency, max(p.input_q for p in paid), most.output_q, max(p.cached_q for p in paid))
