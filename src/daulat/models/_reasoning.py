# SPDX-License-Identifier: Apache-2.0
"""Reasoning apart from answer: pieces of model text come in, (reasoning, content) pairs go out.

A reasoning model writes ``<think>…</think>`` before its answer. What stands between the tags is never part of it.
Only a block that opens the text counts: later in the text, the tag is something the answer talks about.
"""

from __future__ import annotations

from typing import Literal

_OPEN, _CLOSE = "<think>", "</think>"


class ThinkSplitter:
    """Split a stream of text at ``<think>`` and ``</think>``, tags being cut anywhere between pieces.

    Examples
    --------
    >>> splitter = ThinkSplitter()
    >>> [splitter.feed(piece) for piece in ("<thi", "nk>hmm</th", "ink>", "Yes.")]
    [('', ''), ('hmm', ''), ('', ''), ('', 'Yes.')]
    >>> splitter.flush()
    ('', '')
    """

    def __init__(self) -> None:
        self._state: Literal["start", "reasoning", "gap", "content"] = "start"
        self._held = ""

    @property
    def answering(self) -> bool:
        """The answer has begun: whatever comes now is part of it."""
        return self._state == "content"

    def feed(self, piece: str) -> tuple[str, str]:
        """Take the next piece; return what is now certain to be (reasoning, content)."""
        if self._state == "content":
            return "", piece
        self._held += piece
        reasoning = ""
        if self._state == "start":
            self._decide_start()
        if self._state == "reasoning":
            reasoning = self._take_reasoning()
        if self._state == "gap" and (rest := self._held.lstrip()):
            self._held, self._state = rest, "content"
        content = ""
        if self._state == "content":
            content, self._held = self._held, ""
        return reasoning, content

    def flush(self) -> tuple[str, str]:
        """Return what was held back when the stream ends: an unclosed block stays reasoning."""
        held, self._held = self._held, ""
        return (held, "") if self._state == "reasoning" else ("", "" if self._state == "gap" else held)

    def _decide_start(self) -> None:
        text = self._held.lstrip()
        if text.startswith(_OPEN):
            self._held, self._state = text[len(_OPEN) :], "reasoning"
        elif not _OPEN.startswith(text):
            self._state = "content"

    def _take_reasoning(self) -> str:
        thought, closed, rest = self._held.partition(_CLOSE)
        if closed:
            self._held, self._state = rest, "gap"
            return thought
        keep = _overlap(self._held, _CLOSE)
        cut = len(self._held) - keep
        thought, self._held = self._held[:cut], self._held[cut:]
        return thought


def _overlap(text: str, tag: str) -> int:
    """Count the characters at the end of `text` that may begin `tag`."""
    return next((n for n in range(min(len(text), len(tag) - 1), 0, -1) if text.endswith(tag[:n])), 0)
