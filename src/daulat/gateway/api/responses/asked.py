# SPDX-License-Identifier: Apache-2.0
"""A request of the Responses API as one for a chat completion: a body in, another body out.

What could not be honoured is refused by name; nothing is guessed. Fields that this side does not know travel on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from daulat.gateway._decode import decode
from daulat.gateway.api.responses.schema import ResponseRequest
from daulat.gateway.errors import BadRequest

Json = dict[str, Any]

_KNOWN = frozenset(ResponseRequest.__struct_fields__)
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_TEXT_PARTS = ("input_text", "output_text", "text")
# Fields of a chat completion by the names that they have in a request of this API.
_NAMES = {
    "logprobs": "top_logprobs",
    "max_tokens": "max_output_tokens",
    "messages": "input",
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
    "verbosity": "text.verbosity",
}
_FIELD, _QUOTED = re.compile(r"[.\[]"), re.compile(r"`([a-z_]+)`")


def read_request(body: bytes) -> tuple[ResponseRequest, Json]:
    """Read a body; return it, and the fields that only an engine knows.

    Raises
    ------
    BadRequest
        If it is malformed, or asks for what is not kept or not done here.
    """
    request = decode(body, ResponseRequest)
    raw = decode(body, dict[str, msgspec.Raw])
    others = {name: msgspec.json.decode(value) for name, value in raw.items() if name not in _KNOWN}
    if request.previous_response_id or request.conversation:
        raise _not_kept(
            "an earlier response cannot be referred to",
            fix="send the whole conversation as `input`: the output items of earlier responses may stand in it.",
            param="previous_response_id" if request.previous_response_id else "conversation",
        )
    for name, asked, why in (
        ("store", request.store, "Questions and answers are not kept here, so nothing could be fetched later."),
        ("background", request.background, "An answer that nobody waits for would have to be kept; use /v1/batches."),
        ("prompt", request.prompt is not None, "No prompts are kept here."),
        ("truncation", request.truncation not in (None, "disabled"), "The caller knows best what may be left out."),
        ("max_tool_calls", request.max_tool_calls is not None, "Tools are called by the application, not here."),
    ):
        if asked:
            raise _unsupported(name, why)
    return request, others


def to_chat(request: ResponseRequest, others: Json, *, is_service: bool) -> bytes:
    """Return the body of the chat completion that answers a request.

    Raises
    ------
    BadRequest
        If an item of the input, a tool or its choice is not one that a chat completion can carry.

    Examples
    --------
    >>> to_chat(ResponseRequest("m", "Hi", instructions="Be brief.", max_output_tokens=8), {}, is_service=False)
    b'{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"max_tokens":8}'
    """
    messages = [{"role": "system", "content": request.instructions}] if request.instructions else []
    if isinstance(request.input, str):
        messages.append({"role": "user", "content": request.input})
    else:
        messages += _messages(request.input)
    top_logprobs = request.top_logprobs or None  # none is what clients send who want none
    chat: Json = {
        **others,
        "model": request.model,
        "messages": messages,
        "max_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "logprobs": True if top_logprobs else None,
        "top_logprobs": top_logprobs,
        "tools": [_tool(tool, place) for place, tool in enumerate(request.tools or [])] or None,
        "tool_choice": _tool_choice(request.tool_choice),
        "parallel_tool_calls": request.parallel_tool_calls if request.tools else None,
        "response_format": _format(request),
        "verbosity": request.text.verbosity if request.text else None,
        "reasoning_effort": request.reasoning.effort if request.reasoning else None,
        "user": request.user,
        "metadata": request.metadata if is_service else None,
    }
    if request.stream:
        chat |= {"stream": True, "stream_options": {"include_usage": True}}
    return msgspec.json.encode({name: value for name, value in chat.items() if value is not None})


@contextmanager
def named_as_asked() -> Iterator[None]:
    """Have what a chat completion refuses named as the caller of this API knows it.

    Examples
    --------
    >>> try:
    ...     with named_as_asked():
    ...         raise BadRequest("`response_format` is too much", why="-", fix="-", code="c", param="response_format")
    ... except BadRequest as error:
    ...     error.what, error.param
    ('`text.format` is too much', 'text.format')
    """
    try:
        yield
    except BadRequest as error:
        param = error.param and _NAMES.get(_FIELD.split(error.param)[0], error.param)
        what, why, fix = (_QUOTED.sub(_renamed, text) for text in (error.what, error.why, error.fix))
        raise BadRequest(what, why=why, fix=fix, code=error.code, param=param) from None


def _renamed(quoted: re.Match[str]) -> str:
    return f"`{_NAMES.get(quoted[1], quoted[1])}`"


def _messages(items: list[Json]) -> list[Json]:
    """Return the turns of a list of items; calls that follow each other are of one turn."""
    turns: list[Json] = []
    for place, item in enumerate(items):
        where, kind = f"input[{place}]", item.get("type", "message")
        if kind == "message":
            turns.append(_message(item, where))
        elif kind == "function_call":
            call = {
                "id": _string(item, "call_id", where),
                "type": "function",
                "function": {"name": _string(item, "name", where), "arguments": _string(item, "arguments", where)},
            }
            if turns and turns[-1]["role"] == "assistant":
                turns[-1].setdefault("tool_calls", []).append(call)
            else:
                turns.append({"role": "assistant", "content": None, "tool_calls": [call]})
        elif kind == "function_call_output":
            output = _content(item.get("output"), f"{where}.output")
            turns.append({"role": "tool", "tool_call_id": _string(item, "call_id", where), "content": output})
        elif kind == "item_reference":
            raise _not_kept(
                "an item of an earlier response cannot be referred to",
                fix="send the item itself, with its content; the Vercel AI SDK does with "
                "`providerOptions: { openai: { store: false } }`.",
                param=where,
            )
        elif kind != "reasoning":  # earlier thinking is not read again: models are not meant to
            raise _invalid(f"{where}.type", "items are messages, function calls and their outputs")
    if not turns:
        raise _invalid("input", "it holds no message")
    return turns


def _message(item: Json, where: str) -> Json:
    role = item.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise _invalid(f"{where}.role", "roles are system, developer, user and assistant")
    return {"role": _ROLES[role], "content": _content(item.get("content"), f"{where}.content")}


def _content(content: object, where: str) -> str | list[Json]:
    """Return content as chat has it: one text, or parts where there are images among it."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise _invalid(where, "content is a text or a list of parts")
    parts: list[Json] = []
    for place, part in enumerate(content):
        here = f"{where}[{place}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in _TEXT_PARTS:
            parts.append({"type": "text", "text": _string(part, "text", here)})
        elif kind == "refusal":
            parts.append({"type": "text", "text": _string(part, "refusal", here)})
        elif kind == "input_image" and isinstance(part.get("image_url"), str):
            parts.append({"type": "image_url", "image_url": {"url": part["image_url"]}})
        else:
            raise _invalid(here, "parts are texts, or images with an `image_url`")
    if all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _tool(tool: Json, place: int) -> Json:
    where = f"tools[{place}]"
    if tool.get("type") != "function":
        fix = "declare the tool as a function."
        if tool.get("type") == "file_search":
            fix = "ask a service, which searches without tools, or search with POST /v1/vector_stores/{id}/search."
        raise BadRequest(
            "only function tools can be called",
            why="Searches, interpreters and remote servers are not run here; the application runs its own functions.",
            fix=fix,
            code="unsupported_tool",
            param=f"{where}.type",
        )
    function = {"name": _string(tool, "name", where)}
    function |= {name: tool[name] for name in ("description", "parameters", "strict") if tool.get(name) is not None}
    return {"type": "function", "function": function}


