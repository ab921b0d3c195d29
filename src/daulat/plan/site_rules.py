# SPDX-License-Identifier: Apache-2.0
"""The rules of siting: what stands below `plan.siting` in, `SiteRules` out, or every fault at once.

Numbers are laid over `data/siting.yaml` and keep their sources; lists and mappings stand beside them. Reads no other
file and chooses no site. What each key means: docs/concepts/plan-sites.md
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from daulat.nation import read_yaml
from daulat.plan.errors import InputError, InputFaultsError
from daulat.plan.hazard import Hazards
from daulat.plan.inputs import Assumption
from daulat.plan.inputs.assumption import first, overlaid
from daulat.plan.inputs.load import listed, plain
from daulat.plan.inputs.located import place
from daulat.plan.siting import Budget

Section = tuple[Mapping[str, Any], str]
BESIDE = ("grid_minimum_share", "limits_mw", "residency", "budgets", "at", "hazard_exclude", "grids")
# What a grid may say of itself: the most that is taken, and the input of the nation that it stands for there.
GRID_KEYS = {
    "gco2_per_kwh": (2000.0, "energy.grid_gco2_per_kwh"),
    "electricity_usd_per_mwh": (800.0, "energy.electricity_price_usd_per_mwh"),
}
OTHERS = ("hazard",)  # read by daulat.plan.hazard


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
        Group of regions to the group or jurisdiction whose borders its data may not leave.
    at : tuple of str
        Codes of the regions that are considered; empty: the largest of each group.
    hazard_exclude : tuple of str
        Classes of hazard in which no site may stand.
    hazard_origin, grids_origin : str
        The file that says so.
    grids : mapping
        Carbon and tariff of a grid, by its name, where they differ from the nation's.
    """

    numbers: Mapping[str, Assumption]
    grid_minimum_share: Mapping[str, float]
    limits_mw: Mapping[str, float]
    residency: Mapping[str, str]
    budgets: tuple[Budget, ...]
    at: tuple[str, ...]
    hazard_exclude: tuple[str, ...]
    hazard_origin: str
    grids: Mapping[str, Mapping[str, float]]
    grids_origin: str


