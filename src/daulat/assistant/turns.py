# SPDX-License-Identifier: Apache-2.0
"""Turns at searching: slow work in; its result out, a few at a time, and none for whoever has left meanwhile.

A thread cannot be stopped, and the queue in front of a pool of threads forgets nobody. So a place is taken before the
thread is, whoever is cancelled while waiting leaves the queue, and a place is free again when its thread has ended, not
when its caller has.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class Turns:
    """Runs slow work in threads, at most `places` at once, in the order in which it was asked for.

    Parameters
    ----------
    places : int, optional
        By default one for each processor: searching computes, and more at once would only take memory.

    Examples
    --------
    >>> asyncio.run(Turns(1).run(lambda: 2 + 2))
    4
    """

    def __init__(self, places: int | None = None) -> None:
        self._free = places or max(2, os.cpu_count() or 2)
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(not each.done() for each in self._waiting)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Wait for a place, and return what `work` does in a thread."""
        await self._take()
        try:
            task = asyncio.get_running_loop().run_in_executor(None, work)
        except BaseException:
            self._give_back()
            raise
        # The callback of the work and not of whoever waits: that one may leave before the thread ends.
        task.add_done_callback(self._end)
        return await asyncio.shield(task)

    async def _take(self) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back()  # the place came in the moment in which its taker left
            raise

    def _end(self, task: asyncio.Future[Result]) -> None:
        self._give_back()
        if not task.cancelled():
            task.exception()  # whoever waited has been told; where nobody waits any more, nobody is to hear of it

    def _give_back(self) -> None:
        """Hand a place to the first who still waits for one."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
