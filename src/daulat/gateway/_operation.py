# SPDX-License-Identifier: Apache-2.0
"""One row of the OpenAPI document: what a route takes, what it gives, and the errors that its caller can meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Json = dict[str, Any]

# What a caller has to bring: nothing; a key; a key for what is not public of it; a session, of a certain role where
# `daulat.gateway.access.roles` names one.
Needs = Literal["", "key", "key_unless_public", "session"]
KEY: Final = "key"
KEY_UNLESS_PUBLIC: Final = "key_unless_public"
SESSION: Final = "session"

# What may stand in an address: anything but a NUL; as one name, no slash either.
ANY, NAME = r"^[^\u0000]*$", r"^[^/\u0000]+$"
BODY_ERRORS = (400, 408, 413, 415)


@dataclass(frozen=True, slots=True)
class Operation:
    """One route.

    Attributes
    ----------
    result : type
        What it gives; ``bytes`` for what is not JSON.
    body : type or None
        What it takes as JSON.
    rule : mapping or None
        What a body has to be beyond the shapes of its fields, as a JSON schema.
    form : mapping or None
        The JSON schema of the form that it takes instead.
    streams : bool
        It may answer with server-sent events.
    status : int
        Of an answer that went well.
    later : type or None
        What it gives, with 202, where the answer takes longer.
    needs : str
        What the caller has to bring; see `Needs`. Where it is a key, one's own machine asks for none until the first
        key was given out.
    """

    method: str
    path: str
    operation_id: str
    summary: str
    result: type
    errors: tuple[int, ...]
    body: type | None = None
    rule: Json | None = None
    parameters: tuple[Json, ...] = ()
    streams: bool = False
    form: Json | None = None
    status: int = 200
    later: type | None = None
    needs: Needs = ""


def path_parameter(name: str, description: str, pattern: str = ANY) -> Json:
    """Describe a part of the path."""
    text: Json = {"type": "string", "minLength": 1, "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": text}


def header(name: str, description: str, pattern: str) -> Json:
    """Describe a header that may be sent."""
    text = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": text}


LANGUAGE = header("X-Daulat-Language", "BCP 47 tag of the answer's language.", "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")


def query(name: str, description: str, schema: Json) -> Json:
    """Describe a parameter that may follow the question mark."""
    told = schema | {"pattern": ANY} if schema == {"type": "string"} else schema
    return {"name": name, "in": "query", "required": False, "description": description, "schema": told}
