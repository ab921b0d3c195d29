# SPDX-License-Identifier: Apache-2.0
"""Compare: two plans side by side, and the inputs in which they differ.

Comes in: two `Document`s. Goes out: rows of the summary with both medians and the change, and rows of inputs. Only
figures that both have are compared.
"""

from __future__ import annotations

from typing import Any

from daulat.plan.result.document import Document


def compare(one: Document, other: Document) -> dict[str, list[dict[str, Any]]]:
    """Return what differs between two plans.

    Returns
    -------
    dict
        ``summary``: label, unit, year, both medians, change in percent (None where the first is 0).
        ``inputs``: path, both values and sources. ``settings``: key and both choices.
    """
    rows = []
    years = {(row.name, place): row for place, row in enumerate(other.summary)}
    for place, row in enumerate(one.summary):
        twin = years.get((row.name, place))
        if twin is None:
            continue
        change = (twin.p50 / row.p50 - 1) * 100 if row.p50 else None
        rows.append(
            {
                "name": row.name,
                "label": row.label,
                "unit": row.unit,
                "year": row.year,
                "a": row.p50,
                "b": twin.p50,
                "change_percent": change,
                # Outside each other's 80 % interval: the plans differ by more than what is unknown in both.
                "apart": twin.p10 > row.p90 or twin.p90 < row.p10,
            }
        )
    theirs = {row.path: row for row in other.inputs}
    inputs = [
        {"path": row.path, "a": row.value, "b": theirs[row.path].value, "unit": row.unit}
        for row in one.inputs
        if row.path in theirs and (row.value, row.low, row.high) != _spread(theirs[row.path])
    ]
    keys = [key for key in one.settings if one.settings[key] != other.settings.get(key)]
    settings = [{"key": key, "a": one.settings[key], "b": other.settings.get(key)} for key in keys]
    return {"summary": rows, "inputs": inputs, "settings": settings}


def _spread(row: Any) -> tuple[float, float, float]:
    return row.value, row.low, row.high
