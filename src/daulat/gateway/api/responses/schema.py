# SPDX-License-Identifier: Apache-2.0
"""The bodies of /v1/responses, as OpenAI's clients send and read them. No logic.

Items of the input are read one by one in `asked`; here stands their shape for the OpenAPI document.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from daulat.gateway.schema import ModelId, Text

_TEXT = {"type": "string", "maxLength": 1_000_000}
_PART = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {"type": {"enum": ["input_text", "output_text", "text"]}, "text": _TEXT},
}
_CONTENT = {"anyOf": [_TEXT, {"type": "array", "items": _PART, "maxItems": 64}]}
_MESSAGE = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "type": {"const": "message"},
        "role": {"enum": ["system", "developer", "user", "assistant"]},
        "content": _CONTENT,
    },
}
_FUNCTION_CALL = {
    "type": "object",
    "required": ["type", "call_id", "name", "arguments"],
    "properties": {"type": {"const": "function_call"}, "call_id": _TEXT, "name": _TEXT, "arguments": _TEXT},
}
_FUNCTION_CALL_OUTPUT = {
    "type": "object",
    "required": ["type", "call_id", "output"],
    "properties": {"type": {"const": "function_call_output"}, "call_id": _TEXT, "output": _CONTENT},
}
_TOOL = {
    "type": "object",
    "required": ["type", "name", "parameters"],
    "properties": {
        "type": {"const": "function"},
        "name": _TEXT,
        "parameters": {"type": "object"},
        "description": {"type": "string"},
        "strict": {"type": ["boolean", "null"]},
    },
}

Item = Annotated[dict[str, Any], Meta(extra_json_schema={"anyOf": [_MESSAGE, _FUNCTION_CALL, _FUNCTION_CALL_OUTPUT]})]
Tool = Annotated[dict[str, Any], Meta(extra_json_schema=_TOOL)]


# What is refused when it is asked for: described as what may be sent, and read as what clients do send.
Unkept = Annotated[bool | None, Meta(extra_json_schema={"enum": [False, None]})]
Nothing = Annotated[Any, Meta(extra_json_schema={"type": "null"})]
Choice = Annotated[
    str | dict[str, Any] | None,
    Meta(
        extra_json_schema={
            "anyOf": [
                {"enum": ["none", "auto", "required", None]},
                {
                    "type": "object",
                    "required": ["type", "name"],
                    "properties": {"type": {"const": "function"}, "name": {"type": "string"}},
                },
            ]
        }
    ),
]
_SCHEMA_FORMAT = {
    "anyOf": [
        {"properties": {"type": {"enum": ["text", "json_object"]}}},
        {
            "required": ["name", "schema"],
            "properties": {"name": {"type": "string", "minLength": 1}, "schema": {"type": "object"}},
        },
    ]
}


class TextFormat(Struct):
    """In which form the answer is to be written."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None
    description: str | None = None


class TextOptions(Struct):
    """How the answer is to be written."""

    format: Annotated[TextFormat, Meta(extra_json_schema=_SCHEMA_FORMAT)] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class ReasoningOptions(Struct):
    """How long a model may think; `summary` is taken and none is made."""

    effort: str | None = None
    summary: str | None = None


class ResponseRequest(Struct):
    """The body of POST /v1/responses. Fields not named here travel on to a raw model's engine as they are."""

    model: ModelId
    input: Text | Annotated[list[Item], Meta(min_length=1, max_length=512)]
    instructions: Text | None = None
    stream: bool | None = None
    max_output_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    tools: Annotated[list[Tool], Meta(max_length=128)] | None = None
    tool_choice: Choice = None
    parallel_tool_calls: bool | None = None
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    include: list[str] | None = None
    store: Unkept = None
    background: Unkept = None
    previous_response_id: Nothing = None
    conversation: Nothing = None
    prompt: Nothing = None
    truncation: Annotated[str | None, Meta(extra_json_schema={"enum": ["disabled", None]})] = None
    stream_options: Any = None
    service_tier: str | None = None
    max_tool_calls: Nothing = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None


class InputTokensDetails(Struct):
    """What of the input was read before."""

    cached_tokens: int = 0


class OutputTokensDetails(Struct):
    """What of the output was thinking."""

    reasoning_tokens: int = 0


class ResponseUsage(Struct):
    """Token counts as the engine reports them; zero where no language model took part."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens_details: OutputTokensDetails


class IncompleteDetails(Struct):
    """Why an answer is not whole."""

    reason: Literal["max_output_tokens", "content_filter"]


class ResponseFault(Struct):
    """What ended an answer."""

    code: str
    message: str


class Response(Struct):
    """The answer to POST /v1/responses. `output` holds items of the types reasoning, message and function_call."""

    id: str
    created_at: int
    model: str
    status: Literal["in_progress", "completed", "incomplete", "failed"]
    output: list[dict[str, Any]]
    error: ResponseFault | None = None
    incomplete_details: IncompleteDetails | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    metadata: dict[str, str] | None = None
    parallel_tool_calls: bool = True
    reasoning: dict[str, str | None] | None = None
    temperature: float | None = None
    text: dict[str, Any] | None = None
    tool_choice: Any = "auto"
    tools: list[dict[str, Any]] = []
    top_p: float | None = None
    usage: ResponseUsage | None = None
    user: str | None = None
    previous_response_id: None = None
    background: Literal[False] = False
    store: Literal[False] = False
    truncation: Literal["disabled"] = "disabled"
    daulat: dict[str, Any] | UnsetType = UNSET
    object: Literal["response"] = "response"
