# SPDX-License-Identifier: Apache-2.0
"""Workers killed with SIGKILL under load: what was really used never passes the limit, and nothing stays held."""

import random
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from daulat.gateway.access.limits import limits_of
from daulat.gateway.access.service import open_counters
from daulat.gateway.quota.counters import LEASE_S, Claim
from daulat.gateway.quota.credit import SHARE
from daulat.gateway.quota.model import period_bounds

WORKER = Path(__file__).with_name("worker.py")
LIMIT_OF_A_WORKER = 60_000
CALLERS, MOST = 8, 50


@pytest.fixture
def start(store, tmp_path):
    """Start a worker under load; kill what is left at the end."""
    running = []

    def starting(key, valkey_url=""):
        words = [store.conninfo, valkey_url, key.token, str(tmp_path / "truth"), str(CALLERS)]
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


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("kind", ["postgres", "valkey"])
async def test_workers_killed_under_load_never_overspend(request, office, store, start, tmp_path, workers, kind):
    valkey_url = request.getfixturevalue("valkey_url") if kind == "valkey" else ""
    key = await office.key()
    most = LIMIT_OF_A_WORKER * workers
    await office.limit("project", "moh/portal", "tokens_out", "month", most)
    waiting, kills = [start(key, valkey_url) for _ in range(workers + 4)], 0
    for process in waiting:
        ready(process)
    running = [waiting.pop() for _ in range(workers)]
    for process in running:
        go(process)
    while waiting:  # four are killed in the middle of their calls, and others take their place
        time.sleep(random.uniform(0.2, 0.5))
        victim = running.pop(0)
        kills += victim.poll() is None
        victim.kill()
        running.append(waiting.pop())
        go(running[-1])
    for process in running:  # the rest go on until the limit refuses them
        assert process.wait(120) == 0
    truth = sum(map(int, (tmp_path / "truth").read_text().split()))

    [limit] = await limits_of(store)
    counters = await open_counters(store, valkey_url)
    at = period_bounds("month", time.time(), ZoneInfo("UTC"))[0]
    [row] = counters.read([(limit, at)])
    assert kills == 4
    assert truth <= row.used + row.leased <= most
    # What a kill costs: at most the credit that the worker held, which is its share and what its callers had reserved.
    held_at_most = most // SHARE * 2 + CALLERS * MOST * 2
    assert row.used + row.leased - truth <= kills * held_at_most
    # What the survivors used is all there, whole.
    assert row.used + row.leased > most - CALLERS * MOST * workers - kills * held_at_most
    counters.close()


@pytest.mark.parametrize("kind", ["postgres", "valkey"])
async def test_the_places_of_a_killed_worker_are_free_within_ten_seconds(request, office, store, start, kind):
    valkey_url = request.getfixturevalue("valkey_url") if kind == "valkey" else ""
    key = await office.key()
    await office.limit("key", key.key.id, "concurrent", "", 8)
    victim = start(key, valkey_url)
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
    while counters.read([(limit, 0)])[0].leased:
        assert time.monotonic() < deadline, "the places are still held"
        time.sleep(0.05)
    [reading] = counters.exchange(uuid4(), 1, [Claim(limit, 0, need=8, want=8)])
    assert reading.granted == 8
    counters.close()


async def test_what_the_counter_says_was_settled_is_in_the_ledger_but_for_the_last_moment(office, store, start):
    key = await office.key()
    await office.limit("project", "moh/portal", "requests", "month", 1_000_000)
    victim = start(key)
    ready(victim)
    go(victim)
    time.sleep(2)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    time.sleep(0.2)  # the server ends what the victim had begun
    [(used, leased)] = await store.fetch("SELECT used, leased FROM quota_counter")
    [(rows,)] = await store.fetch("SELECT count(*) FROM usage_call")
    # Rows wait for a quarter of a second: of two seconds' calls, half at most are lost however slow this machine is.
    assert rows > 0
    assert Decimal(rows) <= used + leased
    assert used - rows <= used / 2
