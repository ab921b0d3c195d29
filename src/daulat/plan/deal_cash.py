# SPDX-License-Identifier: Apache-2.0
"""The cash of a deal: what the plan builds, spends and earns, run through an agreement and its scenarios.

Comes in: a `Plan` and an `Agreement`. Goes out: the chain's cash as a `Project`, and the `Flows` of the deal as agreed
and in each scenario. The money is worked out in `daulat.plan.finance`. Derivation: docs/concepts/plan-finance.md
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from daulat.plan.chain import Plan, cash_needs
from daulat.plan.deal import Agreement, Revenue, Scenario
from daulat.plan.errors import Faults, InputError
from daulat.plan.figures import Floats
from daulat.plan.finance import Deal, DealError, Flows, Project, check_terms, run_deal
from daulat.plan.sizing.fleet import whole_years


def project_of(plan: Plan, revenue: Revenue) -> tuple[Project, float | None]:
    """Return the chain's cash as a project, and the fee that was set.

    Every year's hardware is written off over its life, buildings over theirs, straight-line; what is left of both, and
    land at what it cost, is what the assets are worth at the end. Land is not written off.
    """
    v, money = plan.values, cash_needs(plan)
    residual = plan.cost.residual_usd
    years = np.arange(money["capex_usd"].shape[1])[None, :]
    prices = (1 + v("money.inflation_per_year")) ** years
    fee: float | None = None
    if revenue.basis == "saved":
        earned = money["revenue_usd"]
    elif revenue.basis == "price":
        fee, earned = revenue.usd_per_mtok, money["tokens"] / 1e6 * revenue.usd_per_mtok * prices
    else:
        worth = (1 + revenue.rate) ** -years.astype(float)
        cost = (money["capex_usd"] * worth).sum(axis=1) - residual * worth[0, -1]
        base = plan.fleet.accelerators_installed * prices
        each = cost / np.maximum((base * worth).sum(axis=1), 1e-300) * (1 + revenue.margin)
        running = money["opex_usd"]
        if revenue.basis == "capacity":
            fee = float(np.median(each))
            each = np.full_like(each, fee)
            running = np.median(running, axis=0, keepdims=True)
        earned = base * np.maximum(each, 0)[:, None] + running
    written_off = _straight_line(money["hardware_usd"], v("money.hardware_life_years"))
    written_off = written_off + _straight_line(money["buildings_usd"], v("money.facility_life_years"))
    shape = money["capex_usd"].shape
    capex, opex, earned, written_off = (
        np.broadcast_to(one, shape) for one in (money["capex_usd"], money["opex_usd"], earned, written_off)
    )
    return Project(plan.case.settings.start_year, capex, opex, earned, written_off, residual), fee


def run_agreement(plan: Plan, agreement: Agreement) -> tuple[Flows, Project, float | None]:
    """Let the money of a plan flow through an agreement.

    Raises
    ------
    DealError
        If the deal contradicts itself or the years of the plan; see `check_agreement`.
    """
    project, fee = project_of(plan, agreement.revenue)
    return run_deal(agreement.deal, project), project, fee


def run_scenarios(plan: Plan, agreement: Agreement, project: Project) -> Iterator[tuple[Scenario, Deal, Flows]]:
    """Let the money flow as each scenario of the agreement says; `project` is the plan's cash as it was agreed.

    Raises
    ------
    DealError
        If the deal as a scenario changes it contradicts itself.
    """
    for one, deal, revenue in agreement.scenarios:
        earned = project if revenue == agreement.revenue else project_of(plan, revenue)[0]
        then = dataclasses.replace(
            project,
            revenue_usd=earned.revenue_usd * one.revenue_factor,
            capex_usd=project.capex_usd * one.capex_factor,
            depreciation_usd=project.depreciation_usd * one.capex_factor,
            residual_usd=project.residual_usd * one.capex_factor,
            operating_usd=project.operating_usd * one.opex_factor,
        )
        yield one, deal, run_deal(deal, then)


def check_agreement(agreement: Agreement, years: range) -> None:
    """Check a deal, and the deal of each of its scenarios, against itself and the years of the plan.

    Raises
    ------
    InputFaultsError
        Every fault, with its file and line.
    """
    faults = Faults()
    stated = (
        ("", agreement.deal),
        *((f"in the scenario {one.name!r}: ", deal) for one, deal, _ in agreement.scenarios),
    )
    for when, deal in stated:
        try:
            check_terms(deal, years)
        except DealError as error:
            for one in error.faults:
                told = f"{agreement.place_of(one.path)}: {when}plan.deal.{one.path}: {one}"
                faults.add(InputError(told, why=error.why, fix=error.fix, code=error.code))
    faults.tell()


def _straight_line(spent: Floats, life_years: Floats) -> Floats:
    """Write off each year's spending in equal parts over its life, beginning in that year."""
    life = whole_years(life_years)
    found = np.zeros_like(spent)
    for t in range(spent.shape[1]):
        age = np.arange(spent.shape[1] - t)[None, :]
        found[:, t:] += np.where(age < life, spent[:, t : t + 1] / life, 0.0)
    return found
