# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a declaration, told to the person who wrote it.

DaulatError
└── NationError          one fault of nation.yaml or of a pack, with file, line and value
    └── NationFaultsError     all the faults of one file at once
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from daulat.errors import DaulatError


class NationError(DaulatError):
    """One fault in a declaration.

    Parameters
    ----------
    what, why, fix, code : str
        As in `DaulatError`; `what` here does not repeat the file and line, they are put in front of it.
    file : str
        The file as the author named it; empty when the fault is not in a file.
    line : int
        Line in that file, counted from 1; 0 when unknown.
    value : object
        The value that is wrong, as it was read.

    Examples
    --------
    >>> print(NationError("currency `RUPIAH` is not an ISO 4217 code", why="Prices could not be converted.",
    ...                   fix="did you mean `IDR`?", code="nation.currency", file="nation.yaml", line=7))
    error[nation.currency]: nation.yaml line 7: currency `RUPIAH` is not an ISO 4217 code
      Prices could not be converted.
    <BLANKLINE>
    hint: did you mean `IDR`?
    """

    def __init__(
        self, what: str, *, why: str, fix: str, code: str, file: str = "", line: int = 0, value: object = None
    ) -> None:
        place = f"{file} line {line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{place}{what}", why=why, fix=fix, code=code)
        self.file, self.line, self.value = file, line, value

    def as_dict(self) -> dict[str, Any]:
        """Return the fields of `DaulatError` with `file`, `line` and `value` beside them; `line` is None if unknown."""
        value = "" if self.value is None else str(self.value)
        return {**super().as_dict(), "file": self.file, "line": self.line or None, "value": value}


class NationFaultsError(NationError):
    """Every fault of one file; prints them one after another.

    Parameters
    ----------
    faults : Sequence[NationError]
        At least one, in the order of the file. The first lends its sentences to whoever shows only one.
    """

    def __init__(self, faults: Sequence[NationError]) -> None:
        first = faults[0]
        super().__init__(first.what, why=first.why, fix=first.fix, code=first.code, line=first.line, value=first.value)
        self.file = first.file
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n\n".join(str(fault) for fault in self.faults)
