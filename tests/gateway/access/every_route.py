# SPDX-License-Identifier: Apache-2.0
"""One call for each route: what it is sent, on what, and what comes back to whoever reaches it."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from daulat.gateway.access.limits import grant_role

SERVICE, RAW = "xa/public-services", "writer"
ASK = [{"role": "user", "content": "hello"}]
BOUNDARY = "form-of-a-test"
JSON, FORM = "application/json", f"multipart/form-data; boundary={BOUNDARY}"
LINE = json.dumps({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions",
                   "body": {"model": RAW, "messages": ASK}}) + "\n"  # fmt: skip
number = itertools.count()


def form(file: str, **fields: str) -> bytes:
    """Write a form with one file."""
    parts = [f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
             for name, value in fields.items()]  # fmt: skip
    head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
    return ("".join(parts) + f"{head}{file}\r\n--{BOUNDARY}--\r\n").encode()


@dataclass(frozen=True)
class RouteCall:
    """What a route is sent, and the status and code that it answers with where the caller reaches it.

    `rest` is what wants a key or a role; `public` what is left of the route without one. `{n}` is a number of its own.
    """

    rest: Any = None
    public: Any = None
    status: int = 200
    code: str = ""
    content_type: str = field(default=JSON)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the route has."""
        return ("rest",) if self.public is None else ("public",) if self.rest is None else ("public", "rest")

    def body(self, part: str) -> bytes | None:
        """Write the body for one part of the route; None where there is none."""
        body = self.public if part == "public" else self.rest
        if body is None or isinstance(body, bytes):
            return body
        stamp = str(next(number))
        return json.dumps(body).replace("{n}", stamp).encode()


EMPTY, GONE = RouteCall(), RouteCall(status=404, code="response_not_stored")
NO_PROVIDER = RouteCall(status=404, code="no_sign_in")
PORTAL = {"scope": "project", "of": "moh/portal"}

CALLS: dict[str, RouteCall] = {
    "GET /v1/models": EMPTY,
    "GET /v1/models/{model}": EMPTY,
    "POST /v1/chat/completions": RouteCall({"model": RAW, "messages": ASK}, {"model": SERVICE, "messages": ASK}),
    "GET /v1/streams/{stream_id}": EMPTY,
    "DELETE /v1/streams/{stream_id}": EMPTY,
    "GET /v1/passages/{passage_id}": EMPTY,
    "GET /v1/status": EMPTY,
    "GET /healthz": EMPTY,
    "GET /readyz": EMPTY,
    "GET /openapi.json": EMPTY,
    "POST /v1/completions": RouteCall({"model": RAW, "prompt": "One"}),
    "POST /v1/responses": RouteCall({"model": RAW, "input": "hello"}, {"model": SERVICE, "input": "hello"}),
    "GET /v1/responses/{response_id}": GONE,
    "DELETE /v1/responses/{response_id}": GONE,
    "POST /v1/embeddings": RouteCall({"model": "tiny-encoder", "input": "hello"}),
    "POST /v1/rerank": RouteCall({"model": "tiny-encoder", "query": "hello", "documents": ["a", "b"]}),
    "POST /v1/moderations": RouteCall({"input": "hello"}),
    "POST /v1/audio/transcriptions": RouteCall(form("sound", model="ear"), content_type=FORM),
    "POST /v1/audio/speech": RouteCall({"model": "mouth", "input": "hello", "voice": "alloy"}),
    "POST /v1/files": RouteCall(form(LINE, purpose="batch"), content_type=FORM),
    "GET /v1/files": EMPTY,
    "GET /v1/files/{file_id}": EMPTY,
    "GET /v1/files/{file_id}/content": EMPTY,
    "DELETE /v1/files/{file_id}": EMPTY,
    "POST /v1/batches": RouteCall({"input_file_id": "{file}", "endpoint": "/v1/chat/completions",
                                   "completion_window": "24h"}),
    "GET /v1/batches": EMPTY,
    "GET /v1/batches/{batch_id}": EMPTY,
    "POST /v1/batches/{batch_id}/cancel": EMPTY,
    "GET /v1/vector_stores": EMPTY,
    "GET /v1/vector_stores/{vector_store_id}": EMPTY,
    "POST /v1/vector_stores/{vector_store_id}/search": RouteCall(public={"query": "births"}),
    "POST /v1/plans": RouteCall({"draws": 1, "view": "summary"}, {"draws": 1, "view": "page"}),
    "GET /v1/plans/{plan_id}": RouteCall(status=202),
    "GET /v1/usage": EMPTY,
    "GET /v1/admin/organisations": EMPTY,
    "POST /v1/admin/organisations": RouteCall({"id": "new-{n}"}),
    "DELETE /v1/admin/organisations/{id}": EMPTY,
    "GET /v1/admin/projects": EMPTY,
    "POST /v1/admin/projects": RouteCall({"id": "moh/new-{n}"}),
    "DELETE /v1/admin/projects/{id}": EMPTY,
    "GET /v1/admin/keys": EMPTY,
    "POST /v1/admin/keys": RouteCall({"project": "moh/portal", "name": "made by a test"}),
    "DELETE /v1/admin/keys/{id}": EMPTY,
    "POST /v1/admin/keys/{id}/rotate": RouteCall({"overlap_hours": 1}),
    "GET /v1/admin/limits": EMPTY,
    "PUT /v1/admin/limits": RouteCall({**PORTAL, "metric": "requests", "period": "day", "amount": "5000"}),
    "GET /v1/admin/usage": EMPTY,
    "GET /v1/admin/roles": EMPTY,
    "POST /v1/admin/roles": RouteCall({"principal": "subject:new-{n}", "role": "auditor"}),
    "DELETE /v1/admin/roles/{id}": EMPTY,
    "GET /v1/admin/events": EMPTY,
    # With a provider these two are walked through in test_sign_in.py.
    "GET /auth/sign-in": NO_PROVIDER,
    "GET /auth/callback": NO_PROVIDER,
    "GET /auth/session": EMPTY,
    "POST /auth/sign-out": EMPTY,
}  # fmt: skip


