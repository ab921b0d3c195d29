# SPDX-License-Identifier: Apache-2.0
"""Bring the schema of a database to this version: forward only, one transaction, one process at a time.

Comes in: a libpq connection string. Goes out: what was done, or, on a dry run, the SQL that would be run. A schema that
this version does not know is refused before anything is written.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psycopg

from daulat.store.errors import SchemaNewerError
from daulat.store.versions import REVISIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection

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
    """
    with psycopg.connect(conninfo) as connection:
        before = current_revision(connection)
        steps = REVISIONS[_place(before) :]
        if dry_run:
            return Migration(before, REVISIONS[-1], steps, _sql(before) if steps else "")
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
    from sqlalchemy import NullPool, create_engine, text

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        # Another process may have done it while we waited.
        before = current_revision(cast("psycopg.Connection[Any]", connection.connection.driver_connection))
        steps = REVISIONS[_place(before) :]
        if steps:
            _upgrade("head", connection=connection)
    return Migration(before, REVISIONS[-1], steps)


def _sql(before: str) -> str:
    out = io.StringIO()
    _upgrade(f"{before}:head" if before else "head", output=out)
    return out.getvalue()


def _upgrade(target: str, *, connection: Connection | None = None, output: io.StringIO | None = None) -> None:
    # Imported here: Alembic brings SQLAlchemy, half a second and 30 MB that a start without migrations does without.
    from alembic import command
    from alembic.config import Config

    config = Config(output_buffer=output or io.StringIO(), attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    command.upgrade(config, target, sql=connection is None)
