# SPDX-License-Identifier: Apache-2.0
"""Administration over HTTP: organisations, projects, keys, limits, usage, roles and audit, as JSON.

A request of somebody who is signed in comes in; each is held against the one table of roles before anything is read.
Rows, or a change with its audit event, go out. What a member may not see is told apart from nothing only by its
absence. Changes are taken from pages of this site alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import msgspec

from daulat.gateway._asgi import Request, Route, Routes, Send, send_json
from daulat.gateway._decode import decode
from daulat.gateway.access.bodies import (
    LONGEST_OVERLAP_HOURS,
    MOST_DAYS,
    KeyBody,
    LimitBody,
    OrganisationBody,
    ProjectBody,
    RoleBody,
    RotateBody,
)
from daulat.gateway.access.errors import AccessError, Conflict, Forbidden, require_known
from daulat.gateway.access.limits import (
    grant_role,
    limits_of,
    parse_amount,
    reading_as_data,
    revoke_role,
    roles,
    set_limit,
)
from daulat.gateway.access.origins import require_own_page
from daulat.gateway.access.records import require_services
from daulat.gateway.access.registry import KeyRules, NewKey, Registry, as_data
from daulat.gateway.access.roles import Reach, reach
from daulat.gateway.access.sessions import Person
from daulat.gateway.access.sign_in import SignInRoutes
from daulat.gateway.errors import BadRequest, NotFound, NotReady, RequestError
from daulat.gateway.quota.counters import CountersUnavailableError
from daulat.gateway.quota.leases import Leases
from daulat.ledger.errors import LedgerError
from daulat.ledger.usage_report import as_data as sums_as_data
from daulat.ledger.usage_report import sum_usage
from daulat.store import Store

_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Office:
    """What the routes work with, once the database is there."""

    store: Store
    leases: Leases
    zone: ZoneInfo
    now: Callable[[], datetime]
    services: Collection[str] | None = None  # those that are declared, where that is known


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody whose reach on this route is known; `organisations` are theirs where it is their own."""

    request: Request
    person: Person
    reach: Reach
    organisations: frozenset[str]
    office: Office

    @property
    def registry(self) -> Registry:
        """The register, on behalf of whoever this is; the audit names the role that let them."""
        return Registry(self.office.store, by=self.person.held[0].id, now=self.office.now)

    def sees(self, organisation: str) -> bool:
        """Say whether something of an organisation is within reach."""
        return self.reach == "all" or organisation in self.organisations

    def require(self, organisation: str) -> None:
        """Refuse what is out of reach, in the words for what is not there.

        Raises
        ------
        NotFound
            If it is of another organisation.
        """
        if not self.sees(organisation):
            raise NotFound(
                "there is no such thing within your reach",
                why="Members see what belongs to their own organisation.",
                fix="ask an operator.",
                code="not_found",
            )

    def asked(self, name: str, otherwise: str = "") -> str:
        """Return a parameter of the address."""
        return parse_qs(self.request.query, keep_blank_values=True).get(name, [otherwise])[0]


Handler = Callable[[Visit], Awaitable[Any]]


