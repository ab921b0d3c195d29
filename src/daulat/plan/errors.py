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

from collections.abc import Callable, Sequence
from typing import TypeVar

from daulat.errors import DaulatError

Found = TypeVar("Found")
Default = TypeVar("Default")


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
    faults : Sequence[PlanError]
        At least one. The first lends its sentences to whoever shows only one.
    """

    def __init__(self, faults: Sequence[PlanError]) -> None:
        first = faults[0]
        super().__init__(first.what, why=first.why, fix=first.fix, code=first.code)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n\n".join(str(fault) for fault in self.faults)


class DoesNotFitError(PlanError):
    """A model whose weights are larger than the memory they are to be spread over."""


class Faults:
    """What is wrong in several readings, to be told together.

    Examples
    --------
    >>> faults = Faults()
    >>> def read(text: str) -> int:
    ...     if not text.isdigit():
    ...         raise InputError(f"`{text}` is no number", why="It counts.", fix="Give a number.", code="plan.input")
    ...     return int(text)
    >>> faults.take(0, read, "7"), faults.take(0, read, "seven"), faults.take(0, read, "ten")
    (7, 0, 0)
    >>> len(faults)
    2
    """

    def __init__(self) -> None:
        self._found: dict[str, PlanError] = {}

    def __len__(self) -> int:
        return len(self._found)

    def take(self, default: Default, read: Callable[..., Found], *args: object) -> Found | Default:
        """Return what `read` gives, or `default` where it finds faults, which are kept; each is told once."""
        try:
            return read(*args)
        except PlanError as error:
            self.add(error)
            return default

    def add(self, error: PlanError) -> None:
        """Keep a fault, or all those of an error that tells several."""
        for fault in error.faults if isinstance(error, InputFaultsError) else (error,):
            self._found.setdefault(str(fault), fault)

    def tell(self) -> None:
        """Raise what was found, if anything was.

        Raises
        ------
        InputFaultsError
            With every fault.
        """
        if self._found:
            raise InputFaultsError(tuple(self._found.values()))
