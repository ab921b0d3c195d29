# SPDX-License-Identifier: Apache-2.0
"""Explain: the chain of numbers behind a result, down to inputs with their sources.

Comes in: a `Document` and a name. Goes out: lines of text, indented by depth; each figure with unit, median, interval
and formula, each result of the deal and of the siting with its values, each input with value, range and source. What
was explained above is named and not repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from daulat.plan.errors import PlanError
from daulat.plan.result.document import Document, FigureRow, InputRow, unknown_figure
from daulat.plan.result.outcomes import Outcome, outcome_named, outcomes_of, terms_of


def explain(document: Document, name: str, *, depth: int = 20) -> list[str]:
    """Return the lines that explain a figure, a result of the deal or of the siting, or an input.

    Parameters
    ----------
    name : str
        A result of the deal or of the siting also without its section and unit: ``npv`` for ``deal.npv_usd``.
    depth : int
        Levels below the figure.

    Raises
    ------
    PlanError
        If the plan has none of these.
    """
    chain = _Chain(document, depth)
    full = outcome_named(name)
    if not chain.has(name) and full is not None:
        if full not in chain.outcomes:
            raise _without(name, full)
        name = full
    if not chain.has(name):
        short = {one.partition(".")[2]: one for one in chain.outcomes}
        raise unknown_figure(name, [*chain.figures, *short, *chain.outcomes, *chain.inputs, *chain.terms])
    return list(chain.lines(name))


class _Chain:
    """What a plan has that can be explained, and what was explained so far."""

    def __init__(self, document: Document, depth: int) -> None:
        self.figures = {row.name: row for row in document.figures}
        self.inputs = {row.path: row for row in document.inputs}
        self.outcomes = outcomes_of(document)
        self.terms = terms_of(document)
        self.depth = depth
        self.seen: set[str] = set()

    def has(self, name: str) -> bool:
        paths = (*self.inputs, *self.terms)
        return name in self.figures or name in self.outcomes or any(fnmatchcase(path, name) for path in paths)

    def lines(self, name: str, level: int = 0) -> Iterator[str]:
        """Yield the lines of one name and of all below it."""
        pad = "  " * level
        row = self.figures.get(name) or self.outcomes.get(name)
        if row is None:
            for leaf in self._leaves(name):
                yield f"{pad}{leaf}"
            return
        head = name if isinstance(row, Outcome) else f"{name} = {_shown(row)}"
        if name in self.seen:
            yield f"{pad}{head}  (above)"
            return
        self.seen.add(name)
        yield f"{pad}{head}  {row.about}"
        yield f"{pad}  = {row.formula}   [docs/concepts/{row.page}]"
        for shown in row.shown if isinstance(row, Outcome) else ():
            yield f"{pad}  {shown}"
        if level < self.depth:
            for below in row.inputs:
                yield from self.lines(below, level + 1)

    def _leaves(self, pattern: str) -> Iterator[str]:
        """Yield the inputs that a path or a pattern names."""
        for path in (path for path in self.inputs if fnmatchcase(path, pattern)):
            yield _input(self.inputs[path], path in self.seen)
            self.seen.add(path)
        for path, (given, source) in self.terms.items():
            if not fnmatchcase(path, pattern):
                continue
            told = f"{source.partition(': ')[0]}, as above" if source in self.seen else source
            yield f"{path}  (above)" if path in self.seen else f"{path} {given}  [{told}]"
            self.seen |= {path, source}


def _without(name: str, full: str) -> PlanError:
    section = full.partition(".")[0]
    what, fix = {
        "deal": ("a joint investment", "put a `deal:` below `plan:`; docs/guides/read-the-report.md shows one."),
        "siting": ("a choice of sites", "`daulat plan --sites choose` chooses them."),
    }[section]
    return PlanError(
        f"`{name}` is a result of {what}, and this plan has none",
        why="There is nothing to explain.",
        fix=fix,
        code="plan.figure",
    )


def _input(row: InputRow, again: bool) -> str:
    spread = f" ({row.low:,.6g} to {row.high:,.6g}, {row.kind})" if row.kind != "fixed" else ""
    value = f"{row.path} = {row.value:,.6g} {row.unit}{spread}"
    return (
        f"{value}  (above)" if again else f"{value}  [{row.basis}: {row.source}{f', {row.date}' if row.date else ''}]"
    )


def _shown(row: FigureRow) -> str:
    """Median and 80 % interval: of the last year, summed over services and the like where that has a meaning.

    What the document leaves empty never comes within the plan.
    """
    low, middle, high = (_last(band, row) for band in (row.p10, row.p50, row.p90))
    return f"{_told(middle, f' {row.unit}')} ({_told(low)} to {_told(high)})"


def _told(value: float, unit: str = "") -> str:
    return "never" if np.isnan(value) else f"{value:,.4g}{unit}"


def _last(band: Any, row: FigureRow) -> float:
    array = np.asarray(band, dtype=np.float64)
    if row.axes and row.axes[0] == "year":
        array = array[-1]
    additive = row.unit in ("requests/year", "accelerators", "people", "tokens/year", "USD")
    return float(array.sum() if additive and array.ndim else array.mean())
