# SPDX-License-Identifier: Apache-2.0
"""Batches as their owners see them: handed in, shown, listed and cancelled, each within its project."""

from __future__ import annotations

import re
import secrets
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from daulat.gateway.api.batches.schema import (
    WINDOW,
    BatchCard,
    BatchFault,
    BatchFaults,
    BatchRequest,
    RequestCounts,
)
from daulat.gateway.errors import BadRequest, Overloaded
from daulat.gateway.ports import Caller
from daulat.store import Store

MOST_OPEN = 100  # batches of one project that have not ended

_UNFINISHED = """
SELECT count(*) FROM api_batch WHERE project = %s AND status IN ('validating', 'in_progress', 'cancelling')
"""

_FIND = """
SELECT id, endpoint, input_file, window_s, status, created, expires, output_file, error_file, errors, metadata, begun,
       cancelling, ended, total, completed, failed
FROM api_batch_card WHERE id = %s AND project = %s
"""

_PAGE = """
SELECT id, endpoint, input_file, window_s, status, created, expires, output_file, error_file, errors, metadata, begun,
       cancelling, ended, total, completed, failed
FROM api_batch_card
WHERE project = %s AND (%s::text IS NULL OR (created_at, id) < (SELECT created_at, id FROM api_batch WHERE id = %s))
ORDER BY created_at DESC, id DESC LIMIT %s
"""


class BatchQueue:
    """The batches of all projects.

    Parameters
    ----------
    store : Store
        The database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, caller: Caller, data_class: str, asked: BatchRequest) -> BatchCard:
        """Take a batch; a worker reads its file next.

        Raises
        ------
        BadRequest
            If its window is none.
        Overloaded
            If the project has too many that have not ended.
        """
        hours, expiry = hours_of(asked.completion_window), asked.output_expires_after
        batch_id = f"batch_{secrets.token_urlsafe(18)}"
        async with self._store.connection() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", ("api_batch:" + caller.project,))
            cursor = await connection.execute(_UNFINISHED, (caller.project,))
            [unfinished] = await cursor.fetchone() or (0,)
            if unfinished >= MOST_OPEN:
                raise Overloaded(
                    f"this project has {MOST_OPEN} batches that have not ended",
                    why="Others want to be worked off too.",
                    fix="wait for one to end, or cancel one.",
                    code="too_many_batches",
                )
            await connection.execute(
                "INSERT INTO api_batch (id, project, key_id, data_class, endpoint, input_file, status, window_s,"
                " metadata, output_keep_s, created_at, expires_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, 'validating', %s, %s, %s, now(), now() + make_interval(hours => %s))",
                (
                    batch_id, caller.project, caller.key, data_class, asked.endpoint, asked.input_file_id,
                    hours * 3600, Jsonb(asked.metadata or {}), expiry and expiry.seconds, hours,
                ),
            )  # fmt: skip
        card = await self.find(caller.project, batch_id)
        assert card is not None
        return card

    async def find(self, project: str, batch_id: str) -> BatchCard | None:
        """Return a batch of a project, or None."""
        rows = await self._store.fetch(_FIND, (batch_id, project))
        return _card(rows[0]) if rows else None

    async def page(self, project: str, after: str | None, limit: int) -> tuple[list[BatchCard], bool]:
        """Return the newest batches, or those older than `after`, and whether there are more."""
        rows = await self._store.fetch(_PAGE, (project, after, after, limit + 1))
        return [_card(row) for row in rows[:limit]], len(rows) > limit

    async def cancel(self, project: str, batch_id: str) -> BatchCard | None:
        """Ask a batch to end: what is answered stays, what is not is not begun. None where there is no such batch."""
        await self._store.execute(
            "UPDATE api_batch SET status = 'cancelling', cancelling_at = now()"
            " WHERE id = %s AND project = %s AND status IN ('validating', 'in_progress')",
            (batch_id, project),
        )
        return await self.find(project, batch_id)


def hours_of(window: str) -> int:
    """Return the hours of a window.

    Raises
    ------
    BadRequest
        If it is not in whole hours, from one to a week.

    Examples
    --------
    >>> hours_of("24h")
    24
    """
    if not re.fullmatch(WINDOW, window):
        raise BadRequest(
            "`completion_window` is not in whole hours, from `1h` to `168h`",
            why="What is not answered when it is over is given back unanswered.",
            fix="send `24h`, the one that OpenAI has, or a longer one where there is time.",
            code="invalid_body",
            param="completion_window",
        )
    return int(window.removesuffix("h"))


def _card(row: tuple[Any, ...]) -> BatchCard:
    (
        batch_id, endpoint, input_file, window_s, status, created, expires, output, error, errors, metadata,
        begun, cancelling, ended, total, completed, failed,
    ) = row  # fmt: skip
    faults = BatchFaults(msgspec.convert(errors, list[BatchFault])) if errors else None
    return BatchCard(
        id=batch_id,
        endpoint=endpoint,
        input_file_id=input_file,
        completion_window=f"{window_s // 3600}h",
        status=status,
        created_at=created,
        expires_at=expires,
        request_counts=RequestCounts(total, completed, failed),
        output_file_id=output,
        error_file_id=error,
        errors=faults,
        metadata=metadata,
        in_progress_at=begun,
        finalizing_at=ended if status in ("completed", "expired", "cancelled") else None,
        completed_at=ended if status == "completed" else None,
        failed_at=ended if status == "failed" else None,
        expired_at=ended if status == "expired" else None,
        cancelling_at=cancelling,
        cancelled_at=ended if status == "cancelled" else None,
    )
