# SPDX-License-Identifier: Apache-2.0
"""Why a call is not let in, told to its caller.

RequestError
├── Unauthorised   401  invalid_api_key, key_expired, sign_in_required
├── Forbidden      403  model_not_allowed, network_not_allowed, role_not_allowed, ...
├── Conflict       409  access.taken, access.project_closed, access.key_revoked, ...
└── QuotaReached   429  rate_limit_exceeded, insufficient_quota; with `Retry-After`

DaulatError
└── AccessError         the operator of `daulat access` can act
    └── WeakSecretError a secret that others could guess, on an address that others can reach
"""
# ruff: noqa: N818 (as in daulat.gateway.errors)

from __future__ import annotations

from collections.abc import Iterable

from daulat.errors import DaulatError
from daulat.gateway.errors import BadRequest, Overloaded, RequestError


class Unauthorised(RequestError):
    """Nobody is known by what the caller sent."""

    status = 401


class Forbidden(RequestError):
    """The caller is known, and may not do this."""

    status = 403


class Conflict(RequestError):
    """What is asked for was done before, or cannot be done with what has ended."""

    status = 409


class QuotaReached(Overloaded):
    """A limit has less left than the call needs; `retry_after_s` says when its period ends."""

    def __init__(self, what: str, *, why: str, fix: str, code: str, retry_after_s: float) -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.retry_after_s = retry_after_s


class AccessError(DaulatError):
    """An organisation, a project, a key, a limit or a role is not as the operator asked for it."""


class WeakSecretError(DaulatError):
    """A secret that others could guess would guard an address that others can reach."""


def unknown_key(reason: str) -> Unauthorised:
    """Return the refusal of a key, with the same code whatever is wrong with it."""
    return Unauthorised(
        f"this API key {reason}",
        why="Only keys that the operator has given out, and not revoked, are let in.",
        fix="check that the whole key was copied, or ask your operator for a new one.",
        code="invalid_api_key",
    )


def require_known(asked: Iterable[str], *known: str) -> None:
    """Refuse a parameter of the address that means nothing there: sums of another month or project would be read as
    those that were asked for.

    Raises
    ------
    BadRequest
        With the first that is not among `known`.
    """
    unknown = next((name for name in asked if name not in known), None)
    if unknown is not None:
        raise BadRequest(
            f"`{unknown[:40]}` is no parameter of this path",
            why="The figures would be others than were asked for.",
            fix=f"leave it out; this path takes {', '.join(f'`{name}`' for name in known)}.",
            code="invalid_query",
            param=unknown[:40],
        )
