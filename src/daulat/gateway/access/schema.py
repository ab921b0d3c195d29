# SPDX-License-Identifier: Apache-2.0
"""The shapes of what administration, sign-in and a key's own usage answer with; their rows are those of the registers.

Data, no logic. The bodies that come in stand in `bodies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct

from daulat.gateway.access.registry import Key
from daulat.ledger.usage_report import UsageSum

Row = TypeVar("Row")


class Listing(Struct, Generic[Row]):
    """A list, whole."""

    data: list[Row]


class Made(Struct):
    """The id of what was made."""

    id: str


class Closed(Struct):
    """What was closed: its keys have stopped, its accounts stay."""

    id: str
    closed: bool


class RoleRevoked(Struct):
    """The role that was taken away."""

    id: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class ShownKey(Key):
    """A key that was just made. `key` is the key itself, shown this once."""

    key: str


class LimitRow(Struct):
    """A limit with the row that refuses. Amounts are text, in units that people read."""

    scope: str
    of: str
    metric: str
    period: str
    currency: str
    period_start_s: int
    limit: str
    used: str
    reserved: str
    available: str


class EventRow(Struct):
    """An audit event, sealed into the chain by its hash in hexadecimal."""

    id: int
    at: datetime
    kind: str
    payload: Any
    hash: str


class HeldRole(Struct):
    """A role that somebody holds; `organisation` is empty where it reaches the whole nation."""

    id: str
    role: str
    organisation: str


class Session(Struct):
    """Who is signed in."""

    subject: str
    email: str
    roles: list[HeldRole]


class SignedOut(Struct):
    """The session has ended."""

    signed_out: bool


class OwnUsage(Struct):
    """What a key may still use, and what its project has used this month."""

    organisation: str
    project: str
    key: str
    time_zone: str
    limits: list[LimitRow]
    month: str
    used: list[UsageSum]
