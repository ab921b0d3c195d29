# SPDX-License-Identifier: Apache-2.0
"""Hazard: how dangerous the ground of a place is, and what that adds to building and insuring there.

Comes in: the package's classes (regions of the USGS by kind of earthquake), the pack's `plan/hazard.yaml` and
`plan.siting.hazard`, each laid over the last. Goes out: `Hazards`, which say the class of any place, and the two rows
of the input table for given sites. Flood, wind, tsunami and volcanoes are judged only where a nation declares classes
for them. No distance to a fault is measured. Derivation and limits: docs/concepts/plan-sites.md
"""

from __future__ import annotations

import bisect
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files
from itertools import accumulate
from typing import Any

import numpy as np

from daulat.nation import Pack, read_yaml
from daulat.plan.errors import InputError, InputFaultsError
from daulat.plan.inputs.located import place
from daulat.plan.note import Note, note, word
from daulat.plan.place import Region
from daulat.plan.sites import Sites

STEP = 0.25  # degrees, of tectonic_regions.csv
KINDS = {"S": "stable", "A": "active", "V": "volcanic", "D": "subduction"}
SHARES = {"hardening_share": 1.0, "premium_share": 0.2}  # the most that is taken for a share
KEYS = ("source", "date", "licence", "hardening_source", "premium_source", "classes", "regions")
Spread = tuple[float, float, float]


@dataclass(frozen=True)
class HazardClass:
    """What one kind of ground adds: low, value and high of each share.

    Parameters
    ----------
    hardening_share : tuple of float
        Further cost of buildings, against no seismic design.
    premium_share : tuple of float
        Further insurance a year, of all that is insured.
    sources : mapping
        Share to where it comes from.
    """

    name: str
    hardening_share: Spread
    premium_share: Spread
    sources: Mapping[str, str]
    date: str
    basis: str


@dataclass(frozen=True)
class Hazards:
    """Classes, and the regions that a nation has put into one; every other place is in its tectonic region."""

    classes: Mapping[str, HazardClass]
    regions: Mapping[str, str]
    source: str
    """What says which place is in which class."""

    def class_at(self, code: str, group: str, latitude: float, longitude: float) -> HazardClass:
        """Return the class of a place: that declared for it, else for its group, else its tectonic region."""
        name = self.regions.get(code) or self.regions.get(group) or tectonic_region(latitude, longitude)
        return self.classes[name]

    def class_of(self, region: Region) -> HazardClass:
        """Return the class of a region, judged at its middle."""
        return self.class_at(region.code, region.group, region.latitude, region.longitude)


@cache
def _bands() -> tuple[tuple[tuple[int, ...], str], ...]:
    """Return for each band of latitude the ends of its runs and their letters."""
    text = files("daulat.plan").joinpath("data", "tectonic_regions.csv").read_text(encoding="utf-8")
    found = []
    for row in csv.DictReader(text.splitlines()):
        runs = re.findall(r"([A-Z])(\d+)", row["regions"])
        found.append((tuple(accumulate(int(count) for _, count in runs)), "".join(letter for letter, _ in runs)))
    return tuple(found)


def tectonic_region(latitude: float, longitude: float) -> str:
    """Return the kind of tectonic region of a place.

    Examples
    --------
    >>> tectonic_region(59.4, 24.7), tectonic_region(-12.0, -77.0), tectonic_region(64.1, -21.9)
    ('stable', 'subduction', 'volcanic')
    """
    bands = _bands()
    ends, letters = bands[min(int((90 - latitude) / STEP), len(bands) - 1)]
    column = int(((longitude + 180) % 360) / STEP)
    return KINDS[letters[bisect.bisect_right(ends, column)]]


def read_hazards(pack: Pack | None, sections: Sequence[tuple[Mapping[str, Any], str]]) -> Hazards:
    """Return the classes of the package with those of the pack and of `plan.siting.hazard` laid over them.

    Raises
    ------
    InputFaultsError
        Every fault: file, path, value, what is allowed.
    """
    with as_file(files("daulat.plan").joinpath("data", "hazard.yaml")) as path:
        found = _laid(Hazards({}, {}, ""), read_yaml(path, name="hazard.yaml").data, "hazard.yaml", "judgement")
    layers: list[tuple[Any, str]] = []
    if pack is not None and pack.has("plan", "hazard.yaml"):
        layers.append((pack.yaml("plan", "hazard.yaml") or {}, f"{pack.name}/plan/hazard.yaml"))
    layers += [
        (section["siting"]["hazard"], origin)
        for section, origin in sections
        if isinstance(section.get("siting"), Mapping) and "hazard" in section["siting"]
    ]
    for data, origin in layers:
        found = _laid(found, data, origin, "given")
    return found


