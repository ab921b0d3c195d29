# SPDX-License-Identifier: Apache-2.0
"""Who calls a route that keeps something of theirs, and where it is kept: a request in, a `Caller` out."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from daulat.gateway._asgi import Request
from daulat.gateway.errors import BadRequest, NotFound
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Call, Caller

_MOST_FIELDS = 64


async def caller_of(parts: Parts, request: Request, route: str) -> Caller:
    """Return who calls.

    Raises
    ------
    DaulatError
        If nobody is known by what was sent.
    """
    return await parts.admission.identify(Call("", route, client=request.client, credential=request.credential))


def reaches(parts: Parts, request: Request, model: str) -> bool:
    """Say whether whoever calls is shown a model or service."""
    service = parts.services.get(model, "")
    return parts.admission.reaches(
        Call(model, "models", client=request.client, credential=request.credential, service=service)
    )


def query_of(request: Request) -> Mapping[str, str]:
    """Return the fields after the question mark; the last of each name."""
    try:
        return dict(parse_qsl(request.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace"))
    except ValueError:
        raise _unread("query", "it has too many fields") from None


def page_of(query: Mapping[str, str]) -> tuple[str | None, int]:
    """Return which page of a list is asked for: after what, and how much.

    Raises
    ------
    BadRequest
        If `limit` is not a number from 1 to 10,000, or another `order` is asked for than the newest first.

    Examples
    --------
    >>> page_of({"limit": "5", "after": "file-1"}), page_of({})
    (('file-1', 5), (None, 20))
    """
    asked = query.get("limit", "20")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 5 and 1 <= int(asked) <= 10_000):
        raise _unread("limit", "`limit` is a number from 1 to 10,000")
    if query.get("order", "desc") != "desc":
        raise _unread("order", "lists are given the newest first, and `order` may only be `desc`")
    return query.get("after") or None, int(asked)


def require_place(found: object, code: str) -> None:
    """Refuse to go on behind what was not found: an empty page would say that nothing follows.

    Raises
    ------
    NotFound
        If it is None.
    """
    if found is None:
        raise NotFound(
            "nothing in this project has the id in `after`",
            why="It may have been deleted meanwhile, and an empty page would say that nothing follows it.",
            fix="list again from the beginning.",
            code=code,
            param="after",
        )


def _unread(param: str, what: str) -> BadRequest:
    return BadRequest(
        f"the query is not what this path takes: {what}",
        why="A page that is read otherwise than it was meant leaves something out.",
        fix="see /openapi.json for the parameters of this path.",
        code="invalid_query",
        param=param,
    )
