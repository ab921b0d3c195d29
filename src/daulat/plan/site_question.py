# SPDX-License-Identifier: Apache-2.0
"""The question of siting: a plan's own load and prices in, a `Siting` out.

Load is by group of regions or by region; costs are those of the plan at its inputs' values, with each place's climate,
hazard, and the tariff, carbon and spare power of its grid. It solves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from daulat.nation import Nation
from daulat.plan.carried import moved
from daulat.plan.chain import Plan, site_demand
from daulat.plan.climate import PATH, pues, temperatures_c
from daulat.plan.figures import Floats
from daulat.plan.grids import INPUTS, year_of
from daulat.plan.inputs import Values
from daulat.plan.place import Place, Region
from daulat.plan.residency import codes_of
from daulat.plan.site_rules import SiteRules
from daulat.plan.siting import Candidates, Regions, Rules, Siting


def question(plan: Plan, nation: Nation, places: Sequence[Region], rules: SiteRules, *, load: Floats) -> Siting:
    """Return the siting question of a plan that was run once at the inputs' values, for a load in IT MW by year."""
    case, v = plan.case, plan.values
    years = np.arange(case.settings.horizon_years)
    prices = (1 + _one(v, "money.inflation_per_year")) ** years.astype(np.float64)
    build, run = _per_mw(plan, prices, places, rules)
    limit = [rules.limits_mw.get(one.code, rules.numbers["limit_mw"].value) for one in places]
    return Siting(
        _regions(plan, rules, load),
        Candidates(
            tuple(one.code for one in places),
            np.array([[one.latitude, one.longitude] for one in places]),
            tuple(case.grids.of_region(one) for one in places),
            tuple(codes_of(one, nation.country) for one in places),
            np.repeat(np.array(limit)[:, None], len(years), axis=1),
            np.repeat(_fixed_usd(v, prices)[None, :], len(places), axis=0),
            build,
            run,
        ),
        Rules(
            round_trip_ms=rules.numbers["round_trip_ms"].value,
            spare_share=rules.numbers["spare_share"].value,
            smallest_mw=rules.numbers["smallest_mw"].value,
            grid_minimum_mw={one: share * float(load[-1]) for one, share in rules.grid_minimum_share.items()},
            grid_limit_mw=_grid_limits(plan, places),
            budgets=rules.budgets,
            link_usd_per_mw_km_year=_weight(plan, rules, "link_usd_per_mw_km_year"),
            discount_rate=_one(v, "money.discount_rate"),
        ),
        case.settings.start_year,
    )


def _regions(plan: Plan, rules: SiteRules, load: Floats) -> Regions:
    """Spread a load over the groups as the demand says, and within each over its regions by people."""
    place = plan.case.place
    by_group = (site_demand(plan)["group_shares"][0] * load[:, None]).T
    if rules.load_by == "group":
        law = tuple(rules.residency.get(one, "") for one in place.groups)
        return Regions(place.groups, _middles(place), by_group, law)
    at = {group: number for number, group in enumerate(place.groups)}
    served = [one for one in place.regions if one.people > 0]
    shares = np.array([one.people / place.people[at[one.group]] for one in served])
    return Regions(
        tuple(one.code for one in served),
        np.array([[one.latitude, one.longitude] for one in served]),
        shares[:, None] * by_group[[at[one.group] for one in served]],
        tuple(rules.residency.get(one.group, "") for one in served),
    )


def _middles(place: Place) -> Floats:
    """The middle of each group's people."""
    found = []
    for group in place.groups:
        rows = [one for one in place.regions if one.group == group]
        weights = np.array([max(one.people, 1.0) for one in rows])
        spots = np.array([[one.latitude, one.longitude] for one in rows])
        found.append(weights @ spots / weights.sum())
    return np.array(found)


def _grid_limits(plan: Plan, places: Sequence[Region]) -> dict[str, float]:
    """Return what all sites on a grid may hold, IT MW: its spare power over the site power of an IT megawatt.

    Of places on one grid that with the highest PUE counts, so that the limit holds wherever the load stands.
    """
    grids = plan.case.grids
    most: dict[str, float] = {}
    for place, each in zip(places, _pues(plan, places) * _peak(plan), strict=True):
        grid = grids.of_region(place)
        most[grid] = max(most.get(grid, 0.0), float(each))
    told = {grid: grids.figure(grid, "spare_mw") for grid in most}
    return {grid: one.value / most[grid] for grid, one in told.items() if one is not None}


