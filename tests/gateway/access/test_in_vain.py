# SPDX-License-Identifier: Apache-2.0
"""What engines did for nobody stands in the ledger, with whose machine and why; and no caller pays for it.

A real gateway, real servers that speak the engines' protocol, and a real database.
"""

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "routing"))
sys.path.insert(0, str(Path(__file__).parents[2] / "models"))

from gateway_process import running_gateway
from prometheus_client import CollectorRegistry
from scripted_server import DONE, EVENT_STREAM, SILENCE, ScriptedServer, counts, says, status

from daulat.gateway.observe import CallObserver, EnergyBook, Metrics, Power
from daulat.gateway.quota.prices import Price
from daulat.gateway.routing import Declared, ModelRouter, Post, Residency, Route, Rule
from daulat.ledger.usage_report import sum_usage
from daulat.models import RemoteEngine

ASK = {"model": "writer", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 50}
PRICES = {name: Price.of("XTS", input=Decimal(2), output=Decimal(6)) for name in ("writer", "north", "south")}
# 8 x 10^9 parameters on a grid of 500 g/kWh: 8.9152e-5 Wh for a token written, 1.8803e-5 for one read (test_energy.py).
POWER = Power.of_size(8, 8, 1.2, 500.0)
IN_VAIN = (
    "SELECT engine, place, discarded, split_part(reason, ';', 1), status, code, prompt_tokens, completion_tokens,"
    " estimated, cost FROM usage_call WHERE discarded <> '' ORDER BY at"
)


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class LateHedges(ModelRouter):
    """A router on whose clock a hundred seconds pass before a hedge is asked."""

    def spare(self, lane, besides):
        self._clock.now += 100
        return super().spare(lane, besides)


def answer(text: str, prompt: int, completion: int) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return status(200, {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice],
                        "usage": usage})  # fmt: skip


class Two:
    """A gateway before two scripted engines, `north` and `south`, with a key that its callers send."""

    def __init__(self, gateway, north, south, router, observer, store, key) -> None:
        self.gateway, self.north, self.south, self.router = gateway, north, south, router
        self.observer, self._store, self._key = observer, store, key

    async def ask(self, **fields):
        return await self.gateway.ask(ASK | fields, Authorization=f"Bearer {self._key.token}")

    def is_idle(self) -> bool:
        return all(post.in_flight == 0 for post in self.router.posts.values())

    async def rows(self, count: int, query: str = IN_VAIN) -> list[tuple]:
        """Wait until the ledger holds so many rows, and return those of a query."""
        async with asyncio.timeout(20):
            while await self._store.fetch("SELECT count(*) FROM usage_call") != [(count,)]:
                await asyncio.sleep(0.02)
        return await self._store.fetch(query)


@pytest.fixture
async def two(office, open_access, store):
    """Give a function that opens a gateway over two engines, with a policy."""

    @asynccontextmanager
    async def opened(policy, clock=None, router_class=ModelRouter, third=False, north_patience_s=60, **fields):
        key = await office.key(data_class="public")
        await office.limit("project", "moh/portal", "tokens_out", "month", 10_000)
        timed = {} if clock is None else {"clock": clock}
        async with ScriptedServer() as north, ScriptedServer() as south, open_access(prices=PRICES) as access:
            servers = [("north", north, "XA-01"), ("south", south, "XA-02"), ("east", south, "XA-03")][: 2 + third]
            posts = [
                Post(Declared(name, RemoteEngine(server.base_url, name=name, patience_s=patience_s), place=place))
                for name, server, place in servers
                for patience_s in [north_patience_s if name == "north" else 60]
            ]
            route = Route("writer", tuple((post, 1.0) for post in posts), policy, **fields)
            router = router_class(posts, [route], Residency({"public": Rule(None)}), **timed)
            energy = EnergyBook({"north": POWER, "south": POWER}, clock or asyncio.get_running_loop().time)
            observer = CallObserver(energy, Metrics(router, ["writer"]))
            parts = {"admission": access, "observer": observer} | timed
            async with running_gateway(router, **parts) as gateway:
                yield Two(gateway, north, south, router, observer, store, key)
            for post in posts:
                await post.declared.engine.close()

    return opened


def unsure(request: bytes, answer: bytes) -> str:
    return "was unsure"


