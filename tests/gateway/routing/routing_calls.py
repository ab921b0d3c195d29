# SPDX-License-Identifier: Apache-2.0
"""Shorthands for the tests of routing."""

from __future__ import annotations

from daulat.gateway.defaults import OpenGrant
from daulat.gateway.ports import Call, CallUsage
from daulat.gateway.routing import Declared, ModelRouter, Post, QueueSettings, Residency, Route, Rule
from daulat.models import EngineInterrupted, EngineOverloaded, EngineUnavailable, FakeEngine

ANYWHERE = Residency({name: Rule(None) for name in ("public", "internal", "personal")})
WELL = CallUsage(status=200, completion_tokens=10)
GONE = CallUsage(status=499)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def post(model: str, place: str = "XA", **fields: object) -> Post:
    return Post(Declared(model, FakeEngine([model], name=model), place, **fields))


def router_of(*posts: Post, policy: str = "least-busy", residency=ANYWHERE, queue=None, **fields) -> ModelRouter:
    route = Route("writer", tuple((each, 1.0) for each in posts), policy)
    alone = [Route(each.model, ((each, 1.0),)) for each in posts]
    return ModelRouter(posts, [route, *alone], residency, queue=queue or QueueSettings(), **fields)


def call(model: str = "writer", **fields: object) -> Call:
    return Call(model, "chat/completions", **fields)


def grant(organisation: str = "moh", data_class: str = "public", priority: str = "interactive") -> OpenGrant:
    return OpenGrant(organisation=organisation, data_class=data_class, priority=priority)


def unavailable() -> EngineUnavailable:
    return EngineUnavailable("away", why="-", fix="-", code="models.engine.unavailable")


def interrupted() -> EngineInterrupted:
    return EngineInterrupted("broke", why="-", fix="-", code="models.engine.interrupted")


def overloaded(retry_after_s: float | None = None) -> EngineOverloaded:
    return EngineOverloaded("busy", why="-", fix="-", code="models.engine.overloaded", retry_after_s=retry_after_s)
