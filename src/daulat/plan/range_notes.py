# SPDX-License-Identifier: Apache-2.0
"""What a plan leaves its data for, in sentences: a plan in, a note for each place where it is carried on beyond them.

It changes nothing and reads only the planner's own tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from daulat.plan._tables import models, number, throughput_fit
from daulat.plan.inputs.settings import Settings

if TYPE_CHECKING:
    from daulat.plan.chain import Plan

NATIONAL = "needs national input"  # the note of a default that stands in for a figure of the nation
DATA_YEAR, CARRIED_YEARS = 2026, 5  # the newest rows of the tables, and how long their trends are taken to hold
IDLE = 0.02  # at work: below it a site was most likely meant smaller, or others should use it


def range_notes(plan: Plan) -> Iterator[str]:
    """Yield where a plan leaves the data that its inputs were taken from."""
    power = float(np.median(plan.energy.site_power_mw[:, -1]))
    if power < 20:
        yield f"{power:,.2f} MW: no public costs of sites below 20 MW; buildings are priced by an exponent of size"
    busy = float(np.median(plan.fleet.utilisation[:, -1]))
    if plan.case.settings.mode == "power" and busy < IDLE:
        yield f"only {busy:.2%} of the accelerators are at work in the last year: was site_power_mw meant in kW?"
    if power > 3300:
        yield f"{power:,.0f} MW: larger than any site in the table of costs (3,328 MW)"
    yield from _beyond_the_grid(plan)
    fresh = plan.demand.prompt_tokens_per_request
    if float(np.quantile(fresh, 0.9)) > 9428 or float(np.quantile(plan.demand.output_tokens_per_request, 0.9)) > 3886:
        yield "prompts or answers are longer than most measured workloads: throughput is extrapolated for some draws"
    settings = plan.case.settings
    yield from _unmeasured(settings)
    longest = float(np.quantile(fresh + plan.demand.output_tokens_per_request, 0.9))
    for model in dict.fromkeys(one.model for one in settings.services):
        context = number(models()[model], "context") or np.inf
        licence = models()[model]
        if licence["licence_class"] != "permissive":
            yield f"`{model}` is under {licence['licence']} ({licence['licence_class']}): read its terms first"
        if longest > min(context, 49_152):
            yield f"requests of {longest:,.0f} tokens (p90) are beyond what `{model}` reads or the curve holds"
    yield from plan.import_notes()
    budget, capital = plan.case.settings.budget_usd, float(np.median(plan.capex.capex_usd))
    if budget and capital > budget:
        yield f"capital of {capital / 1e6:,.0f} million USD is more than the budget of {budget / 1e6:,.0f} million USD"
    recalled = sum(1 for one in plan.case.assumptions if one.basis == "recalled")
    if recalled:
        yield f"{recalled} inputs are published figures cited from memory; confirm them: `daulat plan inputs`"
    open_ones = [one.path for one in plan.case.assumptions if one.note == NATIONAL]
    if open_ones:
        yield f"needs national input, placeholders until then: {', '.join(open_ones)}"
    local = float(plan.values("money.local_per_usd").flat[0])
    if plan.case.place.currency != "USD" and local == 1:
        yield f"no rate of {plan.case.place.currency} to the dollar given (money.local_per_usd): amounts are in USD"


def _beyond_the_grid(plan: Plan) -> Iterator[str]:
    """Yield where sites draw more than their grid is known to have to spare."""
    sites, grids = plan.case.sites, plan.case.grids
    power = np.median(plan.energy.site_power_mw, axis=0)[:, None] * sites.shares
    for grid in dict.fromkeys(one.grid for one in sites.sites):
        drawn = float(power[:, [one.grid == grid for one in sites.sites]].sum(axis=1).max())
        told = grids.figure(grid, "spare_mw")
        if told is not None and drawn > told.value:
            yield (
                f"{drawn:,.0f} MW on {grid}, which had {told.value:,.0f} MW to spare ({told.date}): "
                "new power stations have to come with it"
            )


def _unmeasured(settings: Settings) -> Iterator[str]:
    """Yield where hardware, models and years are none that anything was measured of."""
    measured = throughput_fit()["measured"]
    if settings.accelerator not in measured["accelerator"]:
        yield f"no throughput of {settings.accelerator} was measured: it is predicted from others"
    unknown = [one.model for one in settings.services if one.model not in measured["model"]]
    if unknown:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(unknown))
        yield f"no throughput of {names} was measured: it is predicted from models of like size and shape"
    if settings.start_year > DATA_YEAR + CARRIED_YEARS:
        yield (
            f"service begins in {settings.start_year}: prices, software and grids are those of {DATA_YEAR} and before,"
            " and are only carried on by their trends"
        )
