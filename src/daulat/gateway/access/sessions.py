# SPDX-License-Identifier: Apache-2.0
"""Who is signed in: a random cookie in the browser, its hash and its end in the database, roles looked up each time.

A subject that the provider has confirmed in; a cookie's value out, once; and later, for that value, a `Person` with the
roles that they hold at this moment. So an ended session and a role that was taken away both count at the next request.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from daulat.gateway.access.registry import utc_now
from daulat.gateway.access.roles import Held
from daulat.store import Store

LIFETIME = timedelta(hours=8)
SIGN_IN_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in. `email` is empty unless the provider has verified it."""

    subject: str
    email: str
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun here and comes back from the provider."""

    nonce: str
    code_verifier: str
    return_to: str


class Sessions:
    """Begins, finds and ends.

    Parameters
    ----------
    store : Store
        The open database.
    now : callable
        The clock; gives the time in UTC.
    """

    def __init__(self, store: Store, *, now: Callable[[], datetime] = utc_now) -> None:
        self._store, self._now = store, now

    async def begin_sign_in(self, nonce: str, code_verifier: str, return_to: str) -> str:
        """Remember a sign-in for ten minutes; return the `state` that it comes back with."""
        state, now = secrets.token_urlsafe(32), self._now()
        await self._store.execute("DELETE FROM access_sign_in WHERE expires_at < %s", [now])
        await self._store.execute(
            "INSERT INTO access_sign_in (state_digest, nonce, code_verifier, return_to, expires_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            [_digest(state), nonce, code_verifier, return_to, now + SIGN_IN_LIFETIME],
        )
        return state

    async def end_sign_in(self, state: str) -> Begun | None:
        """Return what was remembered for a `state`, once; None where there is nothing, or it is too late."""
        rows = await self._store.fetch(
            "DELETE FROM access_sign_in WHERE state_digest = %s"
            " RETURNING nonce, code_verifier, return_to, expires_at > %s",
            [_digest(state), self._now()],
        )
        return Begun(*rows[0][:3]) if rows and rows[0][3] else None

    async def create(self, subject: str, email: str) -> str:
        """Begin a session of eight hours; return the value of its cookie."""
        value, now = secrets.token_urlsafe(32), self._now()
        await self._store.execute("DELETE FROM access_session WHERE expires_at < %s", [now - LIFETIME])
        await self._store.execute(
            "INSERT INTO access_session (digest, subject, email, created_at, expires_at) VALUES (%s, %s, %s, %s, %s)",
            [_digest(value), subject, email.lower(), now, now + LIFETIME],
        )
        return value

    async def find(self, value: str) -> Person | None:
        """Return who has a cookie of this value, with the roles they hold now; None for nobody."""
        if not value:
            return None
        rows = await self._store.fetch(
            "SELECT s.subject, s.email, r.id, r.role, r.organisation_id FROM access_session s"
            " LEFT JOIN access_role r ON r.revoked_at IS NULL"
            "  AND (r.principal = 'subject:' || s.subject OR (s.email <> '' AND r.principal = 'email:' || s.email))"
            " WHERE s.digest = %s AND s.revoked_at IS NULL AND s.expires_at > %s ORDER BY r.id",
            [_digest(value), self._now()],
        )
        if not rows:
            return None
        return Person(rows[0][0], rows[0][1], tuple(Held(*row[2:]) for row in rows if row[2] is not None))

    async def end(self, value: str) -> None:
        """End one session."""
        await self._store.execute(
            "UPDATE access_session SET revoked_at = %s WHERE digest = %s AND revoked_at IS NULL",
            [self._now(), _digest(value)],
        )

    async def end_all(self, subject: str) -> int:
        """End every session of a person; return how many there were."""
        return await self._store.execute(
            "UPDATE access_session SET revoked_at = %s WHERE subject = %s AND revoked_at IS NULL",
            [self._now(), subject],
        )


def _digest(value: str) -> bytes:
    return sha256(value.encode()).digest()
