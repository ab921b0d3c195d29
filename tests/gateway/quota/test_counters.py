# SPDX-License-Identifier: Apache-2.0
"""The counters keep their promise whatever the workers do: claims lost, repeated or late, workers dead and back.

A model in memory says what each row must hold; the real stores must agree with it after every step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from uuid import uuid4

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

from daulat.gateway.quota.counters import Claim
from daulat.gateway.quota.model import Limit, to_quanta
from daulat.gateway.quota.postgres import PostgresCounters
from daulat.gateway.quota.valkey import ValkeyCounters

LEASE_S = 8
AMOUNT = 1000
DAY = 1_799_971_200  # 2027-01-15 00:00 UTC
numbers = count(1_000_000)


def new_limit(database, metric="requests", amount=AMOUNT) -> Limit:
    period = "" if metric == "concurrent" else "day"
    currency = "XTS" if metric == "money" else ""
    row = database.execute(
        "INSERT INTO quota_limit (scope, scope_id, metric, period, currency, amount)"
        " VALUES ('key', %s, %s, %s, %s, %s) RETURNING id",
        [f"k{next(numbers)}", metric, period, currency, amount],
    ).fetchone()
    return Limit(row[0], "key", "k", metric, period, currency, to_quanta(Decimal(amount), metric))


@dataclass
class Worker:
    """What one worker knows, and, in `amount` to `expires`, what the model says of its lease."""

    id: object = field(default_factory=uuid4)
    serial: int = 0
    held: int = 0
    spent: int = 0
    amount: int = 0
    reported: int = 0
    charged: int = 0
    expires: float = 0
    late: list = field(default_factory=list)


class Promise(RuleBasedStateMachine):
    """Three workers and one counter."""

    make = None  # set by the test: a function that gives counters and a limit
    slots = False

    @initialize()
    def begin(self):
        self.counters, self.limit = type(self).make()
        self.now, self.used, self.leased = 1_800_000_000.0, 0, 0
        self.workers = [Worker() for _ in range(3)]

    def teardown(self):
        if hasattr(self, "counters"):
            self.counters.close()

    def model_exchange(self, worker, claim, serial):
        for other in self.workers:
            if other is not worker and other.amount and other.expires <= self.now:
                self.leased -= other.amount
                if not self.slots:
                    self.used += other.amount
                    other.charged += other.amount
                other.amount = 0
        self.used += claim.spent - worker.reported - worker.charged
        self.leased += claim.keep - worker.amount
        available = AMOUNT - self.used - self.leased
        granted = 0
        if claim.want and available >= claim.need:
            granted = min(claim.want, max(claim.need, available // 4))
        self.leased += granted
        worker.amount, worker.reported, worker.charged = claim.keep + granted, claim.spent, 0
        worker.expires = self.now + LEASE_S
        return granted

    @rule(
        who=st.integers(0, 2),
        spend=st.integers(0, 300),
        give_back=st.integers(0, 300),
        need=st.integers(0, 200),
        more=st.integers(0, 200),
        lost=st.booleans(),
    )
    def claim(self, who, spend, give_back, need, more, lost):
        worker = self.workers[who]
        spend = 0 if self.slots else min(spend, worker.held)
        worker.held -= spend
        worker.spent += spend
        worker.held -= min(give_back, worker.held)
        worker.serial += 1
        claim = Claim(self.limit, DAY, worker.spent, worker.held, need, need + more)
        [reading] = self.counters.exchange(worker.id, worker.serial, [claim], self.now)
        granted = self.model_exchange(worker, claim, worker.serial)
        assert (reading.granted, reading.used, reading.leased) == (granted, self.used, self.leased)
        worker.late.append((worker.serial, claim))
        if not lost:  # a worker that got no answer believes that it got nothing
            worker.held += granted

    @rule(who=st.integers(0, 2), data=st.data())
    def the_same_or_an_older_claim_comes_again(self, who, data):
        worker = self.workers[who]
        if worker.late:
            serial, claim = data.draw(st.sampled_from(worker.late))
            for other in self.workers:  # whoever comes, comes upon expired leases
                if other is not worker and other.amount and other.expires <= self.now:
                    self.leased -= other.amount
                    if not self.slots:
                        self.used += other.amount
                        other.charged += other.amount
                    other.amount = 0
            [reading] = self.counters.exchange(worker.id, serial, [claim], self.now)
            assert (reading.granted, reading.used, reading.leased) == (0, self.used, self.leased)

    @rule(seconds=st.sampled_from([1, 4, 9]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(who=st.integers(0, 2))
    def a_worker_is_killed_and_another_starts(self, who):
        # The dead one's lease stays in the model under its own name.
        self.workers.append(self.workers[who])
        self.workers[who] = Worker()

    @precondition(lambda self: hasattr(self, "counters"))
    @invariant()
    def what_was_really_spent_is_within_the_limit_and_the_row_covers_it(self):
        spent = sum(worker.spent for worker in self.workers)
        held = sum(worker.held for worker in self.workers)
        assert self.used <= AMOUNT
        if not self.slots:
            assert spent + held <= self.used + self.leased <= AMOUNT

    @precondition(lambda self: hasattr(self, "counters"))
    @invariant()
    def what_is_displayed_is_what_refuses(self):
        [shown] = self.counters.read([(self.limit, DAY)], self.now)
        dead = sum(worker.amount for worker in self.workers if worker.expires <= self.now)
        assert shown.used == self.used + (0 if self.slots else dead)
        assert shown.leased == self.leased - dead


def check(make, *, slots, examples):
    machine = type("Machine", (Promise,), {"make": staticmethod(make), "slots": slots})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("metric", ["tokens_out", "concurrent"])
def test_postgres_counts_as_the_model_does(conninfo, database, metric):
    check(
        lambda: (PostgresCounters(conninfo, LEASE_S), new_limit(database, metric)),
        slots=metric == "concurrent",
        examples=60,
    )


@pytest.mark.parametrize("metric", ["tokens_out", "concurrent"])
def test_valkey_counts_as_the_model_does(valkey_url, database, metric):
    check(
        lambda: (ValkeyCounters(valkey_url, lease_s=LEASE_S), new_limit(database, metric)),
        slots=metric == "concurrent",
        examples=60,
    )


@pytest.fixture(params=["postgres", "valkey"])
def counters(request, conninfo):
    if request.param == "postgres":
        opened = PostgresCounters(conninfo)
    else:
        opened = ValkeyCounters(request.getfixturevalue("valkey_url"))
    yield opened
    opened.close()


def test_money_is_counted_to_the_hundred_millionth(counters, database):
    limit = new_limit(database, "money", Decimal("0.00000003"))
    [first] = counters.exchange(uuid4(), 1, [Claim(limit, DAY, need=2, want=2)], 1.0)
    [second] = counters.exchange(uuid4(), 1, [Claim(limit, DAY, need=2, want=2)], 1.0)
    assert (first.granted, second.granted, second.available) == (2, 0, 1)


def test_a_counter_of_many_millions_adds_one_at_a_time(counters, database):
    limit = new_limit(database, "money", 80_000_000_000)
    worker, most = uuid4(), 80_000_000_000 * 10**8
    [reading] = counters.exchange(worker, 1, [Claim(limit, DAY, need=most - 5, want=most - 5)], 1.0)
    kept = reading.granted
    for serial in range(2, 5):  # what another worker spends, one quantum a time, beside the large lease
        [after] = counters.exchange(uuid4(), 1, [Claim(limit, DAY, spent=1)], 1.0)
        assert (after.used, after.leased) == (serial - 1, kept)


def test_claims_on_several_limits_are_answered_together(counters, database):
    wide, narrow = new_limit(database, amount=100), new_limit(database, amount=1)
    readings = counters.exchange(
        uuid4(), 1, [Claim(wide, DAY, need=5, want=5), Claim(narrow, DAY, need=5, want=5)], 1.0
    )
    assert {(r.limit.id, r.granted) for r in readings} == {(wide.id, 5), (narrow.id, 0)}


def test_a_limit_that_was_lowered_refuses_until_it_is_raised(conninfo, database):
    counters, worker = PostgresCounters(conninfo), uuid4()
    limit = new_limit(database, amount=10)
    counters.exchange(worker, 1, [Claim(limit, DAY, need=8, want=8)])
    database.execute("UPDATE quota_limit SET amount = 5 WHERE id = %s", [limit.id])
    [lowered] = counters.exchange(worker, 2, [Claim(limit, DAY, spent=8, need=1, want=1)])
    assert (lowered.granted, lowered.available) == (0, -3)
    database.execute("UPDATE quota_limit SET amount = 9 WHERE id = %s", [limit.id])
    [raised] = counters.exchange(worker, 3, [Claim(limit, DAY, spent=8, need=1, want=1)])
    assert raised.granted == 1
    counters.close()


def test_two_workers_that_name_their_counters_in_opposite_order_do_not_wait_for_each_other(conninfo, database):
    # With rows locked as they are named, this would be a deadlock, which PostgreSQL reports as an error.
    from concurrent.futures import ThreadPoolExecutor

    limits = [new_limit(database) for _ in range(6)]

    def work(turn):
        counters, worker = PostgresCounters(conninfo), uuid4()
        ordered = limits if turn else limits[::-1]
        for serial in range(40):
            counters.exchange(worker, serial, [Claim(limit, DAY, need=0, want=1) for limit in ordered])
        counters.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [0, 1]))
    rows = database.execute("SELECT sum(leased) FROM quota_counter").fetchone()
    assert rows[0] <= 6 * AMOUNT


def test_the_database_itself_refuses_a_limit_that_makes_no_sense(database):
    for metric, period, currency, amount in [
        ("concurrent", "day", "", 1),
        ("requests", "", "", 1),
        ("money", "day", "", 1),
        ("requests", "day", "", Decimal("1.5")),
        ("requests", "day", "", -1),
    ]:
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute(
                "INSERT INTO quota_limit (scope, scope_id, metric, period, currency, amount)"
                " VALUES ('key', 'k', %s, %s, %s, %s)",
                [metric, period, currency, amount],
            )


def test_two_nations_that_share_a_valkey_do_not_count_for_each_other(valkey_url, database):
    limit = new_limit(database, amount=5)
    for installation in ("one", "other"):  # both have a limit of this number
        counters = ValkeyCounters(valkey_url, installation)
        [reading] = counters.exchange(uuid4(), 1, [Claim(limit, DAY, need=5, want=5)], 1.0)
        assert reading.granted == 5
        counters.close()
