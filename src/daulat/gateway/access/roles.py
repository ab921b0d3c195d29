# SPDX-License-Identifier: Apache-2.0
"""What each role may do: one table, read by the routes, the documentation and the tests.

A role and a route in; "all", "own" or nothing, out. A member reaches what belongs to their own organisation; the other
roles reach the whole nation. What is not in the table is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["owner", "operator", "editor", "auditor", "member"]
Reach = Literal["", "own", "all"]

ROLES: tuple[Role, ...] = get_args(Role)

MEANING: dict[Role, str] = {
    "owner": "answers for the service: everything, and who has which role",
    "operator": "runs it: organisations, projects, keys and limits of all",
    "editor": "answers for the official text; sees what is used, opens no door",
    "auditor": "reads everything, changes nothing",
    "member": "works in one organisation: its keys, limits and usage",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use one route, and what it does. `member` is of their own organisation only."""

    method: str
    path: str
    does: str
    roles: frozenset[Role]


def _rule(method: str, path: str, does: str, *roles: Role) -> Rule:
    return Rule(method, path, does, frozenset(roles))


_READERS: tuple[Role, ...] = ("owner", "operator", "auditor", "member")

RULES: tuple[Rule, ...] = (
    _rule("GET", "/v1/admin/organisations", "list organisations", *_READERS, "editor"),
    _rule("POST", "/v1/admin/organisations", "add an organisation", "owner", "operator"),
    _rule("DELETE", "/v1/admin/organisations/{id}", "close an organisation", "owner", "operator"),
    _rule("GET", "/v1/admin/projects", "list projects", *_READERS, "editor"),
    _rule("POST", "/v1/admin/projects", "add a project", "owner", "operator"),
    _rule("DELETE", "/v1/admin/projects/{id}", "close a project", "owner", "operator"),
    _rule("GET", "/v1/admin/keys", "list keys, never the keys themselves", *_READERS),
    _rule("POST", "/v1/admin/keys", "make a key, shown once", "owner", "operator", "member"),
    _rule("DELETE", "/v1/admin/keys/{id}", "revoke a key", "owner", "operator", "member"),
    _rule("POST", "/v1/admin/keys/{id}/rotate", "replace a key", "owner", "operator", "member"),
    _rule("GET", "/v1/admin/limits", "show limits, what is used and what is left", *_READERS),
    _rule("PUT", "/v1/admin/limits", "set or remove a limit", "owner", "operator"),
    _rule("GET", "/v1/admin/usage", "sum up usage", *_READERS, "editor"),
    _rule("GET", "/v1/admin/roles", "list who has which role", "owner", "auditor"),
    _rule("POST", "/v1/admin/roles", "give a role", "owner"),
    _rule("DELETE", "/v1/admin/roles/{id}", "take a role away", "owner"),
    _rule("GET", "/v1/admin/events", "read the audit events", "owner", "auditor"),
)

_BY_ROUTE = {(rule.method, rule.path): rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds; `organisation` is empty where it reaches the whole nation."""

    id: str
    role: Role
    organisation: str = ""


def reach(held: Iterable[Held], method: str, path: str) -> tuple[Reach, frozenset[str]]:
    """Return how far somebody reaches on a route, and, where that is their own, which organisations are theirs.

    >>> reach([Held("role_1", "member", "moh")], "GET", "/v1/admin/keys")
    ('own', frozenset({'moh'}))
    >>> reach([Held("role_1", "member", "moh")], "PUT", "/v1/admin/limits")
    ('', frozenset())
    >>> reach([Held("role_2", "operator")], "PUT", "/v1/admin/limits")[0]
    'all'
    """
    rule = _BY_ROUTE.get((method, path))
    allowed = [each for each in held if rule is not None and each.role in rule.roles]
    if any(each.role != "member" for each in allowed):
        return "all", frozenset()
    own = frozenset(each.organisation for each in allowed)
    return ("own", own) if own else ("", frozenset())
