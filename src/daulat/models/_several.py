# SPDX-License-Identifier: Apache-2.0
"""Several answers of one request, for a server that makes them and counts the tokens of one only, as llama.cpp's does.

A request for `n` answers, or to several prompts, comes in; requests for one answer each go out, and their answers
become one answer whose usage is the sum. A prompt that is answered several times is counted once, as OpenAI's API does.
It asks nobody itself.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from math import isfinite

import msgspec

from daulat.models._sse import EventDecoder
from daulat.models.engine import Pieces, Whole

_SHARED = ("/chat/completions", "/completions")
_DONE = b"data: [DONE]\n\n"
_read_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_read_each = msgspec.json.Decoder(list[msgspec.Raw]).decode
_write = msgspec.json.encode

Open = Callable[[bytes], AbstractAsyncContextManager[Pieces]]


class One(msgspec.Struct, frozen=True):
    """A request for one answer; `is_first` of its prompt."""

    body: bytes
    is_first: bool


class _Prompt(msgspec.Struct):
    cached_tokens: int = 0


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_tokens_details: _Prompt = msgspec.field(default_factory=_Prompt)

    def add(self, other: _Usage, *, is_first: bool) -> None:
        if is_first:
            self.prompt_tokens += other.prompt_tokens
            self.prompt_tokens_details.cached_tokens += other.prompt_tokens_details.cached_tokens
        self.completion_tokens += other.completion_tokens
        self.total_tokens = self.prompt_tokens + self.completion_tokens


class _Part(msgspec.Struct):
    """What is read of an answer, or of an event of one."""

    choices: list[dict[str, msgspec.Raw]] = []
    usage: _Usage | None = None


_read_part = msgspec.json.Decoder(_Part).decode


def separated(path: str, body: bytes) -> list[One]:
    r"""Return the requests for one answer each; none where only one is asked for, or nothing that can be told.

    Examples
    --------
    >>> [one.body for one in separated("/completions", b'{"prompt":["a","b"]}')]
    [b'{"prompt":"a"}', b'{"prompt":"b"}']
    >>> [(one.body, one.is_first) for one in separated("/chat/completions", b'{"n":2,"seed":7}')]
    [(b'{"seed":7}', True), (b'{"seed":8}', False)]
    >>> len(separated("/chat/completions", rb'{"\u006e":3.0}'))  # as the server reads it
    3
    >>> separated("/chat/completions", b'{"n":1}'), separated("/completions", b'{"prompt":[1, 2]}')
    ([], [])
    """
    if path not in _SHARED:
        return []
    try:
        fields = _read_fields(body)
    except msgspec.MsgspecError:
        return []  # the server will say what is wrong
    answers, seed = max(1, _whole_number(fields.pop("n", None))), _whole_number(fields.get("seed"))
    prompts: Sequence[msgspec.Raw | None] = several_prompts(fields.get("prompt", b"")) or [None]
    if answers * len(prompts) < 2:
        return []
    found = []
    for prompt in prompts:
        for number in range(answers):
            own = fields if prompt is None else fields | {"prompt": prompt}
            if seed >= 0:  # the same seed would give the same answer; without one, or below 0, each has another
                own = own | {"seed": msgspec.Raw(_write(seed + number))}
            found.append(One(_write(own), number == 0))
    return found


def _whole_number(written: msgspec.Raw | None) -> int:
    """Read a number as llama.cpp does, 3.0 as 3; -1 where it is absent or none."""
    value = None if written is None else msgspec.json.decode(written)
    return int(value) if isinstance(value, int | float) and isfinite(value) else -1


def several_prompts(written: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    """Return the prompts of a completion that has a list of texts, or of lists of tokens; none where it has one.

    Examples
    --------
    >>> [len(several_prompts(each)) for each in (b'"a"', b'["a", "b"]', b"[1, 2, 3]", b"[[1, 2], [3]]", b"")]
    [0, 2, 0, 2, 0]
    """
    if bytes(written)[:1] != b"[":
        return []
    try:
        each = _read_each(written)
    except msgspec.MsgspecError:
        return []
    return each if each and bytes(each[0])[:1] in (b'"', b"[") else []


def joined(ones: Sequence[One], wholes: Sequence[Whole]) -> Whole:
    """Return one answer with the choices of all, in the order of the requests."""
    fields = _read_fields(wholes[0].body)
    choices: list[dict[str, msgspec.Raw]] = []
    usage = _Usage()
    for one, whole in zip(ones, wholes, strict=True):
        part = _read_part(whole.body)
        choices += [choice | {"index": _number(len(choices))} for choice in part.choices[:1]]
        usage.add(part.usage or _Usage(), is_first=one.is_first)
    fields |= {"choices": msgspec.Raw(_write(choices)), "usage": msgspec.Raw(_write(usage))}
    return Whole(_write(fields), wholes[0].content_type)


def _number(number: int) -> msgspec.Raw:
    return msgspec.Raw(b"%d" % number)


class OneByOne:
    """The streams of several requests as one: choice after choice, then the sum of their usage, then the end."""

    def __init__(self, ones: Sequence[One], opened: Open) -> None:
        self._events = self._all(ones, opened)

    async def read(self) -> bytes | None:
        """Return the next event, or None at the end; errors as those of the streams."""
        return await anext(self._events, None)

    async def aclose(self) -> None:
        """Leave the stream that is open."""
        await self._events.aclose()

    async def _all(self, ones: Sequence[One], opened: Open) -> AsyncGenerator[bytes, None]:
        usage, last = _Usage(), b""
        for number, one in enumerate(ones):
            decoder = EventDecoder()
            async with opened(one.body) as pieces:
                while (piece := await pieces.read()) is not None:
                    for data in decoder.feed(piece):
                        if data == "[DONE]":
                            continue
                        part, fields = _read_part(data), _read_fields(data)
                        if part.usage is not None:
                            usage.add(part.usage, is_first=one.is_first)
                            last = _write(fields | {"usage": msgspec.Raw(_write(usage))})
                        if part.choices:
                            fields.pop("usage", None)
                            each = [choice | {"index": _number(number)} for choice in part.choices]
                            yield _event(_write(fields | {"choices": msgspec.Raw(_write(each))}))
        if last:
            yield _event(_write(_read_fields(last) | {"choices": msgspec.Raw(b"[]")}))
        yield _DONE


def _event(data: bytes) -> bytes:
    return b"data: " + data + b"\n\n"
