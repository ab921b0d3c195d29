# SPDX-License-Identifier: Apache-2.0
"""The database is told as it is while it is away, is started again where it is ours, and names itself to no caller."""

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from daulat.gateway.database import kept_open, watch_database
from daulat.gateway.errors import envelope, status_of
from daulat.gateway.readiness import Readiness
from daulat.store import SchemaNewerError, StoreError, StoreSettings, StoreUnreachableError, open_store
from daulat.store._postmaster import running_postmaster


class Told(Readiness):
    """Readiness that remembers what it was told of the database, and wakes whoever waits for it."""

    def __init__(self):
        super().__init__(on_change=self._heard)
        self.told, self.woken = [], asyncio.Event()

    def _heard(self, _name, state, _detail):
        self.told.append(state)
        self.woken.set()

    async def until(self, count):
        async with asyncio.timeout(60):
            while len(self.told) < count:
                self.woken.clear()
                await self.woken.wait()


async def watched(store, readiness, count):
    task = asyncio.create_task(watch_database(readiness, store, "PostgreSQL", look_s=0.01))
    try:
        await readiness.until(count)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_killed_database_of_ours_is_started_again_and_told_as_it_is(tmp_path):
    readiness, settings = Told(), StoreSettings(tmp_path / "postgres")
    async with open_store(settings) as store:
        task = asyncio.create_task(watch_database(readiness, store, "PostgreSQL", look_s=0.01))
        await readiness.until(1)
        first = running_postmaster(settings.data_dir)
        os.kill(first.pid, signal.SIGKILL)
        await readiness.until(3)
        assert readiness.told == ["ready", "failed", "ready"]
        assert running_postmaster(settings.data_dir).pid != first.pid
        assert await store.fetch("SELECT 1") == [(1,)]
        task.cancel()
    assert running_postmaster(settings.data_dir) is None


class Away:
    """A database of somebody else: answers as the script says, then always."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def is_ready(self):
        return self.answers.pop(0) if self.answers else True

    async def revive(self):
        self.asked += 1
        raise StoreError("/srv/data is gone", why="-", fix="-", code="store.start")


async def test_one_lost_connection_is_no_database_that_is_away():
    readiness, store = Told(), Away(False, True, False, False)
    await watched(store, readiness, 3)
    assert readiness.told == ["ready", "failed", "ready"]
    assert store.asked == 1


async def test_what_keeps_it_away_is_logged_once_and_not_told_to_everybody(caplog):
    readiness = Told()
    await watched(Away(*[False] * 20), readiness, 3)
    assert len([each for each in caplog.messages if "/srv/data" in each]) == 1
    assert "/srv" not in readiness.states["database"][1]


@pytest.mark.parametrize("kind", [StoreError, StoreUnreachableError])
def test_a_caller_is_told_to_come_back_and_not_where_the_database_is(kind):
    error = kind("the database /srv/data does not answer: secret", why="db.internal", fix="see /srv", code="store.x")
    assert status_of(error) == 503
    told = str(envelope(error))
    assert "store.x" in told
    assert not any(word in told for word in ("/srv", "secret", "internal"))


async def test_a_database_that_is_away_at_the_start_is_looked_for_until_it_is_there(tmp_path):
    readiness, attempts = Told(), []
    asked = StoreSettings(tmp_path, f"host={tmp_path} dbname=moh_prod")  # where no server has its socket yet

    async def hold():
        attempts.append(1)
        if len(attempts) > 2:
            readiness.set("database", "ready")
            return
        async with open_store(asked):
            pytest.fail("nothing runs there")

    await kept_open(readiness, hold, look_s=0.01)
    assert readiness.told == ["failed", "ready"]
    assert len(attempts) == 3


async def test_what_waiting_does_not_mend_is_told_at_once():
    readiness = Told()

    async def hold():
        raise SchemaNewerError("0099", "0007")

    with pytest.raises(SchemaNewerError):
        await kept_open(readiness, hold, look_s=0.01)


def test_readiness_says_that_the_database_is_away_and_the_log_alone_where_it_is(caplog):
    readiness = Readiness()
    readiness.fail("database", StoreUnreachableError(
        "the database db7.internal.example:6543/moh_prod does not answer", why="-", fix="see /srv/data",
        code="store.unreachable"))  # fmt: skip
    told = readiness.states["database"][1]
    assert told == "the database does not answer at present (store.unreachable)"
    assert "db7.internal.example:6543/moh_prod" in caplog.text
