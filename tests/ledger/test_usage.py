# SPDX-License-Identifier: Apache-2.0
"""One row for each call: written once, whatever the database does meanwhile, and so many in memory at most."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import astuple
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daulat.ledger.errors import LedgerError
from daulat.ledger.usage import UsageLedger, UsageRow, open_usage
from daulat.ledger.usage_report import period_of, sum_usage


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
                    energy_wh=0.25, energy_low_wh=0.125, energy_high_wh=0.5, energy_method="ecologits", carbon_g=0.0625,
                    embodied_g=0.03125, stream=True, discarded="lost")  # fmt: skip
    async with open_usage(store.conninfo) as ledger:
        ledger.put(given_row)
    assert await store.fetch(
        "SELECT extract(epoch FROM at)::int, organisation, project, key_id, model, route, engine, place, reason,"
        " data_class, prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, estimated, status, code,"
        " ttft_ms, duration_ms, cost, currency, energy_wh, energy_low_wh, energy_high_wh, energy_method, carbon_g,"
        " embodied_g, stream, discarded FROM usage_call"
    ) == [
        (1_800_000_007, "moh", "moh/p", "k", "m", "chat/completions", "e", "XA", "only", "internal", 7, 3, 2, 1, True,
         499, "client_gone", 500.0, 2000.0, Decimal("0.00000001"), "XTS", 0.25, 0.125, 0.5, "ecologits", 0.0625,
         0.03125, True, "lost")
    ]  # fmt: skip


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
async def test_any_name_is_kept_as_it_is(store, text):
    async with open_usage(store.conninfo) as ledger:
        ledger.put(UsageRow(1_800_000_000.0, "moh", "moh/p", "k", text, "chat"))
    assert (text,) in await store.fetch("SELECT model FROM usage_call")


ends, figures = st.floats(), st.none() | st.floats()


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(figures, ends, ends, figures, figures))
@example((1e-29, 0.0, 1e29, 1.0, 1.0))  # whose range is wider than a `real` can say
async def test_every_figure_is_kept_that_can_be_and_no_row_is_refused_for_one(store, drawn):
    value, low, high, carbon, embodied = drawn
    await store.execute("TRUNCATE usage_call")
    async with open_usage(store.conninfo) as ledger:
        ledger.put(
            row(1, energy_wh=value, energy_low_wh=low, energy_high_wh=high, carbon_g=carbon, embodied_g=embodied)
        )
    [kept] = await store.fetch("SELECT energy_wh, energy_low_wh, energy_high_wh, carbon_g, embodied_g FROM usage_call")
    for figure, found in zip(drawn if value is not None else [None] * 5, kept, strict=True):
        possible = figure is not None and 0 <= figure < 1e30
        assert found == (pytest.approx(figure, rel=1e-6, abs=1e-30) if possible else None)
    assert [each.requests for each in await sums(store)] == [1]  # no figure is too odd to be summed up


async def sums(store, **fields):
    return await sum_usage(store, "2027", ZoneInfo("UTC"), **fields)


async def test_a_sum_has_the_range_of_its_calls_and_says_how_many_were_measured(store):
    # On grids of 500 and 100 g/kWh. Low: 2 + 8 = 10 Wh; value 4 + 8 = 12; high 8 + 8 = 16.
    # Carbon: low 2 x 0.5 + 8 x 0.1 = 1.8 g; value 4 x 0.5 + 0.8 = 2.8; high 8 x 0.5 + 0.8 = 4.8.
    modelled = {"energy_wh": 4.0, "energy_low_wh": 2.0, "energy_high_wh": 8.0, "carbon_g": 2.0, "embodied_g": 0.5}
    measured = {"energy_wh": 8.0, "energy_low_wh": 8.0, "energy_high_wh": 8.0, "carbon_g": 0.8, "embodied_g": 0.25}
    async with open_usage(store.conninfo) as ledger:
        ledger.put(row(1, energy_method="ecologits", **modelled))
        ledger.put(row(2, energy_method="meter", **measured))
        ledger.put(row(3))
    [found] = await sums(store)
    assert (found.energy_low_wh, found.energy_wh, found.energy_high_wh) == pytest.approx((10, 12, 16))
    assert (found.carbon_low_g, found.carbon_g, found.carbon_high_g) == pytest.approx((1.8, 2.8, 4.8))
    assert (found.embodied_g, found.requests, found.by_meter, found.by_ecologits) == (0.75, 3, 1, 1)


async def test_small_figures_are_not_lost_beside_a_large_sum(store):
    # Of the kind `real`, 10^8 + 1 is 10^8.
    async with open_usage(store.conninfo) as ledger:
        for energy_wh in (1e8, 1.0, 1.0, 1.0):
            ledger.put(row(1, energy_wh=energy_wh, energy_low_wh=energy_wh, energy_high_wh=energy_wh))
    assert (await sums(store))[0].energy_wh == 100_000_003


async def test_times_of_tokens_are_those_of_streams(store):
    # 500 ms to the first token, 1500 ms for the ten after it; and 700 ms, 500 ms for ten: 2000 ms / 20.
    async with open_usage(store.conninfo) as ledger:
        ledger.put(row(1, stream=True, completion_tokens=11, time_to_first_token_s=0.5, duration_s=2.0))
        ledger.put(row(2, stream=True, completion_tokens=11, time_to_first_token_s=0.7, duration_s=1.2))
        ledger.put(row(3, stream=True, completion_tokens=1, time_to_first_token_s=0.6, duration_s=0.6))
        ledger.put(row(4, completion_tokens=900, time_to_first_token_s=9.0, duration_s=9.0))
        ledger.put(row(5, stream=True, completion_tokens=50, duration_s=9.0))  # it is not known when the first came
    [found] = await sums(store)
    assert (found.time_to_first_token_ms, found.time_per_output_token_ms) == pytest.approx((600, 100))


async def test_what_nobody_was_given_is_summed_up_apart_and_never_with_calls(store):
    async with open_usage(store.conninfo) as ledger:
        ledger.put(row(10, engine="large", cost=Decimal(1), currency="XTS"))
        ledger.put(row(20, engine="small", discarded="rejected", energy_wh=1.0, energy_low_wh=1.0, energy_high_wh=2.0))
        ledger.put(row(30, engine="south", discarded="lost"))
        ledger.put(row(40, engine="south", discarded="lost", status=499))
    [calls] = await sums(store)
    assert (calls.requests, calls.prompt_tokens, calls.cost, calls.energy_wh) == (1, 10, 1, None)
    why = await sums(store, by="discarded", discarded=True)
    assert [(each.group, each.requests, each.prompt_tokens, each.energy_high_wh) for each in why] == [
        ("lost", 2, 70, None), ("rejected", 1, 20, 2.0)]  # fmt: skip
    engines = await sums(store, by="engine", discarded=True)
    assert [(each.group, each.requests) for each in engines] == [("small", 1), ("south", 2)]


async def test_a_worker_of_the_version_before_still_writes_and_its_rows_count_with_their_value(store):
    columns = (
        "id, at, organisation, project, key_id, model, route, engine, place, reason, data_class, prompt_tokens,"
        " completion_tokens, reasoning_tokens, cached_tokens, estimated, status, code, ttft_ms, duration_ms, cost,"
        " currency, energy_wh, carbon_g"
    )
    async with store.connection() as connection, connection.transaction():
        await connection.execute("CREATE TEMP TABLE usage_in (LIKE usage_call) ON COMMIT DROP")
        await connection.execute(
            f"INSERT INTO usage_in ({columns}) VALUES (gen_random_uuid(), '2027-01-15', 'moh', 'moh/p', 'k', 'm', '',"
            " 'e', 'XA', 'only', 'public', 1, 9, 0, 0, false, 200, '', 5, 9, 0, '', 2, 1)"
        )
        await connection.execute(f"INSERT INTO usage_call ({columns}) SELECT {columns} FROM usage_in")
    [found] = await sums(store)
    drawn = ("energy_low_wh", "energy_high_wh", "carbon_low_g", "carbon_high_g", "by_meter", "by_ecologits")
    assert [getattr(found, name) for name in drawn] == [2, 2, 1, 1, 0, 0]
    assert astuple(found)[-2:] == (None, None)  # whether it was a stream is not known


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


@asynccontextmanager
async def read_only(store):
    """Let every new session read and not write, and break off the writer's, as when a standby takes over."""
    [(name,)] = await store.fetch("SELECT current_database()")
    setting = f'ALTER DATABASE "{name}" SET default_transaction_read_only'
    await store.execute(f"{setting} = on")
    await hang_up(store)
    try:
        yield
    finally:
        await store.execute(f"{setting} = off")


