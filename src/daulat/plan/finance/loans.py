# SPDX-License-Identifier: Apache-2.0
"""The loan book: drawings in, interest and principal by year out.

Each year's drawing is a tranche with the loan's terms, so that later phases are repaid over their own tenor. Interest
is on what was owed when the year began. Annuity: R. Brealey, S. Myers, F. Allen, *Principles of Corporate Finance*,
ch. 2.
"""

from __future__ import annotations

import math

import numpy as np

from daulat.plan.finance.types import Float64, Loan


def level_payment(owed_usd: float, rate: float, years: int) -> float:
    """Return the equal payment a year that repays a debt with interest.

    Raises
    ------
    ValueError
        If there is no year to pay in.

    Examples
    --------
    >>> round(level_payment(1000.0, 0.05, 10), 2)  # 1000 x 0.05 / (1 - 1.05**-10)
    129.5
    >>> level_payment(1000.0, 0.0, 4)
    250.0
    """
    if years < 1:
        raise ValueError(f"a debt is repaid over one year or more, not {years}")
    return owed_usd * (rate / -math.expm1(-years * math.log1p(rate))) if rate > 0 else owed_usd / years


class LoanBook:
    """What is drawn, due and owed on each loan, float64[n_loans, n_draws, n_years]; owed at the end of each year."""

    def __init__(self, loans: tuple[Loan, ...], n_draws: int, n_years: int) -> None:
        self._loans = loans
        self.drawn, self.due, self.owed = np.zeros((3, len(loans), n_draws, n_years))
        # float64[loan, draw, year drawn]: what is still owed of each tranche.
        self._tranches = np.zeros((len(loans), n_draws, n_years))

    def draw(self, t: int, phase: str, need: Float64) -> Float64:
        """Draw on every loan of the phase; return float64[n_loans, n_draws]."""
        share = np.array([loan.gearing if phase in loan.phases else 0.0 for loan in self._loans])
        drawn: Float64 = share[:, None] * np.maximum(need, 0.0)[None, :]
        self._tranches[:, :, t] = self.drawn[:, :, t] = drawn
        return drawn

    def pay(self, t: int) -> tuple[Float64, Float64]:
        """Return interest and principal due in year t, float64[n_loans, n_draws] each, and take them off."""
        interest = np.zeros(self._tranches.shape[:2])
        principal = np.zeros(self._tranches.shape[:2])
        for place, loan in enumerate(self._loans):
            for drawn in range(t):
                owed = self._tranches[place, :, drawn]
                interest[place] += loan.rate * owed
                paid = owed * _repaid_share(loan, t - drawn)
                principal[place] += paid
                self._tranches[place, :, drawn] = owed - paid
        self.due[:, :, t] = interest + principal
        self.owed[:, :, t] = self._tranches.sum(axis=2)
        return interest, principal

    def settle(self, worth: Float64) -> Float64:
        """Pay every loan back from what there is, at the plan's end; return what was paid, float64[n_loans, n_draws].

        Loans rank equally: where there is too little, each gets the same share of what it is owed.
        """
        owed = self.owed[:, :, -1]
        whole = owed.sum(axis=0)
        paid: Float64 = owed * np.divide(worth, whole, out=np.ones_like(whole), where=whole > worth)
        self.owed[:, :, -1] = owed - paid
        return paid


def _repaid_share(loan: Loan, age: int) -> float:
    """Return the share of what is still owed that is repaid at an age in years."""
    left = loan.tenor_years - age + 1  # payments to come, this one included
    if age <= loan.grace_years or left < 1:
        return 0.0
    if loan.repayment == "equal_principal" or loan.rate == 0:
        return 1 / left
    return level_payment(1.0, loan.rate, left) - loan.rate
