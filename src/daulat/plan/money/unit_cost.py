# SPDX-License-Identifier: Apache-2.0
"""Unit cost: what a million tokens cost over the plan, built by the nation, rented, or bought from a public API.

Comes in: money by year, tokens by year, `Values`. Goes out: a `UnitCost`. Levelised: present value of all costs, less
what hardware, buildings and land are still worth at the end, over the present value of the tokens. The service teams
are left out, for they are needed whichever way the tokens come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from daulat.plan.demand import Demand
from daulat.plan.figures import Floats, figure
from daulat.plan.inputs.draws import Values
from daulat.plan.inputs.settings import Settings
from daulat.plan.money.capex import Capex, land_of
from daulat.plan.money.opex import Opex
from daulat.plan.money.prices import slug
from daulat.plan.sizing import Fleet
from daulat.plan.sizing.fleet import HOURS_A_YEAR, whole_years

NEVER = np.inf


@dataclass(frozen=True)
class UnitCost:
    """Costs of a million tokens (read and written), and the three ways to get them."""

    page: ClassVar[str] = "plan-money.md"

    residual_usd: Floats = figure(
        "USD",
        "hardware and buildings x share of their life that is left at the end + land and its contingency, at cost",
        "accelerators_bought capex_usd_per_year facility_usd_per_year land_usd money.contingency_share "
        "money.hardware_life_years money.facility_life_years",
        about="What is still worth something at the end.",
        axes=(),
    )
    build_present_usd: Floats = figure(
        "USD",
        "sum of (cost - service teams) / (1 + r) ^ (year + 1/2) - residual / (1 + r) ^ years",
        "cost_usd_per_year service_teams_usd residual_usd money.discount_rate",
        about="Present value of building.",
        axes=(),
    )
    rent_usd_per_year: Floats = figure(
        "USD",
        "needed / (1 + spare) x served x 8760 h x price x (1 - reservation) x (1 - decline) ^ years since its date",
        "accelerators_needed served_share sizing.spare_share money.rent_usd_per_hour "
        "money.rent_reserved_discount money.rent_decline_per_year",
        about="Renting the same capacity.",
    )
    buy_usd_per_year: Floats = figure(
        "USD",
        "sum over services: (prompt x input price + output x output price) x served x (1 - decline) ^"
        " years since their date, with batch",
        "requests_per_year prompt_tokens_per_request output_tokens_per_request demand.batch_share "
        "served_share money.api_* money.api_price_decline_per_year",
        about="Buying the same tokens from a public API.",
    )
    own_share: Floats = figure(
        "share",
        "present value of own work / of all work, in accelerator-hours",
        "other_accelerators utilisation accelerators_installed money.discount_rate",
        about="Share of the work that is the nation's own.",
        axes=(),
    )
    cost_per_mtok: Floats = figure(
        "USD/Mtok",
        "present value of building x own share / present value of tokens",
        "build_present_usd own_share tokens_served_per_year money.discount_rate",
        about="Cost of a million tokens, read and written, built by the nation.",
        axes=(),
    )
    rent_per_mtok: Floats = figure(
        "USD/Mtok",
        "present value of renting / present value of tokens",
        "rent_usd_per_year tokens_served_per_year money.discount_rate",
        about="The same, rented.",
        axes=(),
    )
    buy_per_mtok: Floats = figure(
        "USD/Mtok",
        "present value of buying / present value of tokens",
        "buy_usd_per_year tokens_served_per_year money.discount_rate",
        about="The same, bought from a public API.",
        axes=(),
    )
    cost_per_accelerator_hour: Floats = figure(
        "USD/hour",
        "present value of building / present value of hours at work",
        "build_present_usd utilisation accelerators_installed money.discount_rate",
        about="Cost of an hour at work of one accelerator.",
        axes=(),
    )
    cost_per_mtok_by_service: Floats = figure(
        "USD/Mtok",
        "cost of an hour / (throughput x 3600 x (prompt + output) / output / 1e6)",
        "cost_per_accelerator_hour throughput_tok_s prompt_tokens_per_request output_tokens_per_request",
        about="Cost of a million tokens, by service (and so by its model).",
        axes=("service",),
    )
    buy_per_mtok_by_service: Floats = figure(
        "USD/Mtok",
        "(prompt x input price + output x output price) / (prompt + output), first year",
        "prompt_tokens_per_request output_tokens_per_request money.api_*",
        about="The same on a public API, by service.",
        axes=("service",),
    )
    capex_local: Floats = figure(
        "local",
        "capital over the plan x rate",
        "capex_usd money.local_per_usd",
        about="Capital over the plan in the nation's currency.",
        axes=(),
    )
    cost_per_mtok_local: Floats = figure(
        "local/Mtok",
        "cost of a million tokens x rate",
        "cost_per_mtok money.local_per_usd",
        about="Cost of a million tokens, built, in the nation's currency.",
        axes=(),
    )
    build_cheaper_than_rent_year: Floats = figure(
        "years",
        "first year whose sum of costs so far x own share is below that of renting and stays so; never: not within the "
        "plan",
        "cost_usd_per_year service_teams_usd own_share rent_usd_per_year",
        about="Years until building has cost less than renting.",
        axes=(),
    )
    build_cheaper_than_buy_year: Floats = figure(
        "years",
        "first year whose sum of costs so far x own share is below that of buying and stays so; never: not within the "
        "plan",
        "cost_usd_per_year service_teams_usd own_share buy_usd_per_year",
        about="Years until building has cost less than buying.",
        axes=(),
    )


def unit_cost(demand: Demand, fleet: Fleet, capex: Capex, opex: Opex, v: Values, settings: Settings) -> UnitCost:
    """Return the cost of a million tokens, and of the two other ways to get them."""
    years = np.arange(settings.horizon_years)[None, :]
    rate = v("money.discount_rate")
    discount = (1 + rate) ** -(years + 0.5)
    residual = _residual(capex, v, settings.horizon_years)
    spent = opex.cost_usd_per_year - opex.service_teams_usd
    build = (spent * discount).sum(axis=1) - residual * (1 + rate[:, 0]) ** -settings.horizon_years
    rent = (
        fleet.accelerators_needed
        / (1 + v("sizing.spare_share"))
        * fleet.served_share
        * HOURS_A_YEAR
        * v("money.rent_usd_per_hour")
        * (1 - v("money.rent_reserved_discount"))
        * (1 - v("money.rent_decline_per_year")) ** years
    )
    into, out = (_api(settings, v, side) for side in ("input", "output"))
    prompt, output = demand.prompt_tokens_per_request, demand.output_tokens_per_request
    a_request = (prompt * into + output * (1 + v("demand.batch_share")) * out) / 1e6
    cheaper = (1 - v("money.api_price_decline_per_year")) ** years
    buy = (demand.requests_per_year * a_request[:, None, :]).sum(axis=2) * fleet.served_share * cheaper
    work = fleet.utilisation * fleet.accelerators_installed * HOURS_A_YEAR
    all_hours = (work * discount).sum(axis=1)
    own_hours = ((work - fleet.other_accelerators * HOURS_A_YEAR) * discount).sum(axis=1)
    own = own_hours / np.maximum(all_hours, 1e-300)
    mtok = np.maximum((fleet.tokens_served_per_year * discount).sum(axis=1) / 1e6, 1e-300)
    hour = build / np.maximum(all_hours, 1e-300)
    cost = build * own / mtok
    local = v("money.local_per_usd")[:, 0]
    return UnitCost(
        residual_usd=residual,
        build_present_usd=build,
        rent_usd_per_year=rent,
        buy_usd_per_year=buy,
        own_share=own,
        cost_per_mtok=cost,
        rent_per_mtok=(rent * discount).sum(axis=1) / mtok,
        buy_per_mtok=(buy * discount).sum(axis=1) / mtok,
        cost_per_accelerator_hour=hour,
        cost_per_mtok_by_service=hour[:, None] / (fleet.throughput_tok_s * 3600 * (prompt + output) / output / 1e6),
        buy_per_mtok_by_service=(prompt * into + output * out) / (prompt + output),
        capex_local=capex.capex_usd * local,
        cost_per_mtok_local=cost * local,
        build_cheaper_than_rent_year=first_year_below(spent * own[:, None], rent),
        build_cheaper_than_buy_year=first_year_below(spent * own[:, None], buy),
    )


def first_year_below(one: Floats, other: Floats) -> Floats:
    """Return after how many years the sum of `one` so far is below that of `other` and stays so; infinite: never.

    Examples
    --------
    >>> one, other = np.array([[10.0, 1.0, 1.0], [10.0, 9.0, 9.0]]), np.array([[5.0, 5.0, 5.0], [1.0, 1.0, 1.0]])
    >>> first_year_below(one, other).tolist()
    [3.0, inf]
    """
    below = np.cumsum(one, axis=1) < np.cumsum(other, axis=1)
    stays = np.flip(np.minimum.accumulate(np.flip(below, axis=1), axis=1), axis=1)
    return np.where(stays.any(axis=1), stays.argmax(axis=1) + 1.0, NEVER)


def _residual(capex: Capex, v: Values, horizon: int) -> Floats:
    """Straight-line: what was spent times the share of its life that is left; land at what it cost."""
    age = horizon - np.arange(horizon)[None, :]
    life = whole_years(v("money.hardware_life_years"))
    hardware = (capex.capex_usd_per_year - capex.facility_usd_per_year) * np.maximum(1 - age / life, 0)
    land = land_of(capex, v)
    buildings = (capex.facility_usd_per_year - land) * np.maximum(1 - age / v("money.facility_life_years"), 0)
    return np.asarray((hardware + buildings + land).sum(axis=1))


def _api(settings: Settings, v: Values, side: str) -> Floats:
    columns = [
        np.broadcast_to(v(f"money.api_{side}_usd_per_mtok_{slug(one.model)}"), (v.n_draws, 1))
        for one in settings.services
    ]
    return np.concatenate(columns, axis=1)
