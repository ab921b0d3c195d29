# SPDX-License-Identifier: Apache-2.0
"""The one promise that a store of counters keeps, and the two values that pass through it.

A worker says what stands (`Claim`): how much of a lease it has spent since the lease began, how much it keeps, and how
much more it wants. The store answers what it granted and what the counter's row then said (`Reading`). All of it is one
atomic statement; the same claim sent twice counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from daulat.gateway.quota.model import Limit

# A lease that has not been renewed for this long, by the store's clock, is charged or freed by whoever comes next.
LEASE_S = 8.0


class CountersUnavailableError(Exception):
    """The store of counters did not answer; what was sent may or may not have been counted."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker says of one lease. All amounts in the limit's whole units.

    Attributes
    ----------
    limit : Limit
        Which counter,
    start : int
        and which of its periods, by its first second since 1970 UTC.
    spent : int
        Spent under this lease since it began; never falls.
    keep : int
        Credit that the worker holds on to, reserved or free.
    need, want : int
        More credit: at least `need` or none, at most `want`.
    """

    limit: Limit
    start: int
    spent: int = 0
    keep: int = 0
    need: int = 0
    want: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the row of a counter said: `amount - used - leased` is what is left for everybody."""

    limit: Limit
    start: int
    amount: int
    used: int
    leased: int
    granted: int = 0

    @property
    def available(self) -> int:
        """What nobody has used or leased; below 0 after the limit was lowered."""
        return self.amount - self.used - self.leased


class Counters(Protocol):
    """Where counters live. Calls block; they are made from a thread of their own."""

    def exchange(self, worker: UUID, serial: int, claims: Sequence[Claim], now_s: float | None = None) -> list[Reading]:
        """Settle and reserve in one atomic statement.

        Parameters
        ----------
        worker : UUID
            Who claims; a new one for each start of a process.
        serial : int
            Grows with each call of a worker; a claim that comes late, after a later one, changes nothing.
        claims : sequence of Claim
            At most one a counter.
        now_s : float, optional
            The time, for tests; otherwise the store's own clock.

        Returns
        -------
        list of Reading
            One for each claim whose limit still exists, in any order.

        Raises
        ------
        CountersUnavailableError
            If there was no answer.
        """
        ...

    def read(self, periods: Sequence[tuple[Limit, int]], now_s: float | None = None) -> list[Reading]:
        """Read counters without changing them."""
        ...

    def sweep(self) -> None:
        """Delete the counters of periods that are long over."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
