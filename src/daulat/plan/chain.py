# SPDX-License-Identifier: Apache-2.0
"""The chain: one nation along the build road, from people to money and jobs, for thousands of draws at once.

Comes in: a `Case` (place, numbers, choices, sites). Goes out: a `Plan` of the stages' values. Every stage is a pure
function over frozen dataclasses; draws are worked in parts so that memory stays small. Nothing is read but the
planner's own tables, and nothing is random here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from daulat.nation import Nation, Pack
from daulat.plan._tables import accelerators, models, number
from daulat.plan.carried import carried
from daulat.plan.demand import Demand, estimate_demand, week_shape
from daulat.plan.demand.adoption import share_notes
from daulat.plan.demand.languages import language_rows
from daulat.plan.energy import Energy, energy_of, site_kw_per_accelerator
from daulat.plan.errors import DoesNotFitError, Faults, InputError
from daulat.plan.figures import Floats, Trace, joined, traces, values
from daulat.plan.grids import Grids, at_sites, grid_notes, read_grids, stood_on, with_national
from daulat.plan.hazard import Hazards, hazard_note, hazard_rows, judged, read_hazards
from daulat.plan.imports import ImportRules, import_notes, read_import_rules
from daulat.plan.inputs import Assumptions, Settings, Values, draw, load_inputs
from daulat.plan.inputs.assumption import first
from daulat.plan.inputs.load import TABLES
from daulat.plan.jobs import Jobs, jobs_of, staff_of
from daulat.plan.money import Capex, Opex, UnitCost, capex_of, land_of, opex_of, price_rows, unit_cost
from daulat.plan.note import Note, note
from daulat.plan.place import Place, Region, describe_place
from daulat.plan.place_rows import place_rows
from daulat.plan.range_notes import range_notes
from daulat.plan.residency import broken_by
from daulat.plan.rules import RuleCheck, Trial, check_hardware
from daulat.plan.serving import serving_curve, way_of
from daulat.plan.site_rules import Section, read_rules, require_classes, siting_sections
from daulat.plan.sites import Sites, one_site, sites_at
from daulat.plan.sizing import Fleet, size_fleet

PART = 1000  # draws worked at once: arrays of draws x years x hours of a week stay below 20 MB
SEED = 20270101
STAGES: tuple[type, ...] = (Demand, Fleet, Energy, Capex, Opex, UnitCost, Jobs)


@dataclass(frozen=True)
class Case:
    """Everything that one plan starts from; see `read_case`."""

    place: Place
    assumptions: Assumptions
    settings: Settings
    sites: Sites
    rules: RuleCheck
    imports: ImportRules
    hazards: Hazards
    grids: Grids


@dataclass(frozen=True)
class Plan:
    """The values of every stage; arrays are float64[draws, ...] with the same draws throughout.

    `values` are the inputs as of the first year; see `daulat.plan.carried`.
    """

    case: Case
    values: Values
    demand: Demand
    fleet: Fleet
    energy: Energy
    capex: Capex
    opex: Opex
    cost: UnitCost
    jobs: Jobs

    def stages(self) -> tuple[Any, ...]:
        """Return the stages in their order on the road."""
        return (self.demand, self.fleet, self.energy, self.capex, self.opex, self.cost, self.jobs)

    def figures(self) -> Iterator[tuple[Trace, Floats]]:
        """Yield every figure with its trace."""
        for stage in self.stages():
            yield from values(stage)

    def figure(self, name: str) -> Floats:
        """Return one figure by name, float64[draws, ...]."""
        return next(array for trace, array in self.figures() if trace.name == name)

    def import_notes(self) -> tuple[Note, ...]:
        """Return what the nation's import rules say of the purchases."""
        settings, bought = self.case.settings, self.fleet.accelerators_bought
        rules, country = self.case.imports, self.case.place.country
        told = tuple(import_notes(rules, country, settings.accelerator, settings.years, bought))
        offer = self.case.rules.offer
        return (*told, offer) if offer and self.import_status() == "exceeded" else told

    def import_status(self) -> str:
        """Return whether the median purchases keep the import limits: `exceeded`, `kept`, `none` or `unsearched`."""
        settings, bought = self.case.settings, np.median(self.fleet.accelerators_bought, axis=0)
        return self.case.imports.status(settings.accelerator, settings.years, bought)

    def notes(self) -> tuple[Note, ...]:
        """Return what was assumed and where the plan leaves its data, each once."""
        place, case = self.case.place, self.case
        found = [
            *case.assumptions.warnings,
            *place.notes,
            *share_notes(place, case.assumptions),
            *self.demand.notes,
            *self.fleet.notes,
            *case.sites.notes,
            *case.rules.notes,
            *range_notes(self),
        ]
        return tuple(dict.fromkeys(found))


