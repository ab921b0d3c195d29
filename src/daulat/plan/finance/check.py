# SPDX-License-Identifier: Apache-2.0
"""What a deal must be before money flows: a deal and its project in, nothing or every fault at once out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from daulat.plan.finance.errors import DealError
from daulat.plan.finance.types import Deal, Project

_ROUNDING = 1e-9


def check_deal(deal: Deal, project: Project) -> None:
    """Raise `DealError` with every fault of a deal."""
    faults = [
        *_names(deal),
        *_phases(deal, project),
        *_shares(deal),
        *_loans(deal),
        *_transfers(deal, project),
        *_numbers(project),
    ]
    if faults:
        raise DealError(
            f"the deal has {len(faults)} fault{'s' if len(faults) > 1 else ''}: " + "; ".join(faults),
            why="Money would be counted twice or not at all.",
            fix="correct `plan.deal` in nation.yaml, then run `daulat plan` again.",
            code="plan.deal",
        )


def _names(deal: Deal) -> Iterator[str]:
    parties, phases = [p.name for p in deal.parties], [p.name for p in deal.phases]
    for kind, given in (("party", parties), ("phase", phases), ("loan", [loan.name for loan in deal.loans])):
        for name in sorted({name for name in given if given.count(name) > 1}):
            yield f"the {kind} {name!r} is named twice"
    named: list[tuple[str, Sequence[str]]] = [
        ("stakes", [s.party for s in deal.stakes]),
        ("loans", [loan.lender for loan in deal.loans]),
        ("buy_outs", [name for b in deal.buy_outs for name in (b.seller, b.buyer)]),
        ("reciprocal", [r.party for r in deal.reciprocal]),
        ("control.keys_held_by", deal.control.keys_held_by),
        ("control.may_switch_off", deal.control.may_switch_off),
        ("control.operated_by", deal.control.operated_by),
        ("control.golden_share", [deal.control.golden_share] if deal.control.golden_share else []),
        ("tax_to", [deal.tax_to] if deal.tax_to else []),
    ]
    for where, names in named:
        for name in sorted(set(names) - set(parties)):
            yield f"{where} names {name!r}, who is no party (parties: {', '.join(parties)})"
    in_phases: list[tuple[str, Sequence[str]]] = [
        ("stakes", [s.phase for s in deal.stakes]),
        ("loans", [p for loan in deal.loans for p in loan.phases]),
    ]
    for where, names in in_phases:
        for name in sorted(set(names) - set(phases)):
            yield f"{where} names the phase {name!r}, which is none (phases: {', '.join(phases)})"


def _phases(deal: Deal, project: Project) -> Iterator[str]:
    for phase in deal.phases:
        if phase.first_year > phase.last_year:
            yield f"phase {phase.name!r} ends in {phase.last_year}, before it begins in {phase.first_year}"
    ordered = sorted(deal.phases, key=lambda phase: phase.first_year)
    for before, after in pairwise(ordered):
        if after.first_year <= before.last_year:
            yield f"phases {before.name!r} and {after.name!r} overlap in {after.first_year}"
    covered = {year for phase in deal.phases for year in range(phase.first_year, phase.last_year + 1)}
    unpaid = [year for year in project.years if year not in covered]
    if unpaid:
        yield f"no phase covers {', '.join(map(str, unpaid))}; losses and new equipment of those years have no payer"


def _shares(deal: Deal) -> Iterator[str]:
    for phase in deal.phases:
        shares = [stake.equity_share for stake in deal.stakes if stake.phase == phase.name]
        if any(not 0 <= share <= 1 for share in shares):
            yield f"an equity share of phase {phase.name!r} is not from 0 to 1 (percent was meant?)"
        elif abs(sum(shares) - 1) > _ROUNDING:
            yield f"equity shares of phase {phase.name!r} sum to {sum(shares):g}, not to 1"
    for stake in deal.stakes:
        if stake.grant_usd < 0 or stake.land_usd < 0:
            yield f"the stake of {stake.party!r} in {stake.phase!r} holds a negative amount"


def _loans(deal: Deal) -> Iterator[str]:
    for phase in deal.phases:
        gearing = sum(loan.gearing for loan in deal.loans if phase.name in loan.phases)
        if gearing > 1 + _ROUNDING:
            yield f"loans pay {gearing:.0%} of phase {phase.name!r}"
    for loan in deal.loans:
        if not 0 <= loan.gearing <= 1:
            yield f"the gearing of loan {loan.name!r} is {loan.gearing:g}; it is a share from 0 to 1"
        if not 0 <= loan.rate < 1:
            yield f"the rate of loan {loan.name!r} is {loan.rate:g}; a share a year, e.g. 0.06 (percent was meant?)"
        if not 0 <= loan.grace_years < loan.tenor_years:
            yield f"loan {loan.name!r} has {loan.grace_years} years of grace in a tenor of {loan.tenor_years}"
    if not 0 <= deal.tax_rate < 1:
        yield f"tax_rate is {deal.tax_rate:g}; it is a share from 0 to 1 (percent was meant?)"


def _transfers(deal: Deal, project: Project) -> Iterator[str]:
    for sale in deal.buy_outs:
        if sale.year not in project.years:
            yield f"a buy-out is agreed for {sale.year}; the plan runs from {project.years[0]} to {project.years[-1]}"
        if not 0 < sale.share <= 1 or sale.multiple < 0:
            yield f"the buy-out of {sale.year} is of a share of {sale.share:g} at {sale.multiple:g} times its cost"
    for line in deal.reciprocal:
        if line.first_year > line.last_year or line.usd_per_year < 0:
            yield f"the reciprocal line of {line.party!r} has years or an amount that cannot be"


def _numbers(project: Project) -> Iterator[str]:
    shape = project.capex_usd.shape
    for name in ("capex_usd", "operating_usd", "revenue_usd", "depreciation_usd"):
        array = getattr(project, name)
        if array.shape != shape:
            yield f"project.{name} has the shape {array.shape}; expected {shape}"
        elif not np.isfinite(array).all() or (array < 0).any():
            yield f"project.{name} holds a value that is negative or no number"
    if project.residual_usd.shape != shape[:1] or not np.isfinite(project.residual_usd).all():
        yield f"project.residual_usd must hold one number for each of {shape[0]} draws"
