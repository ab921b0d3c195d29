# SPDX-License-Identifier: Apache-2.0
"""Bring the schema of a database to this version: forward only, one transaction, one process at a time.

Comes in: a libpq connection string. Goes out: what was done, or, on a dry run, the SQL that would be run. A schema that
this version does not know is refused before anything is written.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import psycopg

from daulat.store.errors import SchemaNewerError, StoreError
from daulat.store.versions import REVISIONS

# An arbitrary constant of ours: whoever migrates holds it until the transaction ends.
_LOCK = 0x0DA01A7


@dataclass(frozen=True, slots=True)
class Migration:
    """What a migration did, or would do. `sql` is filled on a dry run; `before` is empty for a new database."""

    before: str
    after: str
    steps: tuple[str, ...]
    sql: str = ""


def migrate(conninfo: str, *, dry_run: bool = False) -> Migration:
    """Bring a schema to this version, or say what that would take.

    Parameters
    ----------
    conninfo : str
        libpq connection string or URL.
    dry_run : bool
        Change nothing; return the SQL instead.

    Raises
    ------
    SchemaNewerError
        If the database has a schema that this version does not know.
    StoreError
        If the migrations cannot be read.
    """
    with psycopg.connect(conninfo) as connection:
        before = current_revision(connection)
        steps = REVISIONS[_place(before) :]
        if dry_run:
            return Migration(before, REVISIONS[-1], steps, _in_one_piece(_sql(before)) if steps else "")
        if not steps:
            # The usual start ends here, without the half second that importing Alembic takes.
            return Migration(before, before, ())
    return _apply(conninfo)


def current_revision(connection: psycopg.Connection[Any]) -> str:
    """Return the revision of a database, empty for a new one.

    Raises
    ------
    SchemaNewerError
        If this version does not know it.
    """
    there = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if there is None or there[0] is None:
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    found = str(row[0]) if row else ""
    _place(found)
    return found


def _place(revision: str) -> int:
    if revision and revision not in REVISIONS:
        raise SchemaNewerError(revision, REVISIONS[-1])
    return REVISIONS.index(revision) + 1 if revision else 0


def _apply(conninfo: str) -> Migration:
    with psycopg.connect(conninfo) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        # Another process may have done it while we waited.
        before = current_revision(connection)
        steps = REVISIONS[_place(before) :]
        if steps:
            connection.execute(_sql(before).encode())
    return Migration(before, REVISIONS[-1], steps)


def _in_one_piece(sql: str) -> str:
    """Return SQL with the transaction that `_apply` would run it in, for whoever runs it by hand."""
    return f"BEGIN;\n\n{sql}COMMIT;\n"


def _sql(before: str) -> str:
    """Return the SQL of the steps after a revision, without the transaction around it.

    Alembic writes it in a process of its own: it brings SQLAlchemy, half a second and 25 MB that a service would keep.
    That process sees no database.
    """
    command = [sys.executable, "-m", "daulat.store.written", before]
    # What goes wrong there is said on our own stderr.
    written = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - ours
    if written.returncode:
        raise StoreError(
            f"the process that writes the migrations ended with code {written.returncode}",
            why="The schema could not be brought to this version; nothing of it was changed.",
            fix="Install Daulat again: a part of it may be missing or damaged.",
            code="store.migrations",
        )
    return written.stdout
