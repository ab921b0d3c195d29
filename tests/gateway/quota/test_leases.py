# SPDX-License-Identifier: Apache-2.0
"""Workers over real counters, with clocks that the test moves: calls, deaths and new periods in any order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from daulat.gateway.quota import leases
from daulat.gateway.quota.counters import CountersUnavailableError
from daulat.gateway.quota.leases import HOLD_S, Leases, LimitReachedError
from daulat.gateway.quota.model import METRICS, Limit, period_bounds
from daulat.gateway.quota.postgres import PostgresCounters
from daulat.gateway.quota.valkey import ValkeyCounters

UTC = ZoneInfo("UTC")
MOST = 500
numbers = count()


def needs_of(**amounts):
    return tuple(amounts.get(metric, 0) for metric in METRICS)


class Moved:
    """Counters that live by the test's clock; while `away`, they take a claim and lose their answer, or do neither."""

    def __init__(self, counters, clock):
        self.counters, self.clock, self.away = counters, clock, ""

    def exchange(self, worker, serial, claims):
        if self.away == "gone":
            raise CountersUnavailableError
        readings = self.counters.exchange(worker, serial, claims, self.clock())
        if self.away == "mute":
            raise CountersUnavailableError
        return readings

    def read(self, periods):
        return self.counters.read(periods, self.clock())

    def close(self):
        pass


def add_limit(conninfo, metric, period, amount):
    with psycopg.connect(conninfo, autocommit=True) as connection:
        [number] = connection.execute(
            "INSERT INTO quota_limit (scope, scope_id, metric, period, amount)"
            " VALUES ('key', %s, %s, %s, %s) RETURNING id",
            [f"lease-{next(numbers)}", metric, period, amount],
        ).fetchone()
    return Limit(number, "key", "k", metric, period, "", amount)


