# SPDX-License-Identifier: Apache-2.0
"""Grids: which electricity grid a place is on, and what that grid emits, costs and has to spare.

Comes in: the pack's `plan/grids.csv` (which region is on which grid) and `plan/grids.yaml` (its figures), and
`plan.siting.grids` in the same form, each laid over the last. Goes out: `Grids`, which say the grid of any region and
lay the figures of given sites over the nation's. Where nothing is told of a grid the nation's own figure stands, and
the plan says so. It measures no grid and knows no country. Form and limits: docs/concepts/plan-sites.md
"""

from __future__ import annotations

import csv
import dataclasses
import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from daulat.nation import Pack, read_yaml
from daulat.plan.carried import moved
from daulat.plan.errors import Faults, InputError
from daulat.plan.inputs import Assumption, Assumptions
from daulat.plan.inputs.assumption import BASES, is_date, overlaid
from daulat.plan.inputs.load import TABLES
from daulat.plan.inputs.located import Located, place
from daulat.plan.note import Note, note
from daulat.plan.place import Region
from daulat.plan.sites import Site, Sites
from daulat.plan.units import likely_meant, unit_question

TABLE, FIGURES = "grids.csv", "grids.yaml"
# What may be told of a grid: the most that is taken, its unit, and the input of the nation that it stands for there.
KEYS = {
    "gco2_per_kwh": (2000.0, "gCO2e/kWh", "energy.grid_gco2_per_kwh"),
    "electricity_usd_per_mwh": (800.0, "USD/MWh", "energy.electricity_price_usd_per_mwh"),
    "spare_mw": (100_000.0, "MW", ""),
}
INPUTS = {key: path for key, (_, _, path) in KEYS.items() if path}
# Below this a figure was likely written in another unit; a grid of water and wind alone is told and taken.
LEAST_USUAL = {"gco2_per_kwh": 5.0, "electricity_usd_per_mwh": 5.0}
CHANGE = "--set"
TEXTS = ("source", "date", "licence", "basis")
SPREAD = ("low", "value", "high")


@dataclass(frozen=True)
class GridFigure:
    """One figure of a grid: a value and its spread, none where none was given."""

    value: float
    low: float
    high: float
    source: str
    date: str
    licence: str
    basis: str
    origin: str
    """The file that says so."""
    is_packs: bool


@dataclass(frozen=True)
class Grids:
    """The grids of a nation.

    Parameters
    ----------
    of : mapping
        Code of a region, or of a group of regions, to its grid; a region goes before its group.
    figures : mapping
        Grid to its figures by the keys of `KEYS`.
    national : mapping
        The nation's own inputs, by path, before the figures of any grid were laid over them.
    doubts : tuple of Note
        Figures that are allowed and so far from what grids have that another unit was likely meant.
    """

    of: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, GridFigure]] = field(default_factory=dict)
    national: Mapping[str, Assumption] = field(default_factory=dict)
    doubts: tuple[Note, ...] = ()

    def of_region(self, region: Region) -> str:
        """Return the grid of a region; one that no table names is of its group's, or where it is of none its own."""
        return self.of_code(region.code, region.group)

    def of_code(self, code: str, group: str) -> str:
        """As `of_region`, by codes."""
        return self.of.get(code) or self.of.get(group) or group or code

    def figure(self, grid: str, key: str) -> GridFigure | None:
        """Return what is told of a grid; None where the nation's figure stands."""
        return self.figures.get(grid, {}).get(key)

    def may_stand(self, region: Region) -> bool:
        """Say whether a site is looked for in a region: on a grid of the table, and of known spare power if any is."""
        if not self.of:
            return True
        named = region.code in self.of or region.group in self.of
        has_power = any(row["spare_mw"].is_packs for row in self.figures.values() if "spare_mw" in row)
        return named and (not has_power or self.figure(self.of_region(region), "spare_mw") is not None)


def read_grids(
    pack: Pack | None, sections: Sequence[tuple[Mapping[str, Any], str]], regions: Sequence[Region]
) -> Grids:
    """Return the grids of the pack with what `plan.siting.grids` says laid over them.

    Parameters
    ----------
    regions : sequence of Region
        All of the nation's, whichever of them a plan serves.

    Raises
    ------
    InputFaultsError
        Every fault: file, line, path, value, what is allowed.
    """
    faults = Faults()
    table = _regions_of(pack) or {one.code: one.group for one in regions}
    of = _table(pack, table, faults)
    figures: dict[str, dict[str, GridFigure]] = {}
    known = {*of.values(), *(Grids(of).of_code(code, group) for code, group in table.items())}
    if pack is not None and pack.has("plan", FIGURES):
        name = f"{pack.name}/plan/{FIGURES}"
        file = read_yaml(pack.path("plan", FIGURES), name=name)
        _lay(figures, file.data, Located(name, file), "", faults)
        if known:
            _require_known(file.data, Located(name, file), "", known, faults)
    known |= {Grids(of).of_region(one) for one in regions}
    for section, origin in sections:
        siting = section.get("siting")
        if isinstance(siting, Mapping) and "grids" in siting:
            _lay(figures, siting["grids"], origin, "siting.grids", faults)
            _require_known(siting["grids"], origin, "siting.grids", known, faults)
    faults.tell()
    return Grids(of, figures, doubts=tuple(_doubts(figures)))


