# SPDX-License-Identifier: Apache-2.0
"""One assumption: a number with its unit, its spread, the range in which it may lie, and where it comes from.

Comes in: a row of `assumptions.yaml`, or what an author wrote over it. Goes out: an `Assumption`, or an `InputError`
with file, path, value, allowed range and the likely meant unit. It draws nothing; see `draws.py`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from daulat.plan.errors import InputError
from daulat.plan.inputs.located import place
from daulat.plan.inputs.settings import DATA_YEAR, LAST_YEAR
from daulat.plan.units import SLIPS, likely_meant, plainly

KINDS = ("fixed", "uniform", "triangular", "normal", "lognormal")
BASES = ("measured", "published", "derived", "recalled", "convention", "judgement", "given")
TEXT_KEYS = ("source", "date", "licence", "about", "basis", "note")
KEYS = ("value", "low", "high", "kind", "unit", "min", "max", *TEXT_KEYS)


@dataclass(frozen=True)
class Assumption:
    """One number of the plan.

    Parameters
    ----------
    path : str
        Its name, e.g. ``energy.electricity_price_usd_per_mwh``.
    value : float
        The best single estimate: the mode of a triangular, the median of the others.
    low, high : float
        Bounds of `uniform` and `triangular`; the 10th and 90th percentile of `normal` and `lognormal`.
    kind : str
        One of `KINDS`.
    min, max : float
        What is refused outside: physics or plain sense, much wider than low and high.
    basis : str
        One of `BASES`; what each means stands at the head of assumptions.yaml.
    origin : str
        The file that the value in use comes from.
    year : int
        The year that the value holds in: that of its date. What is laid over it without a date is of the same year.
    """

    path: str
    value: float
    low: float
    high: float
    kind: str
    unit: str
    min: float
    max: float
    about: str
    source: str
    date: str
    licence: str
    basis: str
    origin: str
    note: str = ""
    year: int = DATA_YEAR

    @property
    def is_uncertain(self) -> bool:
        """Whether draws of it differ."""
        return self.kind != "fixed" and self.high > self.low

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for `--json` and plan.json."""
        return dataclasses.asdict(self)


def first(path: str, row: Mapping[str, Any], origin: str) -> Assumption:
    """Return the assumption of a row of the package's own table, every key of which is needed.

    Raises
    ------
    InputError
        If a key is missing, or the values contradict one another.
    """
    missing = [
        key for key in ("value", "unit", "min", "max", "about", "source", "date", "licence", "basis") if key not in row
    ]
    if missing:
        raise _fault(origin, path, row.get("value"), f"`{missing[0]}` is missing", "a row without it does not go in")
    blank = Assumption(
        path=path,
        value=0.0,
        low=0.0,
        high=0.0,
        kind="fixed",
        unit=str(row["unit"]),
        min=float(row["min"]),
        max=float(row["max"]),
        about=str(row["about"]),
        source="",
        date="",
        licence="",
        basis="given",
        origin=origin,
    )
    return overlaid(blank, row, origin)


def overlaid(base: Assumption, given: Any, origin: str) -> Assumption:
    """Return an assumption with what an author wrote over it: a bare number, or a mapping of some of its keys.

    A bare number, or a mapping without `low` and `high`, fixes the value. Its source is then the author's file.

    Raises
    ------
    InputError
        If a value is not a number, lies outside the range, or contradicts another.
    """
    row = dict(given) if isinstance(given, Mapping) else {"value": given}
    for key in row:
        if key not in KEYS:
            raise _fault(
                origin, f"{base.path}.{key}", row[key], "is not a key of an input", f"one of {', '.join(KEYS)}"
            )
    if "unit" in row and row["unit"] != base.unit:
        raise _unit_fault(origin, base, row)
    value = _number(base, row.get("value", base.value), origin)
    low = _number(base, row.get("low", value), origin)
    high = _number(base, row.get("high", value), origin)
    kind = str(row.get("kind", "triangular" if high > low else "fixed"))
    if kind not in KINDS:
        raise _fault(origin, f"{base.path}.kind", kind, "is not a distribution we know", f"one of {', '.join(KINDS)}")
    if not low <= value <= high:
        raise _fault(
            origin,
            base.path,
            value,
            f"lies outside its own low {low:,.6g} and high {high:,.6g}",
            "low <= value <= high",
        )
    if kind == "lognormal" and low <= 0:
        raise _fault(origin, f"{base.path}.low", low, "cannot be the 10th percentile of a lognormal", "more than 0")
    texts: dict[str, Any] = {key: str(row[key]) for key in TEXT_KEYS if key in row}
    if row.get("date") and not is_date(str(row["date"])):
        raise _fault(
            origin, f"{base.path}.date", row["date"], "is no date that a source can have", "a day such as 2025-06-30"
        )
    texts.setdefault("source", origin)
    texts.setdefault("basis", "given")
    for key in ("date", "licence", "note"):
        texts.setdefault(key, "")
    year = int(texts["date"][:4]) if texts["date"] else base.year
    return dataclasses.replace(base, value=value, low=low, high=high, kind=kind, origin=origin, year=year, **texts)


def is_date(day: str) -> bool:
    """Say whether a text is a day, a month or a year in which a source may have been made.

    Examples
    --------
    >>> is_date("2026-03"), is_date("soon"), is_date("1066")
    (True, False, False)
    """
    full = {4: f"{day}-01-01", 7: f"{day}-01"}.get(len(day), day)
    try:
        return 1900 <= date.fromisoformat(full).year <= LAST_YEAR
    except ValueError:
        return False


def _number(base: Assumption, given: Any, origin: str) -> float:
    try:
        value = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        value = math.nan
    if not base.min <= value <= base.max:  # also false for NaN
        meant = likely_meant(value, base.unit, base.min, base.max)
        if isinstance(given, str) and math.isnan(value):
            what = f"is not a number; the number is written alone, in {base.unit}"
        else:
            what = f"is not within {plainly(base.min)} to {plainly(base.max)} {base.unit}"
        raise _fault(
            origin,
            base.path,
            given,
            what,
            f"{plainly(base.min)} to {plainly(base.max)} {base.unit}",
            f"Did you mean {meant}" if meant else "",
        )
    return value


def _unit_fault(origin: str, base: Assumption, row: Mapping[str, Any]) -> InputError:
    factor = SLIPS.get(base.unit, {}).get(str(row["unit"]))
    value = row.get("value")
    meant = f"Write {value * factor:,.6g} {base.unit}." if factor and isinstance(value, int | float) else ""
    return _fault(origin, f"{base.path}.unit", row["unit"], f"is another unit than {base.unit}", base.unit, meant)


def _fault(origin: str, path: str, value: Any, what: str, allowed: str, fix: str = "") -> InputError:
    return InputError(
        f"{place(origin, path)}: {path}: `{value}` {what}",
        why=f"Allowed is {allowed}; nothing that depends on it can be worked out.",
        fix=fix or f"Correct the value; `daulat plan inputs` shows the default of {path} with its unit and source.",
        code="plan.input",
    )
