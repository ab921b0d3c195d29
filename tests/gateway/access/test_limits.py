# SPDX-License-Identifier: Apache-2.0
"""What a limit lets through, and what is reserved, settled and displayed of it, with a real database behind it."""

import asyncio
import json
from decimal import Decimal

import pytest
from access_calls import asleep, call, refusal, refused, until, usage, within_a_minute

from daulat.errors import DaulatError
from daulat.gateway._asgi import Request
from daulat.gateway.api.inner import Kept
from daulat.gateway.errors import BadRequest, retry_after_s, status_of


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
    async with open_access(wall_clock=within_a_minute()) as access:
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


@pytest.mark.parametrize(
    ("model", "route"),
    [
        ("rules", "moderations"),
        ("encoder", "embeddings"),
        ("rules", "chat/completions"),
        ("law", "vector_stores/search"),
    ],
)
async def test_what_has_no_price_is_paid_by_money_of_any_currency(office, open_access, model, route):
    key = await office.key()
    await office.limit("project", "moh/portal", "money", "month", 5, "EUR")
    async with open_access() as access:
        (await access.admit(call(key, model=model, route=route))).settle(usage())


@pytest.mark.parametrize("route", ["chat/completions", "responses", "completions"])
async def test_a_service_is_let_in_at_the_price_of_the_dearest_that_may_write(office, open_access, route):
    key = await office.key()
    await office.limit("project", "moh/portal", "money", "month", 5, "EUR")
    async with open_access() as access:
        error = await refusal(access, key, model="xa/health", service="health", route=route)
    assert error.code == "currency_not_budgeted"


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
    async with open_access(wall_clock=within_a_minute()) as access:
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


async def test_a_key_sees_what_its_project_used_in_the_month_that_it_asks_for(office, open_access):
    key = await office.key()
    async with open_access() as access:
        (await access.admit(call(key))).settle(usage())

        async def is_written():
            return (await own_usage(access, key))["used"]

        await until(is_written)
        now = await own_usage(access, key)
        assert [row["requests"] for row in now["used"]] == [1]
        assert await own_usage(access, key, f"month={now['month']}") == now
        before = await own_usage(access, key, "month=2024-02")
        assert (before["month"], before["used"]) == ("2024-02", [])
        with pytest.raises(BadRequest, match="2024-13") as caught:
            await own_usage(access, key, "month=2024-13")
        assert (caught.value.code, caught.value.param) == ("ledger.usage_period", "month")
        for query, name in (("start_date=2024-02-01", "start_date"), ("month=2024-02&project=health/a", "project")):
            with pytest.raises(BadRequest, match="takes `month`") as caught:
                await own_usage(access, key, query)
            assert (caught.value.code, caught.value.param) == ("invalid_query", name)


async def own_usage(access, key, query=""):
    """Return what GET /v1/usage shows to the holder of a key."""
    kept = Kept()
    headers = {b"authorization": f"Bearer {key.token}".encode()}
    route = access.routes()["/v1/usage"]["GET"]
    request = Request("GET", "/v1/usage", "", headers, kept.send, "r", client="192.0.2.1")
    request.query = query
    await route(request, kept.send)
    return json.loads(kept.body)
