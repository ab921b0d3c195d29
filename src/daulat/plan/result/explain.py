# SPDX-License-Identifier: Apache-2.0
"""Explain: the chain of numbers behind a result, down to inputs with their sources.

Comes in: a `Document` and a name. Goes out: lines of text, indented by depth, or the same as rows for programs; each
figure with unit, median, interval, formula and, of a yearly one, the year that is shown; each result of the deal and of
the siting with its values, each input with value, range and source. What was explained above is named and not repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

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
    chain, full = _chain(document, name, depth)
    return [line for step in chain.steps(full) for line in _lines(step, document.draws)]


def explain_rows(document: Document, name: str, *, depth: int = 20) -> list[dict[str, Any]]:
    """Return what `explain` prints as rows: `what` it is, `level`, `name`, the rest of it; `above` if told before.

    Raises
    ------
    PlanError
        If the plan has nothing of this name.
    """
    chain, full = _chain(document, name, depth)
    return [_row(step) for step in chain.steps(full)]


def _chain(document: Document, name: str, depth: int) -> tuple[_Chain, str]:
    """Return what can be explained and the full name of what is asked for."""
    chain = _Chain(document, depth)
    full = outcome_named(name)
    if not chain.has(name) and full is not None:
        if full not in chain.outcomes:
            raise _without(name, full)
        name = full
    if not chain.has(name):
        short = {one.partition(".")[2]: one for one in chain.outcomes}
        raise unknown_figure(name, [*chain.figures, *short, *chain.outcomes, *chain.inputs, *chain.terms])
    return chain, name


class _Term(NamedTuple):
    """An input of the deal or of the siting: as it was given, its source, and the source as it is told here."""

    given: str
    source: str
    told: str


class _Step(NamedTuple):
    """One name on the way down; `above` if it was explained before, `year` of a figure that has years."""

    level: int
    name: str
    row: FigureRow | Outcome | InputRow | _Term
    above: bool
    year: int | None = None


class _Chain:
    """What a plan has that can be explained, and what was explained so far."""

    def __init__(self, document: Document, depth: int) -> None:
        self.figures = {row.name: row for row in document.figures}
        self.inputs = {row.path: row for row in document.inputs}
        self.outcomes = outcomes_of(document)
        self.terms = terms_of(document)
        self.depth, self.last_year = depth, document.years[-1]
        self.seen: set[str] = set()

    def has(self, name: str) -> bool:
        paths = (*self.inputs, *self.terms)
        return name in self.figures or name in self.outcomes or any(fnmatchcase(path, name) for path in paths)

    def steps(self, name: str, level: int = 0) -> Iterator[_Step]:
        """Yield one name and all below it."""
        row = self.figures.get(name) or self.outcomes.get(name)
        if row is None:
            yield from self._leaves(name, level)
            return
        yearly = isinstance(row, FigureRow) and row.axes[:1] == ["year"]
        above = name in self.seen
        yield _Step(level, name, row, above, self.last_year if yearly else None)
        self.seen.add(name)
        if not above and level < self.depth:
            for below in row.inputs:
                yield from self.steps(below, level + 1)

    def _leaves(self, pattern: str, level: int) -> Iterator[_Step]:
        """Yield the inputs that a path or a pattern names."""
        for path in (path for path in self.inputs if fnmatchcase(path, pattern)):
            yield _Step(level, path, self.inputs[path], path in self.seen)
            self.seen.add(path)
        for path, (given, source) in self.terms.items():
            if not fnmatchcase(path, pattern):
                continue
            told = f"{source.partition(': ')[0]}, as above" if source in self.seen else source
            yield _Step(level, path, _Term(given, source, told), path in self.seen)
            self.seen |= {path, source}


def _lines(step: _Step, draws: int) -> Iterator[str]:
    """Yield a step as text."""
    pad, name, row = "  " * step.level, step.name, step.row
    if isinstance(row, InputRow):
        yield f"{pad}{_input(row, step.above)}"
    elif isinstance(row, _Term):
        yield f"{pad}{name}  (above)" if step.above else f"{pad}{name} {row.given}  [{row.told}]"
    else:
        head = name if isinstance(row, Outcome) else f"{name} = {_shown(row, step.year, draws)}"
        if step.above:
            yield f"{pad}{head}  (above)"
            return
        yield f"{pad}{head}  {row.about}"
        yield f"{pad}  = {row.formula}   [docs/concepts/{row.page}]"
        for shown in row.shown if isinstance(row, Outcome) else ():
            yield f"{pad}  {shown}"


def _row(step: _Step) -> dict[str, Any]:
    """Return a step as plain data."""
    row, head = step.row, {"level": step.level, "name": step.name, "above": step.above}
    if isinstance(row, InputRow):
        return {"what": "input", **head, **row.model_dump(exclude={"path"})}
    if isinstance(row, _Term):
        return {"what": "term", **head, "given": row.given, "source": row.source}
    made = {"about": row.about, "formula": row.formula, "page": row.page, "inputs": list(row.inputs)}
    if isinstance(row, Outcome):
        return {"what": "outcome", **head, **made, "shown": list(row.shown)}
    found = ((name, _last(getattr(row, name), row)) for name in ("p10", "p50", "p90"))
    bands = {name: None if np.isnan(value) else value for name, value in found}
    return {"what": "figure", **head, "year": step.year, "unit": row.unit, **bands, **made}


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


def _shown(row: FigureRow, year: int | None, draws: int) -> str:
    """Median and 80 % interval: of the last year, summed over services and the like where that has a meaning.

    What the document leaves empty never comes within the plan.
    """
    low, middle, high = (_last(band, row) for band in (row.p10, row.p50, row.p90))
    of_year = f" ({year})" if year else ""
    interval = f" ({_told(low)} to {_told(high)})" if draws > 1 else ""
    return f"{_told(middle, f' {row.unit}')}{interval}{of_year}"


def _told(value: float, unit: str = "") -> str:
    return "never" if np.isnan(value) else f"{value:,.4g}{unit}"


def _last(band: Any, row: FigureRow) -> float:
    array = np.asarray(band, dtype=np.float64)
    if row.axes and row.axes[0] == "year":
        array = array[-1]
    additive = row.unit in ("requests/year", "accelerators", "people", "tokens/year", "USD")
    return float(array.sum() if additive and array.ndim else array.mean())
