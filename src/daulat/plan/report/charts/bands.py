# SPDX-License-Identifier: Apache-2.0
"""Lines with the interval around them, over years, hours or sizes; either axis may be logarithmic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from daulat.plan.report.scale import Linear, Log, Scale, linear, logarithmic
from daulat.plan.report.svg import drawing, line_swatch, path, tag

LEFT, RIGHT, TOP, BOTTOM = 56.0, 14.0, 14.0, 34.0
DASHES = 7


@dataclass(frozen=True)
class Line:
    """One line: median, and the interval in which 80 % of the draws lie. None where there is no value."""

    label: str
    p10: Sequence[float | None]
    p50: Sequence[float | None]
    p90: Sequence[float | None]


@dataclass(frozen=True)
class BandChart:
    """Lines over the same places.

    Parameters
    ----------
    x : sequence of float
        Where the values stand.
    x_marks : sequence of (float, str)
        Values of x that are marked; empty: the scale's own.
    limit : (float, str), optional
        A level that is drawn across, e.g. a covenant.
    points : bool
        Whether each value has a mark of its own: for years, not for hours.
    """

    lines: Sequence[Line]
    x: Sequence[float]
    number: Callable[[float | None], str]
    x_label: str = ""
    x_marks: Sequence[tuple[float, str]] = ()
    log: bool = False
    limit: tuple[float, str] | None = None
    points: bool = True

    def legend(self) -> list[tuple[Markup, str]]:
        """Return key and label of each line."""
        return [(line_swatch(place), one.label) for place, one in enumerate(self.lines)]

    def draw(self, ident: str, title: str, about: str, width: int) -> Markup:
        """Return the drawing for a width in user units."""
        height = 300.0 if width > 500 else 250.0
        x, y = self._scales(width, height, most=6 if width > 500 else 4)
        parts = [*self._grid(x, y, width, height)]
        for place, line in enumerate(self.lines):
            parts += self._line(place, line, x, y)
        if self.limit is not None:
            level, label = self.limit
            parts.append(tag("path", d=path([(LEFT, y(level)), (width - RIGHT, y(level))]), class_="limit"))
            parts.append(tag("text", label, x=LEFT + 4, y=y(level) - 5, class_="note halo"))
        return drawing(ident, title, about, width, height, parts)

    def _scales(self, width: float, height: float, most: int) -> tuple[Scale, Scale]:
        values = [v for one in self.lines for row in (one.p10, one.p50, one.p90) for v in row if v is not None]
        if self.limit is not None:
            values.append(self.limit[0])
        across, down = (LEFT, width - RIGHT), (height - BOTTOM, TOP)
        if self.log:
            return logarithmic(self.x, *across, most=most), logarithmic(values, *down, most=5)
        ends = (min(self.x), max(self.x) if max(self.x) > min(self.x) else min(self.x) + 1)
        pad = (ends[1] - ends[0]) * (0.02 if self.points else 0)
        return Linear(ends[0] - pad, ends[1] + pad, *across, ()), linear(values, *down)

    def _grid(self, x: Scale, y: Scale, width: float, height: float) -> Iterator[Markup]:
        for value in y.ticks:
            yield tag("path", d=path([(LEFT, y(value)), (width - RIGHT, y(value))]), class_="grid")
            yield tag("text", self.number(value), x=LEFT - 6, y=y(value) + 4, text_anchor="end", class_="axis")
        marks = self.x_marks or [(value, self.number(value)) for value in x.ticks]
        room = 46 if width > 500 else 40
        keep = max(1, -(-len(marks) * room // int(width - LEFT - RIGHT)))
        for value, label in marks[::keep]:
            yield tag("text", label, x=x(value), y=height - BOTTOM + 17, text_anchor="middle", class_="axis")
        if self.x_label:
            yield tag("text", self.x_label, x=width - RIGHT, y=height - 2, text_anchor="end", class_="axis")
        if self.log:
            for value in x.ticks:
                yield tag("path", d=path([(x(value), TOP), (x(value), height - BOTTOM)]), class_="grid")

    def _line(self, place: int, line: Line, x: Scale, y: Scale) -> Iterator[Markup]:
        known = [at for at, value in enumerate(line.p50) if value is not None]
        spots = [(x(self.x[at]), at) for at in known]
        upper = [(px, y(_value(line.p90[at], y))) for px, at in spots]
        lower = [(px, y(_value(line.p10[at], y))) for px, at in spots]
        middle = [(px, y(_value(line.p50[at], y))) for px, at in spots]
        if upper != lower:
            yield tag("path", d=path([*upper, *reversed(lower)], close=True), class_=f"band c{place % DASHES}")
        yield tag("path", d=path(middle), class_=f"line l{place % DASHES}")
        if self.points:
            for (px, py), at in zip(middle, known, strict=True):
                low, high = self.number(line.p10[at]), self.number(line.p90[at])
                told = f"{line.label}: {self.number(line.p50[at])} ({low}–{high})"
                yield tag("circle", tag("title", told), cx=px, cy=py, r=3, class_=f"mark c{place % DASHES}")

    def rows(self, labels: Sequence[str], bands: Sequence[str]) -> list[list[str]]:
        """Return the table: a row for each value of x, a column for each band of each line."""
        return [
            [label, *(self.number(band[at]) for one in self.lines for band in (getattr(one, name) for name in bands))]
            for at, label in enumerate(labels)
        ]


def _value(value: float | None, scale: Scale) -> float:
    found = 0.0 if value is None else value
    return max(found, scale.low) if isinstance(scale, Log) else found
