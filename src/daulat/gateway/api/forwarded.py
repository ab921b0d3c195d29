# SPDX-License-Identifier: Apache-2.0
"""Routes that are an engine's own: bytes in, bytes out; and a clear word where the model is a service, or its engine
does not have the route. Reads no more than the proxy does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from daulat.gateway._asgi import Request, Route, Send
from daulat.gateway.errors import BadRequest, NotFound, NotReady
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Embedder
from daulat.gateway.proxy import Asked, Proxy, read_asked
from daulat.models import EngineRefused, UnknownModel

# What a server answers to a path that it does not have, or does not have for this model.
ABSENT = (404, 405, 501)

Encoded = Callable[[Parts, Request, Send, Asked, Embedder], Awaitable[None]]
"""Answers a request with the encoder of this machine."""


class Forwarded:
    """Passes a route on to the engine of its model.

    Parameters
    ----------
    parts : Parts
        Who admits and routes.
    proxy : Proxy
        Carries the bytes.
    """

    def __init__(self, parts: Parts, proxy: Proxy) -> None:
        self._parts = parts
        self._proxy = proxy

    def route(self, name: str) -> Route:
        """Return the handler of ``/v1/<name>``."""

        async def handle(request: Request, send: Send) -> None:
            await self.forward(request, send, name, await request.json_body())

        return handle

    def or_encoded(self, name: str, encoded: Encoded) -> Route:
        """Return the handler of ``/v1/<name>``, which `encoded` answers under the name of this machine's encoder."""

        async def handle(request: Request, send: Send) -> None:
            body = await request.json_body()
            asked = read_asked(body, name, may_fetch=self._parts.media is not None)
            embedder = self._parts.embedder
            if embedder is None or asked.model != embedder.name:
                await self.forward(request, send, name, body)
            else:
                await encoded(self._parts, request, send, asked, embedder)

        return handle

    async def forward(self, request: Request, send: Send, name: str, body: bytes) -> None:
        """Pass one request on.

        Raises
        ------
        BadRequest
            If its model is a service.
        NotFound
            If the engine does not have the route.
        NotReady
            If no engine has the model, and the encoder, which may be meant, is still loading.
        """
        asked = read_asked(body, name, may_fetch=self._parts.media is not None)
        if asked.model in self._parts.services:
            raise service_refuses(name)
        try:
            await self._proxy.forward(request, send, name, body)
        except EngineRefused as error:
            raise absent(name, error) from None
        except UnknownModel:
            if "knowledge" in self._parts.readiness.waiting_for():
                raise _loading() from None
            raise


def service_refuses(name: str) -> BadRequest:
    """Return the refusal of a route that a service does not have."""
    return BadRequest(
        f"this model is a service, and a service does not have /v1/{name}",
        why="It answers questions from the official text, with citations, and does nothing else.",
        fix="use POST /v1/chat/completions or POST /v1/responses, or name a raw model.",
        code="unsupported_route",
        param="model",
    )


def absent(name: str, error: EngineRefused) -> EngineRefused | NotFound:
    """Return what a caller is told of an engine's refusal: that it lacks the route, or what it said."""
    if error.status not in ABSENT:
        return error
    return NotFound(
        f"the engine of this model does not have /v1/{name}",
        why="It answered that there is no such path, or no such model on it.",
        fix="use a model whose engine has it; GET /v1/models lists the models.",
        code="unsupported_route",
        param="model",
    )


def _loading() -> NotReady:
    return NotReady(
        "no engine has this model, and the encoder is not there yet",
        why="The encoder may be what is meant.",
        fix="try again in a few seconds; GET /v1/status says what is loading.",
        code="loading",
    )
