# SPDX-License-Identifier: Apache-2.0
"""The rules of siting: what stands below `plan.siting` in, `SiteRules` out, or every fault at once.

Numbers are laid over `data/siting.yaml` and keep their sources; lists and mappings stand beside them. Reads no other
file and chooses no site. What each key means: docs/concepts/plan-sites.md
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from daulat.nation import read_yaml
from daulat.plan.errors import Faults, InputError
from daulat.plan.grids import CHANGE, Grids
from daulat.plan.hazard import Hazards
from daulat.plan.inputs import Assumption, Settings
from daulat.plan.inputs.assumption import first, overlaid
from daulat.plan.inputs.load import listed, plain
from daulat.plan.inputs.located import place
from daulat.plan.place import Place
from daulat.plan.siting import Budget

Section = tuple[Mapping[str, Any], str]
Fault = Callable[[str, Any, str], None]
BESIDE = ("grid_minimum_share", "limits_mw", "residency", "budgets", "at", "hazard_exclude", "load_by")
OTHERS = ("hazard", "grids")  # read by daulat.plan.hazard and daulat.plan.grids
LISTS = ("at", "hazard_exclude")
BY_NAME = ("grid_minimum_share", "limits_mw", "residency")  # of one level, by codes or names that may hold dots
LOAD_BY = ("group", "region")
BUDGET_KEYS = ("name", "first_year", "last_year", "usd")


@dataclasses.dataclass(frozen=True)
class SiteRules:
    """What `plan.siting` says: numbers with their sources, and what stands beside them.

    Parameters
    ----------
    numbers : mapping
        The rows of siting.yaml, by key.
    grid_minimum_share : mapping
        Share of the last year's load that must stand on a grid.
    limits_mw : mapping
        The most IT power of a region, by code.
    residency : mapping
        Group of regions to the group or jurisdiction whose borders its data may not leave.
    at : tuple of str
        Codes of the regions that are considered; empty: chosen by people.
    hazard_exclude : tuple of str
        Classes of hazard in which no site may stand.
    load_by : str
        ``group``: the load of a group of regions is served as one; ``region``: each region's by itself.
    origins : mapping
        The file of each key that somebody gave, and of each name below it that was changed for one run.
    """

    numbers: Mapping[str, Assumption]
    grid_minimum_share: Mapping[str, float] = dataclasses.field(default_factory=dict)
    limits_mw: Mapping[str, float] = dataclasses.field(default_factory=dict)
    residency: Mapping[str, str] = dataclasses.field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()
    at: tuple[str, ...] = ()
    hazard_exclude: tuple[str, ...] = ()
    load_by: str = LOAD_BY[0]
    origins: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def fault(self, key: str, given: Any, allowed: str, fix: str = "") -> InputError:
        """Return the error of one rule, named by the file and the line that it stands in."""
        origin = self.origins.get(key) or self.origins.get(key.partition("[")[0].partition(".")[0], "")
        return site_fault(origin, key, given, allowed, fix)


def siting_sections(sections: Sequence[Section], changes: Sequence[str]) -> list[Section]:
    """Return the sections with those changes of the command line that concern siting as a last one."""
    found = list(sections)
    for change in changes:
        path, _, text = change.partition("=")
        keys = change_keys(path)
        if keys[0] != "siting" or len(keys) < 2:
            continue
        if keys[1] in BY_NAME and len(keys) > 2:
            keys = [*keys[:2], ".".join(keys[2:])]
        value: Any = listed(text.strip()) if keys[1] in (*LISTS, "residency") else plain(text.strip())
        if keys[1] in LISTS:
            value = value if isinstance(value, list) else [value]
        for key in reversed(keys):
            value = {key: value}
        found.append((value, CHANGE))
    return found


def change_keys(path: str) -> list[str]:
    """Return the keys of a change's path; a key that holds dots stands in brackets, with quotes or without.

    Examples
    --------
    >>> change_keys('plan.siting.limits_mw["31.71"]'), change_keys("siting.limits_mw[31.71]")
    (['siting', 'limits_mw', '31.71'], ['siting', 'limits_mw', '31.71'])
    >>> change_keys("siting.grids[St. Helena].spare_mw")
    ['siting', 'grids', 'St. Helena', 'spare_mw']
    """
    found = re.findall(r"""\[["']?([^\]"']*)["']?\]|([^.\[\]]+)""", path.strip().removeprefix("plan."))
    return [bracketed or plain_key for bracketed, plain_key in found] or [""]


@cache
def _defaults() -> Mapping[str, Any]:
    with as_file(files("daulat.plan").joinpath("data", "siting.yaml")) as path:
        data: Mapping[str, Any] = read_yaml(path, name="siting.yaml").data
    return data


def read_rules(sections: Sequence[Section]) -> SiteRules:
    """Return the rules of the sections, each laid over the last.

    Raises
    ------
    InputFaultsError
        Every fault: file, line, path, value, what is allowed.
    """
    rows = {name: first(f"siting.{name}", row, "siting.yaml") for name, row in _defaults().items()}
    beside: dict[str, Any] = {}
    origins: dict[str, str] = {}
    faults = Faults()
    for section, origin in sections:
        given = section.get("siting") or {}
        if not isinstance(given, Mapping):
            faults.add(site_fault(origin, "", given, "a mapping of keys and values"))
            continue
        for key, value in given.items():
            if key in rows:
                rows[key] = faults.take(rows[key], overlaid, rows[key], value, origin)
            elif key in BESIDE:
                read = _beside(key, value, origin, faults)
                if origin == CHANGE and key in BY_NAME:  # one of them is changed, the others stay as they are written
                    beside[key] = {**beside.get(key, {}), **read}
                    origins |= {f"{key}[{name}]": origin for name in read}
                    origins.setdefault(key, origin)
                else:
                    beside[key] = read
                    origins[key] = origin
            elif key not in OTHERS:
                near = difflib.get_close_matches(str(key), (*rows, *BESIDE, *OTHERS), n=1)
                meant = f"Did you mean `{near[0]}`?" if near else ""
                faults.add(site_fault(origin, key, value, f"one of {', '.join((*rows, *BESIDE, *OTHERS))}", meant))
    faults.tell()
    return SiteRules(rows, **beside, origins=origins)


def _beside(key: str, value: Any, origin: str, faults: Faults) -> Any:
    """Read a list or mapping; each fault of it is added by the path of the value."""

    def fault(path: str, given: Any, allowed: str) -> None:
        faults.add(site_fault(origin, f"{key}{path}", given, allowed))

    return _READ[key](value, fault)


def require_classes(rules: SiteRules, hazards: Hazards) -> None:
    """Raise `InputError` if a class is excluded that nobody knows."""
    for name in rules.hazard_exclude:
        if name not in hazards.classes:
            raise rules.fault("hazard_exclude", name, f"classes of hazard: {', '.join(hazards.classes)}")


def require_known(rules: SiteRules, settings: Settings, served: Place, grids: Grids) -> None:
    """Raise every rule that names a place, grid or year which the plan has not.

    Where a plan serves a part of the nation, a limit or a law of another part is none of its business.

    Raises
    ------
    InputFaultsError
        Every fault: file, line, path, value, what is allowed.
    """
    faults = Faults()
    for fault in _unknown(rules, settings, served, grids):
        faults.add(fault)
    faults.tell()


def _unknown(rules: SiteRules, settings: Settings, served: Place, grids: Grids) -> Iterator[InputError]:
    codes = {one.code for one in served.regions}
    on = list(dict.fromkeys(grids.of_region(one) for one in served.regions))
    for row, code in enumerate(rules.at):
        if code not in codes:
            yield rules.fault(f"at[{row}]", code, _codes(code, codes))
    for code in rules.limits_mw:
        if code not in codes and not settings.regions:
            yield rules.fault(f"limits_mw[{code}]", code, _codes(code, codes))
    for grid in rules.grid_minimum_share:
        if grid not in on:
            yield rules.fault(f"grid_minimum_share[{grid}]", grid, f"grids on which a region stands: {', '.join(on)}")
    for group in rules.residency:
        if group not in served.groups and not settings.regions:
            yield rules.fault(
                f"residency[{group}]", group, f"groups of regions, such as {', '.join(served.groups[:5])}"
            )
    years = settings.years
    for row, one in enumerate(rules.budgets):
        if not years[0] <= one.first_year <= one.last_year <= years[-1]:
            given = f"{one.first_year} to {one.last_year}"
            yield rules.fault(f"budgets[{row}]", given, f"years of the plan, {years[0]} to {years[-1]}")


def _codes(code: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(code, sorted(known), n=3) or sorted(known)[:3]
    return f"codes of the regions that the plan serves, such as {', '.join(near)}"


def _numbers(given: Any, most: float, what: str, fault: Fault) -> dict[str, float]:
    found: dict[str, float] = {}
    if not isinstance(given, Mapping):
        fault("", given, f"a mapping to {what}")
        return found
    for key, value in given.items():
        good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
        if good:
            found[str(key)] = float(value)
        else:  # also for NaN
            fault(f"[{key}]", value, what)
    return found


def _texts(given: Any, fault: Fault) -> dict[str, str]:
    if not isinstance(given, Mapping):
        fault("", given, "a mapping from a group of regions to the group or jurisdiction that its data may not leave")
        return {}
    return {str(key): str(value) for key, value in given.items()}


def _list(given: Any, fault: Fault) -> tuple[str, ...]:
    if not isinstance(given, list):
        fault("", given, "a list")
        return ()
    return tuple(str(one) for one in given)


def _load_by(given: Any, fault: Fault) -> str:
    if given not in LOAD_BY:
        fault("", given, f"one of {', '.join(LOAD_BY)}")
    return str(given)


def _budgets(given: Any, fault: Fault) -> tuple[Budget, ...]:
    form = f"a list of mappings with {', '.join(BUDGET_KEYS)}"
    if not isinstance(given, list):
        fault("", given, form)
        return ()
    found = []
    for at, row in enumerate(given):
        if not isinstance(row, Mapping) or set(row) != set(BUDGET_KEYS):
            fault(f"[{at}]", row, form)
            continue
        wrong = dict(_wrong_in_budget(row))
        for key, allowed in wrong.items():
            fault(f"[{at}].{key}", row[key], allowed)
        if not wrong:
            found.append(Budget(str(row["name"]), row["first_year"], row["last_year"], float(row["usd"])))
    return tuple(found)


def _wrong_in_budget(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a budget that cannot be used, each with what is allowed."""
    first_year, last_year, usd = row["first_year"], row["last_year"], row["usd"]
    for key in ("first_year", "last_year"):
        if isinstance(row[key], bool) or not isinstance(row[key], int):
            yield key, "a whole year"
    if isinstance(first_year, int) and isinstance(last_year, int) and first_year > last_year:
        yield "first_year", f"a year no later than the last, {last_year}"
    if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 <= usd < math.inf:
        yield "usd", "0 or more US dollars"


_READ: dict[str, Callable[[Any, Fault], Any]] = {
    "grid_minimum_share": lambda given, fault: _numbers(
        given, 1, "shares of the load from 0 to 1, by grid (percent was meant?)", fault
    ),
    "limits_mw": lambda given, fault: _numbers(
        given, 20_000, "IT power from 0 to 20,000 MW, by code of region (kW was meant?)", fault
    ),
    "residency": _texts,
    "budgets": _budgets,
    "at": _list,
    "hazard_exclude": _list,
    "load_by": _load_by,
}


def site_fault(origin: str, key: str, given: Any, allowed: str, fix: str = "") -> InputError:
    """Return the error of one rule, named by the file that it stands in."""
    path = f"plan.siting{'.' if key else ''}{key}"
    where = place(origin, path)
    return InputError(
        f"{where}: {path}: `{given}` cannot be used" if where else f"{path}: `{given}` cannot be used",
        why=f"Allowed: {allowed}.",
        fix=fix or "Correct it; docs/concepts/plan-sites.md says what each key means.",
        code="plan.siting",
    )
