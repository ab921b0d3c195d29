# SPDX-License-Identifier: Apache-2.0
"""What a plan leaves its data for: a plan in, a note for each place where it is carried on beyond them.

It changes nothing and reads only the planner's own tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from daulat.plan._tables import models, number, throughput_fit
from daulat.plan.inputs.settings import DATA_YEAR, Settings
from daulat.plan.note import Note, note
from daulat.plan.sizing.fleet import whole_years

if TYPE_CHECKING:
    from daulat.plan.chain import Plan

NATIONAL = "needs national input"  # the note of a default that stands in for a figure of the nation
CARRIED_YEARS = 5  # how long trends are taken to hold beyond the data
FEW_DRAWS = 100  # below it a tenth of the draws is fewer than ten of them: the ends of an interval are single draws
AT_RISK = 0.1  # share of the draws beyond the budget from which on it is told
IDLE = 0.02  # at work: below it a site was most likely meant smaller, or others should use it


def range_notes(plan: Plan) -> Iterator[Note]:
    """Yield where a plan leaves the data that its inputs were taken from."""
    draws = plan.values.n_draws
    if draws < FEW_DRAWS:
        yield note("draws_one") if draws == 1 else note("draws_few", draws=draws)
    power = float(np.median(plan.energy.site_power_mw[:, -1]))
    if power < 20:
        yield note("site_small", power=power)
    busy = float(np.median(plan.fleet.utilisation[:, -1]))
    if plan.case.settings.mode == "power" and busy < IDLE:
        yield note("site_idle", busy=busy)
    if power > 3300:
        yield note("site_large", power=power)
    yield from _beyond_the_grid(plan)
    fresh = plan.demand.prompt_tokens_per_request
    if float(np.quantile(fresh, 0.9)) > 9428 or float(np.quantile(plan.demand.output_tokens_per_request, 0.9)) > 3886:
        yield note("requests_long")
    settings = plan.case.settings
    yield from _unmeasured(settings)
    longest = float(np.quantile(fresh + plan.demand.output_tokens_per_request, 0.9))
    for model in dict.fromkeys(one.model for one in settings.services):
        context = number(models()[model], "context") or np.inf
        licence = models()[model]
        if licence["licence_class"] != "permissive":
            yield note("licence_terms", model=model, **{key: licence[key] for key in ("licence", "licence_class")})
        if longest > min(context, 49_152):
            yield note("requests_beyond", tokens=longest, model=model)
    yield from plan.import_notes()
    yield from _beyond_the_budget(plan)
    life = plan.case.assumptions["money.hardware_life_years"].value
    years = float(whole_years(np.array(life)))
    if life != years:
        yield note("life_rounded", life=life, years=years)
    recalled = sum(1 for one in plan.case.assumptions if one.basis == "recalled")
    if recalled:
        yield note("inputs_recalled", inputs=recalled)
    open_ones = [one.path for one in plan.case.assumptions if one.note == NATIONAL]
    if open_ones:
        yield note("inputs_national", inputs=open_ones)
    local = plan.case.assumptions["money.local_per_usd"].value
    if plan.case.place.currency != "USD" and local == 1:
        yield note("currency_no_rate", currency=plan.case.place.currency)


def _beyond_the_budget(plan: Plan) -> Iterator[Note]:
    """Yield how often the capital comes to more than the budget, not only whether its median does."""
    budget, capital = plan.case.settings.budget_usd, plan.capex.capex_usd
    share = float(np.mean(capital > budget))
    if budget and share > AT_RISK:
        middle = float(np.median(capital))
        yield note("budget_exceeded", share=share, capital=middle / 1e6, budget=budget / 1e6)


def _beyond_the_grid(plan: Plan) -> Iterator[Note]:
    """Yield where sites draw more than their grid is known to have to spare."""
    sites, grids = plan.case.sites, plan.case.grids
    power = np.median(plan.energy.site_power_mw, axis=0)[:, None] * sites.shares
    for grid in dict.fromkeys(one.grid for one in sites.sites):
        drawn = float(power[:, [one.grid == grid for one in sites.sites]].sum(axis=1).max())
        told = grids.figure(grid, "spare_mw")
        if told is not None and drawn > told.value:
            yield note("grid_short", drawn=drawn, grid=grid, spare=told.value, date=told.date)


def _unmeasured(settings: Settings) -> Iterator[Note]:
    """Yield where hardware, models and years are none that anything was measured of."""
    measured = throughput_fit()["measured"]
    if settings.accelerator not in measured["accelerator"]:
        yield note("accelerator_unmeasured", accelerator=settings.accelerator)
    unknown = [one.model for one in settings.services if one.model not in measured["model"]]
    if unknown:
        yield note("models_unmeasured", models=list(dict.fromkeys(unknown)))
    if settings.start_year > DATA_YEAR + CARRIED_YEARS:
        yield note("start_late", year=settings.start_year, data_year=DATA_YEAR)
