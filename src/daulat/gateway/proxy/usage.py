# SPDX-License-Identifier: Apache-2.0
"""Token counts as engines write them: bytes of an answer in, `Counts` out. Reads the usage and nothing else."""

from __future__ import annotations

import msgspec


class _Completion(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Prompt(msgspec.Struct):
    cached_tokens: int | None = None


class Counts(msgspec.Struct):
    """Token counts of one answer.

    Examples
    --------
    >>> counts = read_counts(b'{"usage": {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 8}}}')
    >>> counts.prompt_tokens, counts.cached_tokens, counts.reasoning_tokens
    (9, 8, 0)
    >>> read_counts(b'{"usage": {"total_tokens": 7}}').prompt_tokens  # as rerankers count
    7
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


class _Answer(msgspec.Struct):
    usage: msgspec.Raw = msgspec.Raw(b"null")


_read = msgspec.json.Decoder(_Answer).decode
_read_usage = msgspec.json.Decoder(Counts | None).decode


def read_counts(body: bytes) -> Counts | None:
    """Return the counts of a whole answer; None where there are none, or it is not JSON."""
    try:
        counts: Counts | None = _read_usage(_read(body).usage)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if counts is not None and not (counts.prompt_tokens or counts.completion_tokens):
        counts.prompt_tokens = counts.total_tokens
    return counts


def add_to_usage(body: bytes, members: bytes) -> bytes:
    """Return an answer with further members in its `usage`; nothing else is written again.

    Examples
    --------
    >>> add_to_usage(b'{"n": 1.50, "usage": {"prompt_tokens": 9}}', b'"energy_wh":0.1')
    b'{"n": 1.50, "usage": {"prompt_tokens": 9,"energy_wh":0.1}}'
    >>> add_to_usage(b'{"usage": null}', b'"energy_wh":0.1')
    b'{"usage": null}'
    """
    if not members:
        return body
    usage = bytes(_read(body).usage)
    if not usage.endswith(b"}"):
        return body
    before, _, after = body.rpartition(usage)
    inner = usage[:-1].rstrip()
    return b"".join((before, inner, b"" if inner.endswith(b"{") else b",", members, b"}", after))
