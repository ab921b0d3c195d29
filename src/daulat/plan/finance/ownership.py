# SPDX-License-Identifier: Apache-2.0
"""Who owns how much: equity paid in and sales in, shares by year out. Shares sum to 1 in every year and draw."""

from __future__ import annotations

import numpy as np

from daulat.plan.finance.types import CENT_USD, Float64


class Owners:
    """Ownership after equity paid in. `share`: float64[n_parties, n_draws, n_years], at the end of each year."""

    def __init__(self, n_parties: int, n_draws: int, n_years: int) -> None:
        self._paid = np.zeros((n_parties, n_draws))
        self.share = np.zeros((n_parties, n_draws, n_years))

    def pay_in(self, party: int, usd: Float64) -> None:
        """Count equity of a party: cash, or land in kind."""
        self._paid[party] += usd

    def close_year(self, t: int, agreed: Float64) -> None:
        """Fix the shares of a year; before anybody has paid in they are as agreed, float64[n_parties]."""
        total = self._paid.sum(axis=0)
        before = np.broadcast_to(agreed[:, None], self._paid.shape).copy()
        self.share[:, :, t] = np.divide(self._paid, total, out=before, where=total > CENT_USD)

    def transfer(self, seller: int, buyer: int, share: float, multiple: float) -> Float64:
        """Sell a share of the whole, or what the seller has if that is less; return the price, float64[n_draws]."""
        total = self._paid.sum(axis=0)
        moved = np.minimum(share * total, self._paid[seller])
        self._paid[seller] -= moved
        self._paid[buyer] += moved
        price: Float64 = moved * multiple
        return price
