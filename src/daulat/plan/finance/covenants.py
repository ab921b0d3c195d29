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
from daulat.plan.note import Note, note

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
    why : Note, optional
        Why it does not hold; None where it does.
    fix : Note
        What would mend it.
    is_tested : bool
        Whether the plan reaches the year in which the rule falls due; if not, it is not broken either.
    """

    name: str
    broken: Bools
    years: tuple[int, ...]
    why: Note | None
    fix: Note
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
    >>> rules = [Covenant("keys", np.array([[False, True]]), (2028,), None, Note("fix_keys")),
    ...          Covenant("switch", np.array([[False, False]]), (), None, Note("fix_switch"))]
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
        note("why_majority", share=float(share.min(initial=1.0))),
        note("fix_majority", majority=deal.control.majority),
    )


def _keys(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    holders = deal.control.keys_held_by
    return _fixed(
        "keys",
        bool(holders) and not _foreign(deal, holders),
        flows,
        first_year,
        note("why_keys", holders=_listed(holders)),
        note("fix_keys"),
    )


def _switch(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    holders = deal.control.may_switch_off
    return _fixed(
        "switch",
        bool(holders) and not _foreign(deal, holders),
        flows,
        first_year,
        note("why_switch", holders=_listed(holders)),
        note("fix_switch"),
    )


def _operation(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    foreign = _foreign(deal, deal.control.operated_by)
    days = deal.control.step_in_days
    fine = bool(deal.control.operated_by) and (not foreign or (days is not None and days <= _LONGEST_STEP_IN_DAYS))
    right = note("no_step_in") if days is None else note("step_in", days=days)
    return _fixed(
        "operation",
        fine,
        flows,
        first_year,
        note("why_operation", holders=_listed(deal.control.operated_by), right=right),
        note("fix_operation", days=_LONGEST_STEP_IN_DAYS),
    )


def _buy_out(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    n_years = flows.dscr.shape[1]
    years, last_year = first_year + np.arange(n_years), first_year + n_years - 1
    foreign = [not party.is_domestic for party in deal.parties]
    owned = flows.ownership[foreign].sum(axis=0)
    fix = note("fix_buy_out")
    by = deal.control.buy_out_by
    # Where no right is agreed, what is left at the end cannot be bought; before, a buy-out of the schedule may come.
    due = last_year if by is None else by
    broken = (owned > _ROUNDING) & (years >= due)
    at_end = float(owned[:, -1].max(initial=0.0))
    if by is not None and by > last_year and (owned[:, -1] > _ROUNDING).any():
        # No year to name and no draw that breaks it: whether the shares are bought by then, these years cannot show.
        why = note("why_buy_out_untested", last_year=last_year, by=by, share=at_end)
        return Covenant("buy-out", broken, (), why, note("fix_buy_out_longer", by=by, fix=fix), is_tested=False)
    if by is None:
        return _judged("buy-out", broken, first_year, note("why_buy_out_open", share=at_end), fix)
    late = [int(year) for year in years[broken.any(axis=0)]] or [last_year]  # of a rule that is kept nobody reads why
    most = float(owned[:, late[-1] - first_year].max(initial=0.0))
    return _judged("buy-out", broken, first_year, note("why_buy_out_late", share=most, year=late[-1], by=by), fix)


def _pledge(deal: Deal, flows: Flows, first_year: int) -> Covenant:
    domestic = {party.name for party in deal.parties if party.is_domestic}
    pledged = [at for at, loan in enumerate(deal.loans) if loan.pledges_shares and loan.lender not in domestic]
    due = flows.due_usd[pledged].sum(axis=0) > CENT_USD
    return _judged(
        "pledge",
        due & (flows.dscr < 1),
        first_year,
        note("why_pledge", loans=_listed([deal.loans[at].name for at in pledged])),
        note("fix_pledge"),
    )


def _foreign(deal: Deal, names: Collection[str]) -> list[str]:
    domestic = {party.name for party in deal.parties if party.is_domestic}
    return [name for name in names if name not in domestic]


def _listed(names: Collection[str]) -> list[str] | Note:
    return list(names) or note("nobody")


def _fixed(name: str, fine: bool, flows: Flows, first_year: int, why: Note, fix: Note) -> Covenant:
    """Judge a rule that depends on the papers alone: it holds always or never."""
    return _judged(name, np.full(flows.dscr.shape, not fine), first_year, why, fix)


def _judged(name: str, broken: Bools, first_year: int, why: Note, fix: Note) -> Covenant:
    years = tuple(int(first_year + t) for t in np.flatnonzero(broken.any(axis=0)))
    return Covenant(name, broken, years, why if years else None, fix)
