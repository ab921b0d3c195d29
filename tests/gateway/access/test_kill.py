# SPDX-License-Identifier: Apache-2.0
"""Workers killed with SIGKILL under load: what was really used never passes the limit, and nothing stays held."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from daulat.gateway.access.limits import limits_of
from daulat.gateway.access.service import open_counters
from daulat.gateway.quota.counters import LEASE_S, Claim
from daulat.gateway.quota.credit import SHARE
from daulat.gateway.quota.model import from_quanta, period_bounds

WORKER = Path(__file__).with_name("worker.py")
CALLERS = 4


@dataclass(frozen=True)
class Kind:
    """A kind of limit: how much of it each worker is given, the most of one call, and how far that is beyond its
    estimate, with which a call is let in that has the rest. All in whole units of counting."""

    metric: str
    amount: int
    call: int
    beyond: int

    def used(self, call):
        """Return what a call came to, as it was written down: tokens read, tokens written, quanta of money."""
        return {"requests": 1, "tokens_in": call[0], "tokens_out": call[1], "money": call[2]}[self.metric]


# Some 800 calls of each worker: of 6.5 tokens read and 6.5 written in the mean, at 200 and 600 quanta each.
KINDS = [
    Kind("requests", 800, 1, 0),
    Kind("tokens_in", 5_200, 12, 8),
    Kind("tokens_out", 5_200, 12, 0),
    Kind("money", 4_160_000, 9_600, 1_600),
]
AT_ONCE = 3


@pytest.fixture
def start(store, tmp_path):
    """Start a worker under load; kill what is left at the end."""
    running = []

    def starting(valkey_url, *keys):
        words = [store.conninfo, valkey_url, str(tmp_path / "truth"), str(CALLERS), *(key.token for key in keys)]
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, str(WORKER), *words], stdin=pipe, stdout=pipe, text=True)
        running.append(process)
        return process

    yield starting
    for process in running:
        process.kill()
        process.communicate()


def go(process):
    """Let a worker begin."""
    process.stdin.write("go\n")
    process.stdin.flush()


def ready(process):
    """Wait until a worker could begin."""
    assert process.stdout.readline() == "ready\n"


def kill(process, truth):
    """Kill a worker; return whether it was running. What it was running is over from here on."""
    was_running = process.poll() is None
    process.kill()
    process.wait()
    with truth.open("a") as lines:
        lines.write(f"{process.pid}\n")
    return was_running


def noted(truth):
    """Return how many lines the workers have written down."""
    return truth.read_bytes().count(b"\n") if truth.exists() else 0


def read_truth(path):
    """Return what the calls of each key came to, and the most of them at once of each."""
    calls, running, at_once = defaultdict(list), Counter(), Counter()
    for line in path.read_text().splitlines():
        process, *rest = map(int, line.split())
        if len(rest) > 1:
            calls[rest[0]].append(rest[1:])
        for key in rest[:1] or range(len(KINDS) + 1):
            running[process, key] = running[process, key] + (1 if len(rest) > 1 else -1) if rest else 0
            at_once[key] = max(at_once[key], sum(n for (_, of), n in running.items() if of == key))
    return calls, at_once


@pytest.mark.timeout(900)  # they count until there is no more, however slow the machine is
@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("kind", ["postgres", "valkey"])
async def test_workers_killed_under_load_never_pass_a_limit_of_any_kind(
    request, office, store, start, tmp_path, workers, kind
):
    """A key for each kind of limit, all of them under load at the same time."""
    valkey_url = request.getfixturevalue("valkey_url") if kind == "valkey" else ""
    truth = tmp_path / "truth"
    keys = [await office.key() for _ in (*KINDS, "concurrent")]
    for key, each in zip(keys, KINDS, strict=False):
        amount = from_quanta(each.amount * workers, each.metric)
        await office.limit("key", key.key.id, each.metric, "month", amount, "XTS" if each.metric == "money" else "")
    await office.limit("key", keys[-1].key.id, "concurrent", "", AT_ONCE * workers)
    waiting, kills = [start(valkey_url, *keys) for _ in range(workers + 4)], 0
    for process in waiting:
        ready(process)
    running = [waiting.pop() for _ in range(workers)]
    for process in running:
        go(process)
    while waiting:  # four are killed in the middle of their calls, and others take their place
        enough = noted(truth) + random.randint(200, 600)  # of some 6,400 lines for each worker: all are still running
        while noted(truth) < enough:
            time.sleep(0.01)
        kills += kill(running.pop(0), truth)
        running.append(waiting.pop())
        go(running[-1])
    for process in running:  # the rest go on until the limits refuse them
        assert process.wait(600) == 0
    calls, at_once = read_truth(truth)

    counters = await open_counters(store, valkey_url)
    at = period_bounds("month", time.time(), ZoneInfo("UTC"))[0]
    limits = {limit.scope_id: limit for limit in await limits_of(store)}
    assert kills == 4
    assert 1 <= at_once[len(KINDS)] <= AT_ONCE * workers
    for number, each in enumerate(KINDS):
        most, used = each.amount * workers, sum(map(each.used, calls[number]))
        [row] = counters.read([(limits[keys[number].key.id], at)])
        # All that was really used is booked, and no more is than there was, but for one call that had the rest.
        assert used <= row.used + row.leased <= most + each.beyond, each
        # What a kill costs: at most the credit that the worker held, its share and what its callers had reserved.
        held_at_most = most // SHARE * 2 + CALLERS * each.call * 2
        assert row.used + row.leased - used <= kills * held_at_most, each
        # What the survivors used is all there, whole.
        assert row.used + row.leased > most - CALLERS * each.call * workers - kills * held_at_most, each
    counters.close()


@pytest.mark.parametrize("kind", ["postgres", "valkey"])
async def test_the_places_of_a_killed_worker_are_free_within_ten_seconds(request, office, store, start, kind):
    valkey_url = request.getfixturevalue("valkey_url") if kind == "valkey" else ""
    key = await office.key()
    await office.limit("key", key.key.id, "concurrent", "", 8)
    victim = start(valkey_url, key)
    ready(victim)
    go(victim)
    [limit] = await limits_of(store)
    counters = await open_counters(store, valkey_url)
    while not counters.read([(limit, 0)])[0].leased:
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    [held] = counters.read([(limit, 0)])
    assert held.leased > 0
    deadline = time.monotonic() + LEASE_S + 1.5
    while True:
        asked = time.monotonic()  # what is read after the deadline counts, and not how long the reading takes
        if not counters.read([(limit, 0)])[0].leased:
            break
        assert asked < deadline, "the places are still held"
        time.sleep(0.05)
    [reading] = counters.exchange(uuid4(), 1, [Claim(limit, 0, need=8, want=8)])
    assert reading.granted == 8
    counters.close()


async def test_what_the_counter_says_was_settled_is_in_the_ledger_but_for_the_last_moment(office, store, start):
    key = await office.key()
    await office.limit("project", "moh/portal", "requests", "month", 1_000_000)
    victim = start("", key)
    ready(victim)
    go(victim)
    written = "SELECT count(*) FROM usage_call"
    async with asyncio.timeout(120):
        while (await store.fetch(written))[0][0] < 500:  # some two seconds' calls where the machine is free
            await asyncio.sleep(0.05)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    time.sleep(0.2)  # the server ends what the victim had begun
    [(used, leased)] = await store.fetch("SELECT used, leased FROM quota_counter")
    [(rows,)] = await store.fetch(written)
    # Rows wait for a quarter of a second: of some seconds' calls, half at most are lost however slow this machine is.
    assert rows > 0
    assert Decimal(rows) <= used + leased
    assert used - rows <= used / 2
