# SPDX-License-Identifier: Apache-2.0
"""Choosing the sites of a plan: a case in, the same case with the cheapest sites that keep every rule out.

The median load of some draws by group of regions, and prices and limits at the inputs' values, become a siting question
(`daulat.plan.siting`); the answer becomes the case's `Sites`, and the spare capacity that stands at them replaces
`sizing.spare_share`. The sites are chosen for this load and then held fixed in every draw.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from daulat.nation import Nation, Pack
from daulat.plan.chain import Case, Plan, make_plan, site_demand
from daulat.plan.energy import zonal_temperature_c
from daulat.plan.figures import Floats
from daulat.plan.hazard import Hazards, hazard_note, hazard_rows, judged
from daulat.plan.inputs import Assumptions
from daulat.plan.inputs.assumption import first, overlaid
from daulat.plan.inputs.load import TABLES
from daulat.plan.place import Place, Region
from daulat.plan.residency import broken_by, codes_of
from daulat.plan.result.joint import SiteRuleRow, SitingPart
from daulat.plan.site_part import siting_part
from daulat.plan.site_robustness import loads_of, robust_rows, robustness
from daulat.plan.site_rules import GRID_KEYS, Section, SiteRules, read_rules, require_classes, site_fault
from daulat.plan.sites import Sites, site_in
from daulat.plan.siting import Candidates, Regions, Rules, SitePlan, Siting, plan_sites


def choose_sites(
    case: Case, nation: Nation, pack: Pack | None, sections: Sequence[Section], *, time_limit_s: float = 12.0
) -> tuple[Case, SitingPart]:
    """Return the case at the chosen sites, and what the choice was.

    Raises
    ------
    InputFaultsError
        If `plan.siting` is wrong; every fault at once.
    NoSitePlanError
        If no choice keeps every rule: which conflict, and the cheapest way to give way.
    """
    rules = read_rules(sections)
    base = make_plan(case, n_draws=1)
    grids = grids_of(pack)
    places, left_out = _suitable(candidates_of(case.place, grids, rules), nation, case.hazards, rules)
    loads = loads_of(case)
    siting = question(base, nation, places, grids, rules, load=loads["p50"])
    found = plan_sites(siting, time_limit_s=time_limit_s)
    others = robustness(loads, lambda load: question(base, nation, places, grids, rules, load=load))
    at = [place for place, one in enumerate(places) if one.code in found.opens]
    size = found.it_mw[at]
    total = size.sum(axis=0)
    shares = np.where(total > 0, size / np.maximum(total, 1e-300), 1 / len(at)).T
    load = siting.regions.it_mw.sum(axis=0)
    spare = float(total[-1] / load[-1] - 1)
    sites = tuple(dataclasses.replace(site_in(places[place]), grid=siting.candidates.grid[place]) for place in at)
    chosen = judged(Sites(sites, shares, source="chosen at least cost"), case.hazards)
    notes = (*_notes(found, siting, spare), hazard_note(chosen, case.hazards))
    chosen = dataclasses.replace(chosen, notes=notes)
    part = siting_part(found, siting, places, rules, spare, group_names_of(pack), case.hazards, left_out)
    names = {one.code: one.name for one in places}
    part = part.model_copy(update={"robustness": robust_rows(found, others, names)})
    return _with(case, chosen, spare, rules), part


def _suitable(
    places: Sequence[Region], nation: Nation, hazards: Hazards, rules: SiteRules
) -> tuple[list[Region], tuple[SiteRuleRow, ...]]:
    """Return the places where hazard and law let a site stand, and what was left out in sentences."""
    require_classes(rules, hazards)
    found, left_out = list(places), list[SiteRuleRow]()
    if rules.hazard_exclude:
        safe = [one for one in found if hazards.class_of(one).name not in rules.hazard_exclude]
        barred = ", ".join(rules.hazard_exclude)
        gone = [one.name for one in found if one not in safe]
        told = f"hazard: no site in {barred}, which leaves out {_named(gone, len(found))}"
        left_out.append(SiteRuleRow(kind="hazard", number=len(gone), names=list(rules.hazard_exclude), text=told))
        found = safe
    lawful = [one for one in found if not any(broken_by(one, nation))]
    if len(lawful) < len(found):
        why = next(broken_by(next(one for one in found if one not in lawful), nation))
        gone = [one.name for one in found if one not in lawful]
        told = f"residency: {why}, which leaves out {_named(gone, len(found))}"
        left_out.append(SiteRuleRow(kind="law", number=len(gone), names=gone, text=told))
        found = lawful
    if not found:
        raise site_fault(
            "plan.siting",
            "at" if rules.at else "candidates",
            ", ".join(one.name for one in places),
            f"places of which at least one remains; {'; '.join(one.text for one in left_out)}",
            "Name other places in plan.siting.at, consider more of them (candidates), or change the rule.",
        )
    return found, tuple(left_out)


def _named(gone: Sequence[str], all_places: int) -> str:
    return f"{len(gone)} of {all_places} places ({', '.join(gone[:6])}{', …' if len(gone) > 6 else ''})"


def grids_of(pack: Pack | None) -> dict[str, str]:
    """Return the electricity grid of each group of regions; a group without one is a grid of its own."""
    if pack is None or not pack.has("plan", "grids.csv"):
        return {}
    with pack.path("plan", "grids.csv").open(encoding="utf-8", newline="") as stream:
        return {row["group"]: row["grid"] for row in csv.DictReader(stream)}


def group_names_of(pack: Pack | None) -> dict[str, str]:
    """Return the name of each group of regions, as far as the pack says."""
    if pack is None or not pack.has("plan", "regions.csv"):
        return {}
    with pack.path("plan", "regions.csv").open(encoding="utf-8", newline="") as stream:
        return {row["group"]: row.get("group_name") or row["group"] for row in csv.DictReader(stream)}


def candidates_of(place: Place, grids: Mapping[str, str], rules: SiteRules) -> list[Region]:
    """Return the regions that are considered: those named, else the largest of each grid, then of each group."""
    by_size = sorted(place.regions, key=lambda one: -one.people)
    if rules.at:
        known = {one.code: one for one in by_size}
        lacking = [code for code in rules.at if code not in known]
        if lacking:
            raise site_fault("plan.siting", "at", lacking[0], f"codes of regions, such as {by_size[0].code}")
        return [known[code] for code in rules.at]
    largest: dict[str, Region] = {}
    for one in by_size:
        largest.setdefault(one.group, one)
    # Where the pack names grids, a site stands on one of them.
    by_people = [place.groups[at] for at in np.argsort(-place.people, kind="stable")]
    groups = [group for group in by_people if group in grids] or by_people
    grid_firsts = list({grids.get(group, group): group for group in reversed(groups)}.values())[::-1]
    order = dict.fromkeys((*(group for group in groups if group in grid_firsts), *groups))
    return [largest[group] for group in order][: int(rules.numbers["candidates"].value)]


def _grid(one: Region, grids: Mapping[str, str]) -> str:
    """Return the grid of a region: that of its group, or its group, or, where it is of none, itself."""
    return grids.get(one.group, one.group or one.code)


def question(
    plan: Plan,
    nation: Nation,
    places: Sequence[Region],
    grids: Mapping[str, str],
    rules: SiteRules,
    *,
    load: Floats,
) -> Siting:
    """Return the siting question of a plan that was run once at the inputs' values, for a load in IT MW by year."""
    case, v = plan.case, plan.case.assumptions
    settings, place = case.settings, case.place
    years = np.arange(settings.horizon_years)
    by_group = (site_demand(plan)["group_shares"][0] * load[:, None]).T
    prices = (1 + v["money.inflation_per_year"].value) ** years.astype(np.float64)
    fixed = _fixed_usd(v, prices)
    grid = tuple(_grid(one, grids) for one in places)
    unknown = sorted(set(rules.grids) - set(grid))
    if unknown:
        known = ", ".join(dict.fromkeys(grid))
        raise site_fault(rules.grids_origin, "grids", unknown[0], f"grids on which a candidate stands: {known}")
    build, run = _per_mw(plan, prices, places, grids, rules)
    limit = [rules.limits_mw.get(one.code, rules.numbers["limit_mw"].value) for one in places]
    last = float(load[-1])
    return Siting(
        Regions(place.groups, _middles(place), by_group, tuple(rules.residency.get(one, "") for one in place.groups)),
        Candidates(
            tuple(one.code for one in places),
            np.array([[one.latitude, one.longitude] for one in places]),
            grid,
            tuple(codes_of(one, nation.country) for one in places),
            np.repeat(np.array(limit)[:, None], len(years), axis=1),
            np.repeat(fixed[None, :], len(places), axis=0),
            build,
            run,
        ),
        Rules(
            round_trip_ms=rules.numbers["round_trip_ms"].value,
            spare_share=rules.numbers["spare_share"].value,
            smallest_mw=rules.numbers["smallest_mw"].value,
            grid_minimum_mw={one: share * last for one, share in rules.grid_minimum_share.items()},
            budgets=rules.budgets,
            link_usd_per_mw_km_year=rules.numbers["link_usd_per_mw_km_year"].value,
            discount_rate=v["money.discount_rate"].value,
        ),
        settings.start_year,
    )


