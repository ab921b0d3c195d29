# SPDX-License-Identifier: Apache-2.0
"""The frontier: what each model costs and how well it was measured in a language, in; which models nothing beats, out.

Quality is what evaluation measured, a share in [0, 1]; a model that nobody measured has none and is never put on the
frontier. Prices come from whoever calls. Draws a plain picture; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from daulat.models.gates import GateResult


@dataclass(frozen=True, slots=True)
class Point:
    """One model: price of a million output tokens with its range, in one currency, and measured quality."""

    model: str
    cost: float
    low: float
    high: float
    basis: str
    quality: float | None = None


def qualities(results: Iterable[GateResult]) -> dict[str, dict[str, float]]:
    """Return the mean score of each model in each language, over its newest result of each suite.

    Examples
    --------
    >>> from datetime import date
    >>> rows = [("a", 0.5, 1), ("a", 0.7, 2), ("b", 0.9, 1)]
    >>> results = [GateResult("m", "health", "xa", True, s, "", date(2026, 1, d), score=v) for s, v, d in rows]
    >>> qualities(results)    # of suite a the newer counts: (0.7 + 0.9) / 2
    {'m': {'xa': 0.8}}
    """
    newest: dict[tuple[str, str, str], GateResult] = {}
    for result in results:
        key = (result.model, result.language, result.suite)
        if result.score is not None and (key not in newest or result.date >= newest[key].date):
            newest[key] = result
    sums: dict[str, dict[str, list[float]]] = {}
    for (model, language, _), result in sorted(newest.items()):
        sums.setdefault(model, {}).setdefault(language, []).append(result.score or 0.0)
    return {
        model: {language: round(sum(scores) / len(scores), 6) for language, scores in by_language.items()}
        for model, by_language in sums.items()
    }


def frontier(points: Iterable[Point]) -> list[Point]:
    """Return the measured models that no other beats in both price and quality, from cheap to dear.

    Examples
    --------
    >>> good, cheap, beaten = Point("g", 9, 9, 9, "", 0.9), Point("c", 1, 1, 1, "", 0.5), Point("b", 2, 2, 2, "", 0.4)
    >>> [point.model for point in frontier([good, beaten, cheap])]
    ['c', 'g']
    """
    best: list[Point] = []
    measured = [point for point in points if point.quality is not None]
    for point in sorted(measured, key=lambda one: (one.cost, -(one.quality or 0.0), one.model)):
        if not best or (point.quality or 0.0) > (best[-1].quality or 0.0):
            best.append(point)
    return best


Scale = Callable[[float], float]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 760, 420, 56, 48, 40, 150
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.t{font-size:15px;font-weight:600}.g{stroke:#ddd}"
    ".r{stroke:#888;stroke-width:1}.d{fill:#005ea5}.o{fill:#fff;stroke:#888;stroke-width:1.5}"
    ".f{fill:none;stroke:#005ea5;stroke-width:2}"
    "@media(prefers-color-scheme:dark){text{fill:#eee}.g{stroke:#444}.d{fill:#7cc0ff}.f{stroke:#7cc0ff}.o{fill:#111}}"
)


def draw(points: Sequence[Point], language: str, currency: str = "USD") -> str:
    """Return an SVG picture: price across, on a logarithmic scale, quality up; a line joins the frontier.

    Models without a measurement stand in a row below the axis, hollow, in the order of their price.
    """
    best = frontier(points)
    low = floor(log10(min((point.low for point in points), default=0.1)))
    high = max(low + 1, ceil(log10(max((point.high for point in points), default=10.0))))
    floor_y = _HEIGHT - _BOTTOM - 24

    def across(cost: float) -> float:
        return _LEFT + (log10(cost) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def up(quality: float) -> float:
        return floor_y - quality * (floor_y - _TOP)

    title = f"Cost of a million output tokens and measured quality in {escape(language or 'no language')}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="t d">',
        f'<title id="t">{title}</title><desc id="d">{escape(_told(points, best))}</desc><style>{_STYLE}</style>',
        f'<text class="t" x="{_LEFT}" y="22">{title}</text>',
    ]
    for power in range(low, high + 1):
        x = across(10.0**power)
        parts.append(f'<path class="g" d="M{x:.1f} {_TOP}V{floor_y}"/>')
        parts.append(f'<text x="{x:.1f}" y="{floor_y + 40}" text-anchor="middle">{10.0**power:g}</text>')
    for tenth in range(0, 11, 2):
        y = up(tenth / 10)
        parts.append(f'<path class="g" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth / 10:g}</text>')
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{escape(currency)}; hollow: nobody has measured it</text>')
    if len(best) > 1:
        line = "L".join(f"{across(point.cost):.1f} {up(point.quality or 0):.1f}" for point in best)
        parts.append(f'<path class="f" d="M{line}"/>')
    parts += [_dot(point, across, up, floor_y + 14, point in best) for point in points]
    return "\n".join([*parts, "</svg>", ""])


def _dot(point: Point, across: Scale, up: Scale, below: float, is_best: bool) -> str:
    x = across(point.cost)
    y = below if point.quality is None else up(point.quality)
    told = escape(f"{point.model}: {point.cost:.3g} ({point.low:.3g} to {point.high:.3g}); {point.basis}")
    kind = "o" if point.quality is None else "d"
    name = f'<text x="{x + 7:.1f}" y="{y - 5:.1f}">{escape(point.model)}</text>' if is_best else ""
    whisker = f'<path class="r" d="M{across(point.low):.1f} {y:.1f}H{across(point.high):.1f}"/>' if is_best else ""
    return f'<g><title>{told}</title>{whisker}<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>{name}</g>'


def _told(points: Sequence[Point], best: Sequence[Point]) -> str:
    if not best:
        return f"{len(points)} models with a price; none of them was measured in this language."
    named = ", ".join(f"{point.model} ({point.cost:.2g}, {point.quality:.2f})" for point in best)
    return f"{len(points)} models with a price. None beats, from cheap to dear: {named}."
