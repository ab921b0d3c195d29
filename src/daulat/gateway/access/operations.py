# SPDX-License-Identifier: Apache-2.0
"""What the OpenAPI document says of administration, sign-in and a key's own usage: one row each. Data, no logic."""

from __future__ import annotations

from daulat.gateway._operation import BODY_ERRORS, KEY, NAME, SESSION, Json, Operation, path_parameter, query
from daulat.gateway.access import bodies, schema
from daulat.gateway.access.limits import RoleRow
from daulat.gateway.access.registry import Key, Organisation, Project
from daulat.gateway.access.roles import RULES
from daulat.ledger.usage_report import BY, EACH, PERIOD_PATTERN, UsageSum

_READ = (401, 403, 503)
_CHANGE = (*BODY_ERRORS, *_READ)
_ROOT = "/v1/admin"
_WITHIN = query("within", "Of this organisation, project or key only.", {"type": "string"})
_ID = path_parameter("id", "From the list.", NAME)
_PROJECT_ID = path_parameter("id", "From the list: `organisation/project`.")


def _does(method: str, path: str) -> str:
    """Return what a route does, as the table of roles says it."""
    does = next(rule.does for rule in RULES if (rule.method, rule.path) == (method.upper(), path))
    return f"{does[0].upper()}{does[1:]}."


def _admin(
    method: str, path: str, name: str, result: type, errors: tuple[int, ...], body: type | None = None,
    parameters: tuple[Json, ...] = (), rule: Json | None = None,
) -> Operation:  # fmt: skip
    whole = f"{_ROOT}/{path}"
    return Operation(
        method, whole, name, _does(method, whole), result, errors, body=body, rule=rule, parameters=parameters,
        needs=SESSION,
    )  # fmt: skip


_MONTH = query(
    "month",
    "2026-11, 2026-11-30 or 2026; by default the month that runs.",
    {"type": "string", "pattern": f"^({PERIOD_PATTERN})$"},
)
_USAGE = (
    _MONTH,
    query("by", "What rows are of.", {"type": "string", "enum": list(BY)}),
    query("each", "One row for each of these.", {"type": "string", "enum": list(EACH)}),
    query("project", "Of this project only.", {"type": "string"}),
    query("discarded", "Instead of calls, what engines worked within them and nobody was given.", {"type": "boolean"}),
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "get", "/v1/usage", "showOwnUsage", "Show what the key may still use, and what its project has used.",
        schema.OwnUsage, (400, 401, 403, 503), parameters=(_MONTH,), needs=KEY,
    ),
    _admin("get", "organisations", "listOrganisations", schema.Listing[Organisation], _READ),
    _admin("post", "organisations", "createOrganisation", schema.Made, (409, *_CHANGE), bodies.OrganisationBody),
    _admin("delete", "organisations/{id}", "closeOrganisation", schema.Closed, (400, 404, 409, *_READ), None, (_ID,)),
    _admin("get", "projects", "listProjects", schema.Listing[Project], _READ, None, (_WITHIN,)),
    _admin("post", "projects", "createProject", schema.Made, (404, 409, *_CHANGE), bodies.ProjectBody),
    _admin("delete", "projects/{id}", "closeProject", schema.Closed, (400, 404, 409, *_READ), None, (_PROJECT_ID,)),
    _admin("get", "keys", "listKeys", schema.Listing[Key], _READ, None, (_WITHIN,)),
    _admin("post", "keys", "createKey", schema.ShownKey, (404, 409, *_CHANGE), bodies.KeyBody),
    _admin("delete", "keys/{id}", "revokeKey", Key, (400, 404, 409, *_READ), None, (_ID,)),
    _admin("post", "keys/{id}/rotate", "rotateKey", schema.ShownKey, (404, 409, *_CHANGE), bodies.RotateBody, (_ID,)),
    _admin("get", "limits", "listLimits", schema.Listing[schema.LimitRow], (400, *_READ)),
    _admin("put", "limits", "putLimit", bodies.LimitBody, (404, *_CHANGE), bodies.LimitBody, rule=bodies.LIMIT_RULE),
    _admin("get", "usage", "sumUsage", schema.Listing[UsageSum], (400, *_READ), None, _USAGE),
    _admin("get", "roles", "listRoles", schema.Listing[RoleRow], _READ),
    _admin("post", "roles", "createRole", schema.Made, (404, 409, *_CHANGE), bodies.RoleBody, rule=bodies.ROLE_RULE),
    _admin("delete", "roles/{id}", "removeRole", schema.RoleRevoked, (400, 404, *_READ), None, (_ID,)),
    _admin("get", "events", "listEvents", schema.Listing[schema.EventRow], _READ),
    Operation(
        "get", "/auth/sign-in", "beginSignIn", "Send a browser to the provider that people sign in with.", bytes,
        (404, 503), parameters=(query("return_to", "A path of this site.", {"type": "string"}),), status=302,
    ),
    Operation(
        "get", "/auth/callback", "endSignIn", "Take the provider's answer, and begin a session in a cookie.", bytes,
        (401, 404, 503),
        parameters=(
            query("state", "From the provider.", {"type": "string"}),
            query("code", "From the provider.", {"type": "string"}),
        ),
    ),
    Operation(
        "get", "/auth/session", "showSession", "Say who is signed in, and with which roles.", schema.Session,
        (401, 503), needs=SESSION,
    ),
    Operation("post", "/auth/sign-out", "signOut", "End the session.", schema.SignedOut, (503,)),
)  # fmt: skip
