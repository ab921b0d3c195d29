# SPDX-License-Identifier: Apache-2.0
"""Every key, in the memory of every worker, as the database has it.

Changes in the database come in; a token's record goes out without asking anybody. A change is told by NOTIFY and read
at once; where that did not come through, it is read within `POLL_S`. When the database cannot be read at all, keys are
honoured for `STALE_S` and then no longer: a revocation never waits longer than that. Holds hashes, never a key.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

import psycopg

from daulat.gateway.access.errors import unknown_key
from daulat.gateway.access.records import KeyRecord
from daulat.gateway.access.tokens import PREFIX, digest, is_well_formed
from daulat.gateway.errors import NotReady
from daulat.gateway.quota.leases import Leases
from daulat.gateway.quota.model import Limit, to_quanta

POLL_S = 2.0
STALE_S = 30.0
_ANSWER_S = 5.0
_RETRY_S = 0.5
_PAUSE_KEYS = 200

_LOG = logging.getLogger(__name__)

_VERSION = "SELECT version FROM access_version"
_KEYS = """
SELECT k.digest, k.id, p.id, o.id, k.models, k.services, k.networks::text[], extract(epoch FROM k.expires_at)::float8,
       k.revoked_at IS NOT NULL OR p.closed_at IS NOT NULL OR o.closed_at IS NOT NULL, k.data_class, k.highest_priority
FROM access_key k JOIN access_project p ON p.id = k.project_id JOIN access_organisation o ON o.id = p.organisation_id
"""
_LIMITS = "SELECT id, scope, scope_id, metric, period, currency, amount FROM quota_limit ORDER BY id"


class Directory:
    """The keys of the nation.

    Parameters
    ----------
    conninfo : str
        libpq connection string; the directory keeps one connection of its own, to listen.
    leases : Leases
        Where the limits of the keys have their places.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, conninfo: str, leases: Leases, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._conninfo, self._leases, self._clock = conninfo, leases, clock
        self._records: Mapping[bytes, KeyRecord] = {}
        self._by_id: Mapping[str, KeyRecord] = {}
        self._version = -1
        self._fresh_at = -math.inf
        self._loaded = asyncio.Event()

    @property
    def is_empty(self) -> bool:
        """Whether no key was ever given out; False while that is not known."""
        return self._loaded.is_set() and not self._records

    def __len__(self) -> int:
        return len(self._records)

    async def loaded(self, patience_s: float) -> None:
        """Wait until the keys were read once.

        Raises
        ------
        NotReady
            If they are not in time.
        """
        try:
            await asyncio.wait_for(self._loaded.wait(), patience_s)
        except TimeoutError:
            raise _unread() from None

    def find(self, token: str) -> KeyRecord:
        """Return the record of a key.

        The look-up is by SHA-256 of what was sent, so the time that it takes tells nothing about any key.

        Raises
        ------
        Unauthorised
            If there is no such key, or it was revoked.
        NotReady
            If the keys could not be read for too long.
        """
        record = self._records.get(digest(token))
        if self._clock() - self._fresh_at > STALE_S:
            raise _unread()
        if record is None:
            if token.startswith(PREFIX) and not is_well_formed(token):
                raise unknown_key("is incomplete or mistyped: its check characters do not fit")
            raise unknown_key("is not known")
        if record.is_revoked:
            raise unknown_key("has been revoked")
        return record

    def find_id(self, key: str) -> KeyRecord:
        """Return the record of a key by its id, for what its holder has handed in earlier.

        Raises
        ------
        Unauthorised
            If there is no such key, or it was revoked since.
        NotReady
            If the keys could not be read for too long.
        """
        record = self._by_id.get(key)
        if self._clock() - self._fresh_at > STALE_S:
            raise _unread()
        if record is None or record.is_revoked:
            raise unknown_key("has been revoked")
        return record

    async def run(self) -> None:
        """Follow the database until cancelled."""
        while True:
            try:
                await self._follow()
            except (psycopg.Error, TimeoutError) as error:
                _LOG.warning("the keys cannot be read at present: %s", type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def _follow(self) -> None:
        async with asyncio.timeout(_ANSWER_S):
            connection = await psycopg.AsyncConnection.connect(
                self._conninfo, autocommit=True, application_name="daulat-access"
            )
        async with connection:
            await connection.execute("LISTEN daulat_access")
            while True:
                async with asyncio.timeout(_ANSWER_S):
                    await self._refresh(connection)
                async for _told in connection.notifies(timeout=POLL_S, stop_after=1):
                    pass

    async def _refresh(self, connection: psycopg.AsyncConnection[Any]) -> None:
        # The version is read first: a change that comes between the two reads is read again, never missed.
        asked = self._clock()
        [version] = await (await connection.execute(_VERSION)).fetchone() or [-1]
        if version != self._version:
            limits = await (await connection.execute(_LIMITS)).fetchall()
            keys = await (await connection.execute(_KEYS)).fetchall()
            self._records = await self._records_of(keys, limits)
            self._by_id = {record.id: record for record in self._records.values()}
            self._version = version
        self._fresh_at = asked
        self._loaded.set()

    async def _records_of(self, keys: list[Any], limits: list[Any]) -> dict[bytes, KeyRecord]:
        by_scope: dict[tuple[str, str], list[Limit]] = defaultdict(list)
        for number, scope, scope_id, metric, period, currency, amount in limits:
            counted = to_quanta(amount, metric)
            by_scope[scope, scope_id].append(Limit(number, scope, scope_id, metric, period, currency, counted))
        records: dict[bytes, KeyRecord] = {}
        for (
            key_digest,
            key,
            project,
            organisation,
            models,
            services,
            networks,
            expires_s,
            revoked,
            data,
            priority,
        ) in keys:
            if len(records) % _PAUSE_KEYS == 0:
                await asyncio.sleep(0)  # thousands of keys must not hold up the calls of this worker
            scopes = ("key", key), ("project", project), ("organisation", organisation)
            records[bytes(key_digest)] = KeyRecord(
                key,
                project,
                organisation,
                tuple(models),
                tuple(services),
                tuple(map(ip_network, networks)),
                math.inf if expires_s is None else expires_s,
                revoked,
                data,
                priority,
                self._leases.slots(limit for scope in scopes for limit in by_scope.get(scope, ())),
            )
        return records


def _unread() -> NotReady:
    return NotReady(
        "the keys cannot be checked at present",
        why="Their table cannot be read, so a key that was revoked could not be told from one that is good.",
        fix="try again in a few seconds; GET /readyz says when.",
        code="access_unavailable",
    )
