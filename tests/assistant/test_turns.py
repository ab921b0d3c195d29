# SPDX-License-Identifier: Apache-2.0
"""Searches take turns: a few at once, in order, and none for whoever has left."""

from __future__ import annotations

import asyncio
from threading import Event, Lock

import pytest

from daulat.assistant.turns import Turns


class Work:
    """Slow work that says what runs, and ends when it may."""

    def __init__(self) -> None:
        self.may_end, self._lock = Event(), Lock()
        self.begun: list[int] = []
        self.at_once = self.most = 0

    def __call__(self, number: int) -> int:
        with self._lock:
            self.begun.append(number)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.may_end.wait(30)
        with self._lock:
            self.at_once -= 1
        return number


async def begun(work: Work, count: int) -> None:
    """Wait until so many have begun."""
    async with asyncio.timeout(30):
        while len(work.begun) < count:
            await asyncio.sleep(0.001)


async def started(turns: Turns, work: Work, count: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(turns.run(lambda n=n: work(n))) for n in range(count)]
    async with asyncio.timeout(30):
        while turns.waiting < count - len(work.begun):
            await asyncio.sleep(0)
    return tasks


async def test_no_more_run_at_once_than_there_are_places_and_all_in_order() -> None:
    turns, work = Turns(2), Work()
    tasks = await started(turns, work, 6)
    await begun(work, 2)
    work.may_end.set()
    assert await asyncio.gather(*tasks) == list(range(6))
    assert work.most <= 2
    assert sorted(work.begun[:2]) == [0, 1]


async def test_who_leaves_while_waiting_is_never_worked_for() -> None:
    turns, work = Turns(1), Work()
    tasks = await started(turns, work, 4)
    await begun(work, 1)
    for left in tasks[1:3]:
        left.cancel()
    await asyncio.wait(tasks[1:3])
    work.may_end.set()
    assert (await tasks[0], await tasks[3]) == (0, 3)
    assert work.begun == [0, 3]


async def test_a_place_is_held_until_its_thread_has_ended_whoever_left() -> None:
    turns, work = Turns(1), Work()
    tasks = await started(turns, work, 2)
    await begun(work, 1)
    tasks[0].cancel()
    await asyncio.wait(tasks[:1])
    await asyncio.sleep(0)
    assert (work.begun, turns.waiting) == ([0], 1)
    work.may_end.set()
    assert await tasks[1] == 1


async def test_a_failure_is_told_and_gives_its_place_back() -> None:
    turns = Turns(1)

    def fail() -> None:
        raise ValueError("no")

    for _ in range(3):
        with pytest.raises(ValueError, match="no"):
            await turns.run(fail)
    assert await turns.run(lambda: 1) == 1
