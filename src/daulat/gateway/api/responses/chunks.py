# SPDX-License-Identifier: Apache-2.0
"""What is read of a chat completion, whole or in chunks, to write a response from it. Structs only."""

from __future__ import annotations

from typing import Any

import msgspec


class Function(msgspec.Struct):
    """The function of a call; in a stream its arguments come in pieces."""

    name: str | None = None
    arguments: str | None = None


class ToolCall(msgspec.Struct):
    """A call of a tool."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Piece(msgspec.Struct):
    """What a choice says: a delta of a stream, or a whole message."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    annotations: list[dict[str, Any]] | None = None


class Logprobs(msgspec.Struct):
    """Log probabilities of the tokens of a piece."""

    content: list[dict[str, Any]] | None = None


class Choice(msgspec.Struct):
    """One choice; a response has one."""

    index: int = 0
    delta: Piece | None = None
    message: Piece | None = None
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


class Chat(msgspec.Struct):
    """A chat completion, or a chunk of one."""

    choices: list[Choice] | None = None
    usage: dict[str, Any] | None = None
    daulat: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


read_chat = msgspec.json.Decoder(Chat).decode