def _tool_choice(choice: object) -> object:
    if choice in (None, "none", "auto", "required"):
        return choice
    assert isinstance(choice, str | dict)
    if isinstance(choice, dict) and choice.get("type") == "function" and isinstance(choice.get("name"), str):
        return {"type": "function", "function": {"name": choice["name"]}}
    raise _invalid("tool_choice", "it names a function, or is none, auto or required")


def _format(request: ResponseRequest) -> Json | None:
    form = request.text.format if request.text else None
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return {"type": "json_object"}
    if not form.name or form.schema is None:
        raise _invalid("text.format", "a JSON schema has a `name` and a `schema`")
    named: Json = {"name": form.name, "schema": form.schema, "strict": form.strict, "description": form.description}
    return {"type": "json_schema", "json_schema": {key: value for key, value in named.items() if value is not None}}


def _string(item: Json, name: str, where: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise _invalid(f"{where}.{name}", "it has to be a text")
    return value


def _invalid(where: str, what: str) -> BadRequest:
    return BadRequest(
        f"the body is not what this path takes: {what}",
        why="A request that is read otherwise than it was meant gives a wrong answer.",
        fix="see /openapi.json for the shape of this body.",
        code="invalid_body",
        param=where,
    )


def _not_kept(what: str, *, fix: str, param: str) -> BadRequest:
    why = "Questions and answers are not kept here."
    return BadRequest(what, why=why, fix=fix, code="response_not_stored", param=param)


def _unsupported(name: str, why: str) -> BadRequest:
    return BadRequest(
        f"`{name}` is not supported", why=why, fix=f"leave `{name}` out.", code="unsupported_parameter", param=name
    )
