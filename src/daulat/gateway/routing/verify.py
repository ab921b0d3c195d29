# SPDX-License-Identifier: Apache-2.0
"""Whether a small model's answer will do: the bytes of a request and of its answer in; what is wrong, or nothing, out.

Rules only, all of them declared; no model judges another. Nothing is kept, and what is wrong is told in a word or two
that never quote the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec


class _Logprob(msgspec.Struct):
    logprob: float


class _Logprobs(msgspec.Struct):
    content: list[_Logprob] | None = None


class _Said(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Said = msgspec.field(default_factory=_Said)
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Answer(msgspec.Struct):
    choices: list[_Choice]


class _Named(msgspec.Struct):
    schema: dict[str, Any] | None = None


class _Format(msgspec.Struct):
    type: str = "text"
    json_schema: _Named | None = None


class _Asked(msgspec.Struct):
    response_format: _Format | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """The rules of one route; call it with a request and its answer.

    Attributes
    ----------
    finish_reasons : sequence of str
        How an answer may end; empty: anyhow.
    json_schema : bool
        Where the request asks for JSON, the answer has to be JSON of its schema.
    minimal_logprob : float or None
        Mean log-probability of the tokens at least, where the answer tells them.
    refusals : sequence of str
        Regular expressions, none of which may be found.

    Examples
    --------
    >>> rules = Verification(refusals=["(?i)i cannot help"])
    >>> rules(b"{}", b'{"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}')
    ''
    >>> rules(b"{}", b'{"choices": [{"message": {"content": "Yes, and"}, "finish_reason": "length"}]}')
    'ended with length'
    """

    finish_reasons: Sequence[str] = ("stop", "tool_calls")
    json_schema: bool = True
    minimal_logprob: float | None = None
    refusals: Sequence[str] = ()
    _patterns: tuple[re.Pattern[str], ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_patterns", tuple(re.compile(pattern) for pattern in self.refusals))

    def __call__(self, request: bytes, answer: bytes) -> str:
        """Return what is wrong, in a word or two; empty where nothing is."""
        try:
            asked = msgspec.json.decode(request, type=_Asked)
            choices = msgspec.json.decode(answer, type=_Answer).choices
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "gave no answer that can be read"
        if not choices:
            return "gave no answer"
        return next((fault for choice in choices if (fault := self._fault(asked, choice))), "")

    def _fault(self, asked: _Asked, choice: _Choice) -> str:
        text = choice.message.content or ""
        if self.finish_reasons and choice.finish_reason not in self.finish_reasons:
            return f"ended with {_word(choice.finish_reason)}"
        if self.json_schema and asked.response_format is not None and choice.finish_reason == "stop":
            fault = _json_fault(asked.response_format, text)
            if fault:
                return fault
        tokens = choice.logprobs.content if choice.logprobs is not None else None
        if self.minimal_logprob is not None and tokens:
            mean = sum(token.logprob for token in tokens) / len(tokens)
            if mean < self.minimal_logprob:
                return "was unsure"
        return "declined" if any(pattern.search(text) for pattern in self._patterns) else ""


def _json_fault(asked: _Format, text: str) -> str:
    if asked.type not in ("json_object", "json_schema"):
        return ""
    try:
        value = msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError):
        return "gave no JSON"
    schema = asked.json_schema.schema if asked.json_schema is not None else None
    return "" if schema is None or matches(value, schema) else "broke the schema"


def _word(reason: str | None) -> str:
    return reason if reason is not None and re.fullmatch(r"[a-z_]{1,20}", reason) else "no reason"


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "number": (int, float),
    "integer": (int,),
}


def matches(value: object, schema: object, depth: int = 0) -> bool:
    """Say whether a value is of a JSON Schema, of which the part that OpenAI's structured output takes is read.

    That is ``type``, ``properties``, ``required``, ``additionalProperties``, ``items``, ``enum``, ``const`` and
    ``anyOf``; other words of JSON Schema are passed over.

    Examples
    --------
    >>> schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    >>> matches({"n": 1}, schema), matches({"n": "1"}, schema), matches({}, schema)
    (True, False, False)
    """
    if not isinstance(schema, dict) or depth > 64:
        return schema is not False
    named = schema.get("type")
    names = named if isinstance(named, list) else [named] if isinstance(named, str) else []
    if names and not any(_is(value, name) for name in names):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "anyOf" in schema and not any(matches(value, each, depth + 1) for each in schema["anyOf"]):
        return False
    if isinstance(value, list) and "items" in schema:
        return all(matches(each, schema["items"], depth + 1) for each in value)
    return not isinstance(value, dict) or _members_match(value, schema, depth)


def _members_match(value: dict[str, Any], schema: dict[str, Any], depth: int) -> bool:
    members = schema.get("properties", {})
    if any(name not in value for name in schema.get("required", ())):
        return False
    if schema.get("additionalProperties") is False and any(name not in members for name in value):
        return False
    return all(matches(each, members[name], depth + 1) for name, each in value.items() if name in members)


def _is(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))
