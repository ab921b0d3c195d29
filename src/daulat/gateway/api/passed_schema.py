# SPDX-License-Identifier: Apache-2.0
"""Bodies that pass through to engines, as far as the OpenAPI document tells of them. Nothing decodes these here."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from daulat.gateway.schema import CompletionUsage, ModelId, StreamOptions, Text


class CompletionRequest(Struct):
    """The body of POST /v1/completions. Fields not named here travel on as they are."""

    model: ModelId
    prompt: Text | list[Any] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[float, Meta(ge=0)] | None = None
    n: Annotated[float, Meta(ge=0, le=1024)] | None = None
    best_of: Annotated[float, Meta(ge=0, le=1024)] | None = None


class TextChoice(Struct):
    """One continuation."""

    text: str
    index: int
    finish_reason: str | None = None
    logprobs: Any = None


class Completion(Struct):
    """The answer to POST /v1/completions, as the engine wrote it."""

    id: str
    created: int
    model: str
    choices: list[TextChoice]
    usage: CompletionUsage | None = None
    object: str = "text_completion"


class SpeechRequest(Struct):
    """The body of POST /v1/audio/speech. Fields not named here travel on as they are."""

    model: ModelId
    input: Annotated[str, Meta(max_length=4_096)]
    voice: Any = None
    response_format: str | None = None
    speed: float | None = None


class Transcription(Struct):
    """The answer to POST /v1/audio/transcriptions, as the engine wrote it; another form where one was asked for."""

    text: str
    usage: Any = None


TRANSCRIPTION_SCHEMA = {
    "type": "object",
    "required": ["file", "model"],
    "properties": {
        "file": {"type": "string", "format": "binary", "minLength": 1},
        "model": {"type": "string", "minLength": 1, "maxLength": 256},
        "language": {"type": "string"},
        "prompt": {"type": "string"},
        "response_format": {"type": "string"},
        "temperature": {"type": "number"},
    },
}
