# SPDX-License-Identifier: Apache-2.0
"""Choosing the sites of a plan: a case in, the same case with the cheapest sites that keep every rule out.

The chain is run once at the inputs' values; its load by group of regions, its prices and its limits become a siting
question (`daulat.plan.siting`); the answer becomes the case's `Sites`, and the spare capacity that stands at them
replaces `sizing.spare_share`. The sites are chosen for these values and then held fixed in every draw.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np

from daulat.nation import Nation, Pack, read_yaml
from daulat.plan.chain import Case, Plan, make_plan, site_demand
from daulat.plan.energy import zonal_temperature_c
from daulat.plan.errors import InputError, InputFaultsError
from daulat.plan.figures import Floats
from daulat.plan.inputs import Assumption, Assumptions
from daulat.plan.inputs.assumption import first, overlaid
from daulat.plan.place import Place, Region
from daulat.plan.result.joint import ChosenSite, SitingPart
from daulat.plan.sites import Sites, site_in
from daulat.plan.siting import Budget, Candidates, Regions, Rules, SitePlan, Siting, plan_sites

Section = tuple[Mapping[str, Any], str]
LISTS = ("grid_minimum_share", "limits_mw", "residency", "budgets", "at")


@dataclasses.dataclass(frozen=True)
class SiteRules:
    """What `plan.siting` says: numbers with their sources, and what stands beside them.

    Parameters
    ----------
    grid_minimum_share : mapping
        Share of the last year's load that must stand on a grid.
    limits_mw : mapping
        The most IT power of a region, by code.
    residency : mapping
        Group of regions to the group whose borders its data may not leave.
    at : tuple of str
        Codes of the regions that are considered; empty: the largest of each group.
    """

    numbers: Mapping[str, Assumption]
    grid_minimum_share: Mapping[str, float]
    limits_mw: Mapping[str, float]
    residency: Mapping[str, str]
    budgets: tuple[Budget, ...]
    at: tuple[str, ...]


def choose_sites(
    case: Case, nation: Nation, pack: Pack | None, sections: Sequence[Section], *, time_limit_s: float = 15.0
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
    median = make_plan(case, n_draws=1)
    grids = grids_of(pack)
    places = candidates_of(case.place, grids, rules)
    siting = question(median, nation, places, grids, rules)
    found = plan_sites(siting, time_limit_s=time_limit_s)
    at = [place for place, one in enumerate(places) if one.code in found.opens]
    size = found.it_mw[at]
    total = size.sum(axis=0)
    shares = np.where(total > 0, size / np.maximum(total, 1e-300), 1 / len(at)).T
    load = siting.regions.it_mw.sum(axis=0)
    spare = float(total[-1] / load[-1] - 1)
    sites = tuple(dataclasses.replace(site_in(places[place]), grid=siting.candidates.grid[place]) for place in at)
    chosen = Sites(sites, shares, source="chosen at least cost", notes=_notes(found, siting, spare))
    return _with(case, chosen, spare), _part(found, siting, places, rules, spare, group_names_of(pack))


@cache
def _defaults() -> Mapping[str, Any]:
    with as_file(files("daulat.plan").joinpath("data", "siting.yaml")) as path:
        data: Mapping[str, Any] = read_yaml(path, name="siting.yaml").data
    return data


def read_rules(sections: Sequence[Section]) -> SiteRules:
    """Return the rules of the sections, each laid over the last."""
    rows = {name: first(f"siting.{name}", row, "siting.yaml") for name, row in _defaults().items()}
    beside: dict[str, Any] = {}
    faults: list[InputError] = []
    for section, origin in sections:
        for key, given in (section.get("siting") or {}).items():
            try:
                if key in rows:
                    rows[key] = overlaid(rows[key], given, origin)
                elif key in LISTS:
                    beside[key] = _READ[key](given)
                else:
                    raise ValueError(f"a key such as {', '.join((*rows, *LISTS))}")
            except InputError as error:
                faults.append(error)
            except (TypeError, ValueError, KeyError) as error:
                faults.append(_fault(origin, key, given, str(error)))
    if faults:
        raise InputFaultsError(faults)
    return SiteRules(
        rows,
        beside.get("grid_minimum_share", {}),
        beside.get("limits_mw", {}),
        beside.get("residency", {}),
        beside.get("budgets", ()),
        beside.get("at", ()),
    )


def _shares(given: Any) -> dict[str, float]:
    found = {str(key): float(value) for key, value in dict(given).items()}
    if not all(0 <= value <= 1 for value in found.values()):
        raise ValueError("shares of the load from 0 to 1, by grid (percent was meant?)")
    return found


_READ: dict[str, Callable[[Any], Any]] = {
    "grid_minimum_share": _shares,
    "limits_mw": lambda given: {str(key): float(value) for key, value in dict(given).items()},
    "residency": lambda given: {str(key): str(value) for key, value in dict(given).items()},
    "budgets": lambda given: tuple(Budget(**one) for one in given),
    "at": lambda given: tuple(str(one) for one in given),
}


def _fault(origin: str, key: str, given: Any, allowed: str) -> InputError:
    return InputError(
        f"{origin}: plan.siting.{key}: `{given}` cannot be used",
        why=f"Allowed: {allowed}.",
        fix="Correct it; docs/concepts/plan-sites.md says what each key means.",
        code="plan.siting",
    )


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
            raise _fault("plan.siting", "at", lacking[0], f"codes of regions, such as {by_size[0].code}")
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


def question(
    plan: Plan, nation: Nation, places: Sequence[Region], grids: Mapping[str, str], rules: SiteRules
) -> Siting:
    """Return the siting question of a plan that was run once, at the inputs' values."""
    case, v = plan.case, plan.case.assumptions
    settings, place = case.settings, case.place
    years = np.arange(settings.horizon_years)
    load = plan.energy.it_power_mw[0] / (1 + v["sizing.spare_share"].value)
    by_group = (site_demand(plan)["group_shares"][0] * load[:, None]).T
    prices = (1 + v["money.inflation_per_year"].value) ** years.astype(np.float64)
    fixed = _fixed_usd(v, prices)
    build, run = _per_mw(plan, prices)
    warmth = np.array([_pue(v, one.latitude) for one in places]) / _pue(v, place.capital.latitude)
    # No site is ever larger than the nation's whole load: a limit beyond it only makes the search longer.
    whole = max(float(load.max()), rules.numbers["smallest_mw"].value)
    limit = [min(rules.limits_mw.get(one.code, rules.numbers["limit_mw"].value), whole) for one in places]
    grid = tuple(grids.get(one.group, one.group or one.code) for one in places)
    last = float(load[-1])
    return Siting(
        Regions(place.groups, _middles(place), by_group, tuple(rules.residency.get(one, "") for one in place.groups)),
        Candidates(
            tuple(one.code for one in places),
            np.array([[one.latitude, one.longitude] for one in places]),
            grid,
            tuple(frozenset({nation.country, one.group, one.code}) for one in places),
            np.repeat(np.array(limit)[:, None], len(years), axis=1),
            np.repeat(fixed[None, :], len(places), axis=0),
            np.repeat(build[None, :], len(places), axis=0),
            run[None, :] * warmth[:, None],
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


def _per_mw(plan: Plan, prices: Floats) -> tuple[Floats, Floats]:
    """Cost of a further IT megawatt, and of running one for a year, in dollars of each year."""
    v, energy, years = plan.case.assumptions, plan.energy, np.arange(len(prices))
    site_per_it = float(energy.site_kw_per_accelerator[0] / energy.it_kw_per_accelerator[0])
    hardware = v["money.hardware_usd_per_accelerator"].value / energy.it_kw_per_accelerator[0] * 1000
    hardware = hardware * (1 + v["money.storage_share"].value) * (1 + v["money.duty_share"].value)
    names = ("facility_usd_per_mw", "land_usd_per_mw", "grid_connection_usd_per_mw")
    ground = sum(v[f"money.{name}"].value for name in names) * site_per_it
    build = hardware * (1 - v["money.accelerator_decline_per_year"].value) ** years + ground * prices
    it = np.maximum(energy.it_power_mw[0], 1e-9)
    paid = plan.opex.energy_usd + plan.opex.hardware_maintenance_usd + plan.opex.facility_maintenance_usd
    paid = paid + plan.opex.licences_usd + plan.opex.insurance_usd
    return build * (1 + v["money.contingency_share"].value), paid[0] / it


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


def _with(case: Case, sites: Sites, spare: float) -> Case:
    # A nation smaller than the least site has more to spare than the input may say; then its bound holds.
    spare = min(spare, case.assumptions["sizing.spare_share"].max)
    given = {"value": spare, "source": "the sites chosen: what stands beyond the load", "basis": "derived"}
    rows = dict(case.assumptions.rows)
    rows["sizing.spare_share"] = overlaid(rows["sizing.spare_share"], given, "siting")
    return dataclasses.replace(case, assumptions=Assumptions(rows), sites=sites)


def _notes(found: SitePlan, siting: Siting, spare: float) -> tuple[str, ...]:
    first_note = (
        f"sites: {len(found.opens)} chosen of {len(siting.candidates.names)} for the inputs' values, within "
        f"{found.gap:.1%} of the least cost; {spare:.0%} stands beyond the load, so that any one grid may fail"
    )
    return (first_note, *found.notes)


def _part(
    found: SitePlan, siting: Siting, places: Sequence[Region], rules: SiteRules, spare: float, names: Mapping[str, str]
) -> SitingPart:
    groups = siting.regions.names
    rows = [
        ChosenSite(
            name=one.name,
            grid=siting.candidates.grid[place],
            latitude=one.latitude,
            longitude=one.longitude,
            opens=found.opens.get(one.code),
            it_mw=found.it_mw[place].tolist(),
            serves={
                names.get(group, group): float(share)
                for group, share in zip(groups, found.share[:, place, -1], strict=True)
                if share > 1e-6
            },
        )
        for place, one in enumerate(places)
    ]
    asked = siting.rules
    texts = [
        f"round trip of at most {asked.round_trip_ms:g} ms",
        f"{asked.spare_share:.0%} of the load on other grids when one fails",
        *(f"at least {share:.0%} of the load on {grid}" for grid, share in rules.grid_minimum_share.items()),
        *(f"{one.name}: at most {one.usd / 1e6:,.3g} million USD" for one in asked.budgets),
        *(f"data of {group} stays in {where}" for group, where in rules.residency.items()),
    ]
    inputs: list[dict[str, str | float]] = [
        {
            "path": one.path,
            "value": one.value,
            "unit": one.unit,
            "source": one.source,
            "date": one.date,
            "basis": one.basis,
        }
        for one in rules.numbers.values()
    ]
    return SitingPart(
        sites=sorted(rows, key=lambda one: (one.opens is None, -one.it_mw[-1])),
        candidates=len(places),
        cost_usd=found.cost_usd,
        gap=found.gap,
        spare_share=spare,
        rules=texts,
        inputs=inputs,
        notes=list(found.notes),
    )
