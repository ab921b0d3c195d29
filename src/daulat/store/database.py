# SPDX-License-Identifier: Apache-2.0
"""The open database: `open_store(settings)` gives a `Store`, and everything that was started for it stops with it.

Comes in: settings. Goes out: connections, each one a transaction. Errors of the server that an operator can act on come
out as `StoreError`s; the rest are ours and come out as they are. No SQL of any other room stands here.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import LiteralString, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from daulat.store.embedded import EmbeddedServer
from daulat.store.errors import DiskFullError, StoreError, StoreUnreachableError
from daulat.store.migrate import Migration, migrate
from daulat.store.patience import REPORT_S, STATEMENT_S, PatientConnection, Row, patient_conninfo
from daulat.store.settings import StoreSettings

Result = TypeVar("Result")

OLDEST_SERVER = 14
_CONNECT_TIMEOUT_S = 10
_READY_S = 3.0
_NO_ROLE = re.compile(r'role ".*" does not exist')
# SQLSTATE classes: connection exception, insufficient resources, operator intervention, system error.
_SERVER_STATES = ("08", "53", "57P", "58")


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What `daulat status` and `daulat doctor` say of the database."""

    where: str
    is_embedded: bool
    server_version: str
    schema: str
    has_vector: bool
    size_bytes: int


class Store:
    """An open database.

    Parameters
    ----------
    pool : AsyncConnectionPool
        Open connections.
    where : str
        The place in words, without any password.
    server : EmbeddedServer, optional
        The server, where it is ours.
    """

    def __init__(
        self, pool: AsyncConnectionPool[PatientConnection], where: str, server: EmbeddedServer | None = None
    ) -> None:
        self._pool = pool
        self.where = where
        self._server = server

    @property
    def is_embedded(self) -> bool:
        """Whether the server is ours."""
        return self._server is not None

    @property
    def conninfo(self) -> str:
        """The connection string, for a part with a connection of its own. It may hold a password: never show it."""
        return self._pool.conninfo if isinstance(self._pool.conninfo, str) else ""

    @asynccontextmanager
    async def connection(
        self, *, limit_s: float | None = STATEMENT_S, wait_s: float = _CONNECT_TIMEOUT_S
    ) -> AsyncIterator[PatientConnection]:
        """Lend a connection for one transaction: committed at the end, rolled back when an exception leaves the block.

        Parameters
        ----------
        limit_s : float, optional
            How long each statement may take, seconds. None: as long as it takes, for what nobody waits for.
        wait_s : float
            How long to wait for a connection, seconds.

        Raises
        ------
        StoreError
            If the server is gone or says nothing in time, or its disk is full.
        """
        try:
            async with self._pool.connection(wait_s) as connection:
                connection.limit_s = limit_s
                yield connection
        except psycopg.OperationalError as error:
            if not _is_about_the_server(error):
                raise
            raise explained(error, self.where) from error

    async def fetch(
        self, query: LiteralString, parameters: Sequence[object] = (), *, limit_s: float | None = STATEMENT_S
    ) -> list[Row]:
        """Run one query and return all its rows; `limit_s` as in `connection`."""
        async with self.connection(limit_s=limit_s) as connection:
            return await (await connection.execute(query, parameters)).fetchall()

    async def execute(
        self, query: LiteralString, parameters: Sequence[object] = (), *, limit_s: float | None = STATEMENT_S
    ) -> int:
        """Run one statement in a transaction of its own; return how many rows it touched; `limit_s` as in `fetch`."""
        async with self.connection(limit_s=limit_s) as connection:
            return (await connection.execute(query, parameters)).rowcount

    async def is_ready(self) -> bool:
        """Say whether a query sent now would be answered, within three seconds."""
        try:
            async with self.connection(limit_s=_READY_S, wait_s=_READY_S) as connection:
                return await (await connection.execute("SELECT 1")).fetchone() == (1,)
        except StoreError:
            return False

    async def revive(self) -> None:
        """Start the server again where it is ours and has ended; else do nothing.

        Raises
        ------
        StoreError
            If it does not come; with what to do.
        """
        if self._server is not None:
            await _to_the_end(self._server.revive, undo=None)

    async def status(self) -> StoreStatus:
        """Describe the server and the schema."""
        [(server, schema, vector, size)] = await self.fetch(
            "SELECT current_setting('server_version'), (SELECT version_num FROM alembic_version),"
            " EXISTS (SELECT FROM pg_extension WHERE extname = 'vector'), pg_database_size(current_database())",
            limit_s=REPORT_S,
        )
        return StoreStatus(self.where, self.is_embedded, server, schema, vector, size)


