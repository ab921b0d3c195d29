# SPDX-License-Identifier: Apache-2.0
"""Limits and roles, as an operator sets and shows them.

Words of an operator in; rows and audit events out. What is shown of a limit is read from the row that refuses.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from daulat.gateway.access.errors import AccessError
from daulat.gateway.access.registry import Registry
from daulat.gateway.access.roles import ROLES
from daulat.gateway.quota.counters import Reading
from daulat.gateway.quota.model import LARGEST_AMOUNT, METRICS, PERIODS, SCOPES, Limit, from_quanta, to_quanta
from daulat.ledger.events import Value
from daulat.nation.reference import is_currency
from daulat.store import Store

PRINCIPAL_PATTERN = re.compile(r"(subject|email):[^\s\u0000-\u001f\u007f-\u009f\ufeff]{1,190}")


@dataclass(frozen=True, slots=True)
class RoleRow:
    """Who has which role; `organisation_id` is empty for roles that reach the whole nation."""

    id: str
    principal: str
    role: str
    organisation_id: str
    granted_at: datetime
    granted_by: str


async def limits_of(store: Store, scopes: Sequence[tuple[str, str]] = ()) -> list[Limit]:
    """Return the limits of certain scopes, or all."""
    rows = await store.fetch(
        "SELECT id, scope, scope_id, metric, period, currency, amount FROM quota_limit ORDER BY scope, scope_id, id"
    )
    limits = [Limit(a, b, c, d, e, f, to_quanta(amount, d)) for a, b, c, d, e, f, amount in rows]
    return [limit for limit in limits if not scopes or (limit.scope, limit.scope_id) in scopes]


async def set_limit(
    registry: Registry, scope: str, scope_id: str, metric: str, period: str, amount: Decimal | None, currency: str = ""
) -> None:
    """Set one limit, or with an amount of None take it away.

    Raises
    ------
    AccessError
        If there is no such scope, or the limit makes no sense.
    """
    _require_limit(scope, metric, period, amount, currency)
    kind = "access.limit_set" if amount is not None else "access.limit_removed"
    named: dict[str, Any] = {"scope": scope, "of": scope_id, "metric": metric, "period": period, "currency": currency}
    async with registry.change(kind, {**named, "amount": "" if amount is None else f"{amount:f}"}) as connection:
        table = {"organisation": "access_organisation", "project": "access_project", "key": "access_key"}[scope]
        query = f"SELECT FROM {table} WHERE id = %s"
        if await (await connection.execute(query.encode(), [scope_id])).fetchone() is None:
            what = f"there is no {scope} `{scope_id[:80]}`"
            raise _wrong(what, f"`daulat access {scope}s list` shows them.", f"access.no_{scope}")
        if amount is None:
            done = await connection.execute(
                "DELETE FROM quota_limit"
                " WHERE scope = %s AND scope_id = %s AND metric = %s AND period = %s AND currency = %s",
                [scope, scope_id, metric, period, currency],
            )
            if not done.rowcount:
                what = f"{scope} `{scope_id}` has no such limit"
                raise _wrong(what, "`daulat access limits show` shows them.", "access.no_limit")
        else:
            await connection.execute(
                "INSERT INTO quota_limit (scope, scope_id, metric, period, currency, amount)"
                " VALUES (%s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (scope, scope_id, metric, period, currency) DO UPDATE SET amount = excluded.amount",
                [scope, scope_id, metric, period, currency, amount],
            )


async def roles(store: Store) -> list[RoleRow]:
    """Return who has which role now."""
    rows = await store.fetch(
        "SELECT id, principal, role, organisation_id, granted_at, granted_by FROM access_role"
        " WHERE revoked_at IS NULL ORDER BY role, principal"
    )
    return [RoleRow(*row) for row in rows]


async def grant_role(registry: Registry, principal: str, role: str, organisation: str) -> str:
    """Give a role to a person, known by `subject:...` or by an `email:...` that the provider has verified.

    Returns
    -------
    str
        The role's own id: the audit and the log name it, and never the person.

    Raises
    ------
    AccessError
        If the role or the person is not named as it must be, or the person has it already.
    """
    _require_role(principal, role, organisation)
    number = f"role_{secrets.token_hex(8)}"
    named: dict[str, Value] = {"id": number, "role": role, "organisation": organisation}
    async with registry.change("access.role_granted", named) as connection:
        if organisation:
            found = await connection.execute("SELECT FROM access_organisation WHERE id = %s", [organisation])
            if await found.fetchone() is None:
                what = f"there is no organisation `{organisation[:60]}`"
                raise _wrong(what, "`daulat access organisations list`.", "access.no_organisation")
        done = await connection.execute(
            "INSERT INTO access_role (id, principal, role, organisation_id, granted_at, granted_by)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [number, principal, role, organisation, registry.now(), registry.by],
        )
        if not done.rowcount:
            what = f"this person is {role} already"
            raise _wrong(what, "`daulat access roles list` shows who is what.", "access.role.taken")
    return number


async def revoke_role(registry: Registry, number: str) -> None:
    """Take a role away; it ends at the person's next request.

    Raises
    ------
    AccessError
        If there is no such role, or it is that of the last owner.
    """
    async with registry.change("access.role_revoked", {"id": number[:60]}) as connection:
        done = await connection.execute(
            "UPDATE access_role SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL RETURNING role",
            [registry.now(), number],
        )
        row = await done.fetchone()
        if row is None:
            raise AccessError(
                "there is no such role to take away",
                why="Nothing has been changed.",
                fix="`daulat access roles list` shows the ids.",
                code="access.no_role",
            )
        owners = await connection.execute("SELECT FROM access_role WHERE role = 'owner' AND revoked_at IS NULL")
        if row[0] == "owner" and not owners.rowcount:
            raise _wrong("this is the last owner", "name another owner first.")


def reading_as_data(reading: Reading) -> dict[str, Any]:
    """Return a counter's row as plain data: decimals as text, so that no digit is lost."""
    limit = reading.limit

    def shown(amount: int) -> str:
        return f"{from_quanta(amount, limit.metric).normalize():f}"

    figures: Mapping[str, int] = {
        "limit": reading.amount,
        "used": reading.used,
        "reserved": reading.leased,
        "available": reading.available,
    }
    return {
        "scope": limit.scope,
        "of": limit.scope_id,
        "metric": limit.metric,
        "period": limit.period,
        "currency": limit.currency,
        "period_start_s": reading.start,
        **{name: shown(amount) for name, amount in figures.items()},
    }


