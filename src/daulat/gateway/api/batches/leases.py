# SPDX-License-Identifier: Apache-2.0
"""What one worker does with the queue in the database: read files into lines, lease lines, answer them, end batches.

Every statement stands by itself and may be the last before the process is killed: what it did is whole, and what it did
not do another worker does. A line is answered by whoever holds it and by nobody else, so it is never answered twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from daulat.gateway.api.batches.lines import LineReader
from daulat.gateway.api.batches.schema import BatchFault, LineFault, LineResponse, OutputLine
from daulat.gateway.api.files.shelf import PART_BYTES, FileShelf, write_file
from daulat.store import Store, StoreError

LEASE_S = 8
# Workers that ended with the same line in their hands, after which it is held to be what ended them.
MOST_LOST = 3
# What says nothing of a batch: the next one would meet it too.
DATABASE_TROUBLE = (StoreError, psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
_ROWS = 16

_LEASE = """
WITH chosen AS (
  SELECT l.batch_id, l.number FROM api_batch_line l JOIN api_batch b ON b.id = l.batch_id
  WHERE b.status = 'in_progress' AND b.expires_at > now() AND l.status IS NULL
    AND (l.lease_until IS NULL OR l.lease_until <= now()) AND (l.not_before IS NULL OR l.not_before <= now())
  ORDER BY l.number, b.created_at LIMIT %s FOR UPDATE OF l SKIP LOCKED
)
UPDATE api_batch_line l
SET worker = %s, lease_until = now() + make_interval(secs => %s), attempts = l.attempts + 1,
    lost = l.lost + (l.worker IS NOT NULL)::int
FROM chosen, api_batch b
WHERE l.batch_id = chosen.batch_id AND l.number = chosen.number AND b.id = l.batch_id
RETURNING l.batch_id, l.number, l.attempts, l.lost, l.body, b.key_id, b.endpoint, b.data_class
"""

_ENDED = """
SELECT b.id, b.project, b.status, b.expires_at <= now(), b.output_keep_s FROM api_batch b
WHERE (b.status = 'cancelling' OR b.status = 'in_progress' AND b.expires_at <= now()
       OR b.status = 'in_progress' AND NOT EXISTS
          (SELECT FROM api_batch_line l WHERE l.batch_id = b.id AND l.status IS NULL))
  AND NOT EXISTS (SELECT FROM api_batch_line l WHERE l.batch_id = b.id AND l.status IS NULL AND l.lease_until > now())
  AND b.id <> ALL(%s)
ORDER BY b.created_at LIMIT 1 FOR UPDATE OF b SKIP LOCKED
"""

_UNREAD = """
SELECT id, project, input_file, endpoint FROM api_batch WHERE status = 'validating' AND id <> ALL(%s)
ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""

# Whoever held these lines fell silent; an answer that still comes changes no file that is being written.
_TAKEN_AWAY = "UPDATE api_batch_line SET worker = NULL WHERE batch_id = %s AND status IS NULL AND worker IS NOT NULL"

_LINES_OUT = """
SELECT number, custom_id, status, request_id, answer FROM api_batch_line
WHERE batch_id = %s AND status = 200 AND number > %s ORDER BY number LIMIT %s
"""

_LINES_FAILED = """
SELECT number, custom_id, status, request_id, answer FROM api_batch_line
WHERE batch_id = %s AND status IS DISTINCT FROM 200 AND number > %s ORDER BY number LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that this worker holds."""

    batch: str
    number: int
    attempts: int
    lost: int
    body: bytes
    key: str
    endpoint: str
    data_class: str


