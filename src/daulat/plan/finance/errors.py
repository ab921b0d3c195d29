# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a joint investment.

PlanError
└── DealError            the deal as written contradicts itself: every fault at once
"""

from __future__ import annotations

from collections.abc import Sequence

from daulat.plan.errors import PlanError


class DealFault(str):
    """One fault in words, and the path below `plan.deal` of the value that it is about."""

    path: str

    __slots__ = ("path",)

    def __new__(cls, path: str, text: str) -> DealFault:
        """Return the words with their path."""
        found = super().__new__(cls, text)
        found.path = path
        return found


class DealError(PlanError):
    """A deal that contradicts itself.

    Attributes
    ----------
    faults : tuple of DealFault
        All of them; the message holds them one after another.
    """

    def __init__(self, what: str, *, why: str, fix: str, code: str, faults: Sequence[DealFault] = ()) -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.faults = tuple(faults)
