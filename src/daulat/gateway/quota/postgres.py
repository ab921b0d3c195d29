# SPDX-License-Identifier: Apache-2.0
"""Counters in PostgreSQL: one call of `quota_exchange` for all claims of a worker, on a connection of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import psycopg

from daulat.gateway.quota.counters import LEASE_S, Claim, CountersUnavailableError, Reading
from daulat.gateway.quota.model import Limit, from_quanta, to_quanta
from daulat.store import PatientThreadConnection

_EXCHANGE = (
    "SELECT * FROM quota_exchange(%s, %s, coalesce(%s, clock_timestamp()), %s,"
    " %s::bigint[], %s::timestamptz[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])"
)
_READ = "SELECT * FROM quota_read(coalesce(%s, clock_timestamp()), %s::bigint[], %s::timestamptz[])"
# A day's rest is kept for whoever looks at it; minutes of yesterday interest nobody.
_SWEEP = (
    "DELETE FROM quota_counter c USING quota_limit l WHERE l.id = c.limit_id AND c.period_start <"
    " clock_timestamp() - CASE l.period WHEN 'minute' THEN interval '1 day' WHEN 'day' THEN interval '100 days'"
    " ELSE interval '1000 days' END AND l.period <> ''"
)
_TIMEOUT_S = 5
_SILENT_S = _TIMEOUT_S + 2.0  # the server ends a slow statement itself, unless it hangs


class PostgresCounters:
    """Counters of the nation's own database.

    Parameters
    ----------
    conninfo : str
        libpq connection string. The connection is made at the first call, and again after it broke.
    lease_s : float
        How long a lease lives without being renewed, in seconds.
    """

    def __init__(self, conninfo: str, lease_s: float = LEASE_S) -> None:
        self._conninfo = conninfo
        self._lease = timedelta(seconds=lease_s)
        self._connection: PatientThreadConnection | None = None

    def exchange(self, worker: UUID, serial: int, claims: Sequence[Claim], now_s: float | None = None) -> list[Reading]:
        """Settle and reserve; see `Counters`."""
        if not claims:
            return []
        by_place = {(claim.limit.id, claim.start): claim.limit for claim in claims}
        columns = zip(
            *(
                (
                    claim.limit.id,
                    _moment(claim.start),
                    *(_shown(n, claim.limit) for n in (claim.spent, claim.keep, claim.need, claim.want)),
                )
                for claim in claims
            ),
            strict=True,
        )
        rows = self._run(_EXCHANGE, [worker, serial, _optional(now_s), self._lease, *map(list, columns)])
        readings = []
        for number, start, granted, amount, used, leased in rows:
            at = int(start.timestamp())
            limit = by_place[number, at]
            figures = [to_quanta(n, limit.metric) for n in (amount, used, leased, granted)]
            readings.append(Reading(limit, at, *figures))
        return readings

    def read(self, periods: Sequence[tuple[Limit, int]], now_s: float | None = None) -> list[Reading]:
        """Read counters without changing them."""
        by_id = {limit.id: (limit, start) for limit, start in periods}
        starts = [_moment(start) for _, start in by_id.values()]
        rows = self._run(_READ, [_optional(now_s), list(by_id), starts])
        return [
            Reading(*by_id[number], *(to_quanta(n, by_id[number][0].metric) for n in (amount, used, leased)))
            for number, amount, used, leased in rows
        ]

    def sweep(self) -> None:
        """Delete the counters of periods that are long over."""
        connection = self._connected()
        try:
            connection.execute(_SWEEP)
        except psycopg.Error as error:
            raise self._broken() from error

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, query: str, parameters: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]
        connection = self._connected()
        try:
            return connection.execute(query.encode(), parameters).fetchall()
        except psycopg.Error as error:
            raise self._broken() from error

    def _connected(self) -> PatientThreadConnection:
        if self._connection is None or self._connection.closed:
            try:
                self._connection = PatientThreadConnection.connect(
                    self._conninfo,
                    autocommit=True,
                    connect_timeout=_TIMEOUT_S,
                    application_name="daulat-quota",
                    options=f"-c statement_timeout={_TIMEOUT_S * 1000} -c lock_timeout={_TIMEOUT_S * 1000}",
                )
                self._connection.limit_s = _SILENT_S
            except psycopg.Error as error:
                raise self._broken() from error
        return self._connection

    def _broken(self) -> CountersUnavailableError:
        self.close()
        return CountersUnavailableError("PostgreSQL did not answer")


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def _optional(at_s: float | None) -> datetime | None:
    return None if at_s is None else _moment(at_s)


def _shown(amount: int, limit: Limit) -> Decimal:
    return from_quanta(amount, limit.metric)
