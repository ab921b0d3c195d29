# SPDX-License-Identifier: Apache-2.0
"""Explain: the chain of numbers behind a figure, down to inputs with their sources.

Comes in: a `Document` and a name. Goes out: lines of text, indented by depth; each figure with unit, median, interval
and formula, each input with value, range and source. A figure that was explained above is named and not repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from daulat.plan.result.document import Document, FigureRow, InputRow, unknown_figure


def explain(document: Document, name: str, *, depth: int = 20) -> list[str]:
    """Return the lines that explain a figure or an input.

    Parameters
    ----------
    depth : int
        Levels below the figure.

    Raises
    ------
    PlanError
        If the plan has neither.
    """
    figures = {row.name: row for row in document.figures}
    inputs = {row.path: row for row in document.inputs}
    if name not in figures and not [path for path in inputs if fnmatchcase(path, name)]:
        raise unknown_figure(name, [*figures, *inputs])
    return list(_lines(name, figures, inputs, document, 0, depth, set()))


def _lines(
    name: str,
    figures: dict[str, FigureRow],
    inputs: dict[str, InputRow],
    document: Document,
    level: int,
    depth: int,
    seen: set[str],
) -> Iterator[str]:
    pad = "  " * level
    if name not in figures:
        for path in (path for path in inputs if fnmatchcase(path, name)):
            yield f"{pad}{_input(inputs[path], path in seen)}"
            seen.add(path)
        return
    row = figures[name]
    if name in seen:
        yield f"{pad}{name} = {_shown(row)}  (above)"
        return
    seen.add(name)
    yield f"{pad}{name} = {_shown(row)}  {row.about}"
    yield f"{pad}  = {row.formula}   [docs/concepts/{row.page}]"
    if level < depth:
        for one in row.inputs:
            yield from _lines(one, figures, inputs, document, level + 1, depth, seen)


def _input(row: InputRow, again: bool) -> str:
    spread = f" ({row.low:,.6g} to {row.high:,.6g}, {row.kind})" if row.kind != "fixed" else ""
    value = f"{row.path} = {row.value:,.6g} {row.unit}{spread}"
    return (
        f"{value}  (above)" if again else f"{value}  [{row.basis}: {row.source}{f', {row.date}' if row.date else ''}]"
    )


def _shown(row: FigureRow) -> str:
    """Median and 80 % interval: of the last year, summed over services and the like where that has a meaning."""
    low, middle, high = (_last(band, row) for band in (row.p10, row.p50, row.p90))
    return f"{middle:,.4g} {row.unit} ({low:,.4g} to {high:,.4g})"


def _last(band: Any, row: FigureRow) -> float:
    array = np.asarray(band, dtype=np.float64)
    if row.axes and row.axes[0] == "year":
        array = array[-1]
    additive = row.unit in ("requests/year", "accelerators", "people", "tokens/year", "USD")
    return float(array.sum() if additive and array.ndim else array.mean())
