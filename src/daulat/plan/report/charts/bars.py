# SPDX-License-Identifier: Apache-2.0
"""Bars that lie: each from one value to another. Swings of a tornado, steps of a waterfall, sums of a breakdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from daulat.plan.report.scale import Scale, linear
from daulat.plan.report.svg import drawing, filled, path, tag

ROW, BAR, TOP, BOTTOM, SIDE = 40.0, 16.0, 8.0, 24.0, 10.0
LETTER = 7.4  # width of a mean letter of the axis in user units


@dataclass(frozen=True)
class Bar:
    """One bar from `start` to `end`, with what is written above and at its end; `low` to `high` is its whisker."""

    label: str
    start: float
    end: float
    place: int
    said: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class BarChart:
    """Bars below one another; `level` is a value that is drawn down through all of them."""

    bars: Sequence[Bar]
    number: Callable[[float | None], str]
    level: float | None = None
    links: bool = False

    def legend(self) -> list[tuple[Markup, str]]:
        """Return nothing: every bar is labelled where it stands."""
        return []

    def draw(self, ident: str, title: str, about: str, width: int) -> Markup:
        """Return the drawing for a width in user units."""
        height = TOP + ROW * len(self.bars) + BOTTOM
        ends = [v for one in self.bars for v in (one.start, one.end, one.low, one.high) if v is not None]
        held = [*ends, *([self.level] if self.level is not None else [])]
        x = linear(held, SIDE + 14, width - SIDE - 14, most=6 if width > 500 else 4, zero=self.level is None)
        parts = [*self._grid(x, height), *self._bars(x, width)]
        return drawing(ident, title, about, width, height, parts)

    def _grid(self, x: Scale, height: float) -> Iterator[Markup]:
        for value in x.ticks:
            yield tag("path", d=path([(x(value), TOP), (x(value), height - BOTTOM)]), class_="grid")
            yield tag("text", self.number(value), x=x(value), y=height - 7, text_anchor="middle", class_="axis")
        base = self.level if self.level is not None else 0.0
        yield tag("path", d=path([(x(base), TOP), (x(base), height - BOTTOM)]), class_="base")

    def _bars(self, x: Scale, width: float) -> Iterator[Markup]:
        for at, one in enumerate(self.bars):
            top = TOP + ROW * at
            left, right = sorted((x(one.start), x(one.end)))
            yield tag("text", _cut(one.label, width, one.said), x=SIDE + 18, y=top + 13, class_="label halo")
            yield tag("text", one.said, x=width - SIDE, y=top + 13, text_anchor="end", class_="label strong halo")
            yield filled(one.place, left, top + 18, max(right - left, 1.0), BAR, f"{one.label}: {one.said}")
            if one.low is not None and one.high is not None:
                middle = top + 18 + BAR / 2
                yield tag("path", d=path([(x(one.low), middle), (x(one.high), middle)]), class_="whisker")
            if self.links and at + 1 < len(self.bars):
                line = path([(x(one.end), top + 18 + BAR), (x(one.end), top + 18 + ROW)])
                yield tag("path", d=line, class_="link")


def _cut(label: str, width: float, said: str) -> str:
    """Shorten a label so that what is said at the end of its line has room; the table has it whole."""
    room = max(8, int((width - 2 * SIDE - 18) / LETTER) - len(said) - 2)
    return label if len(label) <= room else f"{label[: room - 1].rstrip()}…"