async def test_a_small_answer_that_was_rejected_is_accounted_for_and_not_billed(two, office):
    async with two("cascade", verify=unsure) as pair:
        pair.north.answers(answer("Perhaps", 9, 2))
        pair.south.answers(answer("Yes", 9, 5))
        code, body = await pair.ask()
        assert (code, json.loads(body)["usage"]["completion_tokens"]) == (200, 5)
        assert await pair.rows(2) == [
            ("north", "XA-01", "rejected", "cascade: rejected by the verifier, was unsure", 200, "", 9, 2, False, 0)
        ]
        # 9 tokens at 2 a million and 5 at 6 a million.
        calls = "SELECT engine, completion_tokens, cost FROM usage_call WHERE discarded = ''"
        assert await pair.rows(2, calls) == [("south", 5, Decimal("0.000048"))]
        # Both drew what their tokens take: 9 read, and 2 or 5 written.
        [(north_wh, north_g), (south_wh, _)] = await pair.rows(
            2, "SELECT energy_wh, carbon_g FROM usage_call ORDER BY engine"
        )
        assert north_wh == pytest.approx(9 * 1.8803e-5 + 2 * 8.9152e-5, rel=1e-3)
        assert north_g == pytest.approx(north_wh / 2)
        assert south_wh == pytest.approx(9 * 1.8803e-5 + 5 * 8.9152e-5, rel=1e-3)


async def test_the_number_that_refuses_and_the_sums_of_members_leave_out_what_was_discarded(two, office, store):
    async with two("cascade", verify=unsure) as pair:
        pair.north.answers(answer("Perhaps", 9, 2))
        pair.south.answers(answer("Yes", 9, 5))
        assert (await pair.ask())[0] == 200
        await pair.rows(2)
    counted = "SELECT sum(used) FROM quota_counter"
    assert await store.fetch(counted) == [(5,)]
    month = datetime.now(UTC).strftime("%Y-%m")
    for by in ("organisation", "project", "key", "model", "place"):
        [calls] = await sum_usage(store, month, ZoneInfo("UTC"), by=by, organisations=["moh"])
        assert (calls.requests, calls.completion_tokens, calls.by_ecologits) == (1, 5, 1)
    [vain] = await sum_usage(store, month, ZoneInfo("UTC"), by="place", discarded=True)
    assert (vain.group, vain.requests, vain.completion_tokens, vain.cost, vain.currency) == ("XA-01", 1, 2, 0, "")
    assert vain.energy_low_wh < vain.energy_wh < vain.energy_high_wh


async def test_the_engine_that_lost_a_hedge_is_accounted_for_with_an_estimate(two):
    async with two("least-busy", hedge_after_s=0.05) as pair:
        pair.north.answers(SILENCE)
        pair.south.answers(answer("Yes", 9, 2))
        assert (await pair.ask())[0] == 200
        [lost] = await pair.rows(2)
        assert lost[:6] == ("north", "XA-01", "lost", "hedge: lost", 499, "")
        assert lost[6] > 0
        assert lost[7:] == (0, True, 0)
        assert pair.is_idle()


async def test_a_stream_that_lost_a_hedge_is_accounted_for_too(two):
    async with two("least-busy", hedge_after_s=0.05) as pair:
        pair.north.answers(EVENT_STREAM, SILENCE)
        pair.south.answers(EVENT_STREAM, says("Ye"), says("s", finish="stop"), counts(9, 2), DONE)
        assert (await pair.ask(stream=True))[0] == 200
        assert [row[:3] for row in await pair.rows(2)] == [("north", "XA-01", "lost")]