@asynccontextmanager
async def open_store(settings: StoreSettings) -> AsyncIterator[Store]:
    """Open the database, bring its schema to this version, and close everything at the end.

    Raises
    ------
    StoreError
        If it cannot be started, reached or used; with what to do.

    Examples
    --------
    >>> async def receipts_so_far(settings):
    ...     async with open_store(settings) as store:
    ...         return await store.fetch("SELECT count(*) FROM answer_receipt")
    """
    async with _address(settings) as (conninfo, server):
        where = settings.where()
        await _to_the_end(lambda: _prepared(conninfo, where), undo=None)
        pool: AsyncConnectionPool[PatientConnection] = AsyncConnectionPool(
            patient_conninfo(conninfo),
            connection_class=PatientConnection,
            min_size=1,
            max_size=settings.connections,
            timeout=_CONNECT_TIMEOUT_S,
            open=False,
            name="daulat",
            kwargs={"connect_timeout": _CONNECT_TIMEOUT_S, "application_name": "daulat"},
        )
        async with pool:
            yield Store(pool, where, server)


async def migrate_store(settings: StoreSettings, *, dry_run: bool = False) -> Migration:
    """Bring the schema to this version, or with `dry_run` return the SQL that would, and change nothing.

    Raises
    ------
    StoreError
        As `open_store`.
    """
    async with _address(settings) as (conninfo, _):
        where = settings.where()
        return await _to_the_end(lambda: _prepared(conninfo, where, dry_run=dry_run), undo=None)


@asynccontextmanager
async def _address(settings: StoreSettings) -> AsyncIterator[tuple[str, EmbeddedServer | None]]:
    """Give the connection string: of the given server, or of the embedded one, which runs as long as the block."""
    if settings.database_url:
        yield settings.database_url, None
        return
    server = EmbeddedServer(settings.data_dir, settings.start_timeout_s)
    conninfo = await _to_the_end(server.start, undo=server.stop)
    try:
        yield conninfo, server
    finally:
        await _to_the_end(server.stop, undo=None)


async def _to_the_end(work: Callable[[], Result], *, undo: Callable[[], None] | None) -> Result:
    """Run blocking work in a thread; when we are cancelled meanwhile, let it end, undo it, and only then give way."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(StoreError):
            await task
            if undo is not None:
                await asyncio.to_thread(undo)
        raise


def _prepared(conninfo: str, where: str, *, dry_run: bool = False) -> Migration:
    """Check that the server lets us in and is not too old, and migrate."""
    try:
        # The parameter goes beside the string, so that a URL stays a URL.
        with psycopg.connect(conninfo, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
            version = connection.info.server_version
        if version // 10_000 < OLDEST_SERVER:
            raise StoreError(
                f"{where} runs PostgreSQL {version // 10_000}",
                why=f"Daulat uses what PostgreSQL {OLDEST_SERVER} brought; older ones no longer get repairs.",
                fix=f"Upgrade the server to {OLDEST_SERVER} or later.",
                code="store.server_version",
            )
        return migrate(conninfo, dry_run=dry_run)
    except psycopg.Error as error:
        raise explained(error, where) from error


def _is_about_the_server(error: psycopg.OperationalError) -> bool:
    """Tell a server that is gone, full or stopping from a deadlock or a time limit, which the caller may try again."""
    return error.sqlstate is None or error.sqlstate.startswith(_SERVER_STATES)


def explained(error: psycopg.Error, where: str) -> StoreError:
    """Return the `StoreError` for what a server, or the way to it, said."""
    said = str(error).strip()
    if isinstance(error, psycopg.errors.DiskFull) or "No space left on device" in said:
        return DiskFullError(where)
    if "password authentication failed" in said or "no password supplied" in said or _NO_ROLE.search(said):
        return StoreUnreachableError(
            f"{where} does not accept the user or the password of DATABASE_URL",
            why="Nothing can be recorded or published.",
            fix="Correct the two in DATABASE_URL, or ask who runs the database.",
            code="store.password",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return StoreUnreachableError(
            f"the user of DATABASE_URL may not make tables in {where}",
            why="The schema could not be brought to this version; nothing has been changed.",
            fix="Grant it CREATE on the database and the schema `public`, or run the migration as the owner.",
            code="store.rights",
        )
    reason = said.splitlines()[0] if said else type(error).__name__
    return StoreUnreachableError(
        f"the database {where} does not answer: {reason[:300]}",
        why="Nothing can be recorded or published until it does.",
        fix="Check that it runs, that its name and port are right, and that this machine may reach it.",
        code="store.unreachable",
    )
