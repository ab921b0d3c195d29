# SPDX-License-Identifier: Apache-2.0
"""A joint investment as it is agreed, and as it turns out.

In: who the parties are, what each puts in by phase, the loans, who may switch the service off. Out: every party's cash
by year, ownership, and the cover of the debt. Arrays are float64[n_draws, n_years]; money is nominal US dollars at the
end of each year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
CENT_USD = 0.01  # less than this is nothing: it divides by no rounding error
PartyKind = Literal["government", "foreign_partner", "local_private", "development_bank"]
Repayment = Literal["annuity", "equal_principal"]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who puts money in. `is_domestic` says whether it answers to the nation's own law."""

    name: str
    kind: PartyKind
    is_domestic: bool
    discount_rate: float = 0.1


@dataclass(frozen=True, slots=True)
class Phase:
    """Years in which money is put in on the same terms; both ends included."""

    name: str
    first_year: int
    last_year: int


@dataclass(frozen=True, slots=True)
class Stake:
    """What a party puts in during a phase.

    Attributes
    ----------
    equity_share : float
        Its share of all equity that the phase calls for, 0 to 1. The shares of a phase sum to 1.
    grant_usd : float
        Given without ownership, spread over the phase's need.
    land_usd : float
        Land or buildings in kind at their agreed value: counts as paid, and as equity.
    """

    party: str
    phase: str
    equity_share: float = 0.0
    grant_usd: float = 0.0
    land_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan that pays a share of each phase's need, after grants and land.

    Attributes
    ----------
    gearing : float
        Share of the need that it pays, 0 to 1. All loans of a phase together pay no more than all of it.
    rate : float
        Interest a year on what is owed at the year's start.
    tenor_years, grace_years : int
        From the first drawing to the last repayment; and until the first repayment. Interest is paid from the start.
    least_dscr : float
        Covenant: while something is due on it, nothing is distributed below this cover, and cash stays in the company.
    pledges_shares : bool
        Whether the lender takes the shares when the debt is not paid.
    """

    name: str
    lender: str
    phases: tuple[str, ...]
    gearing: float
    rate: float
    tenor_years: int
    grace_years: int = 0
    repayment: Repayment = "annuity"
    least_dscr: float = 1.2
    pledges_shares: bool = False


@dataclass(frozen=True, slots=True)
class BuyOut:
    """An agreed sale of a share of the whole at the end of a year, at a multiple of the equity paid in for it."""

    year: int
    seller: str
    buyer: str
    share: float
    multiple: float = 1.0


@dataclass(frozen=True, slots=True)
class Reciprocal:
    """What a party invests in its partner's own build-out in return, a year; it leaves the nation's project."""

    party: str
    to: str
    first_year: int
    last_year: int
    usd_per_year: float


@dataclass(frozen=True, slots=True)
class Control:
    """Who holds which levers, whatever the shares say.

    Attributes
    ----------
    majority : float
        The domestic parties must hold more than this share of the votes.
    golden_share : str
        The party without which nothing essential is decided; empty for none.
    keys_held_by, may_switch_off, operated_by : tuple of str
        Parties that hold the keys to weights and data, that can stop the service, that run it.
    step_in_days : int or None
        Within how many days the government may take over operation when the operator fails; None without such a right.
    buy_out_by : int or None
        The year by which the nation may own all of it; None without such a right.
    """

    majority: float = 0.5
    golden_share: str = ""
    keys_held_by: tuple[str, ...] = ()
    may_switch_off: tuple[str, ...] = ()
    operated_by: tuple[str, ...] = ()
    step_in_days: int | None = None
    buy_out_by: int | None = None


@dataclass(frozen=True, slots=True)
class Deal:
    """One joint investment, as agreed.

    Attributes
    ----------
    tax_rate : float
        On profit after depreciation and interest; losses are carried forward.
    tax_to : str
        The party that receives tax; empty: it leaves the parties' accounts.
    """

    parties: tuple[Party, ...]
    phases: tuple[Phase, ...]
    stakes: tuple[Stake, ...]
    loans: tuple[Loan, ...] = ()
    buy_outs: tuple[BuyOut, ...] = ()
    reciprocal: tuple[Reciprocal, ...] = ()
    control: Control = Control()
    tax_rate: float = 0.0
    tax_to: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """What is built and earned: float64[n_draws, n_years] each, in US dollars; `first_year` is a calendar year.

    Attributes
    ----------
    capex_usd : what must be paid, land included
    operating_usd : cost of running
    revenue_usd : what users, ministries and the budget pay
    depreciation_usd : for tax
    residual_usd : float64[n_draws]
        What the assets are worth when the plan ends: pays back loans first, then goes to the owners.
    """

    first_year: int
    capex_usd: Float64
    operating_usd: Float64
    revenue_usd: Float64
    depreciation_usd: Float64
    residual_usd: Float64

    @property
    def years(self) -> range:
        """The calendar years of the plan."""
        return range(self.first_year, self.first_year + self.capex_usd.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """How the deal turns out. Parties and loans stand in the deal's order.

    Attributes
    ----------
    party_usd : float64[n_parties, n_draws, n_years]
        What each party receives less what it pays, whatever for.
    equity_paid_usd, grant_usd, land_usd, lent_usd, repaid_usd, interest_usd, distributed_usd : the same shape
        Its parts: paid in as equity in cash, given, put in as land, lent, received as principal, as interest, as owner.
    reciprocal_usd : the same shape
        Paid into a partner's own build-out.
    sold_usd, bought_usd, taxed_usd : the same shape
        Received and paid for shares that change hands; received as tax.
    ownership : float64[n_parties, n_draws, n_years]
        Share at the end of each year; sums to 1 once anybody has paid in.
    tax_usd, cash_usd : float64[n_draws, n_years]
        Paid; kept in the company at the year's end.
    drawn_usd, due_usd, owed_usd : float64[n_loans, n_draws, n_years]
        Drawn in each year; interest and principal due in it; owed at its end.
    dscr : float64[n_draws, n_years]
        Cash available for debt over what is due; infinite where nothing is due. Loans rank equally, so that it is the
        cover of each loan in the years in which something is due on it.
    """

    party_usd: Float64
    equity_paid_usd: Float64
    grant_usd: Float64
    land_usd: Float64
    lent_usd: Float64
    repaid_usd: Float64
    interest_usd: Float64
    distributed_usd: Float64
    reciprocal_usd: Float64
    sold_usd: Float64
    bought_usd: Float64
    taxed_usd: Float64
    ownership: Float64
    tax_usd: Float64
    cash_usd: Float64
    drawn_usd: Float64
    due_usd: Float64
    owed_usd: Float64
    dscr: Float64

    @property
    def paid_usd(self) -> Float64:
        """What each party pays, whatever for; what it receives in the same year is not taken off."""
        given = self.equity_paid_usd + self.grant_usd + self.land_usd + self.lent_usd
        return given + self.reciprocal_usd + self.bought_usd

    @property
    def received_usd(self) -> Float64:
        """What each party receives, whatever for."""
        return self.repaid_usd + self.interest_usd + self.distributed_usd + self.sold_usd + self.taxed_usd

    def cover_of(self, loans: Sequence[int]) -> Float64:
        """Return the cover of some loans, float64[n_draws, n_years]; NaN where nothing is due on any of them."""
        cover: Float64 = np.where(self.due_usd[list(loans)].sum(axis=0) > CENT_USD, self.dscr, np.nan)
        return cover