@pytest.mark.parametrize(
    ("failure", "worked"),
    [
        ([status(500, {})], False),
        ([], False),
        ([SILENCE], True),
        ([b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"], True),
    ],
    ids=["500", "hangs up at once", "falls silent", "breaks off"],
)
async def test_an_engine_that_broke_off_is_accounted_for_where_it_may_have_worked(two, failure, worked):
    async with two("weighted", north_patience_s=0.5 if SILENCE in failure else 60) as pair:
        pair.north.answers(*failure)
        pair.south.answers(answer("Yes", 9, 2))
        assert (await pair.ask())[0] == 200
        rows = await pair.rows(1 + worked)
        assert [row[:4] for row in rows] == [("north", "XA-01", "broke_off", "broke off")] * worked
        assert all(row[5].startswith("models.engine.") and row[8:] == (True, 0) for row in rows)


async def test_when_nobody_answers_each_engine_that_worked_is_accounted_for_and_the_call_costs_nothing(two):
    async with two("weighted") as pair:
        for engine in (pair.north, pair.south):
            engine.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")
        assert (await pair.ask())[0] == 502
        assert [row[:3] for row in await pair.rows(3)] == [
            ("north", "XA-01", "broke_off"), ("south", "XA-02", "broke_off")]  # fmt: skip
        calls = "SELECT status, prompt_tokens, cost, energy_wh FROM usage_call WHERE discarded = ''"
        assert await pair.rows(3, calls) == [(502, 0, 0, None)]


async def test_a_caller_that_leaves_while_the_larger_model_answers_has_the_small_one_accounted_for_once(two):
    async with two("cascade", verify=unsure) as pair:
        pair.north.answers(answer("Perhaps", 9, 2))
        pair.south.answers(SILENCE)
        asking = asyncio.create_task(pair.ask())
        async with asyncio.timeout(20):
            while not pair.south.requests:
                await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert [row[:3] for row in await pair.rows(2)] == [("north", "XA-01", "rejected")]
        calls = "SELECT engine, status, prompt_tokens > 0, energy_wh > 0 FROM usage_call WHERE discarded = ''"
        assert await pair.rows(2, calls) == [("south", 499, True, True)]


async def test_a_caller_that_leaves_while_it_waits_for_the_larger_model_pays_for_neither(two):
    async with two("cascade", verify=unsure) as pair:
        full = pair.router.posts["south"]
        full.concurrency, full.in_flight = 1, 1
        pair.north.answers(answer("Perhaps", 9, 2))
        asking = asyncio.create_task(pair.ask())
        async with asyncio.timeout(20):
            while not pair.router.waiting:
                await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert [row[:3] for row in await pair.rows(2)] == [("north", "XA-01", "rejected")]
        calls = "SELECT status, prompt_tokens, cost, energy_wh FROM usage_call WHERE discarded = ''"
        assert await pair.rows(2, calls) == [(499, 0, 0, None)]


async def test_each_step_of_a_cascade_is_accounted_for_once_although_the_last_is_waited_for_in_vain(two):
    async with two("cascade", third=True, verify=unsure) as pair:
        full = pair.router.posts["east"]
        full.concurrency, full.in_flight = 1, 1
        pair.north.answers(answer("Perhaps", 9, 2))
        pair.south.answers(answer("Perhaps so", 9, 3))
        asking = asyncio.create_task(pair.ask())
        async with asyncio.timeout(20):
            while not pair.router.waiting:
                await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        rows = await pair.rows(3)
        assert [(row[0], row[2], row[7]) for row in rows] == [("north", "rejected", 2), ("south", "rejected", 3)]
        calls = "SELECT status, prompt_tokens, cost, energy_wh FROM usage_call WHERE discarded = ''"
        assert await pair.rows(3, calls) == [(499, 0, 0, None)]


async def test_each_engine_of_a_cascade_is_timed_from_when_it_was_asked(two):
    clock = Clock()

    def slow(request: bytes, answer: bytes) -> str:
        clock.now += 100
        return "was unsure"

    async with two("cascade", clock=clock, verify=slow) as pair:
        seconds = engine_seconds(pair)
        pair.north.answers(answer("Perhaps", 9, 2))
        pair.south.answers(answer("Yes", 9, 5))
        assert (await pair.ask())[0] == 200
        assert seconds == [("north", 100.0), ("south", 0.0)]


@pytest.mark.parametrize("stream", [False, True])
async def test_the_second_engine_of_a_hedge_is_timed_from_when_it_was_asked(two, stream):
    whole = [answer("Yes", 9, 5)]
    events = [EVENT_STREAM, says("Yes", finish="stop"), counts(9, 5), DONE]
    async with two("least-busy", clock=Clock(), router_class=LateHedges, hedge_after_s=0.05) as pair:
        seconds = engine_seconds(pair)
        pair.north.answers(SILENCE)
        pair.south.answers(*(events if stream else whole))
        assert (await pair.ask(stream=stream))[0] == 200
        assert seconds == [("north", 100.0), ("south", 0.0)]
        assert pair.router.posts["south"].vitals(pair.router._clock()).ttft_p50_s == (0.0 if stream else None)


def engine_seconds(pair: Two) -> list[tuple[str, float]]:
    """Return a list that will hold for how long each engine worked, as its energy is reckoned."""
    book = pair.observer.energy
    measured, seconds = book.measured, []

    def noting(usage):
        seconds.append((usage.engine, usage.engine_s))
        return measured(usage)

    book.measured = noting
    return seconds


async def test_prometheus_counts_what_was_discarded_apart_from_calls(two):
    async with two("cascade", verify=unsure) as pair:
        pair.north.answers(answer("Perhaps", 9, 2))
        pair.south.answers(answer("Yes", 9, 5))
        assert (await pair.ask())[0] == 200
        await pair.rows(2)
        registry = CollectorRegistry()
        registry.register(pair.observer.metrics)
    vain = {"model": "north", "outcome": "rejected"}
    assert registry.get_sample_value("daulat_discarded_attempts_total", vain) == 1
    assert registry.get_sample_value("daulat_discarded_tokens_total", vain | {"kind": "completion"}) == 2
    energy_wh = 9 * 1.8803e-5 + 2 * 8.9152e-5
    assert registry.get_sample_value("daulat_discarded_energy_wh_total", vain) == pytest.approx(energy_wh, rel=1e-3)
    assert registry.get_sample_value("daulat_discarded_carbon_g_total", vain) == pytest.approx(energy_wh / 2, rel=1e-3)
    assert registry.get_sample_value("daulat_tokens_total", {"model": "north", "kind": "completion"}) is None
    assert registry.get_sample_value("daulat_tokens_total", {"model": "south", "kind": "completion"}) == 5
