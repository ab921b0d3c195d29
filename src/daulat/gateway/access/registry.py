# SPDX-License-Identifier: Apache-2.0
"""The register of organisations, projects and keys: what an operator creates, lists, closes, revokes and rotates.

Words of an operator in; rows, and one audit event with each change in the same transaction, out. A dry run does all of
it and takes it back. A new key leaves here once, in what `create_key` returns, and is nowhere else.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row

from daulat.gateway.access import tokens
from daulat.gateway.access.errors import AccessError
from daulat.gateway.access.records import DATA_CLASSES, PRIORITIES
from daulat.ledger.events import Value, append_event
from daulat.store import Store

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
MODEL_PATTERN = re.compile(r"[\w.:/*?\[\]-]{1,200}")


@dataclass(frozen=True, slots=True)
class Organisation:
    """A ministry, an agency, a court: whoever answers for what is used."""

    id: str
    name: str
    created_at: datetime
    closed_at: datetime | None
    projects: int
    keys: int


@dataclass(frozen=True, slots=True)
class Project:
    """One application of an organisation; its id is `organisation/project`."""

    id: str
    organisation_id: str
    name: str
    created_at: datetime
    closed_at: datetime | None
    keys: int


@dataclass(frozen=True, slots=True)
class KeyRules:
    """What a key may do. Empty tuples restrict nothing; `models` and `services` are explained in `KeyRecord`."""

    models: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    data_class: str = "internal"
    highest_priority: str = "interactive"
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What may be known of a key once it was given out; `shown` tells it from others and opens nothing."""

    id: str
    project_id: str
    name: str
    shown: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    models: list[str]
    services: list[str]
    networks: list[str]
    data_class: str
    highest_priority: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `token` is shown to whoever asked, and kept nowhere."""

    key: Key
    token: str

    def __repr__(self) -> str:
        return f"NewKey({self.key.id})"


_ORGANISATIONS = """
SELECT o.*, (SELECT count(*) FROM access_project p WHERE p.organisation_id = o.id) AS projects,
       (SELECT count(*) FROM access_key k JOIN access_project p ON p.id = k.project_id
        WHERE p.organisation_id = o.id AND k.revoked_at IS NULL) AS keys