def siting_sections(sections: Sequence[Section], changes: Sequence[str]) -> list[Section]:
    """Return the sections with those changes of the command line that concern siting as a last one."""
    found = list(sections)
    for change in changes:
        path, _, text = change.partition("=")
        keys = path.strip().removeprefix("plan.").split(".")
        if keys[0] != "siting" or len(keys) < 2:
            continue
        value: Any = listed(text.strip()) if keys[1] in ("at", "hazard_exclude", "residency") else plain(text.strip())
        if keys[1] in ("at", "hazard_exclude"):
            value = value if isinstance(value, list) else [value]
        for key in reversed(keys):
            value = {key: value}
        found.append((value, "--set"))
    return found


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
        Every fault: file, path, value, what is allowed.
    """
    rows = {name: first(f"siting.{name}", row, "siting.yaml") for name, row in _defaults().items()}
    beside: dict[str, Any] = {}
    origins: dict[str, str] = {}
    faults: list[InputError] = []
    for section, origin in sections:
        given = section.get("siting") or {}
        if not isinstance(given, Mapping):
            faults.append(site_fault(origin, "", given, "a mapping of keys and values"))
            continue
        for key, value in given.items():
            try:
                if key in rows:
                    rows[key] = overlaid(rows[key], value, origin)
                elif key in BESIDE:
                    beside[key] = _READ[key](value)
                    origins[key] = origin
                elif key not in OTHERS:
                    near = difflib.get_close_matches(str(key), (*rows, *BESIDE, *OTHERS), n=1)
                    meant = f"Did you mean `{near[0]}`?" if near else ""
                    faults.append(
                        site_fault(origin, key, value, f"one of {', '.join((*rows, *BESIDE, *OTHERS))}", meant)
                    )
            except InputError as error:
                faults.append(error)
            except (TypeError, ValueError, KeyError) as error:
                faults.append(site_fault(origin, key, value, str(error)))
    if faults:
        raise InputFaultsError(faults)
    return SiteRules(
        rows,
        beside.get("grid_minimum_share", {}),
        beside.get("limits_mw", {}),
        beside.get("residency", {}),
        beside.get("budgets", ()),
        beside.get("at", ()),
        beside.get("hazard_exclude", ()),
        origins.get("hazard_exclude", ""),
        beside.get("grids", {}),
        origins.get("grids", ""),
    )


def require_classes(rules: SiteRules, hazards: Hazards) -> None:
    """Raise `InputError` if a class is excluded that nobody knows."""
    for name in rules.hazard_exclude:
        if name not in hazards.classes:
            allowed = f"classes of hazard: {', '.join(hazards.classes)}"
            raise site_fault(rules.hazard_origin, "hazard_exclude", name, allowed)


def _numbers(given: Any, most: float, what: str) -> dict[str, float]:
    if not isinstance(given, Mapping):
        raise ValueError(f"a mapping to {what}")
    found = {}
    for key, value in given.items():
        good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
        if not good:  # also for NaN
            raise ValueError(f"{what}; `{key}` is `{value}`")
        found[str(key)] = float(value)
    return found


def _texts(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise ValueError("a mapping from a group of regions to the group or jurisdiction that its data may not leave")
    return {str(key): str(value) for key, value in given.items()}


def _grids(given: Any) -> dict[str, dict[str, float]]:
    form = f"a mapping from a grid to {', '.join(GRID_KEYS)} and `source`"
    if not isinstance(given, Mapping):
        raise ValueError(form)
    found: dict[str, dict[str, float]] = {}
    for grid, row in given.items():
        if not isinstance(row, Mapping) or set(row) - {*GRID_KEYS, "source"} or not row.get("source"):
            raise ValueError(f"{form}; `{grid}` has `{row}`")
        most = {key: top for key, (top, _) in GRID_KEYS.items() if key in row}
        for key, top in most.items():
            _numbers({grid: row[key]}, top, f"{key} from 0 to {top:g}")
        found[str(grid)] = {key: float(row[key]) for key in most}
    return found


def _list(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list):
        raise ValueError("a list")
    return tuple(str(one) for one in given)


def _budgets(given: Any) -> tuple[Budget, ...]:
    form = "a list of mappings with name, first_year, last_year and usd (0 or more US dollars)"
    found = []
    for row in given if isinstance(given, list) else [None]:
        if not isinstance(row, Mapping) or set(row) != {"name", "first_year", "last_year", "usd"}:
            raise ValueError(form)
        years = [row["first_year"], row["last_year"]]
        if not all(isinstance(one, int) for one in years) or years[0] > years[1]:
            raise ValueError(
                f"whole years, the first no later than the last; `{row['name']}` has {years[0]} to {years[1]}"
            )
        usd = row["usd"]
        if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 <= usd < math.inf:
            raise ValueError(f"{form}; `{row['name']}` has `{usd}`")
        found.append(Budget(str(row["name"]), years[0], years[1], float(usd)))
    return tuple(found)


_READ: dict[str, Callable[[Any], Any]] = {
    "grid_minimum_share": lambda given: _numbers(
        given, 1, "shares of the load from 0 to 1, by grid (percent was meant?)"
    ),
    "limits_mw": lambda given: _numbers(
        given, 20_000, "IT power from 0 to 20,000 MW, by code of region (kW was meant?)"
    ),
    "residency": _texts,
    "budgets": _budgets,
    "at": _list,
    "hazard_exclude": _list,
    "grids": _grids,
}


def site_fault(origin: str, key: str, given: Any, allowed: str, fix: str = "") -> InputError:
    """Return the error of one rule, named by the file that it stands in."""
    return InputError(
        f"{place(origin, f'siting.{key}')}: plan.siting{'.' if key else ''}{key}: `{given}` cannot be used",
        why=f"Allowed: {allowed}.",
        fix=fix or "Correct it; docs/concepts/plan-sites.md says what each key means.",
        code="plan.siting",
    )
