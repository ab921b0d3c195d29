# SPDX-License-Identifier: Apache-2.0
"""A map of dots: people by their coordinates, sites among them. No tiles, no outline: the dots draw the country.

Projection: equirectangular at the middle latitude; places that lie across the date line are joined on one side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from daulat.plan.report.svg import drawing, tag

EDGE = 22.0
TALLEST = 1.1  # height over width


@dataclass(frozen=True)
class Dot:
    """A place: `weight` sets its area. A site has a `rank` above 0, which is written on it."""

    label: str
    latitude: float
    longitude: float
    weight: float
    said: str
    rank: int = 0


@dataclass(frozen=True)
class DotMap:
    """Dots and sites."""

    dots: Sequence[Dot]
    sites: Sequence[Dot]

    def legend(self) -> list[tuple[Markup, str]]:
        """Return nothing: the caption says what dots and squares are."""
        return []

    def draw(self, ident: str, title: str, about: str, width: int) -> Markup:
        """Return the drawing for a width in user units."""
        spots = project([(one.latitude, one.longitude) for one in (*self.dots, *self.sites)])
        xs, ys = [x for x, _ in spots], [y for _, y in spots]
        span_x, span_y = max(xs) - min(xs) or 1.0, max(ys) - min(ys) or 1.0
        unit = min((width - 2 * EDGE) / span_x, (width * TALLEST - 2 * EDGE) / span_y)
        height = span_y * unit + 2 * EDGE
        left = (width - span_x * unit) / 2

        def at(spot: tuple[float, float]) -> tuple[float, float]:
            return left + (spot[0] - min(xs)) * unit, EDGE + (max(ys) - spot[1]) * unit

        most = max((one.weight for one in self.dots), default=1.0) or 1.0
        largest = width / 70
        parts = []
        for one, spot in zip(self.dots, spots, strict=False):
            x, y = at(spot)
            radius = max(0.9, largest * math.sqrt(max(one.weight, 0) / most))
            parts.append(tag("circle", tag("title", one.said), cx=x, cy=y, r=radius, class_="people"))
        for one, spot in zip(self.sites, spots[len(self.dots) :], strict=True):
            x, y = at(spot)
            box = tag("rect", x=x - 8, y=y - 8, width=16, height=16, rx=2, class_="site")
            number = tag("text", str(one.rank), x=x, y=y + 4, text_anchor="middle", class_="rank")
            parts.append(tag("g", tag("title", one.said), box, number))
        return drawing(ident, title, about, width, height, parts)


def project(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return places on paper, x to the east and y to the north, in degrees of latitude.

    Examples
    --------
    >>> [(round(x, 1), y) for x, y in project([(0.0, 179.0), (0.0, -179.0)])]  # two degrees apart, not 358
    [(179.0, 0.0), (181.0, 0.0)]
    """
    longitudes = [longitude for _, longitude in places]
    ordered = sorted(longitudes)
    gaps = [(later - earlier, later) for earlier, later in pairwise(ordered)]
    widest = max(gaps, default=(0.0, 0.0))
    # The emptiest stretch of the globe is where the map is cut.
    cut = widest[1] if widest[0] > 360 - (ordered[-1] - ordered[0]) else -360.0
    shifted = [longitude + 360 if longitude < cut else longitude for longitude in longitudes]
    middle = sum(latitude for latitude, _ in places) / max(len(places), 1)
    squeeze = math.cos(math.radians(middle))
    return [(lon * squeeze, lat) for (lat, _), lon in zip(places, shifted, strict=True)]
