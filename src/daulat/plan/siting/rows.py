# SPDX-License-Identifier: Apache-2.0
"""Rows and columns of the program of siting as arrays grow: coefficients in, nothing solved here."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daulat.plan.siting.types import Float64

Ints = NDArray[np.int64]
Group = tuple[str, str]


@dataclass(slots=True, eq=False)
class Rows:
    """Rows of the program as they are collected, block by block."""

    row: list[Ints] = field(default_factory=list)
    column: list[Ints] = field(default_factory=list)
    value: list[Float64] = field(default_factory=list)
    lower: list[Float64] = field(default_factory=list)
    upper: list[Float64] = field(default_factory=list)
    groups: list[tuple[Group, int, int]] = field(default_factory=list)
    count: int = 0

    def open_block(self, group: Group, lower: Float64, upper: Float64) -> int:
        """Begin as many rows as there are bounds; return the number of the first."""
        start = self.count
        self.lower.append(np.asarray(lower, float))
        self.upper.append(np.asarray(upper, float))
        self.count += len(self.lower[-1])
        self.groups.append((group, start, self.count))
        return start

    def add(self, row: Ints, column: Ints, value: Float64 | float) -> None:
        """Add coefficients."""
        row, column, values = np.broadcast_arrays(row, column, np.asarray(value, float))
        self.row.append(row.ravel().astype(np.int64))
        self.column.append(column.ravel().astype(np.int64))
        self.value.append(values.ravel())


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A program, complete: cost and bounds of its columns, which of them are whole numbers, and its rows."""

    cost: Float64
    lower: Float64
    upper: Float64
    whole: NDArray[np.bool_]
    rows: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Where each variable stands: int64[n_sites, n_years] twice, int64[n_pairs, n_years]; pairs are (class, site).

    Where the search is shortened (`tight.py`) also `on_grid`, int64[n_grids, n_years], whether a grid has a site, and
    `n_sites` and `n_grids`, int64[n_years], how many there are; empty else.
    """

    open: Ints
    size: Ints
    serve: Ints
    pair_class: Ints
    pair_site: Ints
    on_grid: Ints
    n_sites: Ints
    n_grids: Ints

    @property
    def counted(self) -> bool:
        """Whether sites and grids are counted."""
        return self.n_sites.size > 0

    @property
    def count(self) -> int:
        """How many variables there are."""
        each = (self.open, self.size, self.serve, self.on_grid, self.n_sites, self.n_grids)
        return sum(one.size for one in each)
