# SPDX-License-Identifier: Apache-2.0
"""The cash waterfall: a deal and a project in, every party's cash by year out.

Each year, in this order. **In**: revenue, what was kept, grants, land, loans drawn. **Out**: building, running, tax,
interest, principal. What lacks is called from the owners in the shares of the phase; what is left goes to the owners
by ownership, unless cover is below the covenant of a loan with something due, when it is kept. At the plan's end what
was kept and what the assets are worth pay back the loans, in proportion to what is owed, and the rest goes to the
owners. Every dollar in goes somewhere: a property test adds them up. Nothing here draws random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daulat.plan.finance.check import check_deal
from daulat.plan.finance.loans import LoanBook
from daulat.plan.finance.ownership import Owners
from daulat.plan.finance.types import CENT_USD, Deal, Float64, Flows, Phase, Project


def run_deal(deal: Deal, project: Project) -> Flows:
    """Let the money flow through a deal, in every draw at once.

    Raises
    ------
    DealError
        If the deal contradicts itself; every fault at once.

    Examples
    --------
    A grant of 40 and equity build for 100; revenue of 30 a year goes to the owner.

    >>> import numpy as np
    >>> from daulat.plan.finance import Deal, Party, Phase, Project, Stake, run_deal
    >>> row = lambda *values: np.array([values], float)
    >>> deal = Deal((Party("treasury", "government", True), Party("bank", "development_bank", False)),
    ...             (Phase("all", 2027, 2028),),
    ...             (Stake("treasury", "all", equity_share=1.0), Stake("bank", "all", grant_usd=40.0)))
    >>> project = Project(2027, row(100, 0), row(0, 5), row(0, 30), row(0, 0), np.array([0.0]))
    >>> flows = run_deal(deal, project)
    >>> flows.party_usd[:, 0].tolist()
    [[-60.0, 25.0], [-40.0, 0.0]]
    """
    check_deal(deal, project)
    run = _Run.of(deal, project)
    for t, year in enumerate(project.years):
        run.one_year(t, year)
    run.wind_up()
    return run.flows()


@dataclass(slots=True, eq=False)
class _Run:
    deal: Deal
    project: Project
    place: dict[str, int]
    book: LoanBook
    owners: Owners
    parts: dict[str, Float64]
    tax: Float64
    cash: Float64
    dscr: Float64
    losses: Float64

    @classmethod
    def of(cls, deal: Deal, project: Project) -> _Run:
        n_parties, (n_draws, n_years) = len(deal.parties), project.capex_usd.shape
        paid = ("equity", "grant", "land", "lent", "reciprocal", "bought")
        received = ("repaid", "interest", "distributed", "sold", "taxed")
        return cls(
            deal,
            project,
            {party.name: p for p, party in enumerate(deal.parties)},
            LoanBook(deal.loans, n_draws, n_years),
            Owners(n_parties, n_draws, n_years),
            {name: np.zeros((n_parties, n_draws, n_years)) for name in (*paid, *received)},
            np.zeros((n_draws, n_years)),
            np.zeros((n_draws, n_years)),
            np.full((n_draws, n_years), np.inf),
            np.zeros(n_draws),
        )

    def one_year(self, t: int, year: int) -> None:
        """Run one year of the waterfall."""
        project = self.project
        phase = next(phase for phase in self.deal.phases if phase.first_year <= year <= phase.last_year)
        capex = project.capex_usd[:, t]
        need = capex - self._gifts(phase, t, capex)
        drawn = self.book.draw(t, phase.name, need)
        interest, principal = self.book.pay(t)
        operating = project.revenue_usd[:, t] - project.operating_usd[:, t]
        tax = self._tax(t, operating, interest.sum(axis=0))
        due = (interest + principal).sum(axis=0)
        available = operating - tax
        self.dscr[:, t] = np.divide(available, due, out=np.full_like(due, np.inf), where=due > CENT_USD)
        for place, loan in enumerate(self.deal.loans):
            lender = self.place[loan.lender]
            self.parts["lent"][lender, :, t] += drawn[place]
            self.parts["interest"][lender, :, t] += interest[place]
            self.parts["repaid"][lender, :, t] += principal[place]
        kept = self.cash[:, t - 1] if t else 0.0
        left = kept + available - due - need + drawn.sum(axis=0)
        self._call(phase, t, np.maximum(-left, 0.0))
        agreed = np.zeros(len(self.deal.parties))
        for stake in self.deal.stakes:
            agreed[self.place[stake.party]] += stake.equity_share * (stake.phase == phase.name)
        self.owners.close_year(t, agreed)
        self._distribute(t, np.maximum(left, 0.0))
        self._transfers(t, year)
        self.owners.close_year(t, agreed)

    def _gifts(self, phase: Phase, t: int, capex: Float64) -> Float64:
        """Book grants and land, spread over the phase's years by what each needs; return what they pay for."""
        years = slice(phase.first_year - self.project.first_year, phase.last_year - self.project.first_year + 1)
        whole = self.project.capex_usd[:, max(years.start, 0) : years.stop].sum(axis=1)
        part = np.divide(capex, whole, out=np.zeros_like(capex), where=whole > CENT_USD)
        stakes = [stake for stake in self.deal.stakes if stake.phase == phase.name]
        promised = sum(stake.grant_usd + stake.land_usd for stake in stakes)
        # Where more is promised than the phase needs, every promise is called in part.
        used = np.minimum(1.0, np.divide(whole, promised, out=np.ones_like(whole), where=promised > CENT_USD))
        for stake in stakes:
            party = self.place[stake.party]
            self.parts["grant"][party, :, t] += stake.grant_usd * part * used
            self.parts["land"][party, :, t] += stake.land_usd * part * used
            self.owners.pay_in(party, stake.land_usd * part * used)
        called: Float64 = promised * part * used
        return called

    def _tax(self, t: int, operating: Float64, interest: Float64) -> Float64:
        profit = operating - self.project.depreciation_usd[:, t] - interest
        taxable = np.maximum(profit - self.losses, 0.0)
        self.losses = np.maximum(self.losses - profit, 0.0)
        self.tax[:, t] = self.deal.tax_rate * taxable
        if self.deal.tax_to:
            self.parts["taxed"][self.place[self.deal.tax_to], :, t] = self.tax[:, t]
        return self.tax[:, t]

    def _call(self, phase: Phase, t: int, amount: Float64) -> None:
        for stake in self.deal.stakes:
            if stake.phase == phase.name and stake.equity_share > 0:
                party = self.place[stake.party]
                self.parts["equity"][party, :, t] += stake.equity_share * amount
                self.owners.pay_in(party, stake.equity_share * amount)

    def _distribute(self, t: int, left: Float64) -> None:
        # A covenant binds in the years in which something is due on its loan: not before it is drawn or once repaid.
        bound = np.zeros_like(left)
        for place, loan in enumerate(self.deal.loans):
            due = self.book.due[place, :, t] > CENT_USD
            bound = np.maximum(bound, np.where(due, loan.least_dscr, 0.0))
        free = self.dscr[:, t] >= bound
        self.cash[:, t] = np.where(free, 0.0, left)
        self.parts["distributed"][:, :, t] += self.owners.share[:, :, t] * np.where(free, left, 0.0)

    def _transfers(self, t: int, year: int) -> None:
        for sale in self.deal.buy_outs:
            if sale.year == year:
                seller, buyer = self.place[sale.seller], self.place[sale.buyer]
                price = self.owners.transfer(seller, buyer, sale.share, sale.multiple)
                self.parts["sold"][seller, :, t] += price
                self.parts["bought"][buyer, :, t] += price
        for line in self.deal.reciprocal:
            if line.first_year <= year <= line.last_year:
                self.parts["reciprocal"][self.place[line.party], :, t] += line.usd_per_year

    def wind_up(self) -> None:
        """End the plan: what is kept and what the assets are worth pay loans, then owners."""
        last = self.cash.shape[1] - 1
        worth = self.cash[:, last] + np.maximum(self.project.residual_usd, 0.0)
        self.cash[:, last] = 0.0
        paid = self.book.settle(worth)
        for place, loan in enumerate(self.deal.loans):
            self.parts["repaid"][self.place[loan.lender], :, last] += paid[place]
        left = np.maximum(worth - paid.sum(axis=0), 0.0)  # shares of a debt sum to it but for the last digit
        self.parts["distributed"][:, :, last] += self.owners.share[:, :, last] * left

    def flows(self) -> Flows:
        """Return everything, with each party's own sum."""
        part = self.parts
        paid = part["equity"] + part["grant"] + part["land"] + part["lent"] + part["reciprocal"] + part["bought"]
        received = part["repaid"] + part["interest"] + part["distributed"] + part["sold"] + part["taxed"]
        return Flows(
            party_usd=received - paid,
            equity_paid_usd=part["equity"],
            grant_usd=part["grant"],
            land_usd=part["land"],
            lent_usd=part["lent"],
            repaid_usd=part["repaid"],
            interest_usd=part["interest"],
            distributed_usd=part["distributed"],
            reciprocal_usd=part["reciprocal"],
            sold_usd=part["sold"],
            bought_usd=part["bought"],
            taxed_usd=part["taxed"],
            ownership=self.owners.share,
            tax_usd=self.tax,
            cash_usd=self.cash,
            drawn_usd=self.book.drawn,
            due_usd=self.book.due,
            owed_usd=self.book.owed,
            dscr=self.dscr,
        )
