# SPDX-License-Identifier: Apache-2.0
"""The router of one of several workers: as `ModelRouter`, with engines counted and turns shared out by the board.

A place is counted first and held only if, all workers together, the bound still stands; of two that reach for the last
place at once never both get it. A place that becomes free goes to the worker in which the next call waits, and
that worker is rung for. Whoever has calls waiting also looks at the board every 20 ms, so that no ring has to arrive.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from daulat.errors import DaulatError
from daulat.gateway.ports import Call, CallUsage, Grant, Target
from daulat.gateway.routing.board import Row
from daulat.gateway.routing.fair import FairQueue
from daulat.gateway.routing.policy import choose_seat
from daulat.gateway.routing.residency import Residency
from daulat.gateway.routing.router import ModelRouter, QueueSettings, Waiting
from daulat.gateway.routing.seats import Lane, Post, Route, Seat, Vitals
from daulat.gateway.routing.together import together
from daulat.models import Gates

LOOK_S = 0.02


class SharedRouter(ModelRouter):
    """Chooses who answers, in agreement with the other workers.

    Parameters
    ----------
    row : Row
        The board, with a column for each post.
    posts, routes, residency, queue, gates, clock
        As `ModelRouter`; `queue` bounds how many wait in all workers, and every worker reads the same clock.
    """

    def __init__(
        self,
        row: Row,
        posts: Sequence[Post],
        routes: Iterable[Route],
        residency: Residency,
        *,
        queue: QueueSettings | None = None,
        gates: Gates | None = None,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(posts, routes, residency, queue=queue, gates=gates, clock=clock)
        self._row = row
        self._waiting = row.waiting
        self._workers = len(row.waiting)
        self._queue: FairQueue[Waiting] = FairQueue(row)
        self._fence = threading.Lock()
        self._looking: asyncio.TimerHandle | None = None
        for post in posts:
            post.column = row.columns[post.model]

    @property
    def waiting_in_all(self) -> int:
        """How many wait in all workers."""
        return sum(self._waiting)

    def in_flight(self, model: str) -> int:
        """Count the requests that a model's engine holds, from all workers."""
        return _count(self.posts[model])

    def vitals(self) -> list[Vitals]:
        """Tell how each engine is."""
        for post in self.posts.values():
            _count(post)
        held = [post.column.counts[post.column.own] for post in self.posts.values()]
        return [replace(vitals, held=count) for vitals, count in zip(super().vitals(), held, strict=True)]

    async def choose(self, call: Call, grant: Grant, tried: Collection[Target] = ()) -> Target:
        """Choose a target, and hold a place there; as `ModelRouter.choose`."""
        lane = self._lane(call, grant)
        if lane.steps:
            lane = self._step_of(lane, call, bool(tried))
        found = None if tried or any(self._waiting) else self._at_once(lane, call)
        seat, why = found or await self._seat(lane, call, grant, tried)
        target = lane.target(seat, why)
        if lane.is_plain or tried:
            return target
        return together(self, lane, call, grant, target)

    def ended(self, target: Target, usage: CallUsage, error: DaulatError | None, by: str = "") -> None:
        """Give the place back, and learn from how it went; as `ModelRouter.ended`."""
        post = self.posts.get(target.model)
        if post is None:
            return
        column = post.column
        column.counts[column.own] -= 1
        ModelRouter.ended(self, target, usage, error, by)  # and lets those go on who wait here
        if any(self._waiting) and not self._queue:
            self._dispatch(post, self._clock())

    def spare(self, lane: Lane, besides: Target) -> Target | None:
        """Take a place beside a target that is late, if there is a free one and nobody waits."""
        if any(self._waiting):
            return None
        for seat in lane.seats:
            _count(seat.post)
        return super().spare(lane, besides)

    def tick(self) -> None:
        """Let calls go on whose engines came back by the passing of time alone."""
        if self._queue:
            self._look()

    def _at_once(self, lane: Lane, call: Call) -> tuple[Seat, str] | None:
        """Take a place where every engine is well and has room: nearly always."""
        seats = lane.seats
        for seat in seats:
            post = seat.post
            post.in_flight = held = sum(post.column.counts)
            if post.troubled or held >= post.concurrency:
                return None
        now = self._clock()
        seat, why = choose_seat(lane.policy, seats, call.affinity, now)
        return (seat, why) if self._take(seat.post, now) else None

    def _free(self, seats: Sequence[Seat], now: float) -> list[Seat]:
        """Return the seats with room for one more, and for which nobody waits in any worker."""
        free = []
        for seat in seats:
            post = seat.post
            self._dispatch(post, now)
            if _count(post) < post.concurrency and self._row.first(post.column, now) < 0:
                free.append(seat)
        return free

    def _take(self, post: Post, now: float) -> bool:
        """Hold a place, unless another worker was quicker.

        Each counts itself before it looks at the sum, so of those who reach for the last place the last to count sees
        them all. Nobody exceeds the bound; two may both step back, and then the one whose turn it is tries again.
        """
        column = post.column
        column.counts[column.own] += 1
        # A processor may put off a store until after a later load; a lock's atomic operation does not let it (x86-64).
        self._fence.acquire()
        self._fence.release()
        post.in_flight = sum(column.counts)
        if post.in_flight > post.concurrency:
            column.counts[column.own] -= 1
            return False
        if post.troubled:
            post.breaker.began(now)
        return True

    def _hold(self, post: Post, now: float) -> None:
        column = post.column
        column.counts[column.own] += 1
        super()._hold(post, now)

    def _give_back(self, post: Post) -> None:
        column = post.column
        column.counts[column.own] -= 1
        super()._give_back(post)

    def _dispatch(self, post: Post, now: float) -> None:
        """Hand the free places of an engine to those whose turn it is, here or in another worker."""
        column = post.column
        while sum(column.counts) < post.concurrency:
            first = self._row.first(column, now)
            if first != column.own:
                if first >= 0:
                    self._row.ring(first)
                return
            if not post.is_up(now):  # it was when this was told
                self._tell(post, now)
                continue
            if not self._take(post, now):
                return
            waiting = self._next(post)
            if waiting is None:
                self._give_back(post)
                self._tell(post, now)
                continue
            waiting.turn.set_result(next(seat for seat in waiting.lane.seats if seat.post is post))
            self._tell_of(waiting.lane, now)

    def _came(self, lane: Lane) -> None:
        now = self._clock()
        self._row.look(now)
        self._tell_of(lane, now)
        for seat in lane.seats:
            self._dispatch(seat.post, now)
        if self._looking is None and self._queue:
            loop = asyncio.get_running_loop()
            loop.add_reader(self._row.bell, self._rung)
            self._looking = loop.call_later(LOOK_S, self._keep_looking)

    def _went(self, lane: Lane) -> None:
        self._tell_of(lane, self._clock())

    def _tell_of(self, lane: Lane, now: float) -> None:
        self._waiting[self._row.number] = len(self._queue)
        for seat in lane.seats:
            self._tell(seat.post, now)

    def _tell(self, post: Post, now: float) -> None:
        """Say whose turn is next here for an engine; nobody's while it may not be asked from here."""
        turn = self._queue.next_turn(post.lanes) if self._queue and post.is_up(now) else None
        self._row.tell(post.column, turn, now)

    def _rung(self) -> None:
        self._row.heard()
        self._look()

    def _keep_looking(self) -> None:
        """Look again and again while calls wait here."""
        self._look()
        loop = asyncio.get_running_loop()
        if self._queue:
            self._looking = loop.call_later(LOOK_S, self._keep_looking)
        else:
            self._looking = None
            loop.remove_reader(self._row.bell)

    def _look(self) -> None:
        now = self._clock()
        self._row.look(now)
        for post in self.posts.values():
            self._tell(post, now)
        for post in self.posts.values():
            self._dispatch(post, now)


def _count(post: Post) -> int:
    """Count the requests of all workers that an engine holds now."""
    post.in_flight = count = sum(post.column.counts)
    return count
