# SPDX-License-Identifier: Apache-2.0
"""The worker of one process: takes lines from the queue, a few at a time, and answers them until it is stopped.

In: the queue, and the routes that answer. Out: answers, written down. It looks around once a second, and holds what it
works on by saying so every two; when it could not say so for longer than a lease, what it does no longer counts.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import psycopg
from psycopg_pool import PoolTimeout

from daulat.gateway._asgi import Route
from daulat.gateway.api.batches.answering import Outcome, answer_line
from daulat.gateway.api.batches.leases import DATABASE_TROUBLE, MOST_LOST, Leases, Line
from daulat.gateway.api.files.shelf import FileShelf
from daulat.store import Store, StoreError, end_tasks

AT_ONCE = 8  # lines
LOOK_S = 1.0
HEARTBEAT_S = 2.0
_SWEEP_S = 3_600.0

_LOST = b'{"error":{"message":"each worker that took this request ended with it","type":"server_error","param":null,"code":"request_lost"}}'  # noqa: E501
_TROUBLE = (StoreError, psycopg.Error, PoolTimeout)

_LOG = logging.getLogger(__name__)


class BatchWorker:
    """Works the queue off.

    Parameters
    ----------
    leases : Leases
        This worker's part of the queue.
    route_of : callable
        Returns the handler of an endpoint.
    new_id : callable
        Makes the ids of requests.
    """

    def __init__(self, leases: Leases, route_of: Callable[[str], Route], new_id: Callable[[], str]) -> None:
        self._leases, self._route_of, self._new_id = leases, route_of, new_id
        self._running: dict[Line, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._swept = 0.0

    async def run(self) -> None:
        """Work until cancelled, then give back what is in hand."""
        beating = asyncio.create_task(self._beat(), name="batch-heartbeat")
        try:
            while True:
                self._wake.clear()
                if not await self._look_around():
                    with suppress(TimeoutError):  # `wait_for` may lose a cancellation (Python 3.11)
                        async with asyncio.timeout(LOOK_S):
                            await self._wake.wait()
        finally:
            beating.cancel()
            await self._let_go()

    async def _look_around(self) -> bool:
        """Do what there is to do; return whether there may be more at once."""
        try:
            if await self._tried(self._is_idle):
                return False
            busy = [await self._tried(step) for step in (self._leases.begin_one, self._lease, self._leases.end_one)]
        except DATABASE_TROUBLE as error:
            _LOG.warning("batches wait for the database: %s", type(error).__name__)
            return False
        return any(busy)

    async def _tried(self, step: Callable[[], Awaitable[bool]]) -> bool:
        """Take a step and return what it says; one that fails, but for the database, says no and stops no other."""
        try:
            return await step()
        except DATABASE_TROUBLE:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the queue: a defect in one batch is no end of the others
            # By its kind alone: its words, and those of a trace, may be a caller's.
            _LOG.error("a batch could not be worked on, and others are: %s", type(error).__name__)
            return False

    async def _is_idle(self) -> bool:
        if time.monotonic() - self._swept > _SWEEP_S:
            await self._leases.sweep()
            self._swept = time.monotonic()
        return not self._running and await self._leases.is_idle()

    async def _lease(self) -> bool:
        free = AT_ONCE - len(self._running)
        lines = await self._leases.lease(free) if free else []
        for line in lines:
            self._running[line] = asyncio.create_task(self._work(line), name="batch-line")
        return bool(lines)

    async def _work(self, line: Line) -> None:
        try:
            if line.lost >= MOST_LOST:
                outcome = Outcome(500, self._new_id(), _LOST)
            else:
                outcome = await answer_line(line, self._route_of(line.endpoint), self._new_id)
            await self._write(line, outcome)
        finally:
            self._running.pop(line, None)
            self._wake.set()

    async def _write(self, line: Line, outcome: Outcome) -> None:
        """Write an answer down; where the database does not take it in time, another worker answers again."""
        try:
            if outcome.again_s:
                await self._leases.put_back([line], outcome.again_s)
            elif not await self._leases.answer(line, outcome.status, outcome.request_id, outcome.body):
                _LOG.warning("an answer came after its lease had ended, and does not count")
        except _TROUBLE as error:
            _LOG.warning("an answer of a batch was not written down: %s", type(error).__name__)

    async def _beat(self) -> None:
        """Say what is in hand, and let go of what is no longer wanted or no longer ours."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            held = list(self._running)
            if not held:
                continue
            try:
                kept = await self._leases.extend(held)
            except _TROUBLE as error:
                _LOG.warning("leases could not be extended: %s", type(error).__name__)
                continue
            gone = [line for line in held if (line.batch, line.number) not in kept and line in self._running]
            for line in gone:
                self._running[line].cancel()
            if gone:
                with suppress(*_TROUBLE):
                    await self._leases.put_back(gone)

    async def _let_go(self) -> None:
        held = dict(self._running)
        await end_tasks(*held.values())
        if held:
            with suppress(*_TROUBLE):
                await self._leases.put_back(list(held))


@asynccontextmanager
async def working(
    store: Store, shelf: FileShelf, route_of: Callable[[str], Route], new_id: Callable[[], str]
) -> AsyncIterator[None]:
    """Work the queue off for as long as the block lasts."""
    worker = BatchWorker(Leases(store, shelf, uuid4()), route_of, new_id)
    task = asyncio.create_task(worker.run(), name="batches")
    try:
        yield
    finally:
        await end_tasks(task)
