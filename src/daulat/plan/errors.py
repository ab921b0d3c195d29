# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a plan, drawn as a tree.

DaulatError
└── PlanError            the author of the plan's inputs can act
    ├── RowError             one value of a table cannot be used: file, row, column, value, allowed range
    ├── InputError           one value of `plan:` or `--set`: file, path, value, allowed range, likely unit
    │   └── InputFaultsError     all of them at once
    └── DoesNotFitError      a model does not fit in the memory it was given, with the arithmetic
"""

from __future__ import annotations

from collections.abc import Sequence

from daulat.errors import DaulatError


class PlanError(DaulatError):
    """The author of the plan's inputs can act on this."""


class RowError(PlanError):
    """One value of a table that cannot be used."""


class InputError(PlanError):
    """One value of the plan's inputs that cannot be used."""


class InputFaultsError(InputError):
    """Every fault of the inputs; prints them one after another.

    Parameters
    ----------
    faults : Sequence[InputError]
        At least one. The first lends its sentences to whoever shows only one.
    """

    def __init__(self, faults: Sequence[InputError]) -> None:
        first = faults[0]
        super().__init__(first.what, why=first.why, fix=first.fix, code=first.code)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n\n".join(str(fault) for fault in self.faults)


class DoesNotFitError(PlanError):
    """A model whose weights are larger than the memory they are to be spread over."""