class Workers(RuleBasedStateMachine):
    """Two workers under one limit of tokens a minute."""

    conninfo = ""
    open_counters = None

    @initialize()
    def begin(self):
        self.loop = asyncio.new_event_loop()
        self.now = 1_800_000_000.0
        self.limit = add_limit(self.conninfo, "tokens_out", "minute", MOST)
        self.counters = type(self).open_counters()
        self.workers = [self.new_worker() for _ in range(2)]
        self.calls = [[], []]
        self.truth, self.beyond, self.rest = {}, {}, {}

    def teardown(self):
        if hasattr(self, "counters"):
            self.counters.close()
            self.loop.close()

    def new_worker(self):
        return Leases(Moved(self.counters, lambda: self.now), UTC, wall_clock=lambda: self.now, clock=lambda: self.now)

    def exchange(self, who):
        worker = self.workers[who]
        try:
            self.loop.run_until_complete(worker._exchange(worker._claims()))
        except CountersUnavailableError:
            assert worker._counters.away

    @rule(who=st.integers(0, 1), need=st.integers(1, 200), likely=st.integers(1, 60))
    def a_call_comes(self, who, need, likely):
        worker, most, least = self.workers[who], needs_of(tokens_out=need), needs_of(tokens_out=min(likely, need))
        slots = worker.slots([self.limit])
        taken = self.loop.run_until_complete(self.let_in(who, slots, most, least))
        if taken is not None:
            [(credit, reserved)] = taken
            start = credit.start_s
            assert start == period_bounds("minute", self.now, UTC)[0]
            assert least[2] <= reserved <= need
            self.calls[who].append((taken, slots, need))
            # Until it ends, a call may come to all that it may need.
            self.truth[start] = self.truth.get(start, 0) + need
            self.rest[start] = max(self.rest.get(start, 0), need - reserved)

    async def let_in(self, who, slots, most, least):
        """Reserve, with exchanges as the call asks for them; None where it is refused or nobody answers."""
        worker = self.workers[who]
        reserving = asyncio.ensure_future(worker.reserve(slots, most, least))
        while not reserving.done():
            await asyncio.sleep(0)
            if worker._waiting:
                try:
                    await worker._exchange(worker._claims())
                except CountersUnavailableError:
                    for _ in range(5):  # until it waits again: `wait_for` may lose a cancellation (Python 3.11)
                        await asyncio.sleep(0)
                    reserving.cancel()
        try:
            return await reserving
        except (LimitReachedError, CountersUnavailableError, asyncio.CancelledError):
            return None

    @precondition(lambda self: any(self.calls))
    @rule(data=st.data())
    def a_call_ends(self, data):
        who = data.draw(st.sampled_from([each for each in (0, 1) if self.calls[each]]))
        taken, slots, need = self.calls[who].pop(data.draw(st.integers(0, len(self.calls[who]) - 1)))
        used = data.draw(st.one_of(st.integers(0, need), st.just(need), st.integers(0, 2 * need)))
        self.workers[who].settle(taken, slots, needs_of(tokens_out=used))
        start = taken[0][0].start_s
        self.truth[start] -= need - used
        self.beyond[start] = self.beyond.get(start, 0) + max(0, used - need)

    @rule(who=st.integers(0, 1))
    def a_worker_keeps_up(self, who):
        self.exchange(who)

    @rule(who=st.integers(0, 1), away=st.sampled_from(["", "", "gone", "mute"]))
    def the_store_goes_away_or_comes_back(self, who, away):
        self.workers[who]._counters.away = away

    @rule(seconds=st.sampled_from([0.3, 2, 6, 9, 31]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(who=st.integers(0, 1))
    def a_worker_is_killed(self, who):
        # What its calls had reserved was perhaps generated: it stays in the truth.
        self.workers[who]._thread.shutdown()
        self.workers[who], self.calls[who] = self.new_worker(), []

    @precondition(lambda self: hasattr(self, "truth"))
    @invariant()
    def nobody_has_used_more_than_there_is(self):
        """Nor booked: but for what calls came to beyond all they may need, and what one call did that had the rest."""
        for start, used in self.truth.items():
            beyond, rest = self.beyond.get(start, 0), self.rest.get(start, 0)
            assert used <= MOST + beyond + rest
            [row] = self.counters.read([(self.limit, start)], self.now)
            assert used - beyond <= row.used + row.leased <= MOST + beyond + rest


@pytest.mark.parametrize("kind", ["postgres", "valkey"])
def test_workers_never_pass_a_limit_whatever_happens_to_them(request, conninfo, monkeypatch, kind):
    monkeypatch.setattr(leases, "GRACE_S", 0.0)
    if kind == "valkey":
        url = request.getfixturevalue("valkey_url")
        members = {"open_counters": staticmethod(lambda: ValkeyCounters(url))}
    else:
        members = {"open_counters": staticmethod(lambda: PostgresCounters(conninfo))}
    machine = type("Machine", (Workers,), {"conninfo": conninfo, **members})
    health = list(HealthCheck)
    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=health)
    )


class Shelf:
    """A worker with a clock that the test moves, running its own exchanges."""

    def __init__(self, counters):
        self.now = 1_800_000_000.0
        self.counters = Moved(counters, lambda: self.now)
        self.leases = Leases(self.counters, UTC, wall_clock=lambda: self.now, clock=lambda: self.now)