def _fixed_usd(v: Assumptions, prices: Floats) -> Floats:
    """What a site costs at any size from each year to the plan's end: its team and its links, as of that year."""
    team = v["jobs.minimum_operation_jobs"].value * v["money.salary_usd_per_year"].value
    yearly = (team + v["money.links_usd_per_year"].value) * prices
    rate = v["money.discount_rate"].value
    steps = np.arange(len(yearly))
    return np.array([(yearly[t:] * (1 + rate) ** -(steps[: len(yearly) - t])).sum() for t in steps])


def grid_figure(v: Assumptions, rules: SiteRules, grid: str, key: str) -> float:
    """Return a figure of a grid: its own, else the nation's."""
    return rules.grids.get(grid, {}).get(key, v[GRID_KEYS[key][1]].value)


def _per_mw(
    plan: Plan, prices: Floats, places: Sequence[Region], grids: Mapping[str, str], rules: SiteRules
) -> tuple[Floats, Floats]:
    """Cost of a further IT megawatt, and of running one for a year, in dollars of each year: float64[places, years].

    Buildings bear the hardening of the place's hazard, what is insured its premium, and energy the place's climate and
    its grid's tariff and carbon.
    """
    v, energy, years = plan.case.assumptions, plan.energy, np.arange(len(prices))
    classes = [plan.case.hazards.class_of(one) for one in places]
    harder = np.array([1 + one.hardening_share[1] for one in classes])[:, None]
    premium = np.array([one.premium_share[1] for one in classes])[:, None]
    warmth = (np.array([_pue(v, one.latitude) for one in places]) / _pue(v, plan.case.place.capital.latitude))[:, None]
    site_per_it = float(energy.site_kw_per_accelerator[0] / energy.it_kw_per_accelerator[0])
    hardware = v["money.hardware_usd_per_accelerator"].value / energy.it_kw_per_accelerator[0] * 1000
    hardware = hardware * (1 + v["money.storage_share"].value) * (1 + v["money.duty_share"].value)
    ground = (v["money.land_usd_per_mw"].value + v["money.grid_connection_usd_per_mw"].value) * site_per_it
    buildings = v["money.facility_usd_per_mw"].value * site_per_it * harder
    build = hardware * (1 - v["money.accelerator_decline_per_year"].value) ** years + (ground + buildings) * prices
    opex, it = plan.opex, np.maximum(energy.it_power_mw[0], 1e-9)
    paid = (opex.hardware_maintenance_usd + opex.facility_maintenance_usd + opex.licences_usd)[0] / it
    rate = v["money.insurance_share"].value
    insured = opex.insurance_usd[0] / it / max(rate + v["money.hazard_premium_share"].value, 1e-12)
    on = [_grid(one, grids) for one in places]
    tariff = np.array([grid_figure(v, rules, one, "electricity_usd_per_mwh") for one in on])[:, None]
    tariff = tariff / v["energy.electricity_price_usd_per_mwh"].value
    tonnes = np.array([grid_figure(v, rules, one, "gco2_per_kwh") for one in on])[:, None] / 1000  # t/MWh
    tonnes = tonnes * (1 - v["energy.grid_decline_per_year"].value) ** years * energy.grid_energy_mwh[0] / it
    carbon = tonnes * rules.numbers["carbon_usd_per_t"].value * prices
    run = (opex.energy_usd[0] / it * tariff + carbon) * warmth + paid + insured * (rate + premium)
    return build * (1 + v["money.contingency_share"].value), run


