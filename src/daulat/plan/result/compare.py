# SPDX-License-Identifier: Apache-2.0
"""Compare: two plans side by side, and the inputs in which they differ.

Comes in: two `Document`s. Goes out: rows of the summary with both medians and the change, rows that only one plan has,
and rows of inputs. A figure is compared with itself in the same calendar year; where the plans end in different years
that is the last year that both have, taken from the yearly bands of the longer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from daulat.plan.result.document import Document, InputRow, SummaryRow

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Point:
    """A figure in one year of one plan; `p10` and `p90` are None where it is a mean instead of a median, or never."""

    middle: float
    p10: float | None
    p90: float | None


def compare(one: Document, other: Document) -> dict[str, list[dict[str, Any]]]:
    """Return what differs between two plans.

    Returns
    -------
    dict
        ``summary``: name, label, unit, calendar year (None: over each plan's own years), both medians, change in
        percent (None where the first is 0, and of a date). ``only``: rows of the same form that one plan alone has;
        the other's median is None, also of a year that never comes. ``inputs``: path, both values and sources.
        ``settings``: key and both choices.
    """
    rows = list(_rows(one, other))
    theirs = {row.path: row for row in other.inputs}
    inputs = [
        {"path": row.path, "a": row.value, "b": theirs[row.path].value, "unit": row.unit}
        for row in one.inputs
        if row.path in theirs and _spread(row) != _spread(theirs[row.path])
    ]
    keys = [key for key in one.settings if one.settings[key] != other.settings.get(key)]
    return {
        "summary": [row for row in rows if row["a"] is not None and row["b"] is not None],
        "only": [row for row in rows if row["a"] is None or row["b"] is None],
        "inputs": inputs,
        "settings": [{"key": key, "a": one.settings[key], "b": other.settings.get(key)} for key in keys],
    }


def _rows(one: Document, other: Document) -> Iterator[dict[str, Any]]:
    """Yield a row for each figure and each year in which either plan's summary names it, in the first plan's order."""
    years: dict[_Key, set[int | None]] = {}
    for row in (*one.summary, *other.summary):
        years.setdefault((row.name, row.label, row.unit), set()).add(row.year)
    common = set(one.years) & set(other.years)
    last = max(common) if common and one.years[-1] != other.years[-1] else None
    for key, found in years.items():
        for year in sorted(found, key=lambda at: (at is not None, at)):
            by_mean = year is not None and (_must_add(one, key, year) or _must_add(other, key, year))
            a, b = (_point(plan, key, year, by_mean) for plan in (one, other))
            # A plan that has not the year, and one whose last year is not the other's, each say so in the label.
            both = a is not None and b is not None
            label = key[1] + (", last year of both" if both and year is not None and year == last else "")
            label += ", mean" if by_mean else ""
            yield {"name": key[0], "label": label, "unit": key[2], "year": year, **_change(a, b, key[2])}


def _change(a: _Point | None, b: _Point | None, unit: str) -> dict[str, Any]:
    percent: float | None = None
    apart = False
    if a is not None and b is not None:
        # Over the size of the first: a loss that becomes a gain is a rise. Of a date a percentage says nothing.
        percent = (b.middle - a.middle) / abs(a.middle) * 100 if a.middle and unit != "year" else None
        if a.p10 is not None and a.p90 is not None and b.p10 is not None and b.p90 is not None:
            # Outside each other's 80 % interval: the plans differ by more than what is unknown in both.
            apart = b.p10 > a.p90 or b.p90 < a.p10
    return {"a": a and a.middle, "b": b and b.middle, "change_percent": percent, "apart": apart}


def _point(plan: Document, key: _Key, year: int | None, by_mean: bool) -> _Point | None:
    """Return a figure in one year: from the summary, else from the yearly bands; None where the plan has not got it."""
    row = _summary_row(plan, key, year)
    if row is not None and not by_mean:
        return None if row.p50 is None else _Point(row.p50, row.p10, row.p90)
    if year not in plan.years or not _has(plan, key):
        return None
    at = plan.years.index(year)
    for figure in plan.figures:
        if figure.name == key[0] and figure.axes[:1] == ["year"]:
            if by_mean:
                return _Point(float(np.sum(figure.mean[at])), None, None)
            return _Point(*(float(band[at]) for band in (figure.p50, figure.p10, figure.p90)))
    return None


def _must_add(plan: Document, key: _Key, year: int) -> bool:
    """Tell whether a year stands only in bands by service and the like: medians of these do not add up, means do."""
    if _summary_row(plan, key, year) is not None or year not in plan.years or not _has(plan, key):
        return False
    return any(row.name == key[0] and row.axes[:1] == ["year"] and len(row.axes) > 1 for row in plan.figures)


def _has(plan: Document, key: _Key) -> bool:
    return any((row.name, row.label, row.unit) == key for row in plan.summary)


def _summary_row(plan: Document, key: _Key, year: int | None) -> SummaryRow | None:
    return next((row for row in plan.summary if (row.name, row.label, row.unit) == key and row.year == year), None)


def _spread(row: InputRow) -> tuple[float, float, float]:
    return row.value, row.low, row.high
