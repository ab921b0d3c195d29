# SPDX-License-Identifier: Apache-2.0
"""The leases of one worker: calls reserve from credit in memory; a thread keeps the credit up with the counters.

`take` and `settle` are what every call does: whole numbers, no lock, no wait. Where credit is short, `reserve` waits
for one exchange, which all that wait share. An exchange runs in a thread of its own, twice a second or when it is
asked for; the event loop makes the claims before it and applies the readings after it. Derivation and bounds:
docs/concepts/quotas.md
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from daulat.gateway.quota.counters import LEASE_S, Claim, Counters, CountersUnavailableError, Reading
from daulat.gateway.quota.credit import Credit, Slot
from daulat.gateway.quota.model import Limit, Needs, period_bounds

TICK_S = 0.5
# A worker stops reserving this long after it last heard from the store: well before others treat its lease as dead.
HOLD_S = LEASE_S - 3.0
# A row that refused is believed this long before it is asked again, however often the caller tries.
REFUSAL_S = 0.2
# While other workers hold credit that they may be about to give back, a call waits this long before it is refused.
GRACE_S = 0.8
_GRACE_STEPS = 8
PATIENCE_S = 2.0

_LOG = logging.getLogger(__name__)

NOTHING: Needs = (0, 0, 0, 0, 0)
# What a call has reserved of each limit.
Credits = tuple[tuple[Credit, int], ...]


class LimitReachedError(Exception):
    """A counter has less than a call needs.

    `reading` is its row, `least` what would do where nobody else held any, `is_held` that so much would be there if
    what calls in progress have reserved came back.
    """

    def __init__(self, reading: Reading, needed: int, least: int, ends_s: int, *, is_held: bool = False) -> None:
        super().__init__(reading.limit.name)
        self.reading, self.needed, self.least, self.ends_s = reading, needed, least, ends_s
        self.is_held = is_held


class Leases:
    """What one worker holds of every limit that its callers meet.

    Parameters
    ----------
    counters : Counters
        Where the counts of all workers are.
    zone : ZoneInfo
        Whose days and months count.
    wall_clock, clock : callable
        Seconds since 1970 UTC, and monotonic seconds.
    """

    def __init__(
        self,
        counters: Counters,
        zone: ZoneInfo,
        *,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.worker: UUID = uuid4()
        self._counters, self._zone = counters, zone
        self._wall, self._clock = wall_clock, clock
        self._slots: dict[int, Slot] = {}
        self._credits: dict[tuple[int, int], Credit] = {}
        self._waiting: list[asyncio.Future[bool]] = []
        self._wake = asyncio.Event()
        self._serial = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="quota")
        self._last = clock()
        self.available = True

    def slots(self, limits: Iterable[Limit]) -> tuple[Slot, ...]:
        """Return the places of limits; a limit that was changed keeps its place and its credit."""
        found = []
        for limit in limits:
            slot = self._slots.setdefault(limit.id, Slot.of(limit))
            slot.limit = limit
            for credit in (slot.credit, slot.following):
                if credit is not None:
                    credit.limit = limit
            found.append(slot)
        return tuple(found)

    def take(self, slots: Sequence[Slot], needs: Needs) -> Credits | None:
        """Reserve from all credits, or from none and return None where one is short. Never waits.

        A call that needs nothing of a metric is let in whatever is left of it, and whether or not the store answers.
        """
        now, clock = self._wall(), self._clock()
        taken = []
        for slot in slots:
            credit = slot.credit
            if credit is None or credit.ends_s <= now:
                return None
            need = needs[slot.metric]
            if need and (credit.free < need or credit.until < clock):
                return None
            taken.append((credit, need))
        return self._reserved(taken)

    def _reserved(self, taken: list[tuple[Credit, int]]) -> Credits:
        for credit, need in taken:
            credit.free -= need
            credit.reserved += need
            credit.taken += need
            if credit.free < credit.low:
                credit.low = 0
                self._wake.set()
        return tuple(taken)

    async def reserve(self, slots: Sequence[Slot], needs: Needs, least: Needs | None = None) -> Credits:
        """Reserve, asking the store where this worker's credit is short.

        Parameters
        ----------
        slots : sequence of Slot
            The limits that hold the caller.
        needs : Needs
            The most that the call may come to.
        least : Needs, optional
            What it is likely to come to. Where a limit has less left than the call needs and no less than this, and
            nobody else holds any of it, the call has all that is left: one call at a time.

        Raises
        ------
        LimitReachedError
            If a counter has less than is needed.
        CountersUnavailableError
            If the store does not answer in two seconds.
        """
        began = self._clock()
        since, patience = began - REFUSAL_S, _GRACE_STEPS
        while True:
            taken = self.take(slots, needs)
            if taken is not None:
                return taken
            short = self._short(slots, needs)
            if not short:  # a period has begun, and nothing of it is needed
                continue
            refusing = [credit for credit, need in short if credit.is_refused(need - credit.free, since)]
            if patience and any(credit.elsewhere > 0 for credit in refusing):
                await asyncio.sleep(GRACE_S / _GRACE_STEPS)
                since, patience = self._clock(), patience - 1
                continue
            if refusing:
                taken = self._rest(slots, needs, least or needs, since)
                if taken is not None:
                    return await self._told(taken, slots)
            for slot in slots:
                assert slot.credit is not None
                slot.credit.awaited = True
            for credit, need in short:
                missing = max(need - credit.free, 0)
                credit.ask(credit.left if credit.is_refused(missing, since) else missing)
            if self._clock() - began > PATIENCE_S:
                raise CountersUnavailableError("no answer in time")
            await self._exchanged()

    async def _exchanged(self) -> bool:
        """Wait for an exchange that begins from now on; say whether the store has answered it."""
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                return await turn
        return False

    async def _told(self, taken: Credits, slots: Sequence[Slot]) -> Credits:
        """Return what was reserved when the store has heard of it: whoever is killed then is charged all of it."""
        heard = False
        try:
            heard = await self._exchanged()
        finally:
            if not heard:
                self.settle(taken, slots, NOTHING)
        if not heard:
            raise CountersUnavailableError("no answer in time")
        return taken

    def settle(self, credits: Credits, slots: Sequence[Slot], spent: Needs) -> None:
        """Book what a call came to under the credits that it was admitted with. Never waits."""
        for (credit, reserved), slot in zip(credits, slots, strict=True):
            used = spent[slot.metric]
            credit.reserved -= reserved
            if credit.rest is credits:
                credit.end_rest()
            # What a call came to beyond its reservation is in `spent`, which the store charges: no call owes it again.
            free = credit.free + reserved - used
            credit.free = free if free > 0 else 0
            credit.spent += used

    async def run(self) -> None:
        """Keep credit up with the counters until cancelled."""
        pause_s = TICK_S
        while True:
            with suppress(TimeoutError):  # `wait_for` may lose a cancellation that comes with the wake-up (Python 3.11)
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._exchange(self._claims())
                pause_s, self.available = TICK_S, True
            except CountersUnavailableError as error:
                if self.available:
                    _LOG.warning("quota counters are away: %s", error)
                pause_s, self.available = TICK_S, False
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        """Settle all that is known and give back all credit; what is still in progress stays reserved and expires."""
        for credit in self._credits.values():
            credit.retire()
        try:
            await self._exchange(self._claims())
        except CountersUnavailableError:
            _LOG.error("the last usage could not be settled; the leases that cover it will be charged")
        await asyncio.get_running_loop().run_in_executor(self._thread, self._counters.close)
        self._thread.shutdown()

    async def read(self, limits: Sequence[Limit]) -> list[Reading]:
        """Read the rows of limits in the present period: the rows that refuse."""
        now = self._wall()
        periods = [(limit, period_bounds(limit.period, now, self._zone)[0]) for limit in limits]
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._counters.read, periods)

    async def sweep(self) -> None:
        """Delete the counters of periods that are long over."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._counters.sweep)

    def _short(self, slots: Sequence[Slot], needs: Needs) -> list[tuple[Credit, int]]:
        """Return the credits that keep a call waiting, those of a new period begun."""
        now, clock, short = self._wall(), self._clock(), []
        for slot in slots:
            if slot.credit is None or slot.credit.ends_s <= now:
                following = slot.following
                slot.credit = following if following and following.start_s <= now < following.ends_s else None
                slot.credit, slot.following = slot.credit or self._credit(slot.limit, now), None
            credit, need = slot.credit, needs[slot.metric]
            if need and (credit.free < need or credit.until < clock):
                short.append((credit, need))
        return short

    def _rest(self, slots: Sequence[Slot], needs: Needs, least: Needs, since: float) -> Credits | None:
        """Reserve what a call needs, and of limits that have less left all of that; None: the store still has some.

        Raises
        ------
        LimitReachedError
            If that is too little, or somebody else holds some, who may be in the same case.
        """
        taken, rests, clock = [], [], self._clock()
        is_there = True
        for slot in slots:
            credit, need, little = slot.credit, needs[slot.metric], least[slot.metric]
            assert credit is not None
            if need and credit.is_refused(need - credit.free, since):
                assert credit.reading is not None
                if not credit.leaves_rest(little):
                    is_held = credit.is_busy and credit.reading.amount - credit.reading.used >= little
                    raise LimitReachedError(credit.reading, need, little, credit.ends_s, is_held=is_held)
                rests.append(credit)
                is_there = is_there and not credit.left
                need = credit.free
            is_there = is_there and (not need or (credit.free >= need and credit.until >= clock))
            taken.append((credit, need))
        if not is_there:
            return None
        reserved = self._reserved(taken)
        for (credit, had), slot in zip(reserved, slots, strict=True):
            if credit in rests:
                credit.begin_rest(reserved, needs[slot.metric] - had)
        return reserved

    def _credit(self, limit: Limit, at_s: float) -> Credit:
        start, end = period_bounds(limit.period, at_s, self._zone)
        # A period's credit is never begun twice: what was spent of it counts from its first day.
        return self._credits.setdefault((limit.id, start), Credit(limit, start, end))

    def _claims(self) -> list[Claim]:
        now, clock = self._wall(), self._clock()
        elapsed_s, self._last = clock - self._last, clock
        for slot in self._slots.values():
            credit = slot.credit
            # Credit of the coming minute is there when it begins.
            if credit and slot.limit.period == "minute" and credit.ends_s - now < 2 * TICK_S and not slot.following:
                slot.following = self._credit(slot.limit, credit.ends_s)
                credit.hand_on(slot.following)
        for place, credit in list(self._credits.items()):
            if credit.ends_s <= now:
                credit.retire()
                if credit.is_over:
                    del self._credits[place]
        claims = [credit.claim(elapsed_s) for credit in self._credits.values()]
        return [claim for claim in claims if claim is not None]

    async def _exchange(self, claims: list[Claim]) -> None:
        waiting, self._waiting = self._waiting, []
        sent, answered = self._clock(), False
        self._serial += 1
        try:
            if claims:
                loop = asyncio.get_running_loop()
                exchange = partial(self._counters.exchange, self.worker, self._serial, claims)
                self._apply(claims, await loop.run_in_executor(self._thread, exchange), sent)
            answered = True
        except CountersUnavailableError:
            for credit in self._credits.values():
                credit.unsaid()
            raise
        finally:
            for turn in waiting:
                if not turn.done():
                    turn.set_result(answered)

    def _apply(self, claims: list[Claim], readings: list[Reading], sent: float) -> None:
        now = self._clock()
        by_place = {(reading.limit.id, reading.start): reading for reading in readings}
        for claim in claims:
            place = claim.limit.id, claim.start
            credit = self._credits.get(place)
            if credit is None:
                continue
            if place in by_place:
                credit.apply(by_place[place], claim.keep, now, sent + HOLD_S)
            else:
                credit.lift()
                del self._credits[place]
