# SPDX-License-Identifier: Apache-2.0
"""The planner: one call from a nation's declaration to the document of its plan.

Comes in: a `Nation`, its pack, a scenario, changes, a number of draws and the time. Goes out: the `Plan` with every
draw, and its `Document`. The command line, the API and a notebook all call this; it writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from daulat.nation import Nation, Pack, read_yaml
from daulat.plan.chain import SEED, Case, Plan, make_plan, read_case, read_choices
from daulat.plan.deal import Agreement, read_agreement
from daulat.plan.deal_cash import check_agreement
from daulat.plan.deal_part import deal_part, notes_of, summary_rows
from daulat.plan.errors import Faults, PlanError
from daulat.plan.inputs.located import Located
from daulat.plan.note import note
from daulat.plan.result import Document, document_of, noted
from daulat.plan.result.joint import SitesWay, SitingPart
from daulat.plan.site_choice import choose_sites
from daulat.plan.site_rules import Section, siting_sections
from daulat.plan.uncertainty import sobol, tornado

SENSITIVE = ("cost_per_mtok", "capex_usd", "site_power_mw", "emissions_tco2e", "operation_jobs")
SOBOL_BASE = 256


def plan_nation(
    nation: Nation,
    *,
    made_at: datetime,
    made_by: str = "daulat",
    pack: Pack | None = None,
    scenario: tuple[Mapping[str, Any], str] | None = None,
    changes: Sequence[str] = (),
    n_draws: int = 2000,
    seed: int = SEED,
    sensitivity: bool = True,
    sites: SitesWay | None = None,
    file: str = "nation.yaml",
    advance: Callable[[float], None] = lambda _: None,
) -> tuple[Plan, Document]:
    """Plan a nation.

    Parameters
    ----------
    made_at : datetime
        Written into the document.
    sensitivity : bool
        Whether to work out tornado and Sobol indices too; a few seconds.
    sites : str, optional
        ``fixed``: one site. ``choose``: the cheapest ones that keep the rules of `plan.siting`, chosen once for the
        median demand. As the plan's choice `sites` says where it is not given.
    advance : callable
        Told how many draws are done.

    Raises
    ------
    InputFaultsError
        If inputs are wrong or nobody lives in the regions: every fault.
    PlanError
        If a model does not fit, no sites keep the rules, or the deal contradicts itself or the years of the plan.
    """
    sections = [(nation.plan, file), *([scenario] if scenario else [])]
    read, agreement = _read(nation, pack, scenario, changes, file, sections)
    case, siting = _sited(read, sites, nation, pack, siting_sections(sections, changes))
    plan = make_plan(case, n_draws=n_draws, seed=seed, advance=advance)
    made = document(case, plan, nation, made_at, made_by, scenario, seed, sensitivity=sensitivity)
    found: dict[str, Any] = {"siting": siting}
    if agreement:
        part = deal_part(plan, agreement)
        found |= {"deal": part, "summary": [*made.summary, *summary_rows(part)]}
        found |= noted([*plan.notes(), *notes_of(part)])
    return plan, made.model_copy(update=found)


def _read(
    nation: Nation,
    pack: Pack | None,
    scenario: Section | None,
    changes: Sequence[str],
    file: str,
    sections: Sequence[Section],
) -> tuple[Case, Agreement | None]:
    """Read the case and the deal; what is wrong in either is told together, before anything is drawn."""
    faults = Faults()
    case = faults.take(None, partial(read_case, pack=pack, scenario=scenario, changes=changes, file=file), nation)
    agreement = faults.take(None, read_agreement, sections, changes)
    if agreement is not None:
        years = read_choices(nation, sections, changes, faults)[1].years
        faults.take(None, check_agreement, agreement, range(years[0], years[-1] + 1))
    faults.tell()
    assert case is not None
    return case, agreement


def _sited(
    case: Case, way: SitesWay | None, nation: Nation, pack: Pack | None, sections: Sequence[Section]
) -> tuple[Case, SitingPart | None]:
    """Return the case at its sites and how they were chosen; with a note where they were to be and are not."""
    if (way or case.settings.sites) == "choose":
        return choose_sites(case, nation, pack, sections)
    if case.settings.sites == "choose":
        case = replace(case, sites=replace(case.sites, notes=(note("sites_kept"), *case.sites.notes)))
    return case, None


def chooses_sites(nation: Nation, scenario: Section | None, changes: Sequence[str]) -> bool:
    """Say whether a plan chooses its sites where nobody asks otherwise, without reading anything else of it."""
    way = "fixed"
    for section in (nation.plan, scenario[0] if scenario else {}):
        way = section.get("sites", way) if isinstance(section, Mapping) else way
    for change in changes:
        path, _, value = change.partition("=")
        way = value.strip() if path.strip().removeprefix("plan.") == "sites" else way
    return way == "choose"


def document(
    case: Case,
    plan: Plan,
    nation: Nation,
    made_at: datetime,
    made_by: str,
    scenario: tuple[Mapping[str, Any], str] | None,
    seed: int,
    *,
    sensitivity: bool,
) -> Document:
    """Return the document of a plan that was made."""
    title = str(scenario[0].get("name", scenario[1])) if scenario else nation.names.get("en", nation.country)
    return document_of(
        plan,
        names=nation.names,
        title=title,
        seed=seed,
        made_at=made_at,
        made_by=made_by,
        tornado=tornado(case, SENSITIVE) if sensitivity else None,
        sobol=sobol(case, SENSITIVE, n_base=SOBOL_BASE) if sensitivity else None,
    )


def scenario_names(pack: Pack | None) -> list[str]:
    """Return the names of the scenarios that a pack brings."""
    folder = pack.path("plan", "scenarios") if pack else None
    return sorted(one.stem for one in folder.glob("*.yaml")) if folder and folder.is_dir() else []


def read_scenario(name: str, pack: Pack | None) -> tuple[Mapping[str, Any], str]:
    """Return a scenario by the name that the pack gives it, or by the path of a file.

    Raises
    ------
    PlanError
        If there is neither.
    NationError
        If the file is not valid YAML.
    """
    names = scenario_names(pack)
    if pack and name in names:
        path = pack.path("plan", "scenarios", f"{name}.yaml")
    elif Path(name).is_file():
        path = Path(name)
    else:
        raise PlanError(
            f"scenario `{name}` is neither a file nor a scenario of the pack",
            why="The plan would be another one than was meant.",
            fix=f"Use one of {', '.join(names)}, or the path of a file." if names else "Give the path of a file.",
            code="plan.scenario",
        )
    file = read_yaml(path, name=path.name)
    inside = isinstance(file.data, Mapping) and "plan" in file.data
    return file.data["plan"] if inside else file.data, Located(path.name, file, ("plan",) if inside else ())