def _pue(v: Assumptions, latitude: float) -> float:
    warmer = max(zonal_temperature_c(latitude) - 15, 0.0)
    return v["energy.pue_base"].value + v["energy.pue_slope_per_c"].value * warmer


def _middles(place: Place) -> Floats:
    """The middle of each group's people."""
    found = []
    for group in place.groups:
        rows = [one for one in place.regions if one.group == group]
        weights = np.array([max(one.people, 1.0) for one in rows])
        spots = np.array([[one.latitude, one.longitude] for one in rows])
        found.append(weights @ spots / weights.sum())
    return np.array(found)


def _with(case: Case, sites: Sites, spare: float, rules: SiteRules) -> Case:
    # A nation smaller than the least site has more to spare than the input may say; then its bound holds.
    spare = min(spare, case.assumptions["sizing.spare_share"].max)
    given = {"value": spare, "source": "the sites chosen: what stands beyond the load", "basis": "derived"}
    rows = dict(case.assumptions.rows)
    rows["sizing.spare_share"] = overlaid(rows["sizing.spare_share"], given, "siting")
    for path, row in hazard_rows(sites, case.hazards).items():
        if rows[path].origin == TABLES:  # nobody laid a figure of their own over it
            rows[path] = first(path, row, TABLES)
    for key, (_, path) in GRID_KEYS.items():
        if any(key in rules.grids.get(one.grid, {}) for one in sites.sites):
            mean = float(
                sites.shares[-1] @ [grid_figure(case.assumptions, rules, one.grid, key) for one in sites.sites]
            )
            told = "mean over the grids of the sites, by their share of the last year (siting.grids)"
            rows[path] = overlaid(rows[path], {"value": mean, "source": told, "basis": "derived"}, rules.grids_origin)
    return dataclasses.replace(case, assumptions=dataclasses.replace(case.assumptions, rows=rows), sites=sites)


def _notes(found: SitePlan, siting: Siting, spare: float) -> tuple[str, ...]:
    first_note = (
        f"sites: {len(found.opens)} chosen of {len(siting.candidates.names)} for the median demand, within "
        f"{found.gap:.1%} of the least cost; {spare:.0%} stands beyond the load, so that any one grid may fail"
    )
    return (first_note, *found.notes)
