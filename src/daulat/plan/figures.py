# SPDX-License-Identifier: Apache-2.0
"""Figures: how each result of a stage says its unit, its formula and what it was made from.

Comes in: a stage's frozen dataclass whose fields are declared with `figure(...)`. Goes out: the same facts as `Trace`s,
which `daulat plan explain` prints, `plan.json` carries and the reference page lists. It computes no figure itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trace:
    """What stands behind one figure.

    Parameters
    ----------
    name : str
        The field's name, unique in the whole plan, e.g. ``cost_per_mtok_usd``.
    unit : str
        As in `daulat.plan.units`.
    about : str
        One line for a reader.
    formula : str
        In words and signs, as the code computes it.
    inputs : tuple of str
        Names of figures, or paths of inputs (these have a dot).
    axes : tuple of str
        What the dimensions after the draws are: ``year``, ``service``, ``hour``, ...
    page : str
        The page of docs/concepts that derives it.
    """

    name: str
    unit: str
    about: str
    formula: str
    inputs: tuple[str, ...]
    axes: tuple[str, ...]
    page: str


def figure(
    unit: str, formula: str, inputs: str, *, about: str, axes: tuple[str, ...] = ("year",), page: str = ""
) -> Any:
    """Declare a field of a stage that is a result: float64[draws, *axes].

    Parameters
    ----------
    inputs : str
        Names of figures and paths of inputs, with spaces between; a path may have a `*`.
    page : str
        The page that derives it, where that is not the `page` of the stage.
    """
    found = {
        "unit": unit,
        "formula": formula,
        "inputs": tuple(inputs.split()),
        "about": about,
        "axes": axes,
        "page": page,
    }
    return field(metadata=found)


def traces(stage: Any) -> Iterator[Trace]:
    """Yield the traces of a stage (the class or a value of it), in the order of its fields.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Toy:
    ...     power_mw: Floats = figure("MW", "accelerators x kW / 1000", "accelerators", about="Power.")
    >>> [(one.name, one.unit) for one in traces(Toy)]
    [('power_mw', 'MW')]
    """
    for one in dataclasses.fields(stage):
        if "formula" in one.metadata:
            page = one.metadata["page"] or getattr(stage, "page", "")
            yield Trace(**{**one.metadata, "name": one.name, "page": page})


def values(stage: Any) -> Iterator[tuple[Trace, Floats]]:
    """Yield each figure of a stage's value with its array, float64[draws, *axes]."""
    for trace in traces(stage):
        yield trace, getattr(stage, trace.name)


def joined(parts: list[Any]) -> Any:
    """Put together one stage's values that were computed for different draws; all else is taken from the first.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Toy:
    ...     power_mw: Floats = figure("MW", "given", "", about="Power.")
    >>> joined([Toy(np.ones((2, 1))), Toy(np.zeros((1, 1)))]).power_mw.shape
    (3, 1)
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    changed = {trace.name: np.concatenate([getattr(part, trace.name) for part in parts]) for trace in traces(first)}
    return dataclasses.replace(first, **changed)
