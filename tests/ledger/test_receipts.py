# SPDX-License-Identifier: Apache-2.0
"""Receipts never delay an answer, and none is written twice or lost while the database can be reached."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta

from daulat.ledger import Receipt, Receipts, delete_receipts, open_receipts
from daulat.store import StoreSettings, open_store
from daulat.store._postmaster import running_postmaster

RECEIPT = Receipt("public-services", "id", "quotation", answered=True, citations=2, release_id="r1", duration_ms=41.6)
COUNT = "SELECT count(*) FROM answer_receipt"


async def test_a_receipt_holds_counts_and_names_and_no_words(store):
    async with open_receipts(store) as receipts:
        receipts.put(RECEIPT)
    rows = await store.fetch(
        "SELECT service, language, mode, answered, citations, prompt_tokens, model, release_id, duration_ms"
        " FROM answer_receipt"
    )
    assert rows == [("public-services", "id", "quotation", True, 2, 0, "", "r1", 42)]


async def test_what_still_waits_at_the_end_is_written(store):
    async with open_receipts(store) as receipts, store.connection() as reader:
        await reader.execute("LOCK TABLE answer_receipt IN SHARE MODE")  # so that none is written until the end
        for _ in range(450):
            receipts.put(RECEIPT)
        assert await (await reader.execute(COUNT)).fetchone() == (0,)
    assert await store.fetch(COUNT) == [(450,)]
    assert (receipts.written, receipts.waiting, receipts.dropped) == (450, 0, 0)


async def test_the_end_comes_also_where_the_pool_loses_the_cancellation(store, data_dir):
    """A connection comes back to the writer that waits for one in the moment in which the writer is cancelled."""
    async with (
        open_store(StoreSettings(data_dir)) as fresh,  # which has but one connection yet
        open_receipts(fresh) as receipts,
        fresh.connection(),
    ):
        for _ in range(250):
            receipts.put(RECEIPT)
        await asyncio.sleep(0)
    assert await store.fetch(COUNT) == [(250,)]


async def test_receipts_are_written_while_the_service_runs(store):
    async with open_receipts(store) as receipts:
        receipts.put(RECEIPT)
        while receipts.waiting:  # ends at the next flush; the test's own time limit ends it else
            await store.fetch("SELECT pg_sleep(0.05)")
        assert await store.fetch(COUNT) == [(1,)]


async def test_a_batch_that_comes_again_is_not_counted_twice(store):
    receipts = Receipts(store)
    receipts.put(RECEIPT)
    batch = list(receipts._waiting)
    await receipts.flush()
    receipts._waiting.extend(batch)  # as after a commit whose reply was lost
    await receipts.flush()
    assert await store.fetch(COUNT) == [(1,)]


async def test_while_the_database_is_away_answers_go_on_and_the_overflow_is_counted(tmp_path):
    settings = StoreSettings(tmp_path / "postgres")
    async with open_store(settings) as store:
        os.kill(running_postmaster(settings.data_dir.resolve()).pid, signal.SIGKILL)
        while await store.is_ready():  # a backend may outlive its killed postmaster for a moment
            await asyncio.sleep(0.05)
        async with open_receipts(store, capacity=10) as receipts:
            for _ in range(25):
                receipts.put(RECEIPT)
            assert (receipts.waiting, receipts.dropped) == (10, 15)
        assert receipts.waiting == 10


async def test_receipts_wait_out_a_moment_in_which_their_table_takes_none(store, caplog):
    async with open_receipts(store) as receipts:
        await store.execute("ALTER TABLE answer_receipt RENAME TO receipt_away")
        try:
            receipts.put(RECEIPT)
            while not any("UndefinedTable" in each for each in caplog.messages):
                await asyncio.sleep(0.05)
        finally:
            await store.execute("ALTER TABLE receipt_away RENAME TO answer_receipt")
        while receipts.waiting:  # ends at the writer's next turn; the test's own time limit ends it else
            await asyncio.sleep(0.05)
    assert await store.fetch(COUNT) == [(1,)]


async def test_receipts_older_than_the_nation_keeps_are_deleted(store):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    for age_days in (10, 400):
        receipts = Receipts(store, now=lambda age_days=age_days: now - timedelta(days=age_days))
        receipts.put(RECEIPT)
        await receipts.flush()
    assert await delete_receipts(store, before=now - timedelta(days=365)) == 1
    assert await store.fetch(COUNT) == [(1,)]
