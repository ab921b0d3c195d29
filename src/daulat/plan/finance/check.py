# SPDX-License-Identifier: Apache-2.0
"""What a deal must be before money flows: a deal and its years in, nothing or every fault at once out.

The terms are checked before anything is planned, the project's numbers when its money is to flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from daulat.plan.finance.errors import DealError, DealFault
from daulat.plan.finance.types import Deal, Project

_ROUNDING = 1e-9


def check_terms(deal: Deal, years: range) -> None:
    """Raise `DealError` with every fault of a deal in a plan of these years, each with the path of its value."""
    _tell([*_of_terms(deal, years)])


def check_deal(deal: Deal, project: Project) -> None:
    """Raise `DealError` with every fault of a deal and of its project."""
    _tell([*_of_terms(deal, project.years), *_numbers(project)])


def _of_terms(deal: Deal, years: range) -> Iterator[DealFault]:
    yield from _names(deal)
    yield from _phases(deal, years)
    yield from _shares(deal)
    yield from _loans(deal)
    yield from _transfers(deal, years)


def _tell(faults: list[DealFault]) -> None:
    if faults:
        raise DealError(
            f"the deal has {len(faults)} fault{'s' if len(faults) > 1 else ''}: " + "; ".join(faults),
            why="Money would be counted twice or not at all.",
            fix="correct the deal, then run `daulat plan` again; docs/concepts/plan-finance.md lists its keys.",
            code="plan.deal",
            faults=faults,
        )


def _names(deal: Deal) -> Iterator[DealFault]:
    parties, phases = [p.name for p in deal.parties], [p.name for p in deal.phases]
    loans = [loan.name for loan in deal.loans]
    for kind, path, given in (("party", "parties", parties), ("phase", "phases", phases), ("loan", "loans", loans)):
        for name in sorted({name for name in given if given.count(name) > 1}):
            at = len(given) - 1 - given[::-1].index(name)
            yield DealFault(f"{path}[{at}].name", f"the {kind} {name!r} is named twice")
    for path, where, name in _parties_named(deal):
        if name not in parties:
            yield DealFault(path, f"{where} names {name!r}, who is no party (parties: {', '.join(parties)})")
    in_phases = [(f"stakes[{at}].phase", "stakes", one.phase) for at, one in enumerate(deal.stakes)]
    in_phases += [(f"loans[{at}].phases", "loans", name) for at, one in enumerate(deal.loans) for name in one.phases]
    for path, where, name in in_phases:
        if name not in phases:
            yield DealFault(path, f"{where} names the phase {name!r}, which is none (phases: {', '.join(phases)})")


def _parties_named(deal: Deal) -> Iterator[tuple[str, str, str]]:
    """Yield where a deal names a party: path, list and name."""
    for at, stake in enumerate(deal.stakes):
        yield f"stakes[{at}].party", "stakes", stake.party
    for at, loan in enumerate(deal.loans):
        yield f"loans[{at}].lender", "loans", loan.lender
    for at, sale in enumerate(deal.buy_outs):
        yield f"buy_outs[{at}].seller", "buy_outs", sale.seller
        yield f"buy_outs[{at}].buyer", "buy_outs", sale.buyer
    for at, line in enumerate(deal.reciprocal):
        yield f"reciprocal[{at}].party", "reciprocal", line.party
    control = deal.control
    for key in ("keys_held_by", "may_switch_off", "operated_by"):
        for name in getattr(control, key):
            yield f"control.{key}", f"control.{key}", name
    if control.golden_share:
        yield "control.golden_share", "control.golden_share", control.golden_share
    if deal.tax_to:
        yield "tax_to", "tax_to", deal.tax_to


def _phases(deal: Deal, years: range) -> Iterator[DealFault]:
    for at, phase in enumerate(deal.phases):
        if phase.first_year > phase.last_year:
            yield DealFault(
                f"phases[{at}].last_year",
                f"phase {phase.name!r} ends in {phase.last_year}, before it begins in {phase.first_year}",
            )
    ordered = sorted(enumerate(deal.phases), key=lambda one: one[1].first_year)
    for (_, before), (at, after) in pairwise(ordered):
        if after.first_year <= before.last_year:
            yield DealFault(
                f"phases[{at}].first_year",
                f"phases {before.name!r} and {after.name!r} overlap in {after.first_year}",
            )
    covered = {year for phase in deal.phases for year in range(phase.first_year, phase.last_year + 1)}
    unpaid = [year for year in years if year not in covered]
    if unpaid:
        told = f"no phase covers {', '.join(map(str, unpaid))}; losses and new equipment of those years have no payer"
        yield DealFault("phases", told)


def _shares(deal: Deal) -> Iterator[DealFault]:
    for phase in deal.phases:
        stakes = [(at, one.equity_share) for at, one in enumerate(deal.stakes) if one.phase == phase.name]
        wrong = [(at, share) for at, share in stakes if not 0 <= share <= 1]
        total = sum(share for _, share in stakes)
        for at, share in wrong:
            yield DealFault(
                f"stakes[{at}].equity_share",
                f"{share:g} is an equity share of phase {phase.name!r} that is not from 0 to 1 (percent was meant?)",
            )
        if not wrong and abs(total - 1) > _ROUNDING:
            at = stakes[-1][0] if stakes else 0
            yield DealFault(
                f"stakes[{at}].equity_share", f"equity shares of phase {phase.name!r} sum to {total:g}, not to 1"
            )
    for at, stake in enumerate(deal.stakes):
        for key in ("grant_usd", "land_usd"):
            amount = getattr(stake, key)
            if not 0 <= amount < np.inf:
                told = f"the stake of {stake.party!r} in {stake.phase!r} is {amount:g} US dollars; it is 0 or more"
                yield DealFault(f"stakes[{at}].{key}", told)


def _loans(deal: Deal) -> Iterator[DealFault]:
    for phase in deal.phases:
        paying = [(at, loan.gearing) for at, loan in enumerate(deal.loans) if phase.name in loan.phases]
        gearing = sum(share for _, share in paying)
        if gearing > 1 + _ROUNDING:
            yield DealFault(f"loans[{paying[-1][0]}].gearing", f"loans pay {gearing:.0%} of phase {phase.name!r}")
    for at, loan in enumerate(deal.loans):
        if not 0 <= loan.gearing <= 1:
            told = f"the gearing of loan {loan.name!r} is {loan.gearing:g}; it is a share from 0 to 1"
            yield DealFault(f"loans[{at}].gearing", told)
        if not 0 <= loan.rate < 1:
            told = f"the rate of loan {loan.name!r} is {loan.rate:g}; a share a year, e.g. 0.06 (percent was meant?)"
            yield DealFault(f"loans[{at}].rate", told)
        if not 0 <= loan.grace_years < loan.tenor_years:
            told = f"loan {loan.name!r} has {loan.grace_years} years of grace in a tenor of {loan.tenor_years}"
            yield DealFault(f"loans[{at}].grace_years", told)
    if not 0 <= deal.tax_rate < 1:
        told = f"tax_rate is {deal.tax_rate:g}; it is a share from 0 to 1 (percent was meant?)"
        yield DealFault("tax_rate", told)


def _transfers(deal: Deal, years: range) -> Iterator[DealFault]:
    for at, sale in enumerate(deal.buy_outs):
        if sale.year not in years:
            told = f"a buy-out is agreed for {sale.year}; the plan runs from {years[0]} to {years[-1]}"
            yield DealFault(f"buy_outs[{at}].year", told)
        if not 0 < sale.share <= 1 or not 0 <= sale.multiple < np.inf:
            told = f"the buy-out of {sale.year} is of a share of {sale.share:g} at {sale.multiple:g} times its cost"
            yield DealFault(f"buy_outs[{at}].share", f"{told}; shares are above 0 to 1, the multiple 0 or more")
    for at, line in enumerate(deal.reciprocal):
        if line.first_year > line.last_year or not 0 <= line.usd_per_year < np.inf:
            told = f"the reciprocal line of {line.party!r} has years or an amount that cannot be"
            yield DealFault(f"reciprocal[{at}]", told)


def _numbers(project: Project) -> Iterator[DealFault]:
    shape = project.capex_usd.shape
    for name in ("capex_usd", "operating_usd", "revenue_usd", "depreciation_usd"):
        array = getattr(project, name)
        if array.shape != shape:
            yield DealFault("", f"project.{name} has the shape {array.shape}; expected {shape}")
        elif not np.isfinite(array).all() or (array < 0).any():
            yield DealFault("", f"project.{name} holds a value that is negative or no number")
    if project.residual_usd.shape != shape[:1] or not np.isfinite(project.residual_usd).all():
        yield DealFault("", f"project.residual_usd must hold one number for each of {shape[0]} draws")