def all_traces() -> dict[str, Trace]:
    """Return the trace of every figure of a plan, by name."""
    return {trace.name: trace for stage in STAGES for trace in traces(stage)}


def read_case(
    nation: Nation,
    *,
    pack: Pack | None = None,
    scenario: tuple[Mapping[str, Any], str] | None = None,
    changes: Sequence[str] = (),
    file: str = "nation.yaml",
) -> Case:
    """Return the case of a nation.

    Parameters
    ----------
    scenario : (Mapping, str), optional
        A further `plan:` section, laid over that of the nation, and the name of its file.
    changes : sequence of str
        ``path=value``, laid over it.

    Raises
    ------
    InputFaultsError
        If inputs are wrong or nobody lives in the regions: every fault. What is wrong is read as its default meanwhile.
    """
    faults = Faults()
    sections = [(nation.plan, file), *([scenario] if scenario else [])]
    mapped = [(section, name) for section, name in sections if isinstance(section, Mapping)]
    services = tuple(one.id for one in nation.services)
    # Twice: the first reading tells place and hardware, whose tables then add rows that the second lays numbers over.
    read, settings = read_choices(nation, mapped, changes, faults)
    of_sites = siting_sections(mapped, changes)
    hazards = _read_hazards(pack, of_sites, faults)
    imports = faults.take(ImportRules(), read_import_rules, pack)
    place = _read_place(nation, pack, settings, read.place_of("regions"), faults)
    at = faults.take(place.capital, partial(one_site, file=read.place_of("site")), place, settings)
    regions = _all_regions(nation, pack, settings, place, faults)
    grids = faults.take(Grids(), read_grids, pack, of_sites, regions)
    sites = stood_on(judged(sites_at(at, settings), hazards), grids)
    lawless = (note("site_outside", site=at.name, rule=rule) for rule in broken_by(at, nation))
    extra = place_rows(place, at) | language_rows(place, settings) | hazard_rows(sites, hazards)
    extra |= price_rows(settings.accelerator, [one.model for one in settings.services])
    laid = partial(load_inputs, services=services, pack=pack, changes=changes, extra=extra, faults=faults)
    assumptions, settings = laid(sections)
    faults.take(None, _require_own_currency, nation, settings, assumptions.place_of("currency"))
    faults.tell()
    assumptions = dataclasses.replace(assumptions, warnings=(*assumptions.warnings, *grids.doubts))
    grids = with_national(grids, assumptions, pack)
    notes = (*sites.notes, *lawless, *grid_notes(sites.sites, grids), hazard_note(sites, hazards))
    sites = dataclasses.replace(sites, notes=notes)
    assumptions = at_sites(assumptions, sites, grids)
    rules = check_hardware(place.country, settings, imports, partial(_trial, place, assumptions, settings, sites))
    return Case(place, assumptions, settings, sites, rules, imports, hazards, grids)