def _pues(plan: Plan, places: Sequence[Region]) -> Floats:
    """Return the PUE of each place: the plan's temperature is that of its one site, others differ by latitude."""
    v, told_at = plan.case.assumptions, plan.case.sites.sites[0].latitude
    return pues(v, temperatures_c(v[PATH].value, told_at, [one.latitude for one in places]))


def _peak(plan: Plan) -> float:
    return plan.case.assumptions["energy.pue_peak_over_mean"].value


def _fixed_usd(v: Values, prices: Floats) -> Floats:
    """What a site costs at any size from each year to the plan's end: its team and its links, as of that year."""
    team = _one(v, "jobs.minimum_operation_jobs") * _one(v, "money.salary_usd_per_year")
    yearly = (team + _one(v, "money.links_usd_per_year")) * prices
    rate = _one(v, "money.discount_rate")
    steps = np.arange(len(yearly))
    return np.array([(yearly[t:] * (1 + rate) ** -(steps[: len(yearly) - t])).sum() for t in steps])


def _per_mw(plan: Plan, prices: Floats, places: Sequence[Region], rules: SiteRules) -> tuple[Floats, Floats]:
    """Cost of a further IT megawatt, and of running one for a year, in dollars of each year: float64[places, years].

    Buildings bear the hardening of the place's hazard, what is insured its premium, and energy the place's climate and
    its grid's tariff and carbon.
    """
    v, energy, years, grids = plan.values, plan.energy, np.arange(len(prices)), plan.case.grids
    classes = [plan.case.hazards.class_of(one) for one in places]
    harder = np.array([1 + one.hardening_share[1] for one in classes])[:, None]
    premium = np.array([one.premium_share[1] for one in classes])[:, None]
    pue = _pues(plan, places)[:, None]
    warmth, site_per_it = pue / energy.pue[0], pue * _peak(plan)
    hardware = _one(v, "money.hardware_usd_per_accelerator") / energy.it_kw_per_accelerator[0] * 1000
    hardware = hardware * (1 + _one(v, "money.storage_share")) * (1 + _one(v, "money.duty_share"))
    ground = (_one(v, "money.land_usd_per_mw") + _one(v, "money.grid_connection_usd_per_mw")) * site_per_it
    buildings = _one(v, "money.facility_usd_per_mw") * site_per_it * harder
    build = hardware * (1 - _one(v, "money.accelerator_decline_per_year")) ** years + (ground + buildings) * prices
    opex, it = plan.opex, np.maximum(energy.it_power_mw[0], 1e-9)
    paid = (opex.hardware_maintenance_usd + opex.facility_maintenance_usd + opex.licences_usd)[0] / it
    rate = _one(v, "money.insurance_share")
    insured = opex.insurance_usd[0] / it / max(rate + _one(v, "money.hazard_premium_share"), 1e-12)
    on = [grids.of_region(one) for one in places]
    tariff = np.array([_of_grid(plan, one, "electricity_usd_per_mwh") for one in on])[:, None]
    tariff = tariff / _one(v, "energy.electricity_price_usd_per_mwh")
    tonnes = np.array([_of_grid(plan, one, "gco2_per_kwh") for one in on])[:, None] / 1000  # t/MWh
    tonnes = tonnes * (1 - _one(v, "energy.grid_decline_per_year")) ** years * energy.grid_energy_mwh[0] / it
    carbon = tonnes * _weight(plan, rules, "carbon_usd_per_t") * prices
    run = (opex.energy_usd[0] / it * tariff + carbon) * warmth + paid + insured * (rate + premium)
    return build * (1 + _one(v, "money.contingency_share")), run


def _of_grid(plan: Plan, grid: str, key: str) -> float:
    """Return a grid's figure as of the first year, carried from the year of its own date; else the nation's."""
    case, told, path = plan.case, plan.case.grids.figure(grid, key), INPUTS[key]
    nation = case.grids.national[path]
    since = case.settings.start_year - year_of(told, nation)
    return (told.value if told else nation.value) * moved(case.assumptions.rows, path, since)


def _weight(plan: Plan, rules: SiteRules, key: str) -> float:
    """Return a price that counts in the choice alone, in dollars of the first year."""
    since = plan.case.settings.start_year - rules.numbers[key].year
    return rules.numbers[key].value * (1 + _one(plan.values, "money.inflation_per_year")) ** since


def _one(v: Values, path: str) -> float:
    return float(v(path)[0, 0])
