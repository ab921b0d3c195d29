# SPDX-License-Identifier: Apache-2.0
"""Choosing the sites of a plan: a case in, the same case with the cheapest sites that keep every rule out.

The median load of some draws, and prices and limits at the inputs' values, become a siting question
(`daulat.plan.siting`); the answer becomes the case's `Sites`, and the spare capacity that stands at them replaces
`sizing.spare_share`. The sites are chosen for this load and then held fixed in every draw.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence

import numpy as np

from daulat.nation import Nation, Pack
from daulat.plan.chain import Case, make_plan
from daulat.plan.climate import PATH, at_climate
from daulat.plan.grids import at_sites, grid_notes
from daulat.plan.hazard import hazard_note, hazard_rows, judged
from daulat.plan.inputs.assumption import first, overlaid
from daulat.plan.inputs.load import TABLES
from daulat.plan.note import Note, note
from daulat.plan.place import Region
from daulat.plan.result.joint import SitingPart
from daulat.plan.site_candidates import candidates_of, fewer_note, suitable
from daulat.plan.site_failure import failure_notes, failure_rows
from daulat.plan.site_part import Choice, siting_part
from daulat.plan.site_question import question
from daulat.plan.site_robustness import loads_of, robust_rows, robustness
from daulat.plan.site_rules import Section, read_rules, require_classes, require_known
from daulat.plan.sites import Sites, site_in
from daulat.plan.siting import SitePlan, Siting, plan_sites


def choose_sites(case: Case, nation: Nation, pack: Pack | None, sections: Sequence[Section]) -> tuple[Case, SitingPart]:
    """Return the case at the chosen sites, and what the choice was.

    Raises
    ------
    InputFaultsError
        If `plan.siting` is wrong; every fault at once.
    NoSitePlanError
        If no choice keeps every rule: which conflict, and the cheapest way to give way.
    """
    rules = read_rules(sections)
    require_classes(rules, case.hazards)
    require_known(rules, case.settings, case.place, case.grids)
    considered = candidates_of(case.place, case.grids, rules)
    places, left_out = suitable(considered, nation, case.hazards, rules)
    base, loads = make_plan(case, n_draws=1), loads_of(case)
    siting = question(base, nation, places, rules, load=loads["p50"])
    gap, limit_s = rules.numbers["gap"].value, rules.numbers["time_limit_s"].value
    found = plan_sites(siting, gap=gap, time_limit_s=limit_s)
    others, late = robustness(loads, lambda load: question(base, nation, places, rules, load=load), limit_s)
    # Where the load alone stands, the sum of its parts may fall short of it by the last digit.
    spare = max(0.0, float(found.it_mw[:, -1].sum() / loads["p50"][-1] - 1))
    told = (
        *_notes(found, siting, spare),
        *filter(None, [fewer_note(considered, case.place, rules), _grids_note(case, siting)]),
        *(note("sites_late", percentile=name, limit_s=limit_s) for name in late),
    )
    chosen = _sites(found, siting, places, case, told)
    choice = Choice(found, siting, tuple(places), rules, spare, left_out, told)
    part = siting_part(choice, case, group_names_of(pack))
    names = {one.code: one.name for one in places}
    failures = failure_rows(choice, base, group_names_of(pack))
    told = (*chosen.notes, *failure_notes(failures, siting.rules.round_trip_ms))
    chosen = dataclasses.replace(chosen, notes=told)
    part = part.model_copy(update={"robustness": robust_rows(found, others, names), "failures": failures})
    return _with(case, chosen, spare), part


def group_names_of(pack: Pack | None) -> dict[str, str]:
    """Return the name of each group of regions, as far as the pack says."""
    if pack is None or not pack.has("plan", "regions.csv"):
        return {}
    with pack.path("plan", "regions.csv").open(encoding="utf-8", newline="") as stream:
        return {row["group"]: row.get("group_name") or row["group"] for row in csv.DictReader(stream)}


def _sites(found: SitePlan, siting: Siting, places: Sequence[Region], case: Case, told: Sequence[Note]) -> Sites:
    """Return the sites that open, with their shares of each year and what is to be said of them."""
    at = [place for place, one in enumerate(places) if one.code in found.opens]
    size = found.it_mw[at]
    total = size.sum(axis=0)
    shares = np.where(total > 0, size / np.maximum(total, 1e-300), 1 / len(at)).T
    sites = tuple(dataclasses.replace(site_in(places[place]), grid=siting.candidates.grid[place]) for place in at)
    chosen = judged(Sites(sites, shares, source="chosen at least cost"), case.hazards)
    notes = (*told, *grid_notes(chosen.sites, case.grids), hazard_note(chosen, case.hazards))
    return dataclasses.replace(chosen, notes=notes)


def _with(case: Case, sites: Sites, spare: float) -> Case:
    given = {"value": spare, "source": "the sites chosen: what stands beyond the load", "basis": "derived"}
    assumptions = at_sites(case.assumptions, sites, case.grids)
    rows = dict(assumptions.rows)
    # A nation smaller than the least site has more to spare than anybody may write; what stands there is paid for.
    usual = rows["sizing.spare_share"]
    rows["sizing.spare_share"] = overlaid(dataclasses.replace(usual, max=max(usual.max, spare)), given, "siting")
    rows[PATH] = at_climate(rows[PATH], case.sites.sites[0].latitude, sites)
    for path, row in hazard_rows(sites, case.hazards).items():
        if rows[path].origin == TABLES:  # nobody laid a figure of their own over it
            rows[path] = first(path, row, TABLES)
    return dataclasses.replace(case, assumptions=dataclasses.replace(assumptions, rows=rows), sites=sites)


def _notes(found: SitePlan, siting: Siting, spare: float) -> tuple[Note, ...]:
    counts = {"chosen": len(found.opens), "candidates": len(siting.candidates.names)}
    return (note("sites_chosen", **counts, gap=found.gap, spare=spare), *found.notes)


def _grids_note(case: Case, siting: Siting) -> Note | None:
    """Return what is taken for a grid where no table says it; None where one does."""
    return None if case.grids.of else note("grids_assumed", grids=len(set(siting.candidates.grid)))