async def hang_up(store):
    await store.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'daulat-usage'")


async def until(is_so):
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.02)


def refusals(caplog, kind):
    return [each for each in caplog.messages if kind in each]


async def test_rows_wait_out_a_moment_in_which_the_database_may_only_be_read(store, caplog):
    async with open_usage(store.conninfo) as ledger:
        async with read_only(store):
            ledger.put(row(1))
            await until(lambda: refusals(caplog, "ReadOnlySqlTransaction"))
        await until(lambda: not ledger.waiting)
    assert await store.fetch("SELECT count(*) FROM usage_call") == [(1,)]


async def test_what_waits_at_the_end_is_written_over_a_new_connection_where_the_old_one_is_no_good(store):
    ledger = UsageLedger(store.conninfo)
    ledger.put(row(1))
    await ledger.flush()
    await hang_up(store)
    ledger.put(row(2))
    await ledger.close()
    assert await store.fetch("SELECT count(*) FROM usage_call") == [(2,)]


async def test_a_table_that_is_away_for_a_moment_costs_no_row(store, caplog):
    async with open_usage(store.conninfo) as ledger:
        await store.execute("ALTER TABLE usage_call RENAME TO usage_away")
        try:
            ledger.put(row(1))
            await until(lambda: refusals(caplog, "UndefinedTable"))
        finally:
            await store.execute("ALTER TABLE usage_away RENAME TO usage_call")
        await until(lambda: not ledger.waiting)
    assert await store.fetch("SELECT count(*) FROM usage_call") == [(1,)]


async def test_a_row_that_can_never_be_written_holds_up_no_other(store):
    async with open_usage(store.conninfo) as ledger:
        for number, status in ((1, 200), (2, 10**9), (3, 200)):  # no column holds such a status
            ledger.put(row(number, status=status))
        await until(lambda: not ledger.waiting)
        assert (ledger.written, ledger.refused) == (2, 1)
    assert await store.fetch("SELECT prompt_tokens FROM usage_call ORDER BY 1") == [(1,), (3,)]


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
