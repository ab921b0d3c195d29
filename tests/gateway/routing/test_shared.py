# SPDX-License-Identifier: Apache-2.0
"""Several workers bound their engines together, and whose turn it is does not depend on the worker a call came to."""

import asyncio
import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_calls import ANYWHERE, WELL, call, grant, post

from daulat.gateway.errors import retry_after_s
from daulat.gateway.routing import Board, QueueFull, QueueSettings, Route
from daulat.gateway.routing.shared import SharedRouter


class Service:
    """Workers over one board, each with posts of its own, as in processes of their own."""

    def __init__(self, count: int, *, policy="least-busy", queue=None, **concurrency: int) -> None:
        self.board = Board.make(list(concurrency), count)
        self.workers = []
        for number in range(count):
            posts = [post(model, concurrency=bound) for model, bound in concurrency.items()]
            routes = [Route("writer", tuple((each, 1.0) for each in posts), policy)]
            routes += [Route(each.model, ((each, 1.0),)) for each in posts]
            row = self.board.row(number)
            self.workers.append(SharedRouter(row, posts, routes, ANYWHERE, queue=queue, clock=time.monotonic))
        self.order: list[str] = []

    async def waits(self, number: int, name: str, priority: str = "interactive") -> asyncio.Task:
        """Let a call of an organisation wait in a worker; when its turn has come, its name stands in `order`."""

        async def one():
            target = await self.workers[number].choose(call(), grant(name, priority=priority))
            self.order.append(name)
            await asyncio.sleep(0)  # the answer
            self.workers[number].ended(target, WELL, None)

        task = asyncio.create_task(one())
        await asyncio.sleep(0)
        return task


@pytest.fixture
def service():
    made = []

    def make(*args, **fields):
        made.append(Service(*args, **fields))
        return made[-1]

    yield make
    for each in made:
        each.board.close()


async def all_of(tasks) -> None:
    async with asyncio.timeout(20):
        await asyncio.gather(*tasks)


async def test_the_bound_of_an_engine_is_of_all_workers_together(service):
    four = service(4, small=3)
    for worker in four.workers[:3]:
        await worker.choose(call(), grant())
    await four.waits(3, "moh")
    assert [worker.waiting for worker in four.workers] == [0, 0, 0, 1]
    assert four.workers[0].waiting_in_all == 1


async def test_the_least_busy_engine_is_found_by_what_all_workers_have_sent_it(service):
    here, there = service(2, first=0, second=0).workers
    assert (await here.choose(call(), grant())).model == "first"
    assert (await there.choose(call(), grant())).model == "second"
    assert (await there.choose(call("second"), grant())).model == "second"
    assert (await here.choose(call(), grant())).model == "first"


async def test_a_place_goes_to_the_emergency_in_another_worker_before_batch_calls_that_wait_here(service):
    two = service(2, small=1)
    held = await two.workers[0].choose(call(), grant())
    tasks = [await two.waits(0, "batch", "batch") for _ in range(3)]
    tasks.append(await two.waits(1, "rescue", "emergency"))
    two.workers[0].ended(held, WELL, None)
    await all_of(tasks)
    assert two.order == ["rescue", "batch", "batch", "batch"]


async def test_organisations_take_turns_across_workers(service):
    three = service(3, small=1)
    held = await three.workers[0].choose(call(), grant())
    tasks = [await three.waits(number % 2, "flood") for number in range(6)]
    tasks += [await three.waits(2, "other") for _ in range(2)]
    three.workers[0].ended(held, WELL, None)
    await all_of(tasks)
    assert sorted(three.order[:2]) == sorted(three.order[2:4]) == ["flood", "other"]


async def test_a_call_that_comes_does_not_take_the_place_of_one_that_waits_elsewhere(service):
    two = service(2, small=1)
    held = await two.workers[0].choose(call(), grant())
    tasks = [await two.waits(1, "first")]
    two.workers[0].ended(held, WELL, None)  # the other was rung for and has not looked yet
    tasks.append(await two.waits(0, "second"))
    await all_of(tasks)
    assert two.order == ["first", "second"]