def _regions_of(pack: Pack | None) -> dict[str, str]:
    """Return the group of each region of the pack's table; none without one."""
    if pack is None or not pack.has("plan", "regions.csv"):
        return {}
    with pack.path("plan", "regions.csv").open(encoding="utf-8", newline="") as stream:
        return {row.get("code") or "": row.get("group") or "" for row in csv.DictReader(stream)}


def _require_known(data: Any, origin: str, prefix: str, known: Collection[str], faults: Faults) -> None:
    """Add a fault for each grid on which no region stands."""
    for grid in data if isinstance(data, Mapping) else ():
        if str(grid) not in known:
            allowed = f"grids on which a region stands: {', '.join(sorted(known)[:20])}"
            path = f"{prefix}.{grid}" if prefix else str(grid)
            faults.add(_fault(origin, path, grid, allowed, _near(str(grid), known)))


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)  # codes are short
    return f"Did you mean `{near[0]}`?" if near else ""


def _doubts(figures: Mapping[str, Mapping[str, GridFigure]]) -> Iterator[Note]:
    for grid, row in figures.items():
        for key, least in LEAST_USUAL.items():
            told, (most, unit, _) = row.get(key), KEYS[key]
            if told is None or not 0 < told.value < least:
                continue
            where = f"{grid}.{key}" if told.is_packs else f"plan.siting.grids.{grid}.{key}"
            asked = unit_question(told.value, unit, least, most)
            file = place(told.origin, where)
            yield note("grid_far", place=file, path=where, value=told.value, unit=unit, least=least, question=asked)


def _table(pack: Pack | None, regions: Mapping[str, str], faults: Faults) -> dict[str, str]:
    """Read which region or group is on which grid."""
    found: dict[str, str] = {}
    if pack is None or not pack.has("plan", TABLE):
        return found
    known = {*regions, *regions.values()}
    name = f"{pack.name}/plan/{TABLE}"
    with pack.path("plan", TABLE).open(encoding="utf-8", newline="") as stream:
        table = csv.DictReader(stream)
        if not {"code", "grid"} <= set(table.fieldnames or ()):
            faults.add(_fault(f"{name} line 1", "", ", ".join(table.fieldnames or ()), "the columns code and grid"))
            return found
        for line, row in enumerate(table, start=2):
            code, grid = (row["code"] or "").strip(), (row["grid"] or "").strip()
            if not code or not grid or code in found:
                allowed = "a code of a region or group, once each, and the name of its grid"
                faults.add(_fault(f"{name} line {line}", "code", f"{code},{grid}", allowed))
            elif known and code not in known:
                allowed = "codes of regions and groups, of the pack's regions.csv where it has one"
                faults.add(_fault(f"{name} line {line}", "code", code, allowed, _near(code, known)))
            found[code] = grid
    return found


def _lay(figures: dict[str, dict[str, GridFigure]], data: Any, origin: str, prefix: str, faults: Faults) -> None:
    """Lay one file's figures over those that are there."""
    form = f"a mapping from a grid to {', '.join(KEYS)}, each with its source"
    if not isinstance(data, Mapping):
        faults.add(_fault(origin, prefix, data, form))
        return
    for grid, row in data.items():
        path = f"{prefix}.{grid}" if prefix else str(grid)
        if not isinstance(row, Mapping):
            faults.add(_fault(origin, path, row, form))
            continue
        for key in row:
            if key not in (*KEYS, *TEXTS):
                faults.add(_fault(origin, f"{path}.{key}", row[key], f"one of {', '.join((*KEYS, *TEXTS))}"))
            elif key in KEYS:
                read = _figure(row[key], key, row, origin, f"{path}.{key}", is_packs=not prefix, faults=faults)
                if read is not None:
                    figures.setdefault(str(grid), {})[key] = read