@dataclass
class WholeGateway:
    """A gateway that mounts all there is, and who calls it: `headers` by caller."""

    port: int
    app: Any
    office: Any
    shelf: Any
    headers: dict[str, dict[str, str]]
    sign_in: Any
    plan_id: str = ""

    @property
    def with_key(self) -> dict[str, str]:
        return self.headers["key"]

    async def bring(self, caller: str) -> dict[str, str]:
        """Return what a caller sends along; a session is of its own, for one of the calls ends it."""
        return self.headers[caller] if caller in self.headers else {"cookie": await self.sign_in(caller)}


async def asked_by(gateway, caller, operation, part) -> tuple[int, str]:
    """Send a route its call on behalf of a caller; return the status, and the code of an error."""
    call = CALLS[f"{operation.method.upper()} {operation.path}"]
    path, body = await target(gateway, operation), call.body(part)
    if body is not None and b"{file}" in body:
        body = body.replace(b"{file}", (await a_file(gateway)).encode())
    headers = {"content-type": call.content_type, **await gateway.bring(caller)}
    status, data = await send(gateway, operation.method.upper(), path, body, headers)
    return status, json.loads(data)["error"]["code"] if status >= 400 else ""


async def send(gateway, method, path, body=None, headers=None) -> tuple[int, bytes]:
    """Send one request and read its answer to the end."""

    def sending():
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, data

    return await asyncio.to_thread(sending)


async def target(gateway, operation) -> str:
    """Return the address of a route, with something of its own to act on."""
    if "{" not in operation.path:
        return operation.path
    name = next(made for start, made in MADE.items() if operation.path.startswith(start))
    return operation.path.partition("{")[0] + await name(gateway) + operation.path.partition("}")[2]


async def a_stream(gateway) -> str:
    """Begin an answer of a service, read it, and return the id under which it is kept."""

    def beginning():
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        body = json.dumps({"model": SERVICE, "messages": ASK, "stream": True})
        connection.request("POST", "/v1/chat/completions", body, {"content-type": JSON, **gateway.with_key})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.headers["x-daulat-stream"]

    return await asyncio.to_thread(beginning)


async def a_file(gateway) -> str:
    return (await gateway.shelf.add("moh/portal", "a.jsonl", "batch", LINE.encode(), None)).id


async def a_batch(gateway) -> str:
    asked = {"input_file_id": await a_file(gateway), "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    return await made_over_http(gateway, "/v1/batches", asked)


async def a_plan(gateway) -> str:
    """Take one long job, whose state everybody is asked for: it is not done before the test is."""
    if not gateway.plan_id:
        gateway.plan_id = await made_over_http(gateway, "/v1/plans", {"draws": 20_000, "sensitivity": True})
    return gateway.plan_id


async def made_over_http(gateway, path, body) -> str:
    status, data = await send(gateway, "POST", path, json.dumps(body), {"content-type": JSON, **gateway.with_key})
    assert status in (200, 202), data
    return json.loads(data)["id"]


async def an_organisation(gateway) -> str:
    name = f"closing-{next(number)}"
    await gateway.office.registry.create_organisation(name, "")
    return name


async def a_project(gateway) -> str:
    name = f"moh/closing-{next(number)}"
    await gateway.office.registry.create_project(name, "")
    return name


async def a_key(gateway) -> str:
    return (await gateway.office.key()).key.id


async def a_role(gateway) -> str:
    return await grant_role(gateway.office.registry, f"subject:x{next(number)}", "editor", "")


def named(text):
    async def name(gateway) -> str:
        return text

    return name


MADE = {
    "/v1/models/": named(RAW),
    "/v1/streams/": a_stream,
    "/v1/passages/": named(quote("XA-1-2001:pasal-28#7", safe="")),
    "/v1/responses/": named("resp_1"),
    "/v1/files/": a_file,
    "/v1/batches/": a_batch,
    "/v1/vector_stores/": named("vs_xa_public-services"),
    "/v1/plans/": a_plan,
    "/v1/admin/organisations/": an_organisation,
    "/v1/admin/projects/": a_project,
    "/v1/admin/keys/": a_key,
    "/v1/admin/roles/": a_role,
}
