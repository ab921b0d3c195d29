# SPDX-License-Identifier: Apache-2.0
"""Token counts as engines write them: bytes of an answer in, `Counts` out. Reads the usage and nothing else."""

from __future__ import annotations

import msgspec

from daulat.gateway.attempts import Attempt
from daulat.gateway.ports import Call
from daulat.gateway.proxy.asked import BYTES_PER_TOKEN, CHAT


class _Completion(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Prompt(msgspec.Struct):
    cached_tokens: int | None = None


class Counts(msgspec.Struct):
    """Token counts of one answer.

    Examples
    --------
    >>> counts, _ = read_usage(b'{"usage": {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 8}}}')
    >>> counts.prompt_tokens, counts.cached_tokens, counts.reasoning_tokens
    (9, 8, 0)
    """

    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _Prompt | None = None
    completion_tokens_details: _Completion | None = None
    total_tokens: int | None = 0

    @property
    def cached_tokens(self) -> int:
        """Tokens of the prompt that the engine had read before."""
        return (self.prompt_tokens_details.cached_tokens or 0) if self.prompt_tokens_details else 0

    @property
    def reasoning_tokens(self) -> int:
        """Tokens of the completion that were thinking aloud."""
        return (self.completion_tokens_details.reasoning_tokens or 0) if self.completion_tokens_details else 0


class _Called(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct):
    function: _Called | None = None


class _Message(msgspec.Struct):
    content: msgspec.Raw = msgspec.Raw(b"null")
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    text: str | None = None


class _Written(msgspec.Struct):
    choices: list[_Choice] | None = None


class _Answer(msgspec.Struct):
    usage: msgspec.Raw = msgspec.Raw(b"null")


# What reading raises of bytes that are not JSON, or nest deeper than anybody reads.
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_read = msgspec.json.Decoder(_Answer).decode
_read_any = msgspec.json.Decoder(msgspec.Raw).decode
_read_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_read_written = msgspec.json.Decoder(_Written).decode
_read_text = msgspec.json.Decoder(str | None).decode
_read_counts = msgspec.json.Decoder(Counts | None).decode


def read_usage(body: bytes) -> tuple[Counts | None, bytes]:
    """Return the counts of a whole answer, and its usage as it is written; None and nothing where there are none, or it
    is not JSON.

    Examples
    --------
    >>> counts, written = read_usage(b'{"usage": {"total_tokens": 7}}')
    >>> counts.prompt_tokens, written  # as rerankers count
    (7, b'{"total_tokens": 7}')
    """
    try:
        return read_usage_of_json(body)
    except NOT_JSON:
        return None, b""


def read_usage_of_json(body: bytes) -> tuple[Counts | None, bytes]:
    """Return what `read_usage` does, of an answer that says that it is JSON.

    Raises
    ------
    DecodeError, UnicodeDecodeError, RecursionError
        If it is not (`NOT_JSON`).

    Examples
    --------
    >>> read_usage_of_json(b'[0.5]')
    (None, b'')
    >>> read_usage_of_json(b'<html>')
    Traceback (most recent call last):
    msgspec.DecodeError: JSON is malformed: invalid character (byte 0)
    """
    try:
        usage = _read(body).usage
        counts: Counts | None = _read_counts(usage)
    except msgspec.ValidationError:
        _read_any(body)  # an answer that is no object was not read to its end
        return None, b""
    if counts is None:
        return None, b""
    if not (counts.prompt_tokens or counts.completion_tokens):
        counts.prompt_tokens = counts.total_tokens
    return counts, bytes(usage)


def add_to_usage(body: bytes, usage: bytes, members: bytes) -> bytes:
    """Return an answer with further members in its `usage`, which `read_usage` found; nothing else is written again.

    Examples
    --------
    >>> body = b'{"n": 1.50, "usage": {"prompt_tokens": 9}}'
    >>> add_to_usage(body, b'{"prompt_tokens": 9}', b'"energy_wh":0.1')
    b'{"n": 1.50, "usage": {"prompt_tokens": 9,"energy_wh":0.1}}'
    """
    if not members or not usage:
        return body
    wider = usage[:-1] + (b"," if usage[1:-1].strip() else b"") + members + b"}"
    if body.count(usage) == 1:
        return body.replace(usage, wider)
    fields = _read_fields(body)  # the same words stand elsewhere too
    fields["usage"] = msgspec.Raw(wider)
    return msgspec.json.encode(fields)


def guessed_completion(answer: bytes, route: str, max_tokens: int = 0) -> int:
    """Return what a whole answer is taken to come to whose engine did not count: its words, and not their JSON.

    Parameters
    ----------
    answer : bytes
        As its engine wrote it.
    route : str
        Where nothing is written, nothing is counted.
    max_tokens : int
        The most that all answers together may come to; 0 where the caller set no bound.

    Examples
    --------
    >>> answer = b'{"id": "a-very-long-id", "choices": [{"message": {"content": "hello xxxxx"}}]}'
    >>> guessed_completion(answer, CHAT), guessed_completion(answer, CHAT, max_tokens=1)
    (4, 1)
    >>> guessed_completion(b'{"choices": [{"text": "ja"}, {"text": "nej"}]}', "completions")
    2
    """
    if route not in (CHAT, "completions"):
        return 0
    try:
        written = sum(map(_bytes_of, _read_written(answer).choices or ()))
    except NOT_JSON:
        written = len(answer)  # of no shape that is known: the most that it can be
    tokens = -(-written // BYTES_PER_TOKEN)
    return min(tokens, max_tokens) if max_tokens else tokens


def _bytes_of(choice: _Choice) -> int:
    """Return the bytes of what a model wrote in one choice."""
    texts = [choice.text]
    if (message := choice.message) is not None:
        texts += [message.reasoning_content or message.reasoning]
        for call in message.tool_calls or ():
            if call.function is not None:
                texts += [call.function.name, call.function.arguments]
        try:
            texts.append(_read_text(message.content))
        except msgspec.ValidationError:  # in parts
            return len(message.content) + _length(texts)
    return _length(texts)


def _length(texts: list[str | None]) -> int:
    return sum(len(text.encode("utf-8", "replace")) for text in texts if text)


def counts_of(call: Call, attempt: Attempt) -> tuple[Counts, bool]:
    """Return the tokens of an attempt that nobody was given, and whether they are estimated.

    They are the engine's where it finished its answer and counted. Of one that was stopped or broke off nobody knows
    how much it had written, so the prompt alone counts, as it was estimated: the least that it can have been.

    Examples
    --------
    >>> from daulat.gateway.ports import Target
    >>> from daulat.models import FakeEngine
    >>> call, north = Call("m", "chat/completions", prompt_tokens=9), Target(FakeEngine(["m"]), "m")
    >>> tokens, estimated = counts_of(call, Attempt(north, "lost", "hedge: lost"))
    >>> tokens.prompt_tokens, tokens.completion_tokens, estimated
    (9, 0, True)
    >>> told = b'{"usage": {"prompt_tokens": 12, "completion_tokens": 3}}'
    >>> tokens, estimated = counts_of(call, Attempt(north, "rejected", "cascade: declined", told))
    >>> tokens.prompt_tokens, tokens.completion_tokens, estimated
    (12, 3, False)
    """
    if attempt.tokens is not None:
        return Counts(*attempt.tokens), True
    if attempt.answer is None:
        return Counts(call.prompt_tokens, 0), True
    counts, _ = read_usage(attempt.answer)
    if counts is not None:
        return counts, False
    return Counts(call.prompt_tokens, guessed_completion(attempt.answer, call.route, call.max_tokens)), True