async def test_no_ring_has_to_arrive(service, monkeypatch):
    two = service(2, small=1)
    monkeypatch.setattr("daulat.gateway.routing.board.Row.ring", lambda row, number: None)
    held = await two.workers[0].choose(call(), grant())
    task = await two.waits(1, "moh")
    two.workers[0].ended(held, WELL, None)
    await all_of([task])


async def test_the_places_of_a_worker_that_died_go_to_those_who_wait_elsewhere(service):
    two = service(2, small=2)
    for _ in range(2):
        await two.workers[0].choose(call(), grant())
    dead = await two.waits(0, "dead", "emergency")
    task = await two.waits(1, "alive")
    dead.cancel()  # it will hear of nothing any more
    two.board.clear(0)
    await all_of([task])
    assert two.order == ["alive"]


async def test_an_engine_that_one_worker_may_not_ask_now_is_not_kept_from_the_others(service):
    two = service(2, small=1)
    held = await two.workers[0].choose(call(), grant())
    mine = await two.waits(0, "here", "emergency")
    small = two.workers[0].posts["small"]
    small.troubled, small.reachable = True, False
    task = await two.waits(1, "there")
    two.workers[0].ended(held, WELL, None)
    small.reachable = False
    await all_of([task])
    mine.cancel()


async def test_as_many_may_wait_in_all_workers_as_the_queue_says(service):
    two = service(2, small=1, queue=QueueSettings(limit=2))
    await two.workers[0].choose(call(), grant())
    tasks = [await two.waits(0, "a"), await two.waits(1, "b")]
    for worker in two.workers:
        with pytest.raises(QueueFull):
            await worker.choose(call(), grant())
    for task in tasks:
        task.cancel()


async def test_who_is_turned_away_is_told_to_come_back_by_how_many_wait_in_all_workers(service):
    two = service(2, small=1, queue=QueueSettings(limit=10))
    await two.workers[0].choose(call(), grant())
    tasks = [await two.waits(0, "a") for _ in range(10)]
    with pytest.raises(QueueFull) as full:
        await two.workers[1].choose(call(), grant())
    assert retry_after_s(full.value) == 5  # ten, and each worker begins one a second until it knows better
    for task in tasks:
        task.cancel()


async def test_a_caller_that_leaves_while_it_waits_holds_no_place_in_any_worker(service):
    two = service(2, small=1)
    held = await two.workers[0].choose(call(), grant())
    task = await two.waits(1, "gone")
    two.workers[0].ended(held, WELL, None)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert (two.workers[0].waiting_in_all, two.workers[0].in_flight("small")) == (0, 0)
    assert (await two.workers[0].choose(call(), grant())).model == "small"


async def test_what_is_told_of_an_engine_says_what_is_of_all_and_what_is_from_here(service):
    two = service(2, small=4)
    for number in (0, 0, 1):
        await two.workers[number].choose(call(), grant())
    assert [(each.in_flight, each.held) for worker in two.workers for each in worker.vitals()] == [(3, 2), (3, 1)]
    assert two.workers[1].in_flight("small") == 3


@settings(max_examples=60, deadline=None)
@given(
    bounds=st.lists(st.integers(1, 3), min_size=2, max_size=2),
    policy=st.sampled_from(["least-busy", "prefix", "weighted"]),
    sent=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.sampled_from(["batch", "interactive", "emergency"])),
        min_size=1, max_size=40,
    ),
)  # fmt: skip
def test_whatever_comes_to_whichever_worker_no_bound_is_passed_and_everybody_is_answered(bounds, policy, sent):
    async def run() -> None:
        three = Service(3, policy=policy, first=bounds[0], second=bounds[1])
        columns = three.board.row(0).columns
        most = dict.fromkeys(columns, 0)
        original = SharedRouter._take

        def take(self, *args):
            taken = original(self, *args)
            for model, column in columns.items():
                most[model] = max(most[model], sum(column.counts))
            return taken

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SharedRouter, "_take", take)
            await all_of([await three.waits(*each) for each in sent])
        assert all(most[model] <= bound for model, bound in zip(columns, bounds, strict=True))
        assert len(three.order) == len(sent)
        assert sum(three.board.counts) == sum(three.board.waiting) == 0
        assert not any(three.board.turns)
        three.board.close()

    asyncio.run(run())