def _figure(
    given: Any, key: str, row: Mapping[str, Any], origin: str, path: str, *, is_packs: bool, faults: Faults
) -> GridFigure | None:
    one: Mapping[str, Any] = given if isinstance(given, Mapping) else {"value": given}
    most, unit, _ = KEYS[key]
    spread = [one.get(name, one.get("value")) for name in SPREAD]
    good = all(_is_number(one) and 0 <= one <= most for one in spread)  # not NaN
    if not good or sorted(spread) != spread or set(one) - {*SPREAD, *TEXTS}:
        allowed = f"{key} from 0 to {most:,g} {unit}, low <= value <= high, with {', '.join(TEXTS)}"
        meant = likely_meant(float(spread[1]), unit, 0, most) if all(map(_is_number, spread)) else ""
        faults.add(_fault(origin, path, given, allowed, f"Did you mean {meant}" if meant else ""))
        return None
    texts = {name: str(one.get(name) or row.get(name) or "") for name in TEXTS}
    texts["source"] = texts["source"] or (origin if origin == CHANGE else "")
    texts["basis"] = texts["basis"] or "given"
    if not texts["source"] or texts["basis"] not in BASES or (texts["date"] and not is_date(texts["date"])):
        allowed = f"a figure with its `source` in words, a `date` such as 2025-06-30, a `basis` of {', '.join(BASES)}"
        faults.add(_fault(origin, path, given, allowed))
        return None
    low, value, high = map(float, spread)
    return GridFigure(value, low, high, **texts, origin=origin, is_packs=is_packs)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fault(origin: str, path: str, value: Any, allowed: str, fix: str = "") -> InputError:
    where = f"plan.{path}" if path.startswith("siting.") else path
    return InputError(
        f"{place(origin, where)}: {where}{': ' if where else ''}`{value}` cannot be used",
        why=f"Allowed: {allowed}.",
        fix=fix or "Correct it; docs/concepts/plan-sites.md shows the form of a grid.",
        code="plan.grids",
    )


def with_national(grids: Grids, assumptions: Assumptions, pack: Pack | None) -> Grids:
    """Return the grids with the nation's own inputs.

    What a nation says of itself in such an input goes before what a pack says of a grid; what is set for one run, on
    the command line or by a slider, goes before what any file says of a grid.
    """
    national = {path: assumptions[path] for path in INPUTS.values()}
    packs = f"{pack.name}/plan/assumptions.yaml" if pack else ""
    own = {key for key, path in INPUTS.items() if national[path].origin not in (TABLES, "assumptions.yaml", packs)}
    changed = {key for key in own if national[INPUTS[key]].origin == CHANGE}
    figures = {
        grid: {
            key: one
            for key, one in row.items()
            if not (one.is_packs and key in own) and not (one.origin != CHANGE and key in changed)
        }
        for grid, row in grids.figures.items()
    }
    return dataclasses.replace(grids, figures=figures, national=national)


def at_sites(assumptions: Assumptions, sites: Sites, grids: Grids) -> Assumptions:
    """Return the inputs with carbon and tariff as means over the grids of the sites, by their share of the last year.

    Each grid's figure is brought from its own year to the newest of them by its trend. Where nothing is told of any of
    them the nation's input stays as it is.
    """
    rows = dict(assumptions.rows)
    weights = sites.shares[-1]
    for key, path in INPUTS.items():
        nation = grids.national[path]
        told = [grids.figure(one.grid, key) for one in sites.sites]
        first = next((one for one in told if one is not None), None)
        rows[path] = nation
        if first is None:
            continue
        dates = [each.date if each and each.date else nation.date for each in told]
        years = [year_of(each, nation) for each in told]
        newest = max(years)
        factors = np.array([moved(assumptions.rows, path, newest - year) for year in years])
        spreads = np.array([(one.low, one.value, one.high) for one in (each or nation for each in told)])
        low, value, high = (float(number) for number in (weights * factors) @ spreads)
        names = dict.fromkeys(one.grid for one in sites.sites)
        sources = "; ".join(f"{name}: {_source(grids.figure(name, key))}" for name in names)
        mean = "mean over the grids of the sites, by their share of the last year: " if len(names) > 1 else ""
        given = {
            "value": value,
            "low": low,
            "high": high,
            "source": mean + sources,
            "basis": "derived" if len(names) > 1 else first.basis,
            "date": dates[years.index(newest)],
            "licence": first.licence,
        }
        rows[path] = overlaid(nation, given, first.origin)
    return dataclasses.replace(assumptions, rows=rows)


def year_of(told: GridFigure | None, nation: Assumption) -> int:
    """Return the year that a grid's figure holds in: of its date, else that of the nation's, which stands for it."""
    return int(told.date[:4]) if told and told.date else nation.year


def _source(told: GridFigure | None) -> str:
    return told.source if told else "the nation's figure"


def stood_on(sites: Sites, grids: Grids) -> Sites:
    """Return the sites, each with its grid."""
    found = (dataclasses.replace(one, grid=grids.of_code(one.id, one.group)) for one in sites.sites)
    return dataclasses.replace(sites, sites=tuple(found))


def grid_notes(sites: Sequence[Site], grids: Grids) -> Iterator[Note]:
    """Yield what is known of the grids of the sites, and which of their figures are the nation's."""
    for grid in dict.fromkeys(one.grid for one in sites):
        yield note("grid", grid=grid, told=[_told(grids, grid, key) for key in KEYS])


def _told(grids: Grids, grid: str, key: str) -> Note:
    """Say one figure of a grid, or that the nation's stands for it."""
    (_, unit, path), one = KEYS[key], grids.figure(grid, key)
    name = path.partition(".")[2] or note("grid_spare")
    if one:
        kind = "grid_figure_dated" if one.date else "grid_figure"
        return note(kind, figure=name, value=one.value, unit=unit, date=one.date)
    if path:
        return note("grid_nation", figure=name, value=grids.national[path].value, unit=unit)
    return note("grid_spare_unknown")
