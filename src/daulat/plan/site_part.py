# SPDX-License-Identifier: Apache-2.0
"""What plan.json says of a choice of sites: the answer and its question in, a `SitingPart` out. Chooses nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from daulat.plan.chain import Case
from daulat.plan.grids import KEYS, Grids
from daulat.plan.hazard import Hazards
from daulat.plan.note import Note, note
from daulat.plan.place import Region
from daulat.plan.result.joint import ChosenSite, SiteRuleRow, SitingPart
from daulat.plan.site_rules import SiteRules
from daulat.plan.siting import SitePlan, Siting

_SERVED = 1e-6  # a share below it is the solver's tolerance

Input = dict[str, str | float]


@dataclass(frozen=True)
class Choice:
    """A question of siting that was answered: the answer, what was asked, and what is to be said of it."""

    found: SitePlan
    siting: Siting
    places: tuple[Region, ...]
    rules: SiteRules
    spare: float
    left_out: tuple[SiteRuleRow, ...]
    notes: tuple[Note, ...]


def siting_part(choice: Choice, case: Case, names: Mapping[str, str]) -> SitingPart:
    """Return what a plan says of its sites: those that open, largest first, then the others, and what chose them."""
    found, siting, places = choice.found, choice.siting, choice.places
    served = _served(choice, case, names)
    rows = [
        ChosenSite(
            name=one.name,
            grid=siting.candidates.grid[place],
            hazard=case.hazards.class_of(one).name,
            **{key: _told(case.grids, siting.candidates.grid[place], key) for key in KEYS},
            latitude=one.latitude,
            longitude=one.longitude,
            opens=found.opens.get(one.code),
            it_mw=found.it_mw[place].tolist(),
            serves=served[place],
        )
        for place, one in enumerate(places)
    ]
    numbers: list[Input] = [
        {
            "path": one.path,
            "value": one.value,
            "unit": one.unit,
            "source": one.source,
            "date": one.date,
            "basis": one.basis,
        }
        for one in choice.rules.numbers.values()
    ]
    hazard = _hazard_inputs({case.hazards.class_of(one).name for one in places}, case.hazards)
    return SitingPart(
        sites=sorted(rows, key=lambda one: (one.opens is None, -one.it_mw[-1])),
        candidates=len(places),
        cost_usd=found.cost_usd,
        gap=found.gap,
        spare_share=choice.spare,
        load_mw=siting.regions.it_mw.sum(axis=0).tolist(),
        rules=[*_kept(choice), *choice.left_out],
        inputs=[*numbers, *hazard, *_grid_inputs(dict.fromkeys(siting.candidates.grid), case.grids)],
        notes=[str(one) for one in (*choice.notes, note("hazard_open"))],
    )


def _told(grids: Grids, grid: str, key: str) -> float | None:
    one = grids.figure(grid, key)
    return one.value if one else None


def _served(choice: Choice, case: Case, names: Mapping[str, str]) -> list[dict[str, float]]:
    """Return for each place the share of each group's load in the last year that a site there serves."""
    regions = choice.siting.regions
    group_of = {one.code: one.group for one in case.place.regions}
    groups = [names.get(group, group) for group in (group_of.get(one, one) for one in regions.names)]
    load = regions.it_mw[:, -1]
    total: dict[str, float] = {}
    for group, mw in zip(groups, load, strict=True):
        total[group] = total.get(group, 0.0) + float(mw)
    found = []
    for place in range(len(choice.places)):
        served: dict[str, float] = {}
        for group, mw, share in zip(groups, load, choice.found.share[:, place, -1], strict=True):
            served[group] = served.get(group, 0.0) + float(share * mw) / total[group]
        found.append({group: share for group, share in served.items() if share > _SERVED})
    return found


def _kept(choice: Choice) -> Iterator[SiteRuleRow]:
    """Yield the rules that the choice kept."""
    asked, rules = choice.siting.rules, choice.rules
    trip = asked.round_trip_ms
    yield SiteRuleRow(kind="round_trip", number=trip, text=f"round trip of at most {trip:g} ms")
    spare = asked.spare_share
    yield SiteRuleRow(kind="spare", number=spare, text=f"{spare:.0%} of the load on other grids when one fails")
    for grid, share in rules.grid_minimum_share.items():
        yield SiteRuleRow(
            kind="minimum", number=share, names=[grid], text=f"at least {share:.0%} of the load on {grid}"
        )
    for one in asked.budgets:
        told = f"{one.name}: at most {one.usd / 1e6:,.3g} million USD"
        yield SiteRuleRow(kind="budget", number=one.usd, names=[one.name], text=told)
    for group, where in rules.residency.items():
        yield SiteRuleRow(kind="residency", names=[group, where], text=f"data of {group} stays in {where}")


def _hazard_inputs(names: Collection[str], hazards: Hazards) -> list[Input]:
    """Return what the classes of hazard of the candidates add, as inputs with their sources."""
    return [
        {
            "path": f"siting.hazard.{one.name}.{key}",
            "value": getattr(one, key)[1],
            "unit": unit,
            "source": one.sources[key],
            "date": one.date,
            "basis": one.basis,
        }
        for one in hazards.classes.values()
        if one.name in names
        for key, unit in (("hardening_share", "share"), ("premium_share", "share/year"))
    ]


def _grid_inputs(names: Collection[str], grids: Grids) -> list[Input]:
    """Return what is told of the grids of the candidates, as inputs with their sources."""
    told = ((grid, key, grids.figure(grid, key)) for grid in names for key in KEYS)
    return [
        {
            "path": f"siting.grids.{grid}.{key}",
            "value": one.value,
            "unit": KEYS[key][1],
            "source": one.source,
            "date": one.date,
            "basis": one.basis,
        }
        for grid, key, one in told
        if one is not None
    ]