class AdminRoutes:
    """The routes of administration.

    Parameters
    ----------
    sign_in : SignInRoutes
        Knows who sends a request.
    office : coroutine function
        Gives what the routes work with, once the database is there.
    """

    def __init__(self, sign_in: SignInRoutes, office: Callable[[], Awaitable[Office]]) -> None:
        self._sign_in, self._office = sign_in, office

    def routes(self) -> Routes:
        """List the addresses; each stands in `daulat.gateway.access.roles.RULES`."""
        root = "/v1/admin"
        return {
            f"{root}/organisations": self._by(
                {"GET": list_organisations, "POST": create_organisation}, "organisations"
            ),
            f"{root}/organisations/": self._by({"DELETE": close_organisation}, "organisations/{id}"),
            f"{root}/projects": self._by({"GET": list_projects, "POST": create_project}, "projects"),
            f"{root}/projects/": self._by({"DELETE": close_project}, "projects/{id}"),
            f"{root}/keys": self._by({"GET": list_keys, "POST": create_key}, "keys"),
            f"{root}/keys/*/rotate": self._by({"POST": rotate_key}, "keys/{id}/rotate"),
            f"{root}/keys/": self._by({"DELETE": revoke_key}, "keys/{id}"),
            f"{root}/limits": self._by({"GET": show_limits, "PUT": put_limit}, "limits"),
            f"{root}/usage": self._by({"GET": show_usage}, "usage"),
            f"{root}/roles": self._by({"GET": list_roles, "POST": create_role}, "roles"),
            f"{root}/roles/": self._by({"DELETE": remove_role}, "roles/{id}"),
            f"{root}/events": self._by({"GET": list_events}, "events"),
        }

    def _by(self, handlers: dict[str, Handler], name: str) -> dict[str, Route]:
        path = f"/v1/admin/{name}"
        return {method: partial(self._answer, handler, method, path) for method, handler in handlers.items()}

    async def _answer(self, handler: Handler, method: str, path: str, request: Request, send: Send) -> None:
        """Find out who this is and how far they reach; only then do what is asked."""
        person = await self._sign_in.person(request)
        reached, organisations = reach(person.held, method, path)
        if not reached:
            raise Forbidden(
                "your roles do not reach this",
                why="Each role has its own reach: docs/reference/roles.md.",
                fix="ask an owner for the role that you need.",
                code="role_not_allowed",
            )
        if method != "GET":
            require_own_page(request)
        visit = Visit(request, person, reached, organisations, await self._office())
        try:
            payload = await handler(visit)
        except AccessError as error:
            raise _kind(error.code)(error.what, why=error.why, fix=error.fix, code=error.code) from None
        except LedgerError as error:
            raise BadRequest(error.what, why=error.why, fix=error.fix, code=error.code) from None
        await send_json(send, payload, request.request_id)


async def list_organisations(visit: Visit) -> Any:
    """List organisations."""
    found = await visit.registry.organisations()
    return {"data": [as_data(each) for each in found if visit.sees(each.id)]}


async def create_organisation(visit: Visit) -> Any:
    """Add an organisation."""
    body = decode(await visit.request.json_body(), OrganisationBody)
    await visit.registry.create_organisation(body.id, body.name)
    return {"id": body.id}


async def close_organisation(visit: Visit) -> Any:
    """Close an organisation."""
    await visit.registry.close("organisation", visit.request.rest)
    return {"id": visit.request.rest, "closed": True}


async def list_projects(visit: Visit) -> Any:
    """List projects."""
    found = await visit.registry.projects(visit.asked("within"))
    return {"data": [as_data(each) for each in found if visit.sees(each.organisation_id)]}


async def create_project(visit: Visit) -> Any:
    """Add a project."""
    body = decode(await visit.request.json_body(), ProjectBody)
    await visit.registry.create_project(body.id, body.name)
    return {"id": body.id}


async def close_project(visit: Visit) -> Any:
    """Close a project."""
    await visit.registry.close("project", visit.request.rest)
    return {"id": visit.request.rest, "closed": True}


async def list_keys(visit: Visit) -> Any:
    """List keys."""
    found = await visit.registry.keys(visit.asked("within"))
    return {"data": [as_data(each) for each in found if visit.sees(_organisation(each.project_id))]}


async def create_key(visit: Visit) -> Any:
    """Make a key."""
    body = decode(await visit.request.json_body(), KeyBody)
    visit.require(_organisation(body.project))
    ends = None
    if body.expires_in_days is not None:
        if not 0 < body.expires_in_days <= MOST_DAYS:
            raise _bad(f"`expires_in_days` is above 0 and at most {MOST_DAYS:,}", "expires_in_days")
        ends = visit.office.now() + timedelta(days=body.expires_in_days)
    if visit.office.services is not None:
        require_services(body.services, visit.office.services)
    names = tuple(body.models), tuple(body.services), tuple(body.networks)
    rules = KeyRules(*names, body.data_class, body.highest_priority, ends)
    if visit.reach == "own" and (body.highest_priority == "emergency"):
        raise _bad("only operators give out keys for emergencies", "highest_priority")
    return _once(await visit.registry.create_key(body.project, body.name, rules))


async def revoke_key(visit: Visit) -> Any:
    """Revoke a key."""
    await _require_key(visit, visit.request.rest)
    return as_data(await visit.registry.revoke_key(visit.request.rest))


