# SPDX-License-Identifier: Apache-2.0
"""The OpenAI wire format, as far as an engine needs it: `ChatRequest` to body, and bytes of an event stream to `Delta`.

Only the fields that the seam knows are read; the rest of a chunk is somebody else's business. No input or output here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from daulat.models._reasoning import ThinkSplitter
from daulat.models._sse import EventDecoder, EventTooLargeError
from daulat.models.engine import ChatRequest, Delta, Usage


class ChunkUsage(msgspec.Struct, frozen=True):
    """Token counts as the server reports them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class ChunkDelta(msgspec.Struct, frozen=True):
    """What a chunk adds; servers name the reasoning in one of two ways."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class ChunkChoice(msgspec.Struct, frozen=True):
    """One alternative. The seam follows the first."""

    index: int = 0
    delta: ChunkDelta = ChunkDelta()
    finish_reason: str | None = None


class ChunkError(msgspec.Struct, frozen=True):
    """An error as engines send it. Its message may quote the prompt: it is handed to the caller, and nobody else."""

    type: str | None = None
    code: str | int | None = None
    message: str | None = None


class Chunk(msgspec.Struct, frozen=True):
    """One event of a streamed completion."""

    choices: list[ChunkChoice] = []
    usage: ChunkUsage | None = None
    error: ChunkError | str | None = None


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of a response that is not 200; older vLLM writes the error's fields beside each other."""

    error: ChunkError | str | None = None
    message: str | None = None


class ModelEntry(msgspec.Struct, frozen=True):
    """One row of `/models`."""

    id: str


class ModelList(msgspec.Struct, frozen=True):
    """The answer of `/models`."""

    data: list[ModelEntry] = []


_decode_chunk = msgspec.json.Decoder(Chunk).decode
decode_error = msgspec.json.Decoder(ErrorBody).decode
decode_models = msgspec.json.Decoder(ModelList).decode