def read_choices(
    nation: Nation, sections: Sequence[Section], changes: Sequence[str], faults: Faults
) -> tuple[Assumptions, Settings]:
    """Return what was chosen, before any table is read; what is wrong is kept in `faults` and read as its default."""
    chosen = [(_choices(section), name) for section, name in sections if isinstance(section, Mapping)]
    services = tuple(one.id for one in nation.services)
    return load_inputs(chosen, services=services, changes=_choice_changes(changes), faults=faults)


def _read_hazards(pack: Pack | None, sections: Sequence[Section], faults: Faults) -> Hazards:
    """Read classes of hazard, and the rules of sites too, so that their faults are told however sites are found."""
    hazards, rules = faults.take(None, read_hazards, pack, sections), faults.take(None, read_rules, sections)
    if hazards is not None and rules is not None:
        faults.take(None, require_classes, rules, hazards)
    return hazards or read_hazards(None, ())


def _all_regions(
    nation: Nation, pack: Pack | None, settings: Settings, place: Place, faults: Faults
) -> Sequence[Region]:
    """Return the regions of the whole nation, of which a plan may serve a part: its grids are told for all of them."""
    if not settings.regions:
        return place.regions
    everywhere = faults.take(None, describe_place, nation, pack, (), settings.start_year)
    return everywhere.regions if everywhere else ()


def _read_place(nation: Nation, pack: Pack | None, settings: Settings, file: str, faults: Faults) -> Place:
    """Describe the nation; where regions were chosen wrongly, with all of them, so that reading can go on."""
    for regions in (settings.regions, ()):
        place = faults.take(None, partial(describe_place, file=file), nation, pack, regions, settings.start_year)
        if place is not None:
            return place
    faults.tell()
    raise AssertionError("a place that could not be described has a fault")


def _require_own_currency(nation: Nation, settings: Settings, file: str) -> None:
    if settings.currency not in ("", "USD", nation.currency):
        raise InputError(
            f"{file}: plan.currency: `{settings.currency}` is not the nation's own",
            why=f"Allowed is USD or {nation.currency}, of which `money.local_per_usd` is the rate.",
            fix=f"Use {nation.currency}, or change `currency` of the nation.",
            code="plan.choice",
        )


def make_plan(
    case: Case, *, n_draws: int = 1000, seed: int = SEED, advance: Callable[[float], None] = lambda _: None
) -> Plan:
    """Take a case along the build road.

    Parameters
    ----------
    n_draws : int
        1: every input at its value. Else a Latin hypercube over every uncertain input.
    advance : callable
        Told the number of draws done.

    Raises
    ------
    DoesNotFitError
        If a model does not fit in one server.
    """
    try:
        return run(case, draw(case.assumptions, n_draws, seed), advance=advance)
    except DoesNotFitError as error:
        where = case.assumptions.place_of("model")
        raise DoesNotFitError(f"{where}: {error.what}", why=error.why, fix=error.fix, code=error.code) from error


def run(case: Case, v: Values, *, advance: Callable[[float], None] = lambda _: None) -> Plan:
    """Take given draws along the road, part by part."""
    parts: list[tuple[Any, ...]] = []
    v = carried(v, case.assumptions.rows, case.settings.start_year)
    for start in range(0, v.n_draws, PART):
        rows = v.rows(slice(start, min(start + PART, v.n_draws)))
        parts.append(_stages(case.place, case.settings, len(case.sites.sites), rows))
        advance(rows.n_draws)
    stages = [joined(list(column)) for column in zip(*parts, strict=True)]
    return Plan(case, v, *stages)


