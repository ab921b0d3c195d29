# SPDX-License-Identifier: Apache-2.0
"""Several answers of one request, for a server that makes them and counts the tokens of one only, as llama.cpp's does.

A request for `n` answers, or to several prompts, comes in; requests for one answer each go out, and their answers
become one answer whose usage is the sum. A prompt that is answered several times is counted once, as OpenAI's API does.
It asks nobody itself.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

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


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0

    def add(self, other: _Usage, *, is_first: bool) -> None:
        self.prompt_tokens += other.prompt_tokens if is_first else 0
        self.completion_tokens += other.completion_tokens
        self.total_tokens = self.prompt_tokens + self.completion_tokens


class _Part(msgspec.Struct):
    """What is read of an answer, or of an event of one."""

    choices: list[dict[str, msgspec.Raw]] = []
    usage: _Usage | None = None


_read_part = msgspec.json.Decoder(_Part).decode


def separated(path: str, body: bytes) -> list[One]:
    """Return the requests for one answer each; none where only one is asked for, or nothing that can be told.

    Examples
    --------
    >>> [one.body for one in separated("/completions", b'{"prompt":["a","b"]}')]
    [b'{"prompt":"a"}', b'{"prompt":"b"}']
    >>> [(one.body, one.is_first) for one in separated("/chat/completions", b'{"n":2,"seed":7}')]
    [(b'{"seed":7}', True), (b'{"seed":8}', False)]
    >>> separated("/chat/completions", b'{"n":1}'), separated("/completions", b'{"prompt":[1, 2]}')
    ([], [])
    """
    if path not in _SHARED or not (b'"n"' in body or b'"prompt"' in body):
        return []
    try:
        fields = _read_fields(body)
        answers = msgspec.json.decode(fields.pop("n", b"1"), type=int | None) or 1
        seed = msgspec.json.decode(fields.get("seed", b"null"), type=int | None)
        prompts = _prompts(fields.get("prompt"))
    except msgspec.MsgspecError:
        return []  # the server will say what is wrong
    if answers * len(prompts) < 2:
        return []
    found = []
    for prompt in prompts:
        for number in range(answers):
            own = fields if prompt is None else fields | {"prompt": prompt}
            if seed is not None:  # the same seed would give the same answer
                own = own | {"seed": msgspec.Raw(_write(seed + number))}
            found.append(One(_write(own), number == 0))
    return found


def _prompts(written: msgspec.Raw | None) -> Sequence[msgspec.Raw | None]:
    if written is None or not bytes(written).startswith(b"["):
        return [written]
    each = _read_each(written)
    return each if each and bytes(each[0])[:1] in (b'"', b"[") else [written]


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
