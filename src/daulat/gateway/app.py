# SPDX-License-Identifier: Apache-2.0
"""The ASGI app: a request in, the route that answers it, an error in OpenAI's envelope where it cannot.

The router is one dictionary look-up; only the few routes that end in ``/`` look further. Paths that are not the API's
go to the pages. Knows no database, no model and no country.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from daulat.disconnect import ClientGone
from daulat.errors import DaulatError
from daulat.gateway._asgi import BODY_LIMIT_BYTES, Receive, Request, Route, Routes, Scope, Send, send_error
from daulat.gateway._headers import read_headers, require_host
from daulat.gateway.access.origins import READING, own_origins, require_local_name, require_own_page
from daulat.gateway.api.routes import api_routes
from daulat.gateway.catalogue import CatalogueRoutes
from daulat.gateway.chat import ChatRoutes
from daulat.gateway.errors import BadRequest, MethodNotAllowed, NotFound, NotReady, defect
from daulat.gateway.health import HealthRoutes
from daulat.gateway.openapi import document_route
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Call
from daulat.gateway.proxy import Proxy
from daulat.gateway.streams import Streams


class Gateway:
    """The app that `create_app` makes. `close` ends the streams that are still running, and fetching."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._streams = Streams(parts.new_id)
        self._origins = own_origins(parts.allowed_origins, parts.public_url)
        self.proxy = Proxy(parts)
        self.exact, self.prefixed = _routes(parts, self._streams, self.proxy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise NotImplementedError(f"this app speaks HTTP, not {scope['type']}")
        request_id = self._parts.new_id()
        try:
            require_host(scope)
            if self._parts.is_private:
                require_local_name(scope["headers"])
            path: str = scope["path"]
            by_method, rest = self.exact.get(path), ""
            if by_method is None:
                by_method, rest = self._find(path)
            is_page = not path.startswith("/v1/") and not self._is_meant_for_the_api(path, scope)
            if by_method is None and is_page and self._parts.web is not None:
                if scope["method"] not in READING:
                    self._look_at_sender(self._read(scope, rest, receive, request_id))
                await self._parts.web(scope, receive, send)
                return
            request = self._read(scope, rest, receive, request_id)
            self._look_at_sender(request)
            await self._route(by_method, request)(request, send)
        except ClientGone:
            return
        except asyncio.CancelledError:
            with suppress(RuntimeError):  # what has begun can only break off
                await send_error(send, _stopping(), request_id)
            raise
        except DaulatError as error:
            await send_error(send, error, request_id)
        except Exception as error:  # noqa: BLE001 - the edge of the process: a defect becomes a 500 with a reference
            told = defect(error, request_id)
            with suppress(RuntimeError):  # a server begins no answer twice: what has begun can only break off
                await send_error(send, told, request_id)

    def _look_at_sender(self, request: Request) -> None:
        """Refuse a key that is no good, whatever it is brought for, and a foreign page that brings none."""
        # What is posted is admitted by its route, which also counts a refusal.
        if request.credential and request.method != "POST" and request.path.startswith("/v1/"):
            self._parts.admission.recognise(
                Call("", "", client=request.client, credential=request.credential, request_id=request.request_id)
            )
        elif not request.credential and request.method not in READING:
            require_own_page(request, self._origins)

    def _read(self, scope: Scope, rest: str, receive: Receive, request_id: str) -> Request:
        """Read what stands in the head of a request."""
        headers, client = read_headers(scope["headers"]), scope.get("client") or ("",)
        limit_bytes = self._parts.body_limit_bytes if b"authorization" in headers else BODY_LIMIT_BYTES
        request = Request(
            scope["method"], scope["path"], rest, headers, receive, request_id, self._parts.body_timeout_s, client[0],
            limit_bytes,
        )  # fmt: skip
        query = scope.get("query_string", b"")
        if query or rest:
            _require_no_nul(query, rest)
            request.query = query.decode("latin-1")
        return request

    async def close(self) -> None:
        """End every stream that is still running, with a word to its reader."""
        farewell = _stopping()
        await asyncio.gather(self._streams.close(farewell), self.proxy.flows.close(farewell))
        if self._parts.media is not None:
            self._parts.media.close()

    def _find(self, path: str) -> tuple[dict[str, Route] | None, str]:
        for pattern, by_method in self.prefixed.items():
            head, _, tail = pattern.partition("*")
            if path.startswith(head) and path.endswith(tail) and len(path) > len(head) + len(tail):
                return by_method, path[len(head) : len(path) - len(tail)]
        return None, ""

    def _is_meant_for_the_api(self, path: str, scope: Scope) -> bool:
        """Say whether a program forgot the `/v1` of its base URL: it speaks JSON, as no page does, to what is there."""
        speaks_json = any(
            name in (b"content-type", b"accept") and value.startswith(b"application/json")
            for name, value in scope["headers"]
        )
        return speaks_json and (f"/v1{path}" in self.exact or self._find(f"/v1{path}")[0] is not None)

    def _nothing_at(self, path: str) -> NotFound:
        """Say that a path is not served, and which one may be meant."""
        meant = next((each for each in (path.rstrip("/"), path.removeprefix("/v1")) if each in self.exact), None)
        if meant is not None:
            fix = f"call `{meant}`."
        elif path.startswith("/v1/"):
            fix = "ask for one of those; what else OpenAI has is not served here."
        else:
            fix = "check the base URL: it ends in `/v1`."
        return NotFound(
            "there is nothing at this path", why="The API serves the paths in /openapi.json.", fix=fix, code="not_found"
        )

    def _route(self, by_method: dict[str, Route] | None, request: Request) -> Route:
        if by_method is None:
            raise self._nothing_at(request.path)
        # A probe may ask for the head alone; the server leaves the body out.
        route = by_method.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            raise MethodNotAllowed(request.method, request.path, tuple(by_method))
        return route


def _stopping() -> NotReady:
    return NotReady(
        "the service is stopping",
        why="Its operator has asked it to.",
        fix="ask again in a minute.",
        code="stopping",
    )


def _require_no_nul(query: bytes, rest: str) -> None:
    """Refuse the one character that no database keeps; in bodies the shapes of their fields do."""
    if b"%00" in query or "\0" in rest:
        raise BadRequest(
            "a NUL stands in the address",
            why="Nothing here has such a name, and the database cannot look for it.",
            fix="leave `%00` out.",
            code="nul_in_address",
        )


def _routes(parts: Parts, streams: Streams, proxy: Proxy) -> tuple[Routes, Routes]:
    """List every route: those with a path of their own, and those whose path goes on after a ``/`` or holds a ``*``."""
    chat, catalogue, health = ChatRoutes(parts, streams, proxy), CatalogueRoutes(parts), HealthRoutes(parts)
    exact: Routes = {
        "/v1/chat/completions": {"POST": chat.complete},
        "/v1/models": {"GET": catalogue.list_models},
        "/v1/status": {"GET": health.status},
        "/healthz": {"GET": health.alive},
        "/readyz": {"GET": health.ready},
        "/openapi.json": {"GET": document_route(parts)},
    }
    prefixed: Routes = {
        "/v1/models/": {"GET": catalogue.show_model},
        "/v1/passages/": {"GET": catalogue.show_passage},
        "/v1/streams/": {"GET": chat.resume, "DELETE": chat.cancel},
    }
    wider, wider_prefixed = api_routes(parts, proxy, chat.complete)
    exact |= wider
    prefixed |= wider_prefixed
    for path, by_method in parts.routes.items():
        (prefixed if path.endswith("/") or "*" in path else exact)[path] = by_method
    return exact, prefixed


def create_app(parts: Parts) -> Gateway:
    """Build the app over its parts. Nothing is opened, started or read here."""
    return Gateway(parts)
