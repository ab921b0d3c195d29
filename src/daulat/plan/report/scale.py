# SPDX-License-Identifier: Apache-2.0
"""Scales: from a value to a place on the paper, and the round values at which an axis is marked.

Comes in: the ends of the data and of the paper. Goes out: places in user units of the SVG, and ticks. Draws nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

NOTHING = 1e-200  # less than this is drawn as 0
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Scale(Protocol):
    """Where a value stands, and which values are marked."""

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        ...

    @property
    def ticks(self) -> tuple[float, ...]:
        """The values that are marked, rising."""
        ...


def nice_step(span: float, most: int) -> float:
    """Return the least step, 1, 2, 2.5 or 5 times a power of ten, that cuts a span into `most` parts or fewer.

    Examples
    --------
    >>> nice_step(100, 5), nice_step(7, 4), nice_step(0.3, 3)
    (20.0, 2.0, 0.1)
    """
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in STEPS if step * power >= rough * (1 - 1e-9))


@dataclass(frozen=True, slots=True)
class Linear:
    """Equal differences are equally far apart."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Log:
    """Equal ratios are equally far apart."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """Return the place of a value above 0."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)


def linear(values: Iterable[float], start: float, end: float, *, most: int = 5, zero: bool = True) -> Linear:
    """Return a scale over values, widened to round ends; with `zero` it holds 0.

    Examples
    --------
    >>> scale = linear([3, 87], 0, 200)
    >>> scale.ticks, scale(50)
    ((0.0, 20.0, 40.0, 60.0, 80.0, 100.0), 100.0)
    """
    known = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    size = max(abs(high), abs(low))
    if size < NOTHING:
        low, high = 0.0, 1.0
    elif high - low <= size * 1e-9:
        low, high = low - size / 2, high + size / 2
        if zero:
            low, high = min(low, 0.0), max(high, 0.0)
    step = nice_step(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(place * step, 12) if step > 1e-9 else place * step for place in range(first, last + 1))
    return Linear(ticks[0], ticks[-1], start, end, ticks)


def logarithmic(values: Iterable[float], start: float, end: float, *, most: int = 6) -> Log:
    """Return a scale over values above 0, widened to powers of ten (1, 2 and 5 times them where there are few).

    Examples
    --------
    >>> logarithmic([20, 3000], 0, 300).ticks
    (10.0, 100.0, 1000.0, 10000.0)
    """
    known = [value for value in values if math.isfinite(value) and value > 0] or [1.0, 10.0]
    low, high = math.floor(math.log10(min(known)) + 1e-9), math.ceil(math.log10(max(known)) - 1e-9)
    high = max(high, low + 1)
    every = max(1, math.ceil((high - low) / most))
    ticks: Sequence[float] = [10.0**power for power in range(low, high + 1, every)]
    if high - low <= 2:
        ticks = [times * 10.0**power for power in range(low, high) for times in (1, 2, 5)] + [10.0**high]
    return Log(10.0**low, 10.0**high, start, end, tuple(ticks))
