# SPDX-License-Identifier: Apache-2.0
"""The items of a response and the events by which each grows: thinking, text, the call of a function.

Texts in; events without their numbers, and the finished item, out. An item knows its place and nothing of the others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

Event = dict[str, Any]


class Item(ABC):
    """One item of the output.

    Parameters
    ----------
    id : str
        Its own name.
    place : int
        Which of the output's items it is.
    """

    prefix: ClassVar[str]

    def __init__(self, id: str, place: int) -> None:
        self.id, self.place = id, place
        self.text = ""
        self.closed = False

    @abstractmethod
    def done(self, status: str = "completed") -> dict[str, Any]:
        """Return the item as it stands."""

    @abstractmethod
    def add(self, text: str, logprobs: list[dict[str, Any]] | None = None) -> Iterator[Event]:
        """Add to it."""

    def begin(self) -> Iterator[Event]:
        """Yield the events of its beginning."""
        yield {
            "type": "response.output_item.added",
            "output_index": self.place,
            "item": self.done("in_progress") | self._empty(),
        }

    def end(self) -> Iterator[Event]:
        """Yield the events of its end."""
        self.closed = True
        yield {"type": "response.output_item.done", "output_index": self.place, "item": self.done()}

    def _empty(self) -> dict[str, Any]:
        return {"content": []}

    def _at(self) -> dict[str, Any]:
        return {"item_id": self.id, "output_index": self.place}

    def _part_at(self) -> dict[str, Any]:
        return {**self._at(), "content_index": 0}


class ReasoningItem(Item):
    """What a model thought before it answered."""

    prefix = "rs"

    def begin(self) -> Iterator[Event]:
        """Yield the events of its beginning."""
        yield from super().begin()
        part = {"type": "reasoning_text", "text": ""}
        yield {"type": "response.content_part.added", **self._part_at(), "part": part}

    def add(self, text: str, logprobs: list[dict[str, Any]] | None = None) -> Iterator[Event]:  # noqa: ARG002
        """Add to it."""
        self.text += text
        yield {"type": "response.reasoning_text.delta", **self._part_at(), "delta": text}

    def end(self) -> Iterator[Event]:
        """Yield the events of its end."""
        part = {"type": "reasoning_text", "text": self.text}
        yield {"type": "response.reasoning_text.done", **self._part_at(), "text": self.text}
        yield {"type": "response.content_part.done", **self._part_at(), "part": part}
        yield from super().end()

    def done(self, status: str = "completed") -> dict[str, Any]:
        """Return the item as it stands."""
        content = [{"type": "reasoning_text", "text": self.text}]
        return {"id": self.id, "type": "reasoning", "summary": [], "content": content, "status": status}


class TextItem(Item):
    """What a model, or a service, answers."""

    prefix = "msg"

    def __init__(self, id: str, place: int) -> None:
        super().__init__(id, place)
        self._annotations: list[dict[str, Any]] = []
        self._logprobs: list[dict[str, Any]] = []

    def begin(self) -> Iterator[Event]:
        """Yield the events of its beginning."""
        yield from super().begin()
        yield {"type": "response.content_part.added", **self._part_at(), "part": self._part()}

    def add(self, text: str, logprobs: list[dict[str, Any]] | None = None) -> Iterator[Event]:
        """Add to it."""
        self.text += text
        self._logprobs += logprobs or []
        yield {"type": "response.output_text.delta", **self._part_at(), "delta": text, "logprobs": logprobs or []}

    def annotate(self, note: dict[str, Any]) -> Iterator[Event]:
        """Add a citation."""
        place = len(self._annotations)
        self._annotations.append(note)
        yield {
            "type": "response.output_text.annotation.added",
            **self._part_at(),
            "annotation_index": place,
            "annotation": note,
        }

    def replace(self, text: str) -> None:
        """Put another text in the place of what was sent; its citations follow, and are then all there are."""
        self.text = text
        self._annotations.clear()

    def end(self) -> Iterator[Event]:
        """Yield the events of its end."""
        yield {
            "type": "response.output_text.done", **self._part_at(), "text": self.text, "logprobs": self._logprobs
        }  # fmt: skip
        yield {"type": "response.content_part.done", **self._part_at(), "part": self._part()}
        yield from super().end()

    def done(self, status: str = "completed") -> dict[str, Any]:
        """Return the item as it stands."""
        return {"id": self.id, "type": "message", "role": "assistant", "status": status, "content": [self._part()]}

    def _part(self) -> dict[str, Any]:
        notes, logprobs = list(self._annotations), list(self._logprobs)
        return {"type": "output_text", "text": self.text, "annotations": notes, "logprobs": logprobs}


class CallItem(Item):
    """The call of a function, which the application then runs."""

    prefix = "fc"

    def __init__(self, id: str, place: int, index: int, call_id: str, name: str) -> None:
        super().__init__(id, place)
        self.index = index
        self._call_id = call_id or f"call_{id}"
        self._name = name

    def add(self, text: str, logprobs: list[dict[str, Any]] | None = None) -> Iterator[Event]:  # noqa: ARG002
        """Add to its arguments."""
        self.text += text
        yield {"type": "response.function_call_arguments.delta", **self._at(), "delta": text}

    def end(self) -> Iterator[Event]:
        """Yield the events of its end."""
        yield {
            "type": "response.function_call_arguments.done", **self._at(), "name": self._name, "arguments": self.text
        }  # fmt: skip
        yield from super().end()

    def done(self, status: str = "completed") -> dict[str, Any]:
        """Return the item as it stands."""
        return {
            "id": self.id,
            "type": "function_call",
            "call_id": self._call_id,
            "name": self._name,
            "arguments": self.text,
            "status": status,
        }

    def _empty(self) -> dict[str, Any]:
        return {}
