# SPDX-License-Identifier: Apache-2.0
"""One receipt per answer, written in batches, so that keeping account never delays an answer.

Comes in: `Receipt`s, from the event loop that answers. Goes out: rows of `answer_receipt`. A receipt holds counts,
times and names of things: no words, no address, nobody. While the database is away receipts wait in memory, up to a
bound; what does not fit is counted in `dropped`, never waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg

from daulat.store import Store, StoreError, end_tasks

BATCH_ROWS = 200
BATCH_SECONDS = 0.5
CAPACITY = 20_000  # at 200 bytes each, 4 MB
_PATIENCE_S = 5.0

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of one answer. The fields are columns; its number and its time are put on when it is handed over."""

    service: str
    language: str
    mode: str
    answered: bool
    citations: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model: str = ""
    release_id: str = ""
    duration_ms: float = 0.0


_Row = tuple[UUID, datetime, str, str, str, bool, int, int, int, str, str, int]
_INSERT = (
    "INSERT INTO answer_receipt (id, at, service, language, mode, answered, citations, prompt_tokens,"
    " completion_tokens, model, release_id, duration_ms) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (id) DO NOTHING"
)


def _row(receipt: Receipt, at: datetime) -> _Row:
    one = receipt
    counts = (one.citations, one.prompt_tokens, one.completion_tokens)
    names = (one.model, one.release_id)
    return (uuid4(), at, one.service, one.language, one.mode, one.answered, *counts, *names, round(one.duration_ms))


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Receipts:
    """Collects receipts and writes them every half second, or sooner when 200 wait.

    Parameters
    ----------
    store : Store
        The open database.
    capacity : int
        How many may wait while it is away.
    now : callable
        The clock; gives the time in UTC.
    """

    def __init__(self, store: Store, *, capacity: int = CAPACITY, now: Callable[[], datetime] = _utc_now) -> None:
        self._store = store
        self._waiting: deque[_Row] = deque()
        self._capacity = capacity
        self._now = now
        self._wake = asyncio.Event()
        self.written = 0
        self.dropped = 0

    def put(self, receipt: Receipt) -> None:
        """Hand over one receipt; returns at once, whatever the database does."""
        if len(self._waiting) >= self._capacity:
            self.dropped += 1
            return
        self._waiting.append(_row(receipt, self._now()))
        if len(self._waiting) >= BATCH_ROWS:
            self._wake.set()

    @property
    def waiting(self) -> int:
        """How many are not written yet."""
        return len(self._waiting)

    async def flush(self) -> None:
        """Write all that waits.

        Raises
        ------
        StoreError, psycopg.Error
            If the database does not take them; they go on waiting.
        """
        while self._waiting:
            batch = [self._waiting[index] for index in range(min(BATCH_ROWS, len(self._waiting)))]
            async with self._store.connection() as connection, connection.cursor() as cursor:
                # A batch that was committed before its reply was lost comes again; its ids are there already.
                await cursor.executemany(
                    _INSERT,
                    batch,
                )
            for _written in batch:
                self._waiting.popleft()
            self.written += len(batch)

    async def run(self) -> None:
        """Write until cancelled; wait longer each time that the database does not answer."""
        pause_s = BATCH_SECONDS
        while True:
            with suppress(TimeoutError):  # `wait_for` may lose a cancellation (Python 3.11)
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self.flush()
                pause_s = BATCH_SECONDS
            except (StoreError, psycopg.Error) as error:  # a standby that must not be written to is no StoreError
                pause_s = min(pause_s * 2, 30.0)
                said = error.what if isinstance(error, StoreError) else type(error).__name__
                _LOG.warning("%d receipts wait for the database: %s", self.waiting, said)


@asynccontextmanager
async def open_receipts(store: Store, *, capacity: int = CAPACITY) -> AsyncIterator[Receipts]:
    """Give a running `Receipts`; at the end write what still waits, for at most five seconds."""
    receipts = Receipts(store, capacity=capacity)
    writer = asyncio.create_task(receipts.run(), name="receipts")
    try:
        yield receipts
    finally:
        await end_tasks(writer)
        try:
            await asyncio.wait_for(receipts.flush(), _PATIENCE_S)
        except (StoreError, psycopg.Error, TimeoutError) as error:
            _LOG.error("%d receipts were not written: %s", receipts.waiting, type(error).__name__)
        if receipts.dropped:
            _LOG.error("%d receipts did not fit in memory while the database was away", receipts.dropped)


async def delete_receipts(store: Store, *, before: datetime) -> int:
    """Delete the receipts of answers given before a time, as `retention.receipts_days` asks; return how many."""
    return await store.execute("DELETE FROM answer_receipt WHERE at < %s", [before], limit_s=None)
