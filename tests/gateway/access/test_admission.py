# SPDX-License-Identifier: Apache-2.0
"""Who is let in, and what a limit lets through, with a real database behind it."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from access_calls import call, refusal, usage

from daulat.errors import DaulatError
from daulat.gateway._asgi import Request
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.api.inner import Kept
from daulat.gateway.errors import envelope, retry_after_s, status_of
from daulat.gateway.quota.leases import REFUSAL_S


async def asleep():
    """Wait until a row that was read is no longer believed, so that the next refusal reads it again."""
    await asyncio.sleep(REFUSAL_S + 0.05)


async def until(holds):
    for _ in range(400):
        if await holds():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not happen")


async def test_a_key_opens_what_it_was_given_for_on_the_account_of_its_project(office, open_access):
    key = await office.key(data_class="personal", highest_priority="emergency")
    async with open_access() as access:
        grant = await access.admit(call(key, priority="emergency", data_class="public"))
    assert (grant.organisation, grant.project, grant.key) == ("moh", "moh/portal", key.key.id)
    assert (grant.data_class, grant.priority) == ("personal", "emergency")


@pytest.mark.parametrize(
    ("rules", "fields", "status", "code"),
    [
        ({"models": ("qwen*",)}, {}, 403, "model_not_allowed"),
        ({"models": ("tiny",)}, {"model": "xa/health", "service": "health"}, 403, "model_not_allowed"),
        ({"services": ("health",)}, {}, 403, "model_not_allowed"),
        ({"networks": ("10.0.0.0/8",)}, {}, 403, "network_not_allowed"),
    ],
)
async def test_a_restricted_key_is_refused_elsewhere(office, open_access, rules, fields, status, code):
    key = await office.key(**rules)
    async with open_access() as access:
        error = await refusal(access, key, **fields)
    assert (status_of(error), error.code) == (status, code)
    assert envelope(error)["error"]["code"] == code


async def test_an_unknown_a_mistyped_and_no_key_are_refused_alike(office, open_access):
    key = await office.key()
    wrong = key.token[:-1] + ("A" if key.token[-1] != "A" else "B")
    async with open_access() as access:
        for token in (wrong, "sk-something-else", ""):
            error = await refusal(access, token)
            assert (status_of(error), error.code) == (401, "invalid_api_key")
            assert token == "" or token not in str(error)


async def test_a_key_ends_at_its_time(office, open_access, store):
    key = await office.key(expires_at=datetime.now(UTC) + timedelta(hours=1))
    await store.execute("UPDATE access_key SET expires_at = now() - interval '1 second'")
    async with open_access() as access:
        error = await refusal(access, key)
    assert (status_of(error), error.code) == (401, "key_expired")


async def test_a_revoked_key_stops_on_every_worker_that_is_running(office, open_access):
    key = await office.key()
    async with open_access() as one, open_access() as other:
        for access in (one, other):
            (await access.admit(call(key))).settle(usage())
        await office.registry.revoke_key(key.key.id)

        async def both_refuse():
            try:
                for access in (one, other):
                    (await access.admit(call(key))).settle(usage())
            except DaulatError as error:
                return error.code == "invalid_api_key"
            return False

        await until(both_refuse)
        for access in (one, other):
            await until(lambda access=access: refused(access, key))


async def refused(access, key):
    try:
        (await access.admit(call(key))).settle(usage())
    except DaulatError:
        return True
    return False


async def test_closing_an_organisation_stops_all_its_keys(office, open_access):
    key, other = await office.key(), await office.key("moe/school")
    async with open_access() as access:
        await office.registry.close("organisation", "moh")
        await until(lambda: refused(access, key))
        assert not await refused(access, other)


async def test_a_new_key_works_on_a_worker_that_was_running_before(office, open_access):
    async with open_access() as access:
        key = await office.key()

        async def works():
            return not await refused(access, key)

        await until(works)


async def test_without_a_key_services_answer_and_models_do_not(office, open_access):
    await office.key()
    async with open_access(is_private=True) as access:
        grant = await access.admit(call(model="xa/health", service="health", data_class="public"))
        assert (grant.key, grant.data_class) == ("", "personal")
        error = await refusal(access)
    assert error.code == "invalid_api_key"


async def test_on_ones_own_machine_models_answer_until_the_first_key_is_made(office, open_access):
    async with open_access(is_private=True) as access:
        (await access.admit(call("none"))).settle(usage())
        await office.key()
        await until(lambda: refused(access, "none"))
    async with open_access(is_private=False) as access:
        assert (await refusal(access)).code == "invalid_api_key"


async def test_a_network_without_a_key_gets_its_share_and_no_more(open_access):
    async with open_access(anonymous_a_minute=2) as access:
        for _ in range(2):
            await access.admit(call(model="xa/health", service="health"))
        error = await refusal(access, model="xa/health", service="health", client="192.0.2.99")
        assert (status_of(error), error.code, retry_after_s(error) >= 1) == (429, "rate_limit_exceeded", True)
        await access.admit(call(model="xa/health", service="health", client="198.51.100.1"))


async def test_a_limit_of_requests_lets_exactly_that_many_through(office, open_access):
    key = await office.key()
    await office.limit("project", "moh/portal", "requests", "day", 3)
    async with open_access() as access:
        for _ in range(3):
            (await access.admit(call(key))).settle(usage())
        await asleep()
        error = await refusal(access, key)
    assert (status_of(error), error.code) == (429, "insufficient_quota")
    assert retry_after_s(error) <= 86_400
    assert "of 3, 3 are used and 0 reserved" in error.what


async def test_what_calls_in_progress_hold_is_waited_for_and_not_for_the_end_of_the_period(office, open_access):
    key = await office.key()
    await office.limit("key", key.key.id, "tokens_out", "month", 100)
    async with open_access() as access:
        first = await access.admit(call(key, max_tokens=80))
        error = await refusal(access, key, max_tokens=80)
        assert (error.code, retry_after_s(error)) == ("rate_limit_exceeded", 1)
        assert "calls in progress" in error.fix
        first.settle(usage())
        (await access.admit(call(key, max_tokens=80))).settle(usage())


async def test_a_limit_per_minute_says_when_to_come_back(office, open_access):
    key = await office.key()
    await office.limit("key", key.key.id, "tokens_out", "minute", 30)
    async with open_access() as access:
        await access.admit(call(key, max_tokens=20))
        error = await refusal(access, key, max_tokens=20)
    assert error.code == "rate_limit_exceeded"
    assert 1 <= retry_after_s(error) <= 60


async def test_what_was_reserved_and_not_used_comes_back(office, open_access):
    key = await office.key()
    await office.limit("key", key.key.id, "tokens_out", "day", 100)
    async with open_access() as access:
        for _ in range(4):  # 80 reserved each time, 25 used: four fit only if the rest comes back
            (await access.admit(call(key, max_tokens=25 if _ == 3 else 80 - _ * 25))).settle(usage(10, 25))
        error = await refusal(access, key, max_tokens=1)
        assert error.code == "insufficient_quota", error.what


@pytest.mark.parametrize(
    ("fields", "limits", "needed"),
    [
        ({}, {}, 4096),
        ({"choices": 3}, {}, 3 * 4096),
        ({}, {"tiny": 500}, 500),
        ({"choices": 2}, {"tiny": 500}, 1000),
        ({"model": "a-route"}, {"tiny": 500}, 500),
        ({"model": "a-route"}, {"another": 5000}, 5000),
    ],
)
async def test_a_call_without_a_bound_reserves_all_that_its_answers_may_come_to(
    office, open_access, fields, limits, needed
):
    key = await office.key()
    await office.limit("key", key.key.id, "tokens_out", "day", needed - 1)
    async with open_access(output_limits=limits) as access:
        error = await refusal(access, key, max_tokens=0, **fields)
    assert f"this call may need {needed}" in error.what


async def test_calls_at_once_are_let_in_again_as_others_end(office, open_access):
    key = await office.key()
    await office.limit("organisation", "moh", "concurrent", "", 2)
    async with open_access() as access:
        grants = [await access.admit(call(key)) for _ in range(2)]
        error = await refusal(access, key)
        assert (error.code, retry_after_s(error)) == ("rate_limit_exceeded", 1)
        grants[0].settle(usage())
        (await access.admit(call(key))).settle(usage())


async def test_money_is_reserved_and_settled_to_the_last_digit(office, open_access, store):
    key = await office.key()
    # 10 tokens at 2 a million and 20 at 6 a million: 0.00002 + 0.00012 = 0.00014 a call.
    await office.limit("project", "moh/portal", "money", "month", "0.0003", "XTS")
    async with open_access() as access:
        for _ in range(2):
            (await access.admit(call(key))).settle(usage())
        await asleep()
        error = await refusal(access, key)
        assert "of 0.0003 XTS, 0.00028 XTS are used" in error.what
    rows = await store.fetch("SELECT sum(cost), min(currency) FROM usage_call")
    assert rows == [(Decimal("0.00028"), "XTS")]


async def test_money_in_another_currency_does_not_pay(office, open_access):
    key = await office.key()
    await office.limit("project", "moh/portal", "money", "month", 5, "EUR")
    async with open_access() as access:
        assert (await refusal(access, key)).code == "currency_not_budgeted"


async def test_a_grant_that_is_settled_twice_counts_once(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        grant = await access.admit(call(key))
        grant.settle(usage())
        grant.settle(usage())
    assert await store.fetch("SELECT count(*) FROM usage_call") == [(1,)]


async def test_what_was_used_is_in_the_counter_and_in_the_ledger_after_a_stop(office, open_access, store):
    key = await office.key()
    await office.limit("key", key.key.id, "tokens_out", "day", 10_000)
    async with open_access() as access:
        await asyncio.gather(*(one_call(access, key) for _ in range(40)))
    assert await store.fetch("SELECT used, leased FROM quota_counter") == [(Decimal(800), 0)]
    assert await store.fetch("SELECT count(*), sum(completion_tokens) FROM usage_call") == [(40, 800)]


async def one_call(access, key):
    grant = await access.admit(call(key))
    await asyncio.sleep(0.01)
    grant.settle(usage())


async def test_many_callers_at_once_never_pass_a_limit(office, open_access, store):
    key = await office.key()
    await office.limit("project", "moh/portal", "requests", "day", 50)
    served = 0

    async def caller(access):
        nonlocal served
        for _ in range(10):
            try:
                grant = await access.admit(call(key))
            except DaulatError:
                continue
            served += 1
            await asyncio.sleep(0)
            grant.settle(usage())

    async with open_access() as one, open_access() as other:
        await asyncio.gather(*(caller(access) for access in (one, other) for _ in range(8)))
    assert served <= 50
    assert await store.fetch("SELECT used, leased FROM quota_counter") == [(served, 0)]


async def test_a_limit_that_is_raised_lets_callers_of_a_running_worker_in(office, open_access):
    key = await office.key()
    await office.limit("key", key.key.id, "requests", "day", 1)
    async with open_access() as access:
        (await access.admit(call(key))).settle(usage())
        assert await refused(access, key)
        await office.limit("key", key.key.id, "requests", "day", 100)

        async def let_in():
            return not await refused(access, key)

        await until(let_in)


async def test_a_revocation_is_seen_though_the_worker_no_longer_hears_of_it(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        assert not await refused(access, key)
        # The change is made where no trigger runs: the worker is told nothing, and finds out by itself.
        async with store.connection() as connection:
            await connection.execute("ALTER TABLE access_key DISABLE TRIGGER USER")
            await connection.execute("UPDATE access_key SET revoked_at = now()")
            await connection.execute("ALTER TABLE access_key ENABLE TRIGGER USER")
            await connection.execute("UPDATE access_version SET version = version + 1")
        await until(lambda: refused(access, key))


async def test_a_listener_that_was_cut_off_listens_again(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        await store.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE application_name = 'daulat-access'")  # fmt: skip
        await office.registry.revoke_key(key.key.id)
        await until(lambda: refused(access, key))


async def test_keys_that_could_not_be_read_for_long_open_nothing(office, store):
    from daulat.gateway.access.directory import STALE_S, Directory

    key, now = await office.key(), 100.0
    leases = SimpleNamespace(slots=tuple)
    directory = Directory(store.conninfo, leases, clock=lambda: now)
    running = asyncio.create_task(directory.run())
    await directory.loaded(10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert directory.find(key.token).id == key.key.id
    now += STALE_S + 1
    with pytest.raises(DaulatError) as unread:
        directory.find(key.token)
    assert (status_of(unread.value), unread.value.code) == (503, "access_unavailable")


async def test_no_call_is_let_in_that_could_not_be_written_down(office, open_access):
    key = await office.key()
    async with open_access() as access:
        admission = (await access.opened()).admission
        admission._ledger._capacity = 0
        error = await refusal(access, key)
        assert (status_of(error), error.code) == (503, "ledger_unavailable")


async def test_before_the_database_is_there_citizens_are_answered_and_accounts_wait(monkeypatch):
    monkeypatch.setattr("daulat.gateway.access.service.PATIENCE_S", 0.1)
    access = Access(AccessSettings(ZoneInfo("UTC"), is_private=True))
    assert (await access.admit(call(model="xa/health", service="health"))).data_class == "personal"
    error = await refusal(access)
    assert (status_of(error), error.code) == (503, "loading")


async def test_minutes_that_are_long_over_are_swept_and_the_rest_stays(office, open_access, store):
    key = await office.key()
    for period in ("minute", "month"):
        await office.limit("key", key.key.id, "requests", period, 5)
    async with open_access() as access:
        (await access.admit(call(key))).settle(usage())
    await store.execute("DELETE FROM quota_lease")
    await store.execute("UPDATE quota_counter SET period_start = period_start - interval '3 days'")
    counted = "SELECT period FROM quota_counter JOIN quota_limit ON id = limit_id"

    async def swept():
        return await store.fetch(counted) == [("month",)]

    async with open_access():
        await until(swept)


async def test_credit_that_another_worker_no_longer_needs_is_waited_for(office, open_access):
    key = await office.key()
    await office.limit("key", key.key.id, "concurrent", "", 1)
    async with open_access() as one, open_access() as other:
        for _ in range(3):  # one call at a time, now here, now there: none is refused
            for access in (one, other):
                (await access.admit(call(key))).settle(usage())
        held = await one.admit(call(key))
        assert (await refusal(other, key)).code == "rate_limit_exceeded"
        held.settle(usage())


@pytest.mark.parametrize("lie", [-1_000_000, 10**25])
async def test_an_engine_that_lies_about_its_counts_gives_no_credit_and_breaks_nothing(office, open_access, store, lie):
    key = await office.key()
    await office.limit("key", key.key.id, "tokens_out", "day", 100)
    await office.limit("key", key.key.id, "money", "day", 100, "XTS")
    async with open_access() as access:
        (await access.admit(call(key))).settle(usage(lie, lie, cached_tokens=abs(lie), reasoning_tokens=lie))
        await asleep()
        if lie > 0:
            assert (await refusal(access, key)).code == "insufficient_quota"
        else:
            (await access.admit(call(key, max_tokens=100))).settle(usage(0, 0))
            assert (await refusal(access, key, max_tokens=101)).code == "insufficient_quota"
    assert await store.fetch("SELECT count(*) FILTER (WHERE cost >= 0) FROM usage_call") == [(1 if lie > 0 else 2,)]


async def test_what_is_older_than_the_nation_keeps_is_deleted(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        for _ in range(2):
            (await access.admit(call(key))).settle(usage())
    await store.execute("UPDATE usage_call SET at = now() - interval '31 days' WHERE id = (SELECT min(id::text)::uuid"
                        " FROM usage_call)")  # fmt: skip

    async def one_left():
        return await store.fetch("SELECT count(*) FROM usage_call") == [(1,)]

    async with open_access(keep_days=32):
        await asleep()
        assert not await one_left()
    async with open_access(keep_days=30):
        await until(one_left)


async def test_how_old_a_row_is_is_told_by_the_clock_of_the_service(office, open_access, store):
    key = await office.key()
    async with open_access() as access:
        (await access.admit(call(key))).settle(usage())

    async def none_left():
        return await store.fetch("SELECT count(*) FROM usage_call") == [(0,)]

    async with open_access(keep_days=30, wall_clock=lambda: time.time() + 31 * 86_400):
        await until(none_left)


EDGES = [  # what one call of 10 and 20 tokens comes to, at 2 and 6 a million
    ("requests", "day", 1),
    ("tokens_in", "minute", 10),
    ("tokens_out", "month", 20),
    ("concurrent", "", 1),
    ("money", "day", Decimal("0.00014")),
]


@pytest.mark.parametrize("settled", [0, 1])
@pytest.mark.parametrize(("metric", "period", "one"), EDGES)
async def test_a_limit_refuses_by_the_figures_that_are_displayed_and_not_one_unit_earlier(
    office, open_access, metric, period, one, settled
):
    key = await office.key()
    currency = "XTS" if metric == "money" else ""
    await office.limit("key", key.key.id, metric, period, 2 * one, currency)
    async with open_access() as access:
        held = [await access.admit(call(key)) for _ in range(2)]  # exactly as much as there is
        for grant in held[: 0 if metric == "concurrent" else settled]:
            grant.settle(usage())
        await asyncio.sleep(0.6)  # what was settled is told twice a second
        error = await refusal(access, key)
        [shown] = (await own_usage(access, key))["limits"]
        unit = f" {currency}" if currency else ""
        assert (
            f"of {shown['limit']}{unit}, {shown['used']}{unit} are used and {shown['reserved']}{unit} res" in error.what
        )
        assert shown["available"] == "0"
        for grant in held:
            grant.settle(usage())


async def test_a_call_that_has_the_rest_of_a_limit_is_displayed_with_all_that_it_may_come_to(office, open_access):
    key = await office.key()
    await office.limit("key", key.key.id, "tokens_in", "day", 100)
    async with open_access() as access:
        (await access.admit(call(key, prompt_bound=60))).settle(usage(prompt=60))
        rest = await access.admit(call(key, prompt_bound=90))
        shown = (await own_usage(access, key))["limits"][0]
        assert (shown["used"], shown["reserved"], shown["available"]) == ("60", "90", "-50")
        await asleep()
        error = await refusal(access, key)
        assert "of 100, 60 are used and 90 reserved; this call may need 10" in error.what
        rest.settle(usage(prompt=15))
        await asyncio.sleep(0.6)
        (await access.admit(call(key, prompt_bound=25))).settle(usage())


async def own_usage(access, key):
    """Return what GET /v1/usage shows to the holder of a key."""
    kept = Kept()
    headers = {b"authorization": f"Bearer {key.token}".encode()}
    route = access.routes()["/v1/usage"]["GET"]
    await route(Request("GET", "/v1/usage", "", headers, kept.send, "r", client="192.0.2.1"), kept.send)
    return json.loads(kept.body)
