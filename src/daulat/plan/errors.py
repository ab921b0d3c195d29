# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a plan, drawn as a tree.

DaulatError
└── PlanError            the author of the plan's inputs can act
    ├── RowError             one value of a table cannot be used: file, row, column, value, allowed range
    └── DoesNotFitError      a model does not fit in the memory it was given, with the arithmetic
"""

from __future__ import annotations

from daulat.errors import DaulatError


class PlanError(DaulatError):
    """The author of the plan's inputs can act on this."""


class RowError(PlanError):
    """One value of a table that cannot be used."""


class DoesNotFitError(PlanError):
    """A model whose weights are larger than the memory they are to be spread over."""
