# SPDX-License-Identifier: Apache-2.0
"""Sovereignty covenants: a deal and how it turns out in, each rule with the years and draws that break it out.

The question is whether the country keeps control in every year and in every draw. Each rule is judged in each of them;
it holds everywhere or it is broken, for a likely rule is not a covenant. A rule that falls due after the plan's last
year is neither: it is not tested, and does not count as held. Says what the papers must say; gives no legal advice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daulat.plan.finance.types import CENT_USD, Deal, Flows

Bools = NDArray[np.bool_]
_ROUNDING = 1e-9
_LONGEST_STEP_IN_DAYS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Covenant:
    """One rule, checked.

    Attributes
    ----------
    broken : bool[n_draws, n_years]
        Where it is broken.
    years : tuple of int
        Calendar years in which it is broken in some draw.
    is_tested : bool
        Whether the plan reaches the year in which the rule falls due; if not, it is not broken either.
    """

    name: str
    broken: Bools
    years: tuple[int, ...]
    why: str
    fix: str
    is_tested: bool = True

    @property
    def holds(self) -> bool:
        """Tell whether it was tested, and is broken in no year and no draw."""
        return self.is_tested and not self.years

    @property
    def share_broken(self) -> float:
        """Return the share of the draws in which it is broken in some year."""
        return float(self.broken.any(axis=1).mean())


def check_covenants(deal: Deal, flows: Flows, first_year: int) -> list[Covenant]:
    """Check every rule of control.

    Examples
    --------
    >>> import numpy as np
    >>> from daulat.plan.finance import Control, Deal, Party, Phase, Project, Stake, check_covenants, run_deal
    >>> row = lambda *values: np.array([values], float)
    >>> deal = Deal((Party("treasury", "government", True), Party("partner", "foreign_partner", False)),
    ...             (Phase("all", 2027, 2028),),
    ...             (Stake("treasury", "all", 0.4), Stake("partner", "all", 0.6)),
    ...             control=Control(keys_held_by=("treasury",), may_switch_off=("treasury",), step_in_days=7,
    ...                             operated_by=("partner",), buy_out_by=2028))
    >>> project = Project(2027, row(100, 0), row(0, 5), row(0, 30), row(0, 0), np.array([0.0]))
    >>> [rule.name for rule in check_covenants(deal, run_deal(deal, project), 2027) if not rule.holds]
    ['majority', 'buy-out']
    """
    rules: tuple[Callable[[Deal, Flows, int], Covenant], ...] = (
        _majority,
        _keys,
        _switch,
        _operation,
        _buy_out,
        _pledge,
    )
    return [rule(deal, flows, first_year) for rule in rules]


def keeps_control(covenants: Collection[Covenant]) -> bool:
    """Say whether the country keeps control in every year and in every draw; what is not tested is not held."""
    return all(rule.holds for rule in covenants)


def control_kept(covenants: Collection[Covenant]) -> Bools:
    """Return where no rule is broken, bool[n_draws, n_years]; a rule that is not due yet breaks nothing.

    Examples
    --------
    >>> import numpy as np
    >>> rules = [Covenant("keys", np.array([[False, True]]), (2028,), "", ""),
    ...          Covenant("switch", np.array([[False, False]]), (), "", "")]
    >>> control_kept(rules).tolist()
    [[True, False]]
    """
    kept: Bools = ~np.logical_or.reduce([rule.broken for rule in covenants])
    return kept


def _majority(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    domestic = [party.is_domestic for party in deal.parties]
    share = flows.ownership[domestic].sum(axis=0)
    golden = deal.control.golden_share in {party.name for party in deal.parties if party.is_domestic}
    broken = (share <= deal.control.majority + _ROUNDING) & (not golden)
    return _judged(
        "majority",
        broken,
        first_year,
        f"domestic parties hold as little as {share.min(initial=1.0):.1%} of the shares",
        f"raise their equity above {deal.control.majority:.0%} in every phase, or give a domestic party a golden share",
    )


def _keys(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    holders = deal.control.keys_held_by
    return _fixed(
        "keys",
        bool(holders) and not _foreign(deal, holders),
        flows,
        first_year,
        f"the keys to weights and data are held by {_listed(holders)}",
        "let domestic parties alone hold them, in hardware on national soil",
    )


def _switch(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    holders = deal.control.may_switch_off
    return _fixed(
        "switch",
        bool(holders) and not _foreign(deal, holders),
        flows,
        first_year,
        f"the service can be stopped by {_listed(holders)}",
        "let domestic parties alone be able to stop it; no licence server, remote kill or update of another party",
    )


def _operation(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    foreign = _foreign(deal, deal.control.operated_by)
    days = deal.control.step_in_days
    fine = bool(deal.control.operated_by) and (not foreign or (days is not None and days <= _LONGEST_STEP_IN_DAYS))
    right = "without a right to step in" if days is None else f"with a right to step in after {days} days"
    return _fixed(
        "operation",
        fine,
        flows,
        first_year,
        f"it is run by {_listed(deal.control.operated_by)}, {right}",
        f"agree a right of the government to step in within {_LONGEST_STEP_IN_DAYS} days, with staff trained for it",
    )


def _buy_out(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    n_years = flows.dscr.shape[1]
    years, last_year = first_year + np.arange(n_years), first_year + n_years - 1
    foreign = [not party.is_domestic for party in deal.parties]
    owned = flows.ownership[foreign].sum(axis=0)
    fix = "agree a schedule of buy-outs with a price formula, or an option to buy at any time"
    by = deal.control.buy_out_by
    # Where no right is agreed, what is left at the end cannot be bought; before, a buy-out of the schedule may come.
    due = last_year if by is None else by
    broken = (owned > _ROUNDING) & (years >= due)
    at_end = f"foreign parties still own {owned[:, -1].max(initial=0.0):.1%} at the end"
    if by is not None and by > last_year and (owned[:, -1] > _ROUNDING).any():
        # No year to name and no draw that breaks it: whether the shares are bought by then, these years cannot show.
        why = f"not tested in this plan: it ends in {last_year}, and all is to be owned by {by}; {at_end}"
        fix = f"make a plan that reaches {by}, or {fix}"
        return Covenant("buy-out", broken, (), why, fix, is_tested=False)
    if by is None:
        return _judged("buy-out", broken, first_year, f"{at_end}; no right to buy them out is agreed", fix)
    late = [int(year) for year in years[broken.any(axis=0)]]
    until = f"at the end of {late[-1]}" if late else ""
    most = owned[:, late[-1] - first_year].max() if late else 0.0
    why = f"foreign parties still own {most:.1%} {until}, though all was to be owned by {by}"
    return _judged("buy-out", broken, first_year, why, fix)


def _pledge(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    domestic = {party.name for party in deal.parties if party.is_domestic}
    pledged = [at for at, loan in enumerate(deal.loans) if loan.pledges_shares and loan.lender not in domestic]
    due = flows.due_usd[pledged].sum(axis=0) > CENT_USD
    return _judged(
        "pledge",
        due & (flows.dscr < 1),
        first_year,
        f"cash does not cover the debt, and {_listed([deal.loans[at].name for at in pledged])} could take the shares",
        "leave the shares out of the security, or hold a reserve for a year's debt service",
    )


def _foreign(deal: Deal, names: Collection[str]) -> list[str]:
    domestic = {party.name for party in deal.parties if party.is_domestic}
    return [name for name in names if name not in domestic]


def _listed(names: Collection[str]) -> str:
    return ", ".join(names) or "nobody named"


def _fixed(name: str, fine: bool, flows: Flows, first_year: int, why: str, fix: str) -> Covenant:
    """Judge a rule that depends on the papers alone: it holds always or never."""
    return _judged(name, np.full(flows.dscr.shape, not fine), first_year, why, fix)


def _judged(name: str, broken: Bools, first_year: int, why: str, fix: str) -> Covenant:
    years = tuple(int(first_year + t) for t in np.flatnonzero(broken.any(axis=0)))
    return Covenant(name, broken, years, why if years else "", fix)
