# SPDX-License-Identifier: Apache-2.0
"""Who reaches which route: the operations of the OpenAPI document and the table of roles in, one table of both out.

It is what docs/reference/roles.md shows. It decides nothing: admission and administration do, and a test holds every
operation, asked by every caller, against this table.
"""

from __future__ import annotations

from typing import Literal

from daulat.gateway._operation import KEY, KEY_UNLESS_PUBLIC, Operation
from daulat.gateway.access.roles import ROLES, RULES
from daulat.gateway.openapi import OPERATIONS

Mark = Literal["open", "public", "all", "own", "–"]

# Somebody who is signed in with a role, who holds a project's key, or who brings nothing.
CALLERS: tuple[str, ...] = (*ROLES, "key", "nobody")
_RULES = {(rule.method, rule.path): rule for rule in RULES}


def marks(operation: Operation) -> dict[str, Mark]:
    """Return how far each caller reaches on a route, in the order of `CALLERS`.

    Examples
    --------
    >>> [each] = [each for each in OPERATIONS if each.operation_id == "createKey"]
    >>> " ".join(marks(each).values())
    'all all – – own – –'
    """
    rule = _RULES.get((operation.method.upper(), operation.path))
    if rule is not None:
        by_role: list[Mark] = [
            "–" if role not in rule.roles else "own" if role == "member" else "all" for role in ROLES
        ]
        return dict(zip(CALLERS, [*by_role, "–", "–"], strict=True))
    if operation.needs == "":
        return dict.fromkeys(CALLERS, "open")
    if operation.needs == KEY_UNLESS_PUBLIC:
        return {**dict.fromkeys(CALLERS, "public"), "key": "own"}
    if operation.needs == KEY:
        return {**dict.fromkeys(CALLERS, "–"), "key": "own"}
    return {**dict.fromkeys(CALLERS, "own"), "key": "–", "nobody": "–"}


def as_table() -> str:
    """Return the table in Markdown."""
    lines = ["| route | does | " + " | ".join(CALLERS) + " |", "| --- | --- |" + " --- |" * len(CALLERS)]
    for operation in OPERATIONS:
        route = f"`{operation.method.upper()} {operation.path}`"
        lines.append(f"| {route} | {operation.summary.rstrip('.')} | {' | '.join(marks(operation).values())} |")
    return "\n".join(lines)
