# SPDX-License-Identifier: Apache-2.0
"""Writes one response: pieces of a chat completion in, typed events out, and at the end the whole.

A whole completion is one large piece, so that a response and its stream cannot tell different stories. Items follow
each other: thinking, text, calls of functions; a piece of another kind closes the item before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from daulat.gateway.api.responses.chunks import Chat, Logprobs, Piece, ToolCall
from daulat.gateway.api.responses.items import CallItem, Item, ReasoningItem, TextItem
from daulat.gateway.api.responses.schema import (
    IncompleteDetails,
    InputTokensDetails,
    OutputTokensDetails,
    Response,
    ResponseFault,
    ResponseUsage,
)

Event = dict[str, Any]
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class ResponseWriter:
    """One response in the making.

    Parameters
    ----------
    response : Response
        Its beginning: what was asked, and no output.

    Attributes
    ----------
    response : Response
        The whole, as far as it has come.
    finished : bool
        The model said that it has ended.
    """

    def __init__(self, response: Response) -> None:
        self.response = response
        self.finished = False
        self._items: list[Item] = []
        self._reason: str | None = None
        self._number = 0

    def begin(self) -> Iterator[Event]:
        """Yield the events of a beginning."""
        yield self._event("response.created", response=self.response)
        yield self._event("response.in_progress", response=self.response)

    def take(self, chat: Chat) -> Iterator[Event]:
        """Take the next piece; yield what it adds."""
        if chat.usage is not None:
            self.response.usage = _usage(chat.usage)
        for choice in chat.choices or []:
            if choice.index != 0:
                continue
            if choice.finish_reason:
                self.finished, self._reason = True, choice.finish_reason
                self._take_details(chat.daulat)
            piece = choice.delta or choice.message
            if piece is not None:
                yield from self._take_piece(piece, choice.logprobs)

    def end(self) -> Iterator[Event]:
        """Yield the events of an end; `response` is then whole."""
        yield from self._close()
        reason = _INCOMPLETE.get(self._reason or "")
        if reason is None:
            self.response.status = "completed"
        else:
            self.response.status = "incomplete"
            self.response.incomplete_details = IncompleteDetails(reason)  # type: ignore[arg-type]
        yield self._event(f"response.{self.response.status}", response=self.response)

    def fail(self, error: dict[str, Any]) -> Iterator[Event]:
        """Yield the events of an answer that broke off, with the error as an envelope holds it."""
        code, message = str(error.get("code") or "server_error"), str(error.get("message") or "")
        self.response.status = "failed"
        self.response.error = ResponseFault(code, message)
        yield self._event("response.failed", response=self.response)
        # Clients raise at `error`; those that read the event's own fields find them too.
        yield self._event("error", code=code, message=message, param=error.get("param"), error=error)

    def _take_piece(self, piece: Piece, logprobs: Logprobs | None) -> Iterator[Event]:
        thinking = piece.reasoning_content or piece.reasoning
        if thinking:
            yield from self._told(ReasoningItem, thinking)
        if piece.content:
            yield from self._told(TextItem, piece.content, (logprobs and logprobs.content) or [])
        if piece.refusal:
            yield from self._told(TextItem, piece.refusal)
        if piece.annotations:
            if not any(isinstance(item, TextItem) for item in self._items):
                yield from self._open(TextItem)
            item = next(item for item in reversed(self._items) if isinstance(item, TextItem))
            for note in piece.annotations:
                yield from self._numbered(item.annotate({"type": note.get("type"), **note.get("url_citation", {})}))
        for place, call in enumerate(piece.tool_calls or []):
            yield from self._take_call(place if call.index is None else call.index, call)

    def _take_details(self, details: dict[str, Any] | None) -> None:
        """Take what a service says at its end; a text there replaces what was sent before."""
        if details is None:
            return
        replaced = details.pop("text", None)
        self.response.daulat = details
        texts = [item for item in self._items if isinstance(item, TextItem)]
        if replaced is not None and texts:
            texts[-1].replace(replaced)

    def _take_call(self, index: int, call: ToolCall) -> Iterator[Event]:
        current = self._current()
        if not isinstance(current, CallItem) or current.index != index:
            name = (call.function and call.function.name) or ""
            yield from self._open(CallItem, index, call.id or "", name)
        arguments = (call.function and call.function.arguments) or ""
        if arguments:
            yield from self._numbered(self._items[-1].add(arguments))

    def _told(self, kind: type[Item], text: str, logprobs: list[dict[str, Any]] | None = None) -> Iterator[Event]:
        if not isinstance(self._current(), kind):
            yield from self._open(kind)
        yield from self._numbered(self._items[-1].add(text, logprobs))

    def _current(self) -> Item | None:
        return self._items[-1] if self._items and not self._items[-1].closed else None

    def _open(self, kind: type[Item], *words: Any) -> Iterator[Event]:
        yield from self._close()
        place = len(self._items)
        item = kind(f"{kind.prefix}_{self.response.id.removeprefix('resp_')}_{place}", place, *words)
        self._items.append(item)
        yield from self._numbered(item.begin())

    def _close(self) -> Iterator[Event]:
        item = self._current()
        if item is not None:
            yield from self._numbered(item.end())
            self.response.output.append(item.done())

    def _numbered(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            yield self._event(**event)

    def _event(self, type: str, **fields: Any) -> Event:
        number, self._number = self._number, self._number + 1
        return {"type": type, "sequence_number": number, **fields}


def _usage(counts: dict[str, Any]) -> ResponseUsage:
    read, written = counts.get("prompt_tokens") or 0, counts.get("completion_tokens") or 0
    cached = (counts.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    thought = (counts.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    return ResponseUsage(read, written, read + written, InputTokensDetails(cached), OutputTokensDetails(thought))
