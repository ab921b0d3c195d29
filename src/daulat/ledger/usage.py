# SPDX-License-Identifier: Apache-2.0
"""One row for each call, written in batches by a thread, so that keeping account never delays an answer.

Comes in: `UsageRow`s, from the event loop. Goes out: rows of `usage_call`, by COPY, each exactly once. A row holds
counts, times, names of things and money: no words, no address, nobody. Rows wait in memory, at most `BATCH_SECONDS`
while the database answers; when `CAPACITY` of them wait, `is_full` says so, and no more calls are to be let in.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import msgspec
import psycopg

from daulat.ledger.usage_text import Discarded, EnergyMethod, usage_line
from daulat.store import PatientThreadConnection, Store

BATCH_ROWS = 2_000
# What waited while a slow disk wrote goes together next: a batch costs one wait for the disk, however many are in it.
MOST_ROWS = 5_000
BATCH_SECONDS = 0.25
CAPACITY = 50_000  # at some 400 bytes each, 20 MB
_PATIENCE_S = 5.0

_LOG = logging.getLogger(__name__)


class UsageRow(msgspec.Struct, frozen=True, gc=False):
    """What is kept of one call. The fields are columns; `at_s` is in seconds since 1970 UTC, `cost` in `currency`.

    Where `energy_wh` is known, its range and its method are too. Carbon has the same range, for it is the energy times
    one factor. `discarded` is empty for a call; a row of its own tells of an attempt within one that an engine worked
    on and nobody was given: a cascade's verifier rejected it, it lost to a hedge's other engine, or it broke off.
    """

    at_s: float
    organisation: str
    project: str
    key_id: str
    model: str
    route: str
    engine: str = ""
    place: str = ""
    reason: str = ""
    data_class: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    estimated: bool = False
    status: int = 200
    code: str = ""
    time_to_first_token_s: float | None = None
    duration_s: float = 0.0
    cost: Decimal = Decimal(0)
    currency: str = ""
    energy_wh: float | None = None
    energy_low_wh: float = 0.0
    energy_high_wh: float = 0.0
    energy_method: EnergyMethod = ""
    carbon_g: float | None = None
    embodied_g: float | None = None
    stream: bool = False
    discarded: Discarded = ""

    def line(self) -> str:
        """Return the row as COPY reads it, behind its id."""
        asked = self.organisation, self.project, self.key_id, self.model, self.route
        names = *asked, self.engine, self.place, self.reason, self.data_class
        counts = self.prompt_tokens, self.completion_tokens, self.reasoning_tokens, self.cached_tokens
        return usage_line(self.at_s, names, counts, self, (str(self.cost), self.currency), stream=self.stream)


class Ended(Protocol):
    """What waits to become a row."""

    def line(self) -> str:
        """Return the row as `usage_line` does."""
        ...


_COLUMNS = (
    "id, at, organisation, project, key_id, model, route, engine, place, reason, data_class, prompt_tokens,"
    " completion_tokens, reasoning_tokens, cached_tokens, estimated, status, code, ttft_ms, duration_ms, cost,"
    " currency, energy_wh, energy_low_wh, energy_high_wh, carbon_g, embodied_g, energy_method, stream, discarded"
)
_STAGE = "CREATE TEMP TABLE IF NOT EXISTS usage_in (LIKE usage_call) ON COMMIT DELETE ROWS"
_COPY = f"COPY usage_in ({_COLUMNS}) FROM STDIN"
# A batch that was committed before its reply was lost comes again; its ids are there already.
_KEEP = f"INSERT INTO usage_call ({_COLUMNS}) SELECT {_COLUMNS} FROM usage_in ON CONFLICT (id) DO NOTHING"  # noqa: S608

# What the table says of a row, and would say again. Anything else is of the database, and rows wait for it.
_OF_A_ROW = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)

# Rows that become text one after another: one by one, between two calls, each costs twice as much.
WORDED_ROWS = 64
# Rows whose text is put together at once: some 130 kB, however large a batch has become.
_TOGETHER = 500
_PROJECT = 3  # among the columns

# A row's id is a random number of 128 bits, as 32 hexadecimal digits.
_DIGITS = 32


class UsageLedger:
    """Collects rows and writes them four times a second, or sooner when 2,000 wait.

    Rows become the lines that COPY reads on the event loop, 64 at a time, so that the thread only joins and sends them:
    were it to make them, it and the loop would hand Python's lock to each other thousands of times a second.

    Parameters
    ----------
    conninfo : str
        libpq connection string; the writer keeps one connection of its own.
    capacity : int
        How many rows may wait before `is_full`.
    """

    def __init__(self, conninfo: str, *, capacity: int = CAPACITY) -> None:
        self._conninfo, self._capacity = conninfo, capacity
        self._fresh: list[Ended] = []
        self._waiting: deque[str] = deque()
        self._batch: list[str] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="usage")
        self._connection: PatientThreadConnection | None = None
        self.written = self.refused = 0

    @property
    def waiting(self) -> int:
        """How many rows are not written yet."""
        return len(self._fresh) + len(self._waiting) + len(self._batch)

    @property
    def is_full(self) -> bool:
        """Whether no more calls should be let in until rows have been written."""
        return len(self._fresh) + len(self._waiting) >= self._capacity

    def put(self, ended: Ended) -> None:
        """Hand over one row; returns at once, whatever the database does. A call that was let in always has its row."""
        self._fresh.append(ended)
        if len(self._fresh) >= WORDED_ROWS:
            self._word()
            if len(self._waiting) >= BATCH_ROWS:
                self._wake.set()

    async def flush(self) -> None:
        """Write all that waits.

        Raises
        ------
        psycopg.Error
            If the database does not take them; they go on waiting.
        """
        while self.waiting:
            await self._write_some()

    async def run(self) -> None:
        """Write until cancelled; wait longer each time that the database does not answer."""
        pause_s = BATCH_SECONDS
        while True:
            # What came while a batch was written waits its time too: a batch costs the same, however small it is.
            if len(self._waiting) < BATCH_ROWS:
                with suppress(TimeoutError):  # `wait_for` may lose a cancellation (Python 3.11)
                    async with asyncio.timeout(pause_s):
                        await self._wake.wait()
            self._wake.clear()
            try:
                await self._write_some()
                pause_s = BATCH_SECONDS
            except psycopg.Error as error:  # of any class: a standby that must not be written to is an InternalError
                pause_s = min(pause_s * 2, 10.0)
                _LOG.warning("%d usage rows wait for the database: %s", self.waiting, type(error).__name__)
                await asyncio.sleep(pause_s)

    async def close(self) -> None:
        """Write what still waits, for at most five seconds; over a new connection if the one it has is no good."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                try:
                    await self.flush()
                except psycopg.Error:
                    await self.flush()
        except (psycopg.Error, TimeoutError) as error:
            _LOG.error("%d usage rows were not written: %s", self.waiting, type(error).__name__)
            if self._connection is not None:
                self._connection.break_off()  # the thread may still wait for a database that hangs
        await asyncio.get_running_loop().run_in_executor(self._thread, self._hang_up)
        self._thread.shutdown(wait=False)

    def _word(self) -> None:
        fresh, self._fresh = self._fresh, []
        self._waiting.extend([ended.line() for ended in fresh])

    async def _write_some(self) -> None:
        """Write the batch that failed before, filled up, or the next; do nothing where no row waits."""
        self._word()
        fresh = min(len(self._waiting), MOST_ROWS - len(self._batch))
        noise = os.urandom(16 * fresh).hex()  # asked for at once, for each time is a call of the system
        self._batch += [noise[at : at + _DIGITS] + self._waiting.popleft() for at in range(0, len(noise), _DIGITS)]
        if not self._batch:
            return
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._write, self._batch)
        except _OF_A_ROW:
            # One row that the table refuses must not hold up the others, nor, in the end, every caller.
            await loop.run_in_executor(self._thread, self._write_singly, self._batch)
        else:
            self.written += len(self._batch)
        self._batch = []

    def _write(self, batch: list[str]) -> None:
        try:
            connection = self._connected()
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(_STAGE)
                with cursor.copy(_COPY) as copy:
                    for at in range(0, len(batch), _TOGETHER):
                        copy.write("".join(batch[at : at + _TOGETHER]))
                cursor.execute(_KEEP)
        except _OF_A_ROW:
            raise
        except psycopg.Error:
            # Whatever it was, the next attempt is over a new connection: this one may lead to what is now a standby.
            self._hang_up()
            raise

    def _write_singly(self, batch: list[str]) -> None:
        for each in batch:
            try:
                self._write([each])
                self.written += 1
            except _OF_A_ROW as error:
                self.refused += 1
                project = each.split("\t")[_PROJECT]
                _LOG.error("a usage row of %s was refused by its table: %s", project, type(error).__name__)

    def _connected(self) -> PatientThreadConnection:
        if self._connection is None or self._connection.closed:
            self._connection = PatientThreadConnection.connect(
                self._conninfo, autocommit=True, connect_timeout=5, application_name="daulat-usage"
            )
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@asynccontextmanager
async def open_usage(conninfo: str) -> AsyncIterator[UsageLedger]:
    """Give a running `UsageLedger`; at the end write what still waits."""
    ledger = UsageLedger(conninfo)
    writer = asyncio.create_task(ledger.run(), name="usage")
    try:
        yield ledger
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        await ledger.close()


async def delete_usage(store: Store, *, before: datetime) -> int:
    """Delete the rows of calls that ended before a time, as `retention.receipts_days` asks; return how many."""
    return await store.execute("DELETE FROM usage_call WHERE at < %s", [before], limit_s=None)
