# SPDX-License-Identifier: Apache-2.0
"""Four real workers at one address bound their engine as one would, and whoever waits is served in one order."""

import asyncio
import os
import signal

from workers_process import CountingEngine, running_workers, until


async def answered(tasks) -> list[int]:
    async with asyncio.timeout(90):
        return await asyncio.gather(*tasks)


async def test_four_workers_under_load_hold_at_most_as_many_requests_as_is_declared(tmp_path):
    async with CountingEngine(hold_s=0.02) as engine, running_workers(tmp_path, 4, engine, concurrency=4) as service:

        async def caller(worker: int) -> int:
            return sum([await service.ask(worker, "?") == 200 for _ in range(10)])

        asked = [caller(worker) for worker in service.workers() for _ in range(6)]
        assert await answered(asked) == [10] * 24  # nobody starves in any of them
        assert engine.most == 4
        await until(service.is_idle)


async def test_an_emergency_goes_before_batch_calls_that_wait_in_the_other_workers(tmp_path):
    async with CountingEngine() as engine, running_workers(tmp_path, 4, engine, concurrency=4) as service:
        one, two, three, four = service.workers()
        held = [asyncio.create_task(service.ask(one, "held", "batch")) for _ in range(4)]
        await until(lambda: has(len(engine.held) == 4))
        waiting = [await service.waits(worker, "batch", "batch") for worker in (one, two, three) * 2]
        waiting.append(await service.waits(four, "rescue", "emergency"))
        state = await service.status()
        assert (state["waiting"], state["engines"][0]["in_flight"]) == (7, 4)  # whichever worker tells it
        engine.let_go(1)
        await until(lambda: has(len(engine.order) == 5))
        assert engine.order[4] == "rescue"
        engine.hold_s = 0.0
        engine.let_go(4)
        assert await answered(held + waiting) == [200] * 11


async def test_calls_of_one_organisation_are_served_as_they_came_whichever_worker_they_came_to(tmp_path):
    async with CountingEngine() as engine, running_workers(tmp_path, 4, engine, concurrency=1) as service:
        workers = service.workers()
        held = asyncio.create_task(service.ask(workers[0], "held"))
        await until(lambda: has(len(engine.held) == 1))
        waiting = [await service.waits(workers[number * 7 % 4], f"{number}") for number in range(8)]
        engine.hold_s = 0.0
        engine.let_go(1)
        assert await answered([held, *waiting]) == [200] * 9
        assert engine.order == ["held", *map(str, range(8))]
        assert engine.most == 1


async def test_a_worker_that_is_killed_gives_its_places_to_those_who_wait_in_the_others(tmp_path):
    async with CountingEngine() as engine, running_workers(tmp_path, 4, engine, concurrency=4) as service:
        victim, *others = service.workers()
        held = [asyncio.create_task(service.ask(victim, "held")) for _ in range(4)]
        await until(lambda: has(len(engine.held) == 4))
        held.append(await service.waits(victim, "rescue", "emergency"))
        waiting = [await service.waits(worker, "waits") for worker in others]
        os.kill(victim, signal.SIGKILL)
        await until(lambda: has(len(engine.order) == 7))
        assert engine.order[4:] == ["waits"] * 3  # the call that died with its worker blocks nobody
        await until(lambda: has(len(engine.held) == 3))  # those that died are gone
        engine.let_go(3)
        assert await answered(waiting) == [200] * 3
        assert engine.most == 4
        await asyncio.gather(*held, return_exceptions=True)
        await until(lambda: has(len(service.workers()) == 4))  # another takes its row
        await until(service.is_idle)


async def test_a_worker_that_stands_still_holds_nobody_up(tmp_path):
    async with CountingEngine() as engine, running_workers(tmp_path, 2, engine, concurrency=1) as service:
        still, other = service.workers()
        held = asyncio.create_task(service.ask(other, "held"))
        await until(lambda: has(len(engine.held) == 1))
        first = await service.waits(still, "first", "emergency")
        second = await service.waits(other, "second")
        os.kill(still, signal.SIGSTOP)
        try:
            engine.let_go(1)
            await until(lambda: has("second" in engine.order))
        finally:
            os.kill(still, signal.SIGCONT)
        engine.hold_s = 0.0
        engine.let_go(1)
        assert await answered([held, first, second]) == [200] * 3


async def test_a_worker_that_starts_with_another_declaration_says_so_and_counts_alone(tmp_path):
    async with CountingEngine(hold_s=0.0) as engine, running_workers(tmp_path, 2, engine, concurrency=1) as service:
        victim, _ = service.workers()
        nation = tmp_path / "nation.yaml"
        nation.write_text(nation.read_text().replace("- {id: small", "- {id: new, kind: fake}\n- {id: small"))
        os.kill(victim, signal.SIGKILL)
        await until(lambda: has("error[up.other_board]" in (tmp_path / "talk").read_text()))
        await until(lambda: has(len(service.workers()) == 2))
        assert await answered([service.ask(worker, "?") for worker in service.workers()]) == [200] * 2


async def has(truth: bool) -> bool:
    return truth
