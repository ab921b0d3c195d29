# SPDX-License-Identifier: Apache-2.0
"""Sovereignty covenants: a deal and how it turns out in, each rule with the years and draws that break it out.

The question is whether the country keeps control in every year and in every draw. A rule either holds everywhere or it
is broken; a likely rule is not a covenant. A rule that falls due after the plan's last year is neither: it is not
tested, and does not count as held. Says what the papers must say; gives no legal advice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daulat.plan.finance.types import Deal, Flows

Bools = NDArray[np.bool_]
_ROUNDING = 1e-9
_LONGEST_STEP_IN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Covenant:
    """One rule, checked.

    Attributes
    ----------
    holds : bool
        In every year and every draw. False too where the plan ends before the rule falls due: see `is_tested`.
    years : tuple of int
        Calendar years in which it is broken in some draw.
    share_broken : float
        Share of the draws in which it is broken in some year.
    """

    name: str
    holds: bool
    years: tuple[int, ...]
    share_broken: float
    why: str
    fix: str

    @property
    def is_tested(self) -> bool:
        """Tell whether the plan reaches the year in which the rule falls due; if not, it is not broken either."""
        return self.holds or bool(self.years)


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
    last_year = first_year + flows.dscr.shape[1] - 1
    foreign = [not party.is_domestic for party in deal.parties]
    last = flows.ownership[foreign, :, -1].sum(axis=0)
    owned = f"foreign parties still own {last.max(initial=0.0):.1%} at the end"
    fix = "agree a schedule of buy-outs with a price formula, or an option to buy at any time"
    by = deal.control.buy_out_by
    if by is not None and by > last_year and (last > _ROUNDING).any():
        # No year to name and no draw that breaks it: whether the shares are bought by then, these years cannot show.
        why = f"not tested in this plan: it ends in {last_year}, and all is to be owned by {by}; {owned}"
        return Covenant("buy-out", False, (), 0.0, why, f"make a plan that reaches {by}, or {fix}")
    broken = np.zeros(flows.dscr.shape, bool)
    broken[:, -1] = last > _ROUNDING
    due = "; no right to buy them out is agreed" if by is None else f", though all was to be owned by {by}"
    return _judged("buy-out", broken, first_year, owned + due, fix)


def _pledge(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    domestic = {party.name for party in deal.parties if party.is_domestic}
    pledged = [loan.name for loan in deal.loans if loan.pledges_shares and loan.lender not in domestic]
    short = (flows.dscr < 1) if pledged else np.zeros(flows.dscr.shape, bool)
    return _judged(
        "pledge",
        short,
        first_year,
        f"cash does not cover the debt, and {_listed(pledged)} could take the shares",
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
    return Covenant(name, not years, years, float(broken.any(axis=1).mean()), "" if not years else why, fix)
