# SPDX-License-Identifier: Apache-2.0
"""What is older than the nation keeps it goes, also after an hour in which the database let nothing be deleted."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from daulat.gateway.access import service
from daulat.gateway.quota.leases import Leases
from daulat.gateway.quota.postgres import PostgresCounters

OLD = "INSERT INTO usage_call (id, at, organisation, project, key_id, model, route, engine, place, reason, data_class,"
OLD += " prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, estimated, status, code, duration_ms, cost,"
OLD += " currency) VALUES (gen_random_uuid(), '2020-01-01', 'moh', 'moh/p', 'k', 'm', '', 'e', 'XA', 'only', 'public',"
OLD += " 1, 9, 0, 0, false, 200, '', 9, 0, '')"


async def test_a_sweep_that_failed_for_any_reason_is_made_again(store, monkeypatch, caplog):
    monkeypatch.setattr(service, "_SWEEP_S", 0.01)
    caplog.set_level("INFO")
    leases = Leases(PostgresCounters(store.conninfo), ZoneInfo("UTC"))
    await store.execute(OLD)
    await store.execute("ALTER TABLE usage_call RENAME TO usage_away")
    sweeping = asyncio.create_task(service._sweep(store, leases, 365, lambda: datetime(2026, 3, 1, tzinfo=UTC)))
    try:
        try:
            async with asyncio.timeout(60):
                while not any("UndefinedTable" in each for each in caplog.messages):
                    await asyncio.sleep(0.01)
        finally:
            await store.execute("ALTER TABLE usage_away RENAME TO usage_call")
        async with asyncio.timeout(60):
            while await store.fetch("SELECT 1 FROM usage_call"):
                await asyncio.sleep(0.01)
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        await leases.close()