class Leases:
    """One worker's part of the queue.

    Parameters
    ----------
    store : Store
        The database.
    shelf : FileShelf
        Where files are.
    worker : UUID
        This worker, and no other before or after it.
    """

    def __init__(self, store: Store, shelf: FileShelf, worker: UUID) -> None:
        self._store = store
        self._shelf = shelf
        self._worker = worker
        self._aside: set[str] = set()  # batches that this worker has failed to begin or to end

    async def is_idle(self) -> bool:
        """Say that there is nothing to do."""
        query = "SELECT FROM api_batch WHERE status IN ('validating', 'in_progress', 'cancelling') LIMIT 1"
        return not await self._store.fetch(query)

    async def begin_one(self) -> bool:
        """Read the file of one batch into lines; return whether there was one."""
        async with self._store.connection(limit_s=None) as connection:
            row = await (await connection.execute(_UNREAD, (list(self._aside),))).fetchone()
            if row is None:
                return False
            with self._setting_aside(row[0]):
                await self._begin(connection, *row)
        return True

    async def _begin(
        self, connection: AsyncConnection[Any], batch: str, project: str, file_id: str, endpoint: str
    ) -> None:
        reader = LineReader(endpoint)
        try:
            # Within a transaction of its own, so that what the database refuses of it is not the end of this one.
            async with connection.transaction():
                if await self._shelf.find(project, file_id) is not None:
                    await self._copy_lines(connection, batch, file_id, reader)
                else:
                    reader.faults.append(BatchFault("file_not_found", "the file was deleted before it was read"))
        except psycopg.DataError:
            reader.faults.append(BatchFault("invalid_request", "the file holds a text that cannot be kept"))
        if reader.faults:
            await connection.execute("DELETE FROM api_batch_line WHERE batch_id = %s", (batch,))
            await connection.execute(
                "UPDATE api_batch SET status = 'failed', ended_at = now(), errors = %s WHERE id = %s",
                (Jsonb(msgspec.to_builtins(reader.faults)), batch),
            )
        else:
            await connection.execute(
                "UPDATE api_batch SET status = 'in_progress', in_progress_at = now(), total = %s WHERE id = %s",
                (reader.count, batch),
            )

    async def lease(self, most: int) -> list[Line]:
        """Take at most so many lines; batches take turns."""
        return [Line(*row) for row in await self._store.fetch(_LEASE, (most, self._worker, LEASE_S))]

    async def extend(self, held: list[Line]) -> set[tuple[str, int]]:
        """Extend leases; return those that this worker still holds and that are still wanted."""
        rows = await self._store.fetch(
            "UPDATE api_batch_line l SET lease_until = now() + make_interval(secs => %s)"
            " FROM unnest(%s::text[], %s::int[]) AS h (batch_id, number), api_batch b"
            " WHERE l.batch_id = h.batch_id AND l.number = h.number AND l.worker = %s AND l.status IS NULL"
            " AND b.id = l.batch_id AND b.status = 'in_progress' AND b.expires_at > now()"
            " RETURNING l.batch_id, l.number",
            (LEASE_S, [line.batch for line in held], [line.number for line in held], self._worker),
        )
        return {(batch, number) for batch, number in rows}

    async def answer(self, line: Line, status: int, request_id: str, body: bytes) -> bool:
        """Write the answer of a line, if this worker still holds it; return whether it does."""
        done = await self._store.execute(
            "UPDATE api_batch_line SET status = %s, request_id = %s, answer = %s, worker = NULL, lease_until = NULL"
            " WHERE batch_id = %s AND number = %s AND worker = %s AND status IS NULL",
            (status, request_id, body, line.batch, line.number, self._worker),
        )
        return done > 0

    async def put_back(self, lines: list[Line], wait_s: float = 0.0) -> None:
        """Give lines back unanswered, for anybody to take up after a while."""
        await self._store.execute(
            "UPDATE api_batch_line l SET worker = NULL, lease_until = NULL,"
            " not_before = now() + make_interval(secs => %s)"
            " FROM unnest(%s::text[], %s::int[]) AS h (batch_id, number)"
            " WHERE l.batch_id = h.batch_id AND l.number = h.number AND l.worker = %s AND l.status IS NULL",
            (wait_s, [line.batch for line in lines], [line.number for line in lines], self._worker),
        )

    async def end_one(self) -> bool:
        """Write the files of one batch that has ended and forget its lines; return whether there was one."""
        async with self._store.connection(limit_s=None) as connection:
            row = await (await connection.execute(_ENDED, (list(self._aside),))).fetchone()
            if row is None:
                return False
            with self._setting_aside(row[0]):
                await self._end(connection, *row)
        return True

    async def _end(
        self, connection: AsyncConnection[Any], batch: str, project: str, status: str, late: bool, keep_s: int | None
    ) -> None:
        ended = "cancelled" if status == "cancelling" else "expired" if late else "completed"
        await connection.execute(_TAKEN_AWAY, (batch,))
        completed, failed, missing = await _counts(connection, batch)
        if missing == 0 and status == "in_progress":
            ended = "completed"
        kept_s = min(self._shelf.keep_s, keep_s or self._shelf.keep_s)
        output = await _file(connection, batch, project, "output", completed, ended, kept_s)
        errors = await _file(connection, batch, project, "errors", failed + missing, ended, kept_s)
        await connection.execute("DELETE FROM api_batch_line WHERE batch_id = %s", (batch,))
        await connection.execute(
            "UPDATE api_batch SET status = %s, ended_at = now(), output_file = %s, error_file = %s,"
            " completed = %s, failed = %s WHERE id = %s",
            (ended, output, errors, completed, failed + missing, batch),
        )

    @contextmanager
    def _setting_aside(self, batch: str) -> Iterator[None]:
        """Leave a batch alone from now on that cannot be worked on, unless it is the database that is in trouble."""
        try:
            yield
        except DATABASE_TROUBLE:
            raise
        except Exception:
            self._aside.add(batch)
            raise

    async def sweep(self) -> None:
        """Forget batches whose files have gone, and try again those that were set aside."""
        self._aside.clear()
        await self._store.execute(
            "DELETE FROM api_batch WHERE ended_at < now() - make_interval(secs => %s)",
            (self._shelf.keep_s,),
            limit_s=None,
        )
        await self._shelf.sweep()

    async def _copy_lines(self, connection: AsyncConnection[Any], batch: str, file_id: str, reader: LineReader) -> None:
        async with connection.cursor() as cursor:
            number = 0
            async with cursor.copy("COPY api_batch_line (batch_id, number, custom_id, body) FROM STDIN") as copy:
                async for piece in self._shelf.pieces(file_id):
                    for line in reader.feed(piece):
                        await copy.write_row((batch, number, line.custom_id, bytes(line.body)))
                        number += 1
                for line in reader.end():
                    await copy.write_row((batch, number, line.custom_id, bytes(line.body)))


