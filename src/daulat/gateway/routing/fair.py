# SPDX-License-Identifier: Apache-2.0
"""A fair queue: calls that wait in; the one whose turn it is out.

Emergency before interactive before batch. Within one of these, organisations take turns by the tokens that their calls
may come to (start-time fair queueing): a call begins, in virtual time, now or where its organisation's last one ended.
Two organisations that both always have calls waiting get the same number of tokens, to within one call of each. A call
waits in one lane, the engines that may take it; whoever frees an engine asks for the first call of the lanes it is in.
Several queues, one in each worker, keep one virtual time where each is told of the others (`Elsewhere`).

    P. Goyal, H. M. Vin, H. Cheng: Start-time Fair Queueing, IEEE/ACM Transactions on Networking 5 (1997)
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")
# Rank, and start in virtual time; the smaller goes first.
Turn = tuple[int, float]

RANKS = {"emergency": 0, "interactive": 1, "batch": 2}
_INTERACTIVE = 1


class Elsewhere(Protocol):
    """What queues of several workers tell each other, each of itself."""

    def start(self, rank: int, flow: str) -> float:
        """Return the earliest start of a call of an organisation by what all have told."""
        ...

    def pushed(self, rank: int, flow: str, end: float) -> None:
        """Tell where the last call of an organisation ends."""
        ...

    def popped(self, rank: int, now: float) -> None:
        """Tell how far virtual time has come."""
        ...

    def forget(self) -> None:
        """Take back what was told."""
        ...


class Ticket(Generic[Item]):
    """A place in the queue. `item` is None once it was taken or given up."""

    __slots__ = ("cost", "item", "rank", "start")

    def __init__(self, item: Item, rank: int, start: float, cost: float) -> None:
        self.item: Item | None = item
        self.rank = rank
        self.start = start
        self.cost = cost


class FairQueue(Generic[Item]):
    """Calls that wait.

    Parameters
    ----------
    elsewhere : Elsewhere, optional
        The queues of other workers.

    Examples
    --------
    >>> queue = FairQueue()
    >>> for name in ("a1", "a2", "a3"):
    ...     _ = queue.push(name, "lane", priority="interactive", flow="a", cost=10)
    >>> _ = queue.push("b1", "lane", priority="interactive", flow="b", cost=10)
    >>> _ = queue.push("c1", "lane", priority="emergency", flow="c", cost=10)
    >>> [queue.pop(["lane"]) for _ in range(5)]
    ['c1', 'a1', 'b1', 'a2', 'a3']
    """

    def __init__(self, elsewhere: Elsewhere | None = None) -> None:
        self._elsewhere = elsewhere
        self._lanes: dict[Hashable, list[tuple[int, float, int, Ticket[Item]]]] = {}
        self._ends: dict[tuple[int, str], float] = {}  # where the last call of each organisation ends, by rank
        self._now = [0.0] * len(RANKS)  # virtual time, by rank
        self._count = 0
        self._live = 0

    def __len__(self) -> int:
        return self._live

    def push(self, item: Item, lane: Hashable, *, priority: str, flow: str, cost: float) -> Ticket[Item]:
        """Let a call wait in a lane; `cost` is what it may come to, in tokens."""
        rank = RANKS.get(priority, _INTERACTIVE)
        start = max(self._now[rank], self._ends.get((rank, flow), 0.0))
        if self._elsewhere is not None:
            start = max(start, self._elsewhere.start(rank, flow))
        self._ends[rank, flow] = end = start + max(cost, 1.0)
        if self._elsewhere is not None:
            self._elsewhere.pushed(rank, flow, end)
        ticket = Ticket(item, rank, start, cost)
        self._count += 1  # of two that start together the earlier goes first
        heapq.heappush(self._lanes.setdefault(lane, []), (rank, start, self._count, ticket))
        self._live += 1
        return ticket

    def pop(self, lanes: Iterable[Hashable]) -> Item | None:
        """Take the call whose turn it is among those that wait in these lanes."""
        best = self._first(lanes)
        if best is None:
            return None
        rank, start, _, ticket = heapq.heappop(best)
        self._now[rank] = max(self._now[rank], start)
        if self._elsewhere is not None:
            self._elsewhere.popped(rank, self._now[rank])
        item, ticket.item = ticket.item, None
        self._left()
        return item

    def next_turn(self, lanes: Iterable[Hashable]) -> Turn | None:
        """Return the turn of the call that `pop` would take."""
        best = self._first(lanes)
        return None if best is None else best[0][:2]

    def discard(self, ticket: Ticket[Item]) -> None:
        """Give up a place; one that was taken already stays taken."""
        if ticket.item is not None:
            ticket.item = None
            self._left()

    def _first(self, lanes: Iterable[Hashable]) -> list[tuple[int, float, int, Ticket[Item]]] | None:
        """Return the heap whose first call goes next."""
        best = None
        for lane in lanes:
            heap = self._lanes.get(lane)
            while heap and heap[0][3].item is None:
                heapq.heappop(heap)
            if heap and (best is None or heap[0] < best[0]):
                best = heap
        return best

    def _left(self) -> None:
        self._live -= 1
        if not self._live:  # nobody waits: nobody owes anything
            self._lanes.clear()
            self._ends.clear()
            self._now = [0.0] * len(RANKS)
            if self._elsewhere is not None:
                self._elsewhere.forget()