def parse_amount(text: str) -> Decimal:
    """Read an amount as people write it, with a point.

    >>> parse_amount("12.50")
    Decimal('12.50')
    """
    if not re.fullmatch(r"[0-9]{1,11}(\.[0-9]{1,8})?", text, re.ASCII):
        raise _wrong(f"`{text[:40]}` is not an amount", "write it in digits, with a point: 1000 or 12.50.")
    return Decimal(text)


def _require_limit(scope: str, metric: str, period: str, amount: Decimal | None, currency: str) -> None:
    if scope not in SCOPES or metric not in METRICS or period not in PERIODS:
        raise _wrong(
            "a limit holds an organisation, a project or a key; it counts one thing over one period",
            f"count one of {', '.join(METRICS)} per minute, day or month.",
        )
    if (metric == "concurrent") != (period == ""):
        raise _wrong("calls at once have no period, and everything else has one", "say `minute`, `day` or `month`.")
    if (metric == "money") != bool(currency) or (currency and not is_currency(currency)):
        raise _wrong("money is limited in a currency of ISO 4217, and nothing else is", "say `--currency XXX`.")
    if amount is None:
        return
    digits = amount.as_tuple().exponent
    places = -digits if isinstance(digits, int) else 99
    if not 0 <= amount <= LARGEST_AMOUNT or places > (8 if metric == "money" else 0):
        raise _wrong(
            f"`{amount}` cannot be a limit of {metric}",
            f"give a whole number, or money of at most 8 decimal places, up to {LARGEST_AMOUNT:,}.",
        )


def _require_role(principal: str, role: str, organisation: str) -> None:
    if role not in ROLES:
        raise _wrong(f"`{role[:40]}` is not a role", f"the roles are {', '.join(ROLES)}.")
    if not PRINCIPAL_PATTERN.fullmatch(principal):
        raise _wrong(
            "a person is named by what the sign-in provider says of them",
            "write `subject:...`, or `email:...` for an address that the provider has verified.",
        )
    if (role == "member") != bool(organisation):
        raise _wrong("a member belongs to one organisation; other roles reach the whole nation", "see --organisation.")


def _wrong(what: str, fix: str, code: str = "access.limit_or_role") -> AccessError:
    return AccessError(what, why="Nothing has been changed.", fix=fix, code=code)