async def _file(
    connection: AsyncConnection[Any], batch: str, project: str, kind: str, lines: int, ended: str, keep_s: int
) -> str | None:
    """Write one of the two files of a batch, in the order of its input."""
    if not lines:
        return None
    pieces = _pieces(connection, batch, kind, ended)
    return (await write_file(connection, project, f"{batch}_{kind}.jsonl", "batch_output", pieces, keep_s)).id


async def _pieces(connection: AsyncConnection[Any], batch: str, kind: str, ended: str) -> AsyncIterator[bytes]:
    """Yield one of the two files of a batch, some rows at a time."""
    query = _LINES_OUT if kind == "output" else _LINES_FAILED
    held, last = bytearray(), -1
    # Asked for by number and not from a cursor of the server, which a worker told to end would leave open.
    while rows := await (await connection.execute(query, (batch, last, _ROWS))).fetchall():
        last = rows[-1][0]
        for row in rows:
            held += _output_line(batch, row, ended)
            if len(held) >= PART_BYTES:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)


async def _counts(connection: AsyncConnection[Any], batch: str) -> tuple[int, int, int]:
    cursor = await connection.execute(
        "SELECT count(*) FILTER (WHERE status = 200), count(*) FILTER (WHERE status <> 200),"
        " count(*) FILTER (WHERE status IS NULL) FROM api_batch_line WHERE batch_id = %s",
        (batch,),
    )
    completed, failed, missing = await cursor.fetchone() or (0, 0, 0)
    return completed, failed, missing


_UNANSWERED = {
    "cancelled": LineFault("batch_cancelled", "the batch was cancelled before this request was answered"),
    "expired": LineFault("batch_expired", "the batch's time was over before this request was answered"),
}
_NOT_JSON = LineFault("not_json", "the answer is not JSON")


def _output_line(batch: str, row: tuple[Any, ...], ended: str) -> bytes:
    number, custom_id, status, request_id, answer = row
    name = f"batch_req_{batch.removeprefix('batch_')}_{number}"
    if status is None:
        line = OutputLine(name, custom_id, None, _UNANSWERED[ended])
    else:
        try:
            body = msgspec.Raw(msgspec.json.format(bytes(answer), indent=-1))  # one line, however an engine wrote it
            line = OutputLine(name, custom_id, LineResponse(status, request_id, body), None)
        except (msgspec.DecodeError, RecursionError):
            line = OutputLine(name, custom_id, None, _NOT_JSON)
    return msgspec.json.encode(line) + b"\n"