@pytest.fixture
async def shelf(conninfo):
    counters = PostgresCounters(conninfo)
    made = Shelf(counters)
    running = asyncio.create_task(made.leases.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    made.counters.away = ""
    await made.leases.close()
    counters.close()


async def test_while_the_store_is_away_a_worker_lives_on_its_credit_and_then_stops(shelf, conninfo):
    slots = shelf.leases.slots([add_limit(conninfo, "requests", "day", 100_000)])
    one = needs_of(requests=1)
    for _ in range(50):  # a steady rate, so that credit is kept for it
        shelf.leases.settle(await shelf.leases.reserve(slots, one), slots, one)
    for _ in range(100):
        if slots[0].credit.free > 10:
            break
        shelf.leases.settle(await shelf.leases.reserve(slots, one), slots, one)
        await asyncio.sleep(0.02)
    shelf.counters.away = "gone"
    assert shelf.leases.take(slots, one)
    shelf.now += HOLD_S + 1
    assert shelf.leases.take(slots, one) is None


async def test_a_limit_begins_anew_with_its_period(shelf, conninfo):
    slots = shelf.leases.slots([add_limit(conninfo, "requests", "minute", 2)])
    one = needs_of(requests=1)
    for _ in range(2):
        shelf.leases.settle(await shelf.leases.reserve(slots, one), slots, one)
    with pytest.raises(LimitReachedError):
        await shelf.leases.reserve(slots, one)
    shelf.now += 61
    assert await shelf.leases.reserve(slots, one)


async def test_of_two_limits_the_narrow_one_refuses_and_the_wide_one_loses_nothing(shelf, conninfo):
    wide, narrow = (add_limit(conninfo, "requests", "day", amount) for amount in (1000, 1))
    slots = shelf.leases.slots([wide, narrow])
    one = needs_of(requests=1)
    shelf.leases.settle(await shelf.leases.reserve(slots, one), slots, one)
    with pytest.raises(LimitReachedError) as refused:
        await shelf.leases.reserve(slots, one)
    assert refused.value.reading.limit == narrow
    for _ in range(100):
        shelf.now += 1
        await asyncio.sleep(0.02)
        shelf.leases._wake.set()
        [reading] = await shelf.leases.read([wide])
        if (reading.used, reading.leased) == (1, 0):
            return
    pytest.fail(f"it holds on to {reading}")


async def test_a_limit_that_was_removed_stops_nobody(shelf, conninfo):
    limit = add_limit(conninfo, "requests", "day", 0)
    slots = shelf.leases.slots([limit])
    with pytest.raises(LimitReachedError):
        await shelf.leases.reserve(slots, needs_of(requests=1))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DELETE FROM quota_limit WHERE id = %s", [limit.id])
    shelf.now += 1
    assert await shelf.leases.reserve(slots, needs_of(requests=1))


async def test_what_comes_to_more_than_was_reserved_is_booked_and_blocks_what_follows(shelf, conninfo):
    slots = shelf.leases.slots([add_limit(conninfo, "tokens_in", "day", 100)])
    need = needs_of(tokens_in=50)
    shelf.leases.settle(await shelf.leases.reserve(slots, need), slots, needs_of(tokens_in=120))
    shelf.now += 1
    with pytest.raises(LimitReachedError) as refused:
        await shelf.leases.reserve(slots, needs_of(tokens_in=1))
    assert (refused.value.reading.used, refused.value.reading.available) == (120, -20)


async def test_what_was_paid_beyond_a_reservation_is_not_owed_twice(shelf, conninfo):
    limit = add_limit(conninfo, "tokens_in", "day", 100)
    slots = shelf.leases.slots([limit])
    need = needs_of(tokens_in=50)
    shelf.leases.settle(await shelf.leases.reserve(slots, need), slots, needs_of(tokens_in=120))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("UPDATE quota_limit SET amount = 200 WHERE id = %s", [limit.id])
    shelf.now += 1
    slots = shelf.leases.slots([replace(limit, amount=200)])
    assert await shelf.leases.reserve(slots, needs_of(tokens_in=80))  # 200 - 120 is displayed, and is there
    with pytest.raises(LimitReachedError):
        await shelf.leases.reserve(slots, needs_of(tokens_in=1))


@pytest.mark.parametrize("amount", [0, 100])
async def test_a_call_that_needs_nothing_of_a_limit_is_not_held_up_by_it(shelf, conninfo, amount):
    slots = shelf.leases.slots([add_limit(conninfo, "tokens_out", "day", amount)])
    reads = needs_of(tokens_in=5)
    for _ in range(3):
        taken = await shelf.leases.reserve(slots, reads)
        shelf.leases.settle(taken, slots, reads)
        shelf.now += HOLD_S + 1
    shelf.counters.away = "gone"
    assert await shelf.leases.reserve(slots, reads)


async def test_credit_of_one_limit_is_kept_while_a_call_waits_for_that_of_another(shelf, conninfo):
    """Calls so seldom that no credit is kept for a rate: it would be given back as soon as it is there."""
    limits = [add_limit(conninfo, metric, "day", 18_000) for metric in ("tokens_in", "tokens_out", "requests")]
    slots = shelf.leases.slots(limits)
    need = needs_of(tokens_in=63, tokens_out=1_000, requests=1)
    for _ in range(12):
        shelf.leases.settle(await shelf.leases.reserve(slots, need), slots, need)
        for _ in range(3):
            shelf.now += 1
            shelf.leases._wake.set()
            await asyncio.sleep(0.01)


async def test_a_call_that_has_the_rest_begins_only_when_the_store_has_heard_of_it(shelf, conninfo, monkeypatch):
    slots = shelf.leases.slots([add_limit(conninfo, "tokens_in", "day", 100)])
    most, likely, all_there_is = needs_of(tokens_in=150), needs_of(tokens_in=10), needs_of(tokens_in=100)
    exchange = shelf.counters.exchange

    def deaf_to_more_than_there_is(worker, serial, claims):
        if any(claim.keep > claim.limit.amount for claim in claims):
            raise CountersUnavailableError
        return exchange(worker, serial, claims)

    with monkeypatch.context() as deaf:
        deaf.setattr(shelf.counters, "exchange", deaf_to_more_than_there_is)
        with pytest.raises(CountersUnavailableError):
            await shelf.leases.reserve(slots, most, likely)
    shelf.leases.settle(await shelf.leases.reserve(slots, all_there_is), slots, needs_of())
    rest = await shelf.leases.reserve(slots, most, likely)
    [reading] = await shelf.leases.read([slots[0].limit])
    assert (reading.used, reading.leased) == (0, 150)
    shelf.now += 1
    with pytest.raises(LimitReachedError):
        await shelf.leases.reserve(slots, most, likely)
    shelf.leases.settle(rest, slots, needs_of(tokens_in=20))
    shelf.now += 1
    assert await shelf.leases.reserve(slots, needs_of(tokens_in=80))


async def test_calls_that_have_the_rest_one_behind_the_other_are_let_in_at_once(shelf, conninfo):
    slots = shelf.leases.slots([add_limit(conninfo, "tokens_in", "day", 100)])
    most, likely = needs_of(tokens_in=150), needs_of(tokens_in=10)
    for _ in range(3):  # the clock stands: what the store said of the call before is still believed
        shelf.leases.settle(await shelf.leases.reserve(slots, most, likely), slots, needs_of(tokens_in=20))


async def test_what_the_store_says_of_a_call_that_had_the_rest_and_ended_meanwhile_refuses_nobody(
    shelf, conninfo, monkeypatch
):
    slots = shelf.leases.slots([add_limit(conninfo, "tokens_in", "day", 100)])
    most, likely = needs_of(tokens_in=150), needs_of(tokens_in=10)
    rest = await shelf.leases.reserve(slots, most, likely)
    apply = shelf.leases._apply

    def applied_late(*words):
        monkeypatch.undo()
        shelf.leases.settle(rest, slots, needs_of(tokens_in=20))  # it ends while the store answers
        apply(*words)

    monkeypatch.setattr(shelf.leases, "_apply", applied_late)
    assert await shelf.leases._exchanged()
    assert await shelf.leases.reserve(slots, most, likely)


async def test_who_comes_while_a_call_has_the_rest_is_told_to_wait_for_it_and_no_more(shelf, conninfo):
    slots = shelf.leases.slots([add_limit(conninfo, "tokens_in", "day", 100)])
    most, likely = needs_of(tokens_in=150), needs_of(tokens_in=10)
    rest = await shelf.leases.reserve(slots, most, likely)
    with pytest.raises(LimitReachedError) as caught:
        await shelf.leases.reserve(slots, most, likely)
    assert caught.value.is_held
    shelf.leases.settle(rest, slots, needs_of(tokens_in=95))
    with pytest.raises(LimitReachedError) as caught:
        await shelf.leases.reserve(slots, most, likely)
    assert not caught.value.is_held  # 5 are left of 10, and nobody has the others


async def test_hundreds_who_wait_at_once_share_what_there_is(shelf, conninfo):
    slots = shelf.leases.slots([add_limit(conninfo, "requests", "day", 300)])
    one = needs_of(requests=1)
    outcomes = await asyncio.gather(*(shelf.leases.reserve(slots, one) for _ in range(400)), return_exceptions=True)
    assert sum(isinstance(each, tuple) for each in outcomes) == 300
    assert sum(isinstance(each, LimitReachedError) for each in outcomes) == 100