async def rotate_key(visit: Visit) -> Any:
    """Replace a key."""
    number = visit.request.rest
    await _require_key(visit, number)
    body = decode(await visit.request.json_body(), RotateBody)
    if not 0 <= body.overlap_hours <= LONGEST_OVERLAP_HOURS:
        raise _bad(f"`overlap_hours` is from 0 to {LONGEST_OVERLAP_HOURS}", "overlap_hours")
    return _once(await visit.registry.rotate_key(number, timedelta(hours=body.overlap_hours)))


async def show_limits(visit: Visit) -> Any:
    """Show limits with the rows that refuse."""
    limits = await limits_of(visit.office.store)
    projects = {key.id: key.project_id for key in await visit.registry.keys()}
    seen = [
        limit
        for limit in limits
        if visit.sees(_organisation(projects.get(limit.scope_id, "") if limit.scope == "key" else limit.scope_id))
    ]
    try:
        readings = await visit.office.leases.read(seen) if seen else []
    except CountersUnavailableError:
        raise NotReady(
            "limits cannot be read at present",
            why="The counters do not answer.",
            fix="try again in a few seconds.",
            code="quota_unavailable",
        ) from None
    return {"data": [reading_as_data(reading) for reading in readings]}


async def put_limit(visit: Visit) -> Any:
    """Set or remove a limit."""
    body = decode(await visit.request.json_body(), LimitBody)
    amount = None if body.amount is None else parse_amount(body.amount)
    await set_limit(visit.registry, body.scope, body.of, body.metric, body.period, amount, body.currency)
    return msgspec.to_builtins(body)


async def show_usage(visit: Visit) -> Any:
    """Sum up usage."""
    require_known(parse_qs(visit.request.query, keep_blank_values=True), "month", "by", "each", "project", "discarded")
    zone = visit.office.zone
    discarded = visit.asked("discarded", "false")
    if discarded not in ("true", "false"):
        raise _bad("`discarded` is neither `true` nor `false`", "discarded")
    sums = await sum_usage(
        visit.office.store,
        visit.asked("month", visit.office.now().astimezone(zone).strftime("%Y-%m")),
        zone,
        by=visit.asked("by", "project"),  # type: ignore[arg-type]  # checked where it is used
        each=visit.asked("each"),  # type: ignore[arg-type]
        organisations=visit.organisations if visit.reach == "own" else (),
        project=visit.asked("project"),
        discarded=discarded == "true",
    )
    return {"data": sums_as_data(sums)}


async def list_roles(visit: Visit) -> Any:
    """List roles."""
    return {"data": [as_data(each) for each in await roles(visit.office.store)]}


async def create_role(visit: Visit) -> Any:
    """Give a role."""
    body = decode(await visit.request.json_body(), RoleBody)
    return {"id": await grant_role(visit.registry, body.principal, body.role, body.organisation)}


async def remove_role(visit: Visit) -> Any:
    """Take a role away."""
    await revoke_role(visit.registry, visit.request.rest)
    return {"id": visit.request.rest, "revoked": True}


async def list_events(visit: Visit) -> Any:
    """List the last audit events."""
    rows = await visit.office.store.fetch(
        "SELECT id, at, kind, payload, hash FROM ledger_event ORDER BY id DESC LIMIT %s", [_EVENTS]
    )
    events = [
        {"id": number, "at": at.isoformat(), "kind": kind, "payload": payload, "hash": bytes(sealed).hex()}
        for number, at, kind, payload, sealed in rows
    ]
    return {"data": events}


def _organisation(named: str) -> str:
    return named.partition("/")[0]


def _once(new: NewKey) -> dict[str, Any]:
    return {**as_data(new.key), "key": new.token}


async def _require_key(visit: Visit, number: str) -> None:
    found = await visit.registry.keys(number)
    visit.require(_organisation(found[0].project_id) if found else "")


def _kind(code: str) -> type[RequestError]:
    """Return what a request gets for a fault that the register has found."""
    if ".no_" in code:
        return NotFound
    return Conflict if code.endswith((".taken", "_closed", "_revoked")) else BadRequest


def _bad(what: str, param: str) -> BadRequest:
    return BadRequest(
        what, why="Nothing has been changed.", fix="correct it and send it again.", code="invalid", param=param
    )
