# SPDX-License-Identifier: Apache-2.0
"""Columns of parts, one column for each year: what the whole is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from daulat.plan.report.scale import Scale, linear
from daulat.plan.report.svg import drawing, filled, path, swatch, tag

LEFT, RIGHT, TOP, BOTTOM = 56.0, 8.0, 14.0, 26.0
GAP = 0.25  # of a column's room


@dataclass(frozen=True)
class StackChart:
    """Parts over labels; parts above zero go up, those below go down.

    Parameters
    ----------
    parts : sequence of (label, values)
        The first is drawn at the bottom.
    whole : float, optional
        The end of the axis where the whole is known, e.g. 1 for shares.
    """

    labels: Sequence[str]
    parts: Sequence[tuple[str, Sequence[float]]]
    number: Callable[[float | None], str]
    whole: float | None = None

    def legend(self) -> list[tuple[Markup, str]]:
        """Return key and label of each part."""
        return [(swatch(place), label) for place, (label, _) in enumerate(self.parts)]

    def draw(self, ident: str, title: str, about: str, width: int) -> Markup:
        """Return the drawing for a width in user units."""
        height = 300.0 if width > 500 else 250.0
        y = linear(self._ends(), height - BOTTOM, TOP)
        return drawing(ident, title, about, width, height, [*self._axis(y, width), *self._columns(y, width, height)])

    def _ends(self) -> list[float]:
        if self.whole is not None:
            return [0.0, self.whole]
        columns = [[values[at] for _, values in self.parts] for at in range(len(self.labels))]
        return [sum(v for v in column if (v > 0) == up) for column in columns for up in (True, False)]

    def _axis(self, y: Scale, width: float) -> Iterator[Markup]:
        for value in y.ticks:
            yield tag("path", d=path([(LEFT, y(value)), (width - RIGHT, y(value))]), class_="grid")
            yield tag("text", self.number(value), x=LEFT - 6, y=y(value) + 4, text_anchor="end", class_="axis")

    def _columns(self, y: Scale, width: float, height: float) -> Iterator[Markup]:
        room = (width - LEFT - RIGHT) / max(len(self.labels), 1)
        every = max(1, -(-38 // int(max(room, 1))))
        for at, label in enumerate(self.labels):
            left = LEFT + room * (at + GAP / 2)
            up = down = 0.0
            for place, (name, values) in enumerate(self.parts):
                value = values[at]
                base = up if value >= 0 else down
                top, bottom = y(base + max(value, 0)), y(base + min(value, 0))
                up, down = (up + value, down) if value >= 0 else (up, down + value)
                if bottom - top > 0.01:
                    told = f"{label}, {name}: {self.number(value)}"
                    yield filled(place, left, top, room * (1 - GAP), bottom - top, told)
            if at % every == 0:
                middle = left + room * (1 - GAP) / 2
                yield tag("text", label, x=middle, y=height - BOTTOM + 17, text_anchor="middle", class_="axis")

    def rows(self, *, total: bool = True) -> list[list[str]]:
        """Return the table: a row for each label, a column for each part, and the sum."""
        found = []
        for at, label in enumerate(self.labels):
            values = [values[at] for _, values in self.parts]
            found.append([label, *(self.number(one) for one in values), *([self.number(sum(values))] if total else [])])
        return found
