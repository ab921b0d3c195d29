# SPDX-License-Identifier: Apache-2.0
"""One row for each call: written once, whatever the database does meanwhile, and so many in memory at most."""

import asyncio
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daulat.ledger.errors import LedgerError
from daulat.ledger.usage import UsageLedger, UsageRow, open_usage
from daulat.ledger.usage_report import period_of


def row(number=0, **changes) -> UsageRow:
    return UsageRow(at_s=1_800_000_000.0 + number, organisation="moh", project="moh/p", key_id="k", model="m",
                    route="chat/completions", prompt_tokens=number, **changes)  # fmt: skip


@pytest.fixture(autouse=True)
async def emptied(store):
    await store.execute("TRUNCATE usage_call")


async def test_what_is_handed_over_is_what_is_kept(store):
    given_row = row(7, engine="e", place="XA", reason="only", data_class="internal", completion_tokens=3,
                    reasoning_tokens=2, cached_tokens=1, estimated=True, status=499, code="client_gone",
                    time_to_first_token_s=0.5, duration_s=2.0, cost=Decimal("0.00000001"), currency="XTS",
                    energy_wh=0.25, carbon_g=0.125)  # fmt: skip
    async with open_usage(store.conninfo) as ledger:
        ledger.put(given_row)
    assert await store.fetch(
        "SELECT extract(epoch FROM at)::int, organisation, project, key_id, model, route, engine, place, reason,"
        " data_class, prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, estimated, status, code,"
        " ttft_ms, duration_ms, cost, currency, energy_wh, carbon_g FROM usage_call"
    ) == [
        (1_800_000_007, "moh", "moh/p", "k", "m", "chat/completions", "e", "XA", "only", "internal", 7, 3, 2, 1, True,
         499, "client_gone", 500.0, 2000.0, Decimal("0.00000001"), "XTS", 0.25, 0.125)
    ]  # fmt: skip


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
async def test_any_name_is_kept_as_it_is(store, text):
    async with open_usage(store.conninfo) as ledger:
        ledger.put(UsageRow(1_800_000_000.0, "moh", "moh/p", "k", text, "chat"))
    assert (text,) in await store.fetch("SELECT model FROM usage_call")


async def test_rows_are_written_once_when_the_connection_breaks_in_the_middle(store):
    async with open_usage(store.conninfo) as ledger:
        for number in range(3000):
            ledger.put(row(number))
            if number % 250 == 0:
                await store.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                  " WHERE application_name = 'daulat-usage'")  # fmt: skip
                await asyncio.sleep(0.01)
        for _ in range(600):
            if not ledger.waiting:
                break
            await asyncio.sleep(0.05)
    counts = "SELECT count(*), count(DISTINCT prompt_tokens), sum(prompt_tokens) FROM usage_call"
    assert await store.fetch(counts) == [(3000, 3000, 2999 * 3000 // 2)]


async def test_a_batch_that_was_committed_and_not_acknowledged_is_not_written_again(store):
    ledger = UsageLedger(store.conninfo)
    really_write = ledger._write

    def mute(batch):
        import psycopg

        really_write(batch)
        raise psycopg.OperationalError("the answer was lost")

    ledger.put(row(1))
    ledger._write = mute
    with pytest.raises(Exception, match="lost"):
        await ledger.flush()
    assert ledger.waiting == 1
    ledger._write = really_write
    await ledger.flush()
    assert await store.fetch("SELECT count(*) FROM usage_call") == [(1,)]
    await ledger.close()


async def test_when_too_many_rows_wait_it_says_so_and_still_loses_none(store):
    ledger = UsageLedger(store.conninfo, capacity=3)
    for number in range(5):  # two calls were under way when it filled up
        assert ledger.is_full == (number >= 3)
        ledger.put(row(number))
    await ledger.flush()
    assert not ledger.is_full
    assert await store.fetch("SELECT count(*) FROM usage_call") == [(5,)]
    await ledger.close()


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-1", "11-2026", "2026-02-30", "x" * 500, "99999-01", "9999-12-31"]
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(LedgerError) as refused:
        period_of(text)
    assert refused.value.code == "ledger.usage_period"
