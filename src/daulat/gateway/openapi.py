# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document of the API, made from the structs that read and write its bodies, so that the two cannot part.

`openapi_document` is pure; /openapi.json serves what it returns, and docs/reference/openapi.json is a copy of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from daulat.gateway import schema
from daulat.gateway._asgi import JSON_TYPE, Request, Send, send_bytes
from daulat.gateway._operation import (
    BODY_ERRORS,
    KEY,
    KEY_UNLESS_PUBLIC,
    LANGUAGE,
    NAME,
    SESSION,
    Json,
    Needs,
    Operation,
    header,
    path_parameter,
)
from daulat.gateway.access.operations import OPERATIONS as ACCESS
from daulat.gateway.api.operations import OPERATIONS as WIDER
from daulat.gateway.catalogue_schema import ModelCard, ModelList, PassageCard
from daulat.gateway.parts import Parts
from daulat.gateway.plans import PlanJob, PlanRequest
from daulat.gateway.status_schema import Health, Status

_STREAM_ID = path_parameter("stream_id", "From the response header `X-Daulat-Stream`.")
_LAST_EVENT_ID = header("Last-Event-ID", "The `id` of the last event that arrived.", "^[0-9]{1,9}$")

# A plan, whose schema is docs/reference/plan.schema.json or its view's; this document.
Tree = dict[str, Any]
OPERATIONS: tuple[Operation, ...] = (
    Operation("get", "/v1/models", "listModels", "List services, models and the encoder.", ModelList, ()),
    Operation(
        "get",
        "/v1/models/{model}",
        "showModel",
        "Show one model or service.",
        ModelCard,
        (404,),
        parameters=(path_parameter("model", "A name from `GET /v1/models`; it may hold slashes."),),
    ),
    Operation(
        "post",
        "/v1/chat/completions",
        "createChatCompletion",
        "Answer a conversation, whole or as a stream of server-sent events.",
        schema.ChatCompletion,
        (*BODY_ERRORS, 401, 403, 404, 429, 502, 503),
        body=schema.ChatCompletionRequest,
        parameters=(LANGUAGE,),
        streams=True,
        needs=KEY_UNLESS_PUBLIC,
    ),
    Operation(
        "get",
        "/v1/streams/{stream_id}",
        "resumeStream",
        "Go on with a service's stream that dropped.",
        schema.ChatCompletionChunk,
        (400, 404, 410),
        parameters=(_STREAM_ID, _LAST_EVENT_ID),
        streams=True,
    ),
    Operation(
        "delete",
        "/v1/streams/{stream_id}",
        "cancelStream",
        "Stop a service's stream now.",
        schema.Deleted,
        (404,),
        parameters=(_STREAM_ID,),
    ),
    Operation(
        "get",
        "/v1/passages/{passage_id}",
        "showPassage",
        "Show an official passage in its document, with its standing in law.",
        PassageCard,
        (404, 503),
        parameters=(path_parameter("passage_id", "From a citation, percent-encoded."),),
    ),
    Operation("get", "/v1/status", "showStatus", "Say how the service and each of its parts is.", Status, ()),
    Operation("get", "/healthz", "showLiveness", "Say that the process answers.", Health, ()),
    Operation("get", "/readyz", "showReadiness", "Say whether a question would be answered now.", Health, (503,)),
    Operation("get", "/openapi.json", "showOpenapi", "Describe the API: this document.", Tree, ()),
    *WIDER,
    Operation(
        "post",
        "/v1/plans",
        "createPlan",
        "Plan a nation's capacity: at once where it is small, else as a job.",
        Tree,
        (*BODY_ERRORS, 401, 403, 429, 503),
        body=PlanRequest,
        rule={"not": {"required": ["scenario", "plan"]}},
        later=PlanJob,
        needs=KEY_UNLESS_PUBLIC,
    ),
    Operation(
        "get",
        "/v1/plans/{plan_id}",
        "showPlan",
        "Show a job's plan, or how far it is.",
        Tree,
        (400, 401, 404, 503),
        later=PlanJob,
        parameters=(path_parameter("plan_id", "From `POST /v1/plans`.", NAME),),
        needs=KEY,
    ),
    *ACCESS,
)