FROM access_organisation o ORDER BY o.id
"""
_PROJECTS = """
SELECT p.*, (SELECT count(*) FROM access_key k WHERE k.project_id = p.id AND k.revoked_at IS NULL) AS keys
FROM access_project p WHERE %(within)s IN ('', p.organisation_id) ORDER BY p.id
"""
_KEY_COLUMNS = (
    "id, project_id, name, shown, created_at, created_by, expires_at, revoked_at, models, services,"
    " networks::text[] AS networks, data_class, highest_priority"
)
_KEYS = (
    f"SELECT {_KEY_COLUMNS} FROM access_key"  # noqa: S608
    " WHERE %(within)s IN ('', project_id, split_part(project_id, '/', 1), id) ORDER BY project_id, created_at, id"
)
_INSERT_KEY = (
    "INSERT INTO access_key (id, project_id, name, digest, shown, created_at, created_by, expires_at, models, services,"
    " networks, data_class, highest_priority) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::cidr[], %s, %s)"
    " RETURNING %(columns)s"
).replace("%(columns)s", _KEY_COLUMNS)
_REVOKE = "UPDATE access_key SET revoked_at = %s WHERE id = %s"
_END_SOONER = (
    "UPDATE access_key SET given_until = coalesce(given_until, expires_at, 'infinity'),"
    " expires_at = least(expires_at, %s) WHERE id = %s"
)
_GIVEN_UNTIL = "SELECT nullif(coalesce(given_until, expires_at), 'infinity') FROM access_key WHERE id = %s"


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Registry:
    """Creates, lists and revokes.

    Parameters
    ----------
    store : Store
        The open database.
    by : str
        Who does it, for the audit: `operator` at the command line, else the subject of a signed-in person.
    now : callable
        The clock; gives the time in UTC.
    dry_run : bool
        Do everything, then take it back.
    """

    def __init__(self, store: Store, *, by: str, now: Callable[[], datetime] = utc_now, dry_run: bool = False) -> None:
        self.by, self.now = by, now
        self._store, self._dry_run = store, dry_run

    async def organisations(self) -> list[Organisation]:
        """List all organisations."""
        return await self._rows(Organisation, _ORGANISATIONS, {})

    async def projects(self, within: str = "") -> list[Project]:
        """List the projects of an organisation, or all."""
        return await self._rows(Project, _PROJECTS, {"within": within})

    async def keys(self, within: str = "") -> list[Key]:
        """List the keys of an organisation or a project, or all; or the one key of that id."""
        return await self._rows(Key, _KEYS, {"within": within})

    async def create_organisation(self, organisation: str, name: str) -> None:
        """Add an organisation.

        Raises
        ------
        AccessError
            If the id is not fit to be one, or is taken.
        """
        _require_slug(organisation, "organisation")
        async with self.change("access.organisation_created", {"organisation": organisation}) as connection:
            statement = "INSERT INTO access_organisation (id, name, created_at) VALUES (%s, %s, %s)"
            await _insert(connection, statement, [organisation, name or organisation, self.now()], organisation)

    async def create_project(self, project: str, name: str) -> None:
        """Add a project, named `organisation/project`.

        Raises
        ------
        AccessError
            If there is no such organisation, or the id is taken or not fit to be one.
        """
        organisation, _, short = project.partition("/")
        _require_slug(short, "project")
        async with self.change("access.project_created", {"project": project}) as connection:
            await self._require_open(connection, "organisation", organisation)
            statement = "INSERT INTO access_project (id, organisation_id, name, created_at) VALUES (%s, %s, %s, %s)"
            await _insert(connection, statement, [project, organisation, name or short, self.now()], project)

    async def close(self, what: str, which: str) -> None:
        """Close an organisation or a project: its keys stop at once on every worker, and its record stays.

        Raises
        ------
        AccessError
            If there is none, or it is closed.
        """
        async with self.change(f"access.{what}_closed", {what: which}) as connection:
            await self._require_open(connection, what, which)
            table = "access_organisation" if what == "organisation" else "access_project"
            await connection.execute(
                f"UPDATE {table} SET closed_at = %s WHERE id = %s",  # noqa: S608 - one of two names
                [self.now(), which],
            )

    async def create_key(self, project: str, name: str, rules: KeyRules) -> NewKey:
        """Make a key for a project.

        Raises
        ------
        AccessError
            If there is no such project, it or its organisation is closed, or a rule makes no sense.
        """
        _require_sense(rules, self.now())
        async with self.change("access.key_created", {"project": project}) as connection:
            await self._require_account(connection, project)
            new = await self._insert_key(connection, project, name, rules)
        return new

    async def revoke_key(self, key: str) -> Key:
        """Stop a key, at once and on every worker.

        Raises
        ------
        AccessError
            If there is none of that id, or it was revoked already.
        """
        async with self.change("access.key_revoked", {"key": key}) as connection:
            found = await self._require_key(connection, key)
            await connection.execute(_REVOKE, [self.now(), key])
        return found

    async def rotate_key(self, key: str, overlap: timedelta) -> NewKey:
        """Make another key with the same rules; the old one goes on for `overlap`, so that applications can change.

        Where the old one was to end, the new one lives as long as the old one was given, counted from now: it is as
        good for a key that has expired, and for one that is rotated again while its overlap lasts.

        Raises
        ------
        AccessError
            As `revoke_key`; or if the project or its organisation is closed.
        """
        async with self.change("access.key_rotated", {"key": key}) as connection:
            old = await self._require_key(connection, key)
            await self._require_account(connection, old.project_id)
            [(given_until,)] = await (await connection.execute(_GIVEN_UNTIL, [key])).fetchall()
            now = self.now()
            rules = KeyRules(
                tuple(old.models),
                tuple(old.services),
                tuple(old.networks),
                old.data_class,
                old.highest_priority,
                None if given_until is None else now + (given_until - old.created_at),
            )
            new = await self._insert_key(connection, old.project_id, old.name, rules)
            # The limits of the key itself go with it.
            await connection.execute(
                "INSERT INTO quota_limit (scope, scope_id, metric, period, currency, amount)"
                " SELECT scope, %s, metric, period, currency, amount FROM quota_limit"
                " WHERE scope = 'key' AND scope_id = %s",
                [new.key.id, key],
            )
            ends = now + overlap
            await connection.execute(_END_SOONER if overlap else _REVOKE, [ends, key])
        return new

    @asynccontextmanager
    async def change(self, kind: str, payload: Mapping[str, Value]) -> AsyncIterator[AsyncConnection[Any]]:
        """Give a transaction that ends with an audit event; on a dry run it is taken back as a whole."""
        async with (
            self._store.connection() as connection,
            connection.transaction(force_rollback=self._dry_run),
        ):
            yield connection
            await append_event(connection, kind, {**payload, "by": self.by}, at=self.now())

    async def _rows(self, kind: type[Any], query: str, parameters: dict[str, str]) -> list[Any]:
        async with self._store.connection() as connection, connection.cursor(row_factory=class_row(kind)) as cursor:
            await cursor.execute(query.encode(), parameters)
            return await cursor.fetchall()

    async def _insert_key(self, connection: AsyncConnection[Any], project: str, name: str, rules: KeyRules) -> NewKey:
        token = tokens.mint()
        number = f"key_{secrets.token_hex(8)}"
        values = [number, project, name, tokens.digest(token), tokens.shown(token), self.now(), self.by]
        values += [rules.expires_at, list(rules.models), list(rules.services), list(rules.networks)]
        values += [rules.data_class, rules.highest_priority]
        async with connection.cursor(row_factory=class_row(Key)) as cursor:
            await cursor.execute(_INSERT_KEY.encode(), values)
            made = await cursor.fetchone()
        assert made is not None
        return NewKey(made, token)

    async def _require_account(self, connection: AsyncConnection[Any], project: str) -> None:
        """Refuse a key that would be refused: of a project that is closed, or whose organisation is."""
        await self._require_open(connection, "project", project)
        await self._require_open(connection, "organisation", project.partition("/")[0])

    async def _require_open(self, connection: AsyncConnection[Any], what: str, which: str) -> None:
        table = "access_organisation" if what == "organisation" else "access_project"
        query = f"SELECT closed_at FROM {table} WHERE id = %s FOR UPDATE"  # noqa: S608 - one of two names
        row = await (await connection.execute(query, [which])).fetchone()
        if row is None or row[0] is not None:
            raise AccessError(
                f"there is no {what} `{which}`" if row is None else f"{what} `{which}` is closed",
                why="Whatever is used must be on somebody's account.",
                fix=f"`daulat access {what}s list` shows them; `daulat access {what}s create` adds one.",
                code=f"access.no_{what}" if row is None else f"access.{what}_closed",
            )

    async def _require_key(self, connection: AsyncConnection[Any], key: str) -> Key:
        query = f"SELECT {_KEY_COLUMNS} FROM access_key WHERE id = %s FOR UPDATE"  # noqa: S608
        async with connection.cursor(row_factory=class_row(Key)) as cursor:
            await cursor.execute(query.encode(), [key])
            found = await cursor.fetchone()
        if found is None or found.revoked_at is not None:
            raise AccessError(
                f"there is no key `{key}`" if found is None else f"key `{key}` was revoked already",
                why="Nothing has been changed.",
                fix="`daulat access keys list` shows the keys; a key is named by its id, not by the key itself.",
                code="access.no_key" if found is None else "access.key_revoked",
            )
        return found


def as_data(row: Any) -> dict[str, Any]:
    """Return a row of this register as plain data, times in ISO 8601."""
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(row).items()}


async def _insert(connection: AsyncConnection[Any], statement: str, values: Sequence[object], which: str) -> None:
    try:
        await connection.execute(statement.encode(), values)
    except psycopg.errors.UniqueViolation:
        raise AccessError(
            f"`{which}` is there already",
            why="An id names one thing, for good: what it has used stays on its account.",
            fix="choose another id.",
            code="access.taken",
        ) from None


def _require_slug(word: str, what: str) -> None:
    if not SLUG.fullmatch(word):
        raise AccessError(
            f"`{word[:80]}` is not an id of {what}s",
            why="Ids stand in addresses, reports and audit events.",
            fix="use up to 60 small letters, digits and hyphens; a project is named `organisation/project`.",
            code="access.id",
        )


def _require_sense(rules: KeyRules, now: datetime) -> None:
    wrong = ""
    if rules.expires_at is not None and rules.expires_at <= now:
        wrong = "the key would have expired already"
    elif rules.data_class not in DATA_CLASSES:
        wrong = f"the data class is one of {', '.join(DATA_CLASSES)}"
    elif rules.highest_priority not in PRIORITIES:
        wrong = f"the highest priority is one of {', '.join(PRIORITIES)}"
    elif not all(MODEL_PATTERN.fullmatch(pattern) for pattern in rules.models):
        wrong = "a model is named by a pattern such as `qwen3-*`"
    for network in rules.networks:
        try:
            ip_network(network)
        except ValueError:
            wrong = f"`{network[:60]}` is not a network such as 10.20.0.0/16"
    if wrong:
        raise AccessError(
            wrong,
            why="A key whose rules are not clear could open more than was meant.",
            fix="correct it, and run the command again; no key has been made.",
            code="access.rules",
        )
