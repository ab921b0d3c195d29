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
class Columns:
    """Where each variable stands: int64[n_sites, n_years] twice, int64[n_pairs, n_years]; pairs are (class, site).

    `opened` counts open sites, int64[n_years]; empty where nobody counts them.
    """

    open: Ints
    size: Ints
    serve: Ints
    pair_class: Ints
    pair_site: Ints
    opened: Ints

    @property
    def count(self) -> int:
        """How many variables there are."""
        return self.open.size + self.size.size + self.serve.size + self.opened.size