_MEANING = {
    400: "The request is not what this path takes.",
    401: "A key is needed, or the one that was sent is not known.",
    403: "The key does not reach that, or a page of another site asks.",
    404: "There is nothing of that name.",
    408: "The body did not arrive in time.",
    409: "It was done before, or what it needs has ended.",
    410: "This part of the stream is no longer kept.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    421: "The service does not go by the name in `Host`.",
    429: "Too much at once; come back after `Retry-After` seconds.",
    502: "The engine broke off.",
    503: "Something is still loading, or an engine is away.",
}


_SECURITY: Json = {
    KEY: {"type": "http", "scheme": "bearer", "description": "A key that an operator gave out."},
    SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": "daulat",
        "description": "From signing in; over TLS its name is `__Host-daulat`.",
    },
}


def openapi_document(version: str) -> Json:
    """Describe the API in OpenAPI 3.1.

    Examples
    --------
    >>> [path for path in openapi_document("0.1.0")["paths"] if path.endswith("z")]
    ['/healthz', '/readyz']
    """
    kinds: list[type] = [schema.ErrorEnvelope, schema.ChatCompletionChunk]
    for operation in OPERATIONS:
        kinds += [kind for kind in (operation.body, operation.result, operation.later) if kind not in (None, bytes)]
    references, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    reference = dict(zip(kinds, references, strict=True))
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _describe(operation, reference)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Daulat",
            "version": version,
            "summary": "A country's own AI behind OpenAI's API.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def _describe(operation: Operation, reference: dict[type, Json]) -> Json:
    """Describe one operation."""
    result = reference.get(operation.result, {})
    content: Json = {"application/json": {"schema": result}}
    if operation.result is bytes:
        content = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    if operation.streams:
        content["text/event-stream"] = {"schema": {"type": "string"}}
        if operation.method == "get":
            del content["application/json"]
    responses: Json = {str(operation.status): {"description": "Done.", "content": content}}
    if operation.status == 302:
        responses = {"302": {"description": "Go on at the address in `Location`."}}
    if operation.later is not None:
        later = {"application/json": {"schema": reference[operation.later]}}
        responses["202"] = {"description": "Taken on; ask again at the address in `Location`.", "content": later}
    for status in _errors_of(operation):
        # /readyz answers 503 in the same words as 200.
        is_health = operation.result is Health and status == 503
        body = result if is_health else reference[schema.ErrorEnvelope]
        responses[str(status)] = {"description": _MEANING[status], "content": {"application/json": {"schema": body}}}
    described: Json = {
        "operationId": operation.operation_id,
        "summary": operation.summary,
        "responses": responses,
    }
    if operation.needs:
        described["security"] = _security(operation.needs)
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.body is not None:
        shape = reference[operation.body]
        body_schema = {"allOf": [shape, operation.rule]} if operation.rule else shape
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": body_schema}}}
    if operation.form is not None:
        described["requestBody"] = {
            "required": True, "content": {"multipart/form-data": {"schema": operation.form}}
        }  # fmt: skip
    return described


def _errors_of(operation: Operation) -> list[int]:
    """Return the statuses of what its caller can meet: those of its own, and those of every path of its kind."""
    errors = {*operation.errors, 421}
    if any(parameter["in"] != "header" for parameter in operation.parameters):
        errors.add(400)  # a NUL in the address
    if operation.path.startswith("/v1/"):
        errors |= {401, 403}  # a key that is no good, whatever it is brought for
    elif operation.method != "get":
        errors.add(403)  # a page of another site, as below /v1/
    return sorted(errors)


def _security(needs: Needs) -> list[Json]:
    """Say what a caller has to bring, in OpenAPI's words: any one of these."""
    return [{}, {KEY: []}] if needs == KEY_UNLESS_PUBLIC else [{needs: []}]


def document_route(parts: Parts) -> Callable[[Request, Send], Awaitable[None]]:
    """Return the route that serves the document, encoded once."""
    body = msgspec.json.encode(openapi_document(parts.version))

    async def show_document(request: Request, send: Send) -> None:
        headers = [(b"content-type", JSON_TYPE), (b"x-request-id", request.request_id.encode())]
        await send_bytes(send, 200, body, headers)

    return show_document
