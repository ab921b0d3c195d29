# SPDX-License-Identifier: Apache-2.0
"""Where files are kept: in the database, in pieces, each under its project and until its day.

Bytes in, bytes out, nothing read of them. Another project's file is as if it were not there. An id tells when its file
was handed in, so that a list can go on behind a file that was deleted meanwhile.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterable, AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from daulat.gateway.api.files.schema import FileCard
from daulat.gateway.errors import BodyTooLarge
from daulat.store import Store

PART_BYTES = 1 << 20
FILE_LIMIT_BYTES = 32 << 20
PROJECT_LIMIT_BYTES = 1 << 30

_FIND = """
SELECT id, bytes, created, expires, name, purpose FROM api_file_card WHERE id = %s AND project = %s
"""

_PAGE = """
SELECT id, bytes, created, expires, name, purpose FROM api_file_card
WHERE project = %s AND purpose = ANY(%s)
  AND (%s::text IS NULL
       OR (created_at, id) < (COALESCE((SELECT created_at FROM api_file WHERE id = %s), %s::timestamptz), %s))
ORDER BY created_at DESC, id DESC LIMIT %s
"""

# A view does not see what its own statement has changed.
_WRITTEN = """
UPDATE api_file SET bytes = %s WHERE id = %s
RETURNING id, bytes, extract(epoch FROM created_at)::bigint, extract(epoch FROM expires_at)::bigint, name, purpose
"""


class FileShelf:
    """The files of all projects.

    Parameters
    ----------
    store : Store
        The database.
    keep_s : int
        How long a file is kept, in seconds.
    """

    def __init__(self, store: Store, keep_s: int) -> None:
        self._store = store
        self.keep_s = keep_s

    async def add(self, project: str, name: str, purpose: str, content: bytes, keep_s: int | None = None) -> FileCard:
        """Keep a file, for `keep_s` seconds where that is shorter than files are kept anyway.

        Raises
        ------
        BodyTooLarge
            If the project has too much here already.
        """
        async with self._store.connection() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", ("api_file:" + project,))
            cursor = await connection.execute("SELECT sum(bytes) FROM api_file WHERE project = %s", (project,))
            [held] = await cursor.fetchone() or (0,)
            if (held or 0) + len(content) > PROJECT_LIMIT_BYTES:
                raise BodyTooLarge(
                    f"this project would keep more than {PROJECT_LIMIT_BYTES >> 20:,} MiB of files here",
                    why="The database is shared with everybody else's.",
                    fix="delete files that are no longer needed.",
                    code="storage_full",
                )
            kept_s = min(self.keep_s, keep_s or self.keep_s)
            return await write_file(connection, project, name, purpose, _parts(content), kept_s)

    async def find(self, project: str, file_id: str) -> FileCard | None:
        """Return a file of a project, or None."""
        rows = await self._store.fetch(_FIND, (file_id, project))
        return _card(rows[0]) if rows else None

    async def page(
        self, project: str, purposes: list[str], after: str | None, limit: int
    ) -> tuple[list[FileCard], bool]:
        """Return the newest files, or those older than `after`, and whether there are more."""
        rows = await self._store.fetch(
            _PAGE, (project, purposes, after, after, moment_of(after or ""), after, limit + 1)
        )
        return [_card(row) for row in rows[:limit]], len(rows) > limit

    async def pieces(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield the content; no connection is held while its reader takes a piece."""
        number = 0
        while rows := await self._store.fetch(
            "SELECT content FROM api_file_part WHERE file_id = %s AND number = %s", (file_id, number)
        ):
            yield bytes(rows[0][0])
            number += 1

    async def delete(self, project: str, file_id: str) -> bool:
        """Delete a file of a project; return whether it was there."""
        return await self._store.execute("DELETE FROM api_file WHERE id = %s AND project = %s", (file_id, project)) > 0

    async def sweep(self) -> int:
        """Delete what has had its time; return how many files."""
        return await self._store.execute("DELETE FROM api_file WHERE expires_at <= now()", limit_s=None)


async def write_file(
    connection: AsyncConnection[Any], project: str, name: str, purpose: str, pieces: AsyncIterable[bytes], keep_s: int
) -> FileCard:
    """Write a file in the caller's transaction."""
    created = await (await connection.execute("SELECT now()")).fetchone()
    assert created is not None
    file_id = new_id(created[0])
    await connection.execute(
        "INSERT INTO api_file VALUES (%s, %s, %s, %s, 0, now(), now() + make_interval(secs => %s))",
        (file_id, project, name, purpose, keep_s),
    )
    size = number = 0
    async for piece in pieces:
        size += len(piece)
        await connection.execute("INSERT INTO api_file_part VALUES (%s, %s, %s)", (file_id, number, piece))
        number += 1
    row = await (await connection.execute(_WRITTEN, (size, file_id))).fetchone()
    assert row is not None
    return _card(row)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT_BYTES, _RANDOM_BYTES = 7, 14  # microseconds until the year 4253, and what nobody can guess


def new_id(created: datetime) -> str:
    """Return an id for a file of that moment.

    Examples
    --------
    >>> moment = datetime(2026, 11, 28, 7, 30, 0, 250_000, tzinfo=UTC)
    >>> moment_of(new_id(moment)) == moment
    True
    """
    moment = (created - _EPOCH) // timedelta(microseconds=1)
    raw = moment.to_bytes(_MOMENT_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
    return f"file-{urlsafe_b64encode(raw).decode()}"


def moment_of(file_id: str) -> datetime | None:
    """Return when a file of that id was handed in, also where it is gone; None for what is no id of ours.

    Examples
    --------
    >>> moment_of("file-none"), moment_of("file-wbIXOs8HM6OGJt1hNA6X-zg5")
    (None, None)
    """
    try:
        raw = urlsafe_b64decode(file_id.removeprefix("file-"))
    except ValueError:
        return None
    if len(raw) != _MOMENT_BYTES + _RANDOM_BYTES:
        return None
    return _EPOCH + timedelta(microseconds=int.from_bytes(raw[:_MOMENT_BYTES], "big"))


async def _parts(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), PART_BYTES):
        yield content[at : at + PART_BYTES]


def _card(row: tuple[Any, ...]) -> FileCard:
    return FileCard(*row)
