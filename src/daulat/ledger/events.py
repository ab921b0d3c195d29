# SPDX-License-Identifier: Apache-2.0
"""The chain of audit events: who made, configured or revoked what, each event sealed to the one before.

Comes in: a kind and a small payload of names, counts and hashes. Goes out: the event as written, and a proof that none
has been changed, left out or put in. The hash of an event is SHA-256 over the canonical JSON of all its fields and the
hash before it; the first follows 32 zero bytes. No event can hold prose.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from daulat.ledger.errors import ChainBrokenError, EventRefusedError
from daulat.store import Store

Value = str | int | bool | None

GENESIS = bytes(32)

# Names, versions, paths, URLs, times and hashes; no spaces, so no sentence fits.
_NAME = re.compile(r"[\w.:/@+,=-]{0,200}")
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_INTEGER_LIMIT = 2**53  # beyond it, readers in other languages would see another number
_LOCK = 0x0DA01A8
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it stands in the ledger. `at` is in UTC, to the microsecond."""

    id: int
    at: datetime
    kind: str
    payload: Mapping[str, Value]
    previous_hash: bytes
    hash: bytes


async def append_event(
    connection: AsyncConnection[Any], kind: str, payload: Mapping[str, Value], *, at: datetime
) -> Event:
    """Append one event in a transaction that is under way, so that what happened and its record are kept together.

    Parameters
    ----------
    connection : AsyncConnection
        Lent by the open database.
    kind : str
        What happened, dotted: ``key.revoked``.
    payload : Mapping
        Names, counts and hashes.
    at : datetime
        When it happened, with a time zone.

    Raises
    ------
    EventRefusedError
        If the kind is not dotted lower case, the time has no zone, or a value could be prose.
    """
    _require_harmless(kind, payload, at)
    # One writer at a time: two events that follow the same one would fork the chain.
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    query = "SELECT id, hash FROM ledger_event ORDER BY id DESC LIMIT 1"
    last = await (await connection.execute(query)).fetchone()
    number, previous = (last[0] + 1, bytes(last[1])) if last else (1, GENESIS)
    event = sealed(number, at.astimezone(UTC), kind, payload, previous)
    await connection.execute(
        "INSERT INTO ledger_event (id, at, kind, payload, previous_hash, hash) VALUES (%s, %s, %s, %s, %s, %s)",
        [event.id, event.at, kind, Jsonb(dict(payload)), event.previous_hash, event.hash],
    )
    return event


async def verify_events(store: Store) -> Event | None:
    """Walk the whole chain; return its last event, or None when it is empty.

    Raises
    ------
    ChainBrokenError
        At the first event that was changed, left out or put in. Events cut off at the end can only be seen by whoever
        kept a later hash; that is what checkpoints are for.
    """
    last: Event | None = None
    while rows := await store.fetch(
        "SELECT id, at, kind, payload, previous_hash, hash FROM ledger_event WHERE id > %s ORDER BY id LIMIT %s",
        [last.id if last else 0, _PAGE],
    ):
        events = (Event(row[0], row[1], row[2], row[3], bytes(row[4]), bytes(row[5])) for row in rows)
        last = verify_chain(events, after=last)
    return last


def verify_chain(events: Iterable[Event], *, after: Event | None = None) -> Event | None:
    """Check a run of events that follows `after`; return the last one.

    Raises
    ------
    ChainBrokenError
        At the first that does not fit.

    Examples
    --------
    >>> at = datetime(2026, 1, 1, tzinfo=UTC)
    >>> first = sealed(1, at, "nation.declared", {"country": "XA"}, GENESIS)
    >>> verify_chain([first, sealed(2, at, "key.made", {"number": 3}, first.hash)]).id
    2
    """
    last = after
    for event in events:
        if event.id != (last.id if last else 0) + 1:
            raise ChainBrokenError(event.id, f"event {(last.id if last else 0) + 1} is missing")
        if event.previous_hash != (last.hash if last else GENESIS):
            raise ChainBrokenError(event.id, "it does not follow the event before it")
        if sealed(event.id, event.at, event.kind, event.payload, event.previous_hash).hash != event.hash:
            raise ChainBrokenError(event.id, "its hash is not that of its content")
        last = event
    return last


def sealed(number: int, at: datetime, kind: str, payload: Mapping[str, Value], previous: bytes) -> Event:
    """Return an event with the hash of its content and of the event before it."""
    fields = {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "id": number,
        "kind": kind,
        "payload": dict(payload),
        "previous": previous.hex(),
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Event(number, at, kind, payload, previous, hashlib.sha256(text.encode()).digest())


def _require_harmless(kind: str, payload: Mapping[str, Value], at: datetime) -> None:
    if not _KIND.fullmatch(kind):
        raise EventRefusedError(f"event kind `{kind[:60]}` is not dotted lower case")
    if at.tzinfo is None:
        raise EventRefusedError(f"event `{kind}` has a time without a zone")
    for key, value in payload.items():
        if not _KIND.fullmatch(key):
            raise EventRefusedError(f"event `{kind}`: field `{key[:60]}` is not lower case")
        if isinstance(value, str) and not _NAME.fullmatch(value):
            # The value itself is not repeated: it may be what must not be written.
            raise EventRefusedError(f"event `{kind}`: the value of `{key}` is not a name of up to 200 characters")
        if isinstance(value, int) and abs(value) > _INTEGER_LIMIT:
            raise EventRefusedError(f"event `{kind}`: the value of `{key}` is not a count")