def encode_request(request: ChatRequest) -> bytes:
    """Write the body of a streamed chat completion; the request's own fields win over its `options`.

    Examples
    --------
    >>> from daulat.models import Message
    >>> encode_request(ChatRequest("m", (Message("user", "hi"),), max_tokens=4, options={"top_k": 1, "stream": False}))
    b'{"top_k":1,"stream":true,"model":"m","messages":[{"role":"user","content":"hi"}],"stream_options":{"include_usage":true},"max_tokens":4}'
    """
    body: dict[str, Any] = {
        **request.options,
        "model": request.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    return msgspec.json.encode(body)


def name_error(error: ChunkError | str | None) -> str:
    """Return the machine name in an error, or nothing; never its message, which may quote the prompt.

    Examples
    --------
    >>> name_error(ChunkError(type="exceed_context_size_error", code=400))
    'exceed_context_size_error'
    >>> name_error(ChunkError(type="You asked: who am I?"))
    ''
    """
    if not isinstance(error, ChunkError):
        return ""
    names = (str(name) for name in (error.type, error.code) if name)
    return next((name for name in names if len(name) <= 64 and name.replace("_", "").replace("-", "").isalnum()), "")


_TOO_LONG = ("context_length_exceeded", "exceed_context_size_error")
_LONG_WORDS = ("maximum context length", "context size", "context window", "longer than the maximum model length")
_MOST_SAID = 1_000
# llama.cpp answers 500 wherever reading a request throws; these are its words where the request is at fault.
_UNREADABLE = (
    "input is not supported", "Failed to parse ", "Unknown reasoning format", "Cannot use both", "Jinja Exception",
)  # fmt: skip


def explain_refusal(body: ErrorBody) -> tuple[str, str]:
    """Return our code for a request that an engine refused, and what the engine said about it.

    Examples
    --------
    >>> explain_refusal(ErrorBody(ChunkError(type="exceed_context_size_error", message="too long")))
    ('context_length_exceeded', 'too long')
    >>> explain_refusal(ErrorBody(message="no such parameter"))
    ('models.engine.refused', 'no such parameter')
    """
    error = body.error
    said = (error.message if isinstance(error, ChunkError) else error) or body.message or ""
    too_long = name_error(error) in _TOO_LONG or any(words in said for words in _LONG_WORDS)
    return "context_length_exceeded" if too_long else "models.engine.refused", said[:_MOST_SAID]


def is_refusal(status: int, body: ErrorBody) -> bool:
    """Say whether an engine has read a request and will not answer it, now or later.

    Examples
    --------
    >>> pictures = ErrorBody(ChunkError(type="server_error", message="image input is not supported"))
    >>> is_refusal(400, ErrorBody()), is_refusal(500, pictures), is_refusal(500, ErrorBody("Compute error."))
    (True, True, False)
    """
    if 400 <= status < 500 or status == 501:  # 501: it does not do this at all, and will not later
        return True
    said = explain_refusal(body)[1]
    return status == 500 and any(words in said for words in _UNREADABLE)


class BrokenStreamError(Exception):
    """The stream does not make sense, or says that it failed; the argument says how, in words that quote nothing.

    `was_answered` is false where it merely ended.
    """

    def __init__(self, how: str, *, was_answered: bool = True) -> None:
        super().__init__(how)
        self.was_answered = was_answered


class AnswerReader:
    r"""Read the bytes of one streamed completion.

    Attributes
    ----------
    done : bool
        The server said ``[DONE]``; what follows is not read.

    Examples
    --------
    >>> reader = AnswerReader()
    >>> event = b'data: {"choices": [{"delta": {"content": "Yes"}, "finish_reason": "stop"}]}\n\n'
    >>> [delta.content for delta in reader.feed(event)], [delta.finish_reason for delta in reader.end()]
    (['Yes'], ['stop'])
    """

    def __init__(self) -> None:
        self.done = False
        self._events = EventDecoder()
        self._splitter = ThinkSplitter()
        self._finish_reason: str | None = None
        self._usage: Usage | None = None

    @property
    def has_finished(self) -> bool:
        """Say whether the answer is whole; usage may still come."""
        return self.done or self._finish_reason is not None

    def feed(self, piece: bytes) -> Iterator[Delta]:
        """Yield what the next bytes complete.

        Raises
        ------
        BrokenStreamError
            If an event is too large, is not a completion chunk, or is an error.
        """
        try:
            for data in self._events.feed(piece):
                if data.strip() == "[DONE]":
                    self.done = True
                    return
                yield from self._take(_decode_chunk(data))
        except EventTooLargeError as error:
            raise BrokenStreamError("an event larger than any answer") from error
        except msgspec.DecodeError as error:
            raise BrokenStreamError("an event that is not a completion chunk") from error

    def end(self) -> Iterator[Delta]:
        """Yield what was held back, then the last delta with the finish reason and the usage.

        Raises
        ------
        BrokenStreamError
            If the stream ended before the answer did.
        """
        if not self.has_finished:
            raise BrokenStreamError("the stream ended before the answer did", was_answered=False)
        reasoning, content = self._splitter.flush()
        if reasoning or content:
            yield Delta(content=content, reasoning=reasoning)
        yield Delta(finish_reason=self._finish_reason or "stop", usage=self._usage)

    def _take(self, chunk: Chunk) -> Iterator[Delta]:
        if chunk.error is not None:
            raise BrokenStreamError(f"an error event ({name_error(chunk.error) or 'unnamed'})")
        if chunk.usage is not None:
            self._usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        for choice in chunk.choices:
            if choice.index != 0:
                continue
            self._finish_reason = choice.finish_reason or self._finish_reason
            named = choice.delta.reasoning_content or choice.delta.reasoning or ""
            tagged, content = self._splitter.feed(choice.delta.content or "")
            if named or tagged or content:
                yield Delta(content=content, reasoning=named + tagged)
