# SPDX-License-Identifier: Apache-2.0
"""A reasoning model's thinking told from its answer, as events pass: `<think>` text goes to `reasoning_content`.

Most models never write the tag, and most servers separate it themselves; then the first words tell, and nothing more is
looked at. Only while a block is open are events written again.
"""

from __future__ import annotations

from typing import Any

import msgspec

from daulat.models import ThinkSplitter


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None


_read = msgspec.json.Decoder(_Event).decode


class ThinkFilter:
    """Looks at the data of each event until every choice is past its thinking.

    Parameters
    ----------
    choices : int
        How many answers were asked for.

    Attributes
    ----------
    passive : bool
        Nothing is left to do: later events pass unread.

    Examples
    --------
    >>> thinking = ThinkFilter()
    >>> thinking.take(b'{"choices":[{"index":0,"delta":{"content":"<think>2+2</think>Four"}}]}')
    b'{"choices":[{"index":0,"delta":{"reasoning_content":"2+2","content":"Four"}}]}'
    >>> thinking.passive
    True
    """

    __slots__ = ("_begun", "_choices", "_plain", "_splitters", "passive")

    def __init__(self, choices: int = 1) -> None:
        self._choices = choices
        self._splitters: dict[int, ThinkSplitter] = {}
        self._plain: set[int] = set()  # choices that began without thinking
        self._begun = False
        self.passive = False

    def take(self, data: bytes) -> bytes | None:
        """Return the event to pass on: None for the same, empty for none, else other data in its place."""
        try:
            choices = _read(data).choices or []
        except msgspec.ValidationError:
            return None
        if not choices:
            return None
        if not self._begun and not any(map(self._may_think, choices)):
            # Each choice thinks or does not for itself: that one has begun to answer says nothing of the others.
            self._plain |= {choice.index for choice in choices if choice.delta and (choice.delta.content or "").strip()}
            self.passive = len(self._plain) >= self._choices
            return None
        self._begun = True
        return self._split(data, choices)

    def _may_think(self, choice: _Choice) -> bool:
        if choice.index in self._plain:
            return False
        text = ((choice.delta and choice.delta.content) or "").lstrip()
        return bool(text) and (text.startswith("<think>") or "<think>".startswith(text))

    def _split(self, data: bytes, choices: list[_Choice]) -> bytes:
        """Write the event again with the text of each choice in its place."""
        event: dict[str, Any] = msgspec.json.decode(data)
        said = False
        for choice, written in zip(choices, event["choices"], strict=True):
            if choice.index in self._plain:
                said = True
                continue
            splitter = self._splitters.setdefault(choice.index, ThinkSplitter())
            reasoning, content = splitter.feed((choice.delta and choice.delta.content) or "")
            if choice.finish_reason:
                last_reasoning, last_content = splitter.flush()
                reasoning, content = reasoning + last_reasoning, content + last_content
            delta = written.get("delta") or {}
            held = delta.pop("content", None)
            if reasoning:
                delta["reasoning_content"] = reasoning
            if content or held == "":
                delta["content"] = content
            written["delta"] = delta
            said = said or bool(delta) or bool(choice.finish_reason)
        splitters = self._splitters.values()
        begun = len(splitters) + len(self._plain)
        self.passive = begun >= self._choices and all(splitter.answering for splitter in splitters)
        return msgspec.json.encode(event) if said else b""


def split_whole(body: bytes) -> bytes:
    """Return a whole chat completion with the thinking of each choice in `reasoning_content`.

    Examples
    --------
    >>> split_whole(b'{"choices":[{"message":{"content":"<think>2+2</think>Four"}}]}')
    b'{"choices":[{"message":{"content":"Four","reasoning_content":"2+2"}}]}'
    >>> split_whole(b'{"choices":[{"message":{"content":"It has no <think> tag."}}]}')
    b'{"choices":[{"message":{"content":"It has no <think> tag."}}]}'
    """
    if b"<think>" not in body and b"\\u003cthink" not in body:
        return body
    answer = msgspec.json.decode(body)
    changed = False
    for choice in answer.get("choices") or []:
        message = choice.get("message") or {}
        text = message.get("content")
        if not isinstance(text, str) or not text.lstrip().startswith("<think>"):
            continue
        splitter = ThinkSplitter()
        reasoning, content = splitter.feed(text)
        last_reasoning, last_content = splitter.flush()
        message["content"], message["reasoning_content"] = content + last_content, reasoning + last_reasoning
        changed = True
    return msgspec.json.encode(answer) if changed else body
