# SPDX-License-Identifier: Apache-2.0
"""Exhibits and chapters: what a report is made of before it becomes a page.

An exhibit is a chart with its table and the names of the figures that it shows; a chapter is a heading, sentences and
exhibits. Plain values: a template writes them, a test reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from markupsafe import Markup

from daulat.plan.report.words import Words
from daulat.plan.result.document import Document

WIDE, NARROW = 720, 350


class Chart(Protocol):
    """What every kind of chart gives."""

    def draw(self, ident: str, title: str, about: str, width: int) -> Markup:
        """Return the drawing for a width."""
        ...

    def legend(self) -> list[tuple[Markup, str]]:
        """Return key and label of each series."""
        ...


@dataclass(frozen=True)
class Exhibit:
    """A chart with its table.

    Parameters
    ----------
    sources : sequence of str
        Names of the figures behind it, which the page links to their traces.
    columns, lines : sequence of sequence of str
        Names of the figures and inputs behind the numbers of each column, or of each row, of the table; where neither
        is given, `sources` stand behind every number.
    half : bool
        Whether two of them stand beside each other on a wide page.
    """

    ident: str
    title: str
    about: str
    chart: Chart
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    sources: Sequence[str] = ()
    half: bool = False
    columns: Sequence[Sequence[str]] = ()
    lines: Sequence[Sequence[str]] = ()

    def origins(self) -> list[tuple[int, Sequence[str]]]:
        """Return what stands behind the columns after the first: how many beside each other, and the names.

        Empty where each row has its own.
        """
        if self.lines and not self.columns:
            return []
        found: list[tuple[int, Sequence[str]]] = []
        for names in self.columns[1:] or [self.sources] * (len(self.head) - 1):
            if found and found[-1][1] == names:
                found[-1] = (found[-1][0] + 1, names)
            else:
                found.append((1, names))
        return found

    def drawing(self, width: int) -> Markup:
        """Return the drawing for a width; each width has ids of its own."""
        return self.chart.draw(f"{self.ident}-{width}", self.title, self.about, width)


@dataclass(frozen=True)
class Chapter:
    """A heading with sentences and exhibits.

    Parameters
    ----------
    kind : str
        A piece of the template that stands after them.
    sources : sequence of str
        Names of the figures and inputs behind the numbers of the sentences.
    """

    ident: str
    title: str
    texts: Sequence[str]
    exhibits: Sequence[Exhibit] = field(default_factory=tuple)
    kind: str = ""
    sources: Sequence[str] = ()


@dataclass(frozen=True)
class Reading:
    """A document with the words to tell it in."""

    document: Document
    words: Words

    @property
    def bands(self) -> tuple[str, ...]:
        """The columns of a table of bands: with one draw there is no interval."""
        return ("p50",) if self.document.draws == 1 else ("p10", "p50", "p90")

    def number(self, value: float | None) -> str:
        """Return a short number."""
        return self.words.number(value)

    def last(self, name: str, band: str = "p50") -> float:
        """Return a figure of the last year, or of the whole plan where it has no years; summed over other axes."""
        row = self.document.figure(name)
        value: Any = getattr(row, band)
        if row.axes[:1] == ["year"]:
            value = value[-1]
        return float(sum(value)) if isinstance(value, list) else float(value)

    def years(self) -> list[str]:
        """Return the labels of the years."""
        return [str(year) for year in self.document.years]

    def means(self, name: str) -> list[Any]:
        """Return the means over the draws of a figure with axes: means of parts add up to the mean of the whole."""
        return list(self.document.figure(name).mean)

    def told(self, name: str, write: Callable[[float], str]) -> dict[str, str]:
        """Return median and interval of a figure, written, for a sentence."""
        return {
            "p10": write(self.last(name, "p10")),
            "p50": write(self.last(name)),
            "p90": write(self.last(name, "p90")),
        }