def figures_of(case: Case, v: Values, names: Sequence[str]) -> dict[str, Floats]:
    """Take given draws along the road and keep only some of its figures, float64[draws, ...] each."""
    found: dict[str, list[Floats]] = {name: [] for name in names}
    v = carried(v, case.assumptions.rows, case.settings.start_year)
    for start in range(0, v.n_draws, PART):
        rows = v.rows(slice(start, min(start + PART, v.n_draws)))
        for stage in _stages(case.place, case.settings, len(case.sites.sites), rows):
            for trace, array in values(stage):
                if trace.name in found:
                    found[trace.name].append(array)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _trial(place: Place, assumptions: Assumptions, settings: Settings, sites: Sites, accelerator: str) -> Trial:
    """Return what the plan would cost with an accelerator, at its price of the table and every input at its value."""
    tried = dataclasses.replace(settings, accelerator=accelerator)
    rows = dict(assumptions.rows)
    if accelerator != settings.accelerator:
        rows |= {path: first(path, row, TABLES) for path, row in price_rows(accelerator, ()).items()}
    v = carried(draw(rows.values(), 1, SEED), rows, tried.start_year)
    stages = _stages(place, tried, len(sites.sites), v)
    found = {trace.name: array for stage in stages for trace, array in values(stage)}
    return Trial(float(found["cost_per_mtok"][0]), found["accelerators_bought"][0])


def _stages(place: Place, settings: Settings, n_sites: int, v: Values) -> tuple[Any, ...]:
    chip = accelerators()[settings.accelerator]
    curves = [serving_curve(way_of(settings, one.model), certain=v.n_draws == 1) for one in settings.services]
    demand = estimate_demand(place, v, settings)
    trained = (number(models()[settings.model], "active_parameters_b") or 0.0) * 1e9
    fleet = size_fleet(demand, week_shape(place), curves, chip, trained, site_kw_per_accelerator(chip, v), v, settings)
    energy = energy_of(fleet, chip, v)
    capex = capex_of(fleet, energy, v)
    opex = opex_of(fleet, energy, capex, staff_of(energy, n_sites, v, settings), n_sites, v)
    cost = unit_cost(demand, fleet, capex, opex, v, settings)
    return demand, fleet, energy, capex, opex, cost, jobs_of(energy, capex, n_sites, v, settings)


def site_demand(plan: Plan) -> dict[str, Floats]:
    """Return what a siting needs: people's share, mean and peak load by group of regions.

    Returns
    -------
    dict
        ``group_shares`` float64[draws, years, groups]; ``peak_accelerators`` and ``site_power_mw``
        float64[draws, years], of the whole nation; ``peak_mw`` float64[draws, years, groups], which is the product.
    """
    power = plan.energy.site_power_mw
    return {
        "group_shares": plan.demand.group_shares,
        "peak_accelerators": plan.fleet.accelerators_needed,
        "site_power_mw": power,
        "peak_mw": power[:, :, None] * plan.demand.group_shares,
    }


def cash_needs(plan: Plan) -> dict[str, Floats]:
    """Return what a financing needs, each float64[draws, years] in dollars of the year.

    ``buildings_usd`` is the facility without the land and its contingency. ``revenue_usd`` is what the tokens would
    cost on a public API: what the nation saves, no price that anybody pays.
    """
    return {
        "capex_usd": plan.capex.capex_usd_per_year,
        "facility_usd": plan.capex.facility_usd_per_year,
        "buildings_usd": plan.capex.facility_usd_per_year - land_of(plan.capex, plan.values),
        "hardware_usd": plan.capex.capex_usd_per_year - plan.capex.facility_usd_per_year,
        "land_usd": plan.capex.land_usd,
        "opex_usd": plan.opex.opex_usd_per_year,
        "revenue_usd": plan.cost.buy_usd_per_year,
        "tokens": plan.fleet.tokens_served_per_year,
    }


def _choices(section: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in dataclasses.fields(Settings)} - {"currency"}  # its rate is a number, and not read yet
    return {key: value for key, value in section.items() if key in names}


def _choice_changes(changes: Sequence[str]) -> list[str]:
    names = {one.name for one in dataclasses.fields(Settings)} - {"currency"}
    return [
        change for change in changes if change.partition("=")[0].strip().removeprefix("plan.").split(".")[0] in names
    ]
