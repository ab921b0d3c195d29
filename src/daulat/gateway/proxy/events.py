# SPDX-License-Identifier: Apache-2.0
r"""A stream of events as it passes: pieces cut anywhere in, whole events out, byte for byte; the usage read on the way.

Only whole events are passed on, so that a stream which dies can still be ended with a word. Each is checked to be JSON,
for the price of a microsecond; none is written again, except where a model's thinking has to be told from its answer.
It never holds more than `limit` bytes.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from daulat.gateway.proxy.thinking import ThinkFilter
from daulat.gateway.proxy.usage import Counts
from daulat.models.errors import EngineInterrupted

LIMIT_BYTES = 4 << 20
DONE = b"data: [DONE]\n\n"

# A line ends with CR LF, LF or CR, and an event with an empty line. `(?>` keeps CR LF from counting as two ends.
_END = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE = re.compile(rb"\r\n|\n|\r")


class _Choice(msgspec.Struct):
    finish_reason: Any = None


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Counts | None = None
    error: Any = None


_read_event = msgspec.json.Decoder(_Event).decode


class EventTap:
    r"""Watches one stream.

    Parameters
    ----------
    keep_usage : bool
        The caller asked for the event that carries the usage; otherwise it is taken out.
    think : bool
        Tell a model's `<think>` text from its answer.
    choices : int
        How many answers were asked for.
    limit : int
        Most bytes of one event.

    Attributes
    ----------
    counts : Counts or None
        The last usage that was seen.
    events : int
        How many events carried a choice: about as many tokens.
    failure : EngineInterrupted or None
        What is wrong with the event after those that `feed` returned last; nothing after it is passed on.
    done : bool
        ``[DONE]`` was seen; nothing after it is passed on.

    Examples
    --------
    >>> tap = EventTap(keep_usage=False)
    >>> tap.feed(b'data: {"choices":[{"delta":{"content":"Ye')
    b''
    >>> tap.feed(b's"},"finish_reason":"stop"}]}\n\ndata: {"choices":[],"usage":{"completion_tokens":1}}\n\n')
    b'data: {"choices":[{"delta":{"content":"Yes"},"finish_reason":"stop"}]}\n\n'
    >>> tap.counts.completion_tokens, tap.finish()
    (1, b'data: [DONE]\n\n')
    """

    __slots__ = (
        "_finished",
        "_held",
        "_keep_usage",
        "_limit",
        "_think",
        "counts",
        "done",
        "events",
        "failure",
        "usage_event",
    )

    def __init__(self, *, keep_usage: bool, think: bool = False, choices: int = 1, limit: int = LIMIT_BYTES) -> None:
        self._keep_usage = keep_usage
        self._think = ThinkFilter(choices) if think else None
        self._limit = limit
        self._held = b""
        self._finished = False
        self.counts: Counts | None = None
        self.events = 0
        self.failure: EngineInterrupted | None = None
        self.done = False
        self.usage_event: bytes = b""

    def feed(self, piece: bytes) -> bytes:
        """Take the next piece; return the events that it completes, as they are to be passed on.

        Raises
        ------
        EngineInterrupted
            If an event is too large, is not JSON, or says that the engine failed.
        """
        if self.failure is not None:
            raise self.failure
        data = self._held + piece if self._held else piece
        if data.endswith(b"\n\n") and b"\r" not in data:
            events = data.split(b"\n\n")
            self._held = events.pop()  # one more line end may have come already
            ends = None
        else:
            events, ends, self._held = _cut(data)
            if len(self._held) > self._limit:
                raise _broken("an event larger than any answer")
        out: list[bytes] = []
        for number, event in enumerate(events):
            if self.done:
                break
            try:
                kept = self._take(event)
            except EngineInterrupted as error:
                if not out:
                    raise
                self.failure = error  # what came before it passes first
                break
            if kept is not None:
                out.append(kept)
                out.append(b"\n\n" if ends is None else ends[number])
        return b"".join(out)

    def finish(self) -> bytes:
        """Return what is still to be sent at the end of the stream.

        Raises
        ------
        EngineInterrupted
            If the answer was not finished.
        """
        if self.failure is not None:
            raise self.failure
        held, self._held = self._held, b""
        # A carriage return that was kept back, for a line feed might have followed, is an end after all.
        out = self.feed(held + b"\n")[:-1] if held.endswith(b"\r") else b""
        if self.done:
            return out
        if not self._finished:
            raise _broken("the stream ended before the answer did", was_answered=False)
        self.done = True
        return out + DONE

    def _take(self, event: bytes) -> bytes | None:
        """Look at one event; return it, or None where it is not to be passed on."""
        data = event[6:] if event.startswith(b"data: ") and b"\n" not in event else _data_of(event)
        if not data:
            return event  # a comment, or a field that carries nothing
        if data[0] == 0x5B and data.strip() == b"[DONE]":
            self.done = True
            return event
        try:
            seen = _read_event(data)
        except msgspec.ValidationError:
            return event if self._is_json(data) else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _broken("an event that is not JSON") from None
        if seen.error:
            raise _broken("an error event")
        if seen.choices:
            self.events += 1
            for choice in seen.choices:
                if choice.finish_reason:
                    self._finished = True
        if seen.usage is not None:
            self.counts = seen.usage
            if not seen.choices:
                self.usage_event = data
                return event if self._keep_usage else None
        if self._think is not None:
            changed = self._think.take(data)
            if self._think.passive:
                self._think = None
            if changed is not None:
                return b"data: " + changed if changed else None
        return event

    @staticmethod
    def _is_json(data: bytes) -> bool:
        """Say that an event of an unknown shape passes.

        Raises
        ------
        EngineInterrupted
            If it is not JSON at all.
        """
        try:
            msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _broken("an event that is not JSON") from None
        return True


def _cut(data: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """Cut at the ends of events; return events, their ends, and the rest that has not ended."""
    events, ends, at = [], [], 0
    for end in _END.finditer(data):
        if end.end() == len(data) and data.endswith(b"\r"):
            break  # its line feed may come in the next piece, and belongs to this end
        events.append(data[at : end.start()])
        ends.append(end.group())
        at = end.end()
    return events, ends, data[at:]


def _data_of(event: bytes) -> bytes:
    """Return the data of an event of several lines."""
    lines = _LINE.split(event.removeprefix(b"\xef\xbb\xbf"))
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:"))


def _broken(what: str, *, was_answered: bool = True) -> EngineInterrupted:
    return EngineInterrupted(
        f"the engine broke off: {what}",
        why="The text so far stands, but the answer is not complete.",
        fix="ask again; if it happens often, the operator reads the engine's own log.",
        code="models.engine.interrupted",
        was_answered=was_answered,
    )
