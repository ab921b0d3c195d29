# SPDX-License-Identifier: Apache-2.0
"""Tools for a model that has no place for them: a request comes in; whether it asks for tools, and the refusal, go out.

llama.cpp leaves tools out, without a word, where the model's chat template has none: the caller would get prose for the
call that it required. It asks nobody itself, and what is malformed it leaves to the server to judge.
"""

from __future__ import annotations

import msgspec

from daulat.models.errors import EngineRefused


class _Function(msgspec.Struct):
    name: str


class _Tool(msgspec.Struct):
    function: _Function


class _Asked(msgspec.Struct):
    tools: list[_Tool] | None = None
    tool_choice: msgspec.Raw = msgspec.Raw(b"")


_read = msgspec.json.Decoder(_Asked).decode


def asks_for_tools(path: str, body: bytes) -> bool:
    """Say whether a chat is to call tools.

    Examples
    --------
    >>> tools = b'"tools": [{"type": "function", "function": {"name": "weather"}}]'
    >>> asks_for_tools("/chat/completions", b'{"messages": [], %b}' % tools)
    True
    >>> asks_for_tools("/chat/completions", b'{"messages": [], %b, "tool_choice": "none"}' % tools)
    False
    >>> asks_for_tools("/chat/completions", b'{"messages": [], "tools": []}')
    False
    """
    if path != "/chat/completions" or b'"tools"' not in body:
        return False
    try:
        asked = _read(body)
    except msgspec.MsgspecError:
        return False
    return bool(asked.tools) and bytes(asked.tool_choice) != b'"none"'


def cannot_call(model: str) -> EngineRefused:
    """Return the refusal of tools that a model would never see."""
    return EngineRefused(
        f"`{model}` cannot call tools: its chat template has no place for them",
        why="The model would never see the tools, and the application would get prose for the call that it waits for.",
        fix="leave `tools` out and ask for `response_format` with a `json_schema`, or ask a model that calls tools.",
        code="unsupported_parameter",
        status=400,
    )