def _laid(base: Hazards, data: Any, origin: str, basis: str) -> Hazards:
    if not isinstance(data, Mapping):
        raise InputFaultsError([_fault(origin, "", data, f"a mapping with {', '.join(KEYS)}")])
    faults = [_fault(origin, key, data[key], f"one of {', '.join(KEYS)}") for key in data if key not in KEYS]
    source = str(data.get("source") or "")
    if not source:
        faults.append(_fault(origin, "source", data.get("source"), "where the classes come from, in words"))
    classes = dict(base.classes)
    for name, row in _mapping(data, "classes", origin, faults).items():
        read = _class(str(name), row, data, origin, basis, faults)
        classes |= {read.name: read} if read else {}
    regions = {str(code): str(name) for code, name in _mapping(data, "regions", origin, faults).items()}
    for code, name in regions.items():
        if name not in classes:
            faults.append(_fault(origin, f"regions.{code}", name, f"one of the classes: {', '.join(classes)}"))
    if faults:
        raise InputFaultsError(faults)
    places = source if not base.source or regions else base.source
    return Hazards(classes, {**base.regions, **regions}, places)


def _mapping(data: Mapping[str, Any], key: str, origin: str, faults: list[InputError]) -> Mapping[Any, Any]:
    given = data.get(key) or {}
    if isinstance(given, Mapping):
        return given
    faults.append(_fault(origin, key, given, "a mapping"))
    return {}


def _class(
    name: str, row: Any, data: Mapping[str, Any], origin: str, basis: str, faults: list[InputError]
) -> HazardClass | None:
    path = f"classes.{name}"
    if not isinstance(row, Mapping) or set(row) - {*SHARES, "about"}:
        faults.append(_fault(origin, path, row, f"a mapping with {' and '.join(SHARES)}"))
        return None
    shares = [_spread(row.get(key, 0), f"{path}.{key}", most, origin, faults) for key, most in SHARES.items()]
    sources = {
        key: str(data.get(f"{key.removesuffix('_share')}_source") or data.get("source") or origin) for key in SHARES
    }
    return HazardClass(name, shares[0], shares[1], sources, str(data.get("date", "")), basis)


def _spread(given: Any, path: str, most: float, origin: str, faults: list[InputError]) -> Spread:
    row = given if isinstance(given, Mapping) else {"value": given}
    numbers: list[float] = []
    for key in ("low", "value", "high"):
        one = row.get(key, row.get("value"))
        if isinstance(one, bool) or not isinstance(one, int | float) or not 0 <= one <= most:
            number = one if isinstance(one, int | float) else 0
            meant = f"Did you mean {number:g} percent, which is {number / 100:g}?" if 0 < number <= 100 * most else ""
            faults.append(_fault(origin, path, one, f"a share from 0 to {most:g}", meant))
            return 0.0, 0.0, 0.0
        numbers.append(float(one))
    if sorted(numbers) != numbers:
        faults.append(_fault(origin, path, numbers, "low <= value <= high"))
    return numbers[0], numbers[1], numbers[2]


def _fault(origin: str, path: str, value: Any, allowed: str, fix: str = "") -> InputError:
    where = f"plan.siting.hazard.{path}" if path else "plan.siting.hazard"
    return InputError(
        f"{place(origin, where)}: {where}: `{value}` cannot be used",
        why=f"Allowed is {allowed}.",
        fix=fix or "Correct it; docs/concepts/plan-sites.md shows the form of a declared hazard.",
        code="plan.hazard",
    )


def judged(sites: Sites, hazards: Hazards) -> Sites:
    """Return the sites, each with its class of hazard."""
    at = [hazards.class_at(one.id, one.group, one.latitude, one.longitude).name for one in sites.sites]
    return replace(sites, sites=tuple(replace(one, hazard=name) for one, name in zip(sites.sites, at, strict=True)))


def hazard_rows(sites: Sites, hazards: Hazards) -> dict[str, dict[str, Any]]:
    """Return the two rows of the input table for judged sites: means over them by their share of the last year."""
    classes = [hazards.classes[one.hazard] for one in sites.sites]
    weights = sites.shares[-1]
    names = ", ".join(dict.fromkeys(one.name for one in classes))
    about = {
        "hardening_share": "Further cost of buildings for the hazard of the ground.",
        "premium_share": "Further insurance a year for the hazard of the ground, of all that is insured.",
    }
    rows = {}
    for key, most in SHARES.items():
        low, value, high = (float(one) for one in np.array([getattr(each, key) for each in classes]).T @ weights)
        sources = "; ".join(dict.fromkeys(each.sources[key] for each in classes))
        rows[f"money.hazard_{key}"] = {
            "about": about[key],
            "value": value,
            "low": low,
            "high": high,
            "kind": "triangular" if high > low else "fixed",
            "unit": "share" if key == "hardening_share" else "share/year",
            "min": 0,
            "max": most,
            "basis": classes[0].basis,
            "source": f"sites in: {names} ({hazards.source}); {sources}",
            "date": classes[0].date,
            "licence": "facts",
        }
    return rows


def hazard_note(sites: Sites, hazards: Hazards) -> Note:
    """Return what was judged of the ground."""
    found: dict[str, list[str]] = {}
    for one in sites.sites:
        found.setdefault(one.hazard, []).append(one.name)
    classes = [note("hazard_sites", sites=names, hazard=word("hazard", name)) for name, names in found.items()]
    return note("hazard", source=hazards.source.split(" (")[0], sites=classes)
