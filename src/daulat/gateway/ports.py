# SPDX-License-Identifier: Apache-2.0
"""What the gateway needs from the rooms below, as narrow promises, and the state in which each of them is.

The routes know these promises only, so that a test, a benchmark or another composition can supply its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from daulat.assistant.types import AnswerEvent, Question
from daulat.errors import DaulatError
from daulat.gateway.schema import PassageCard
from daulat.ledger import Receipt
from daulat.models.engine import Engine

PartState = Literal["loading", "ready", "failed", "absent"]


class Assistant(Protocol):
    """Answers questions from the official text."""

    def stream(self, question: Question) -> AsyncIterator[AnswerEvent]:
        """Yield the answer as it becomes certain; the last event carries the whole. Closing the iterator cancels."""
        ...


class Engines(Protocol):
    """The raw models that this machine can reach."""

    async def list_models(self) -> list[str]:
        """Name the models that would answer now."""
        ...

    def engine_for(self, model_id: str) -> Engine:
        """Return the engine that runs a model, or raise `UnknownModel`."""
        ...


class Embedder(Protocol):
    """Turns text into vectors."""

    name: str
    dimensions: int

    async def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """Return float32[n_texts, dimensions], rows of unit length, and the number of tokens read."""
        ...


class Library(Protocol):
    """The published release of the official text."""

    release: str
    as_of: str

    async def passage(self, passage_id: str) -> PassageCard | None:
        """Return a passage in its document, or None where there is none of that id."""
        ...


class Receipts(Protocol):
    """Where receipts go: counts and hashes of an answer, never its words."""

    def put(self, receipt: Receipt) -> None:
        """Take a receipt without waiting; writing happens later."""
        ...


@dataclass(slots=True)
class Readiness:
    """The state of each part, as `/readyz`, `/v1/status` and `daulat up` tell it.

    Examples
    --------
    >>> parts = Readiness()
    >>> parts.set("knowledge", "loading", "opening the release")
    >>> parts.waiting_for()
    ['knowledge']
    >>> parts.set("knowledge", "ready")
    >>> parts.waiting_for()
    []
    """

    states: dict[str, tuple[PartState, str]] = field(default_factory=dict)
    on_change: Callable[[str, PartState, str], None] | None = None

    def set(self, name: str, state: PartState, detail: str = "") -> None:
        """Say how a part is. `detail` is one short phrase for the operator."""
        self.states[name] = (state, detail)
        if self.on_change is not None:
            self.on_change(name, state, detail)

    def fail(self, name: str, error: DaulatError) -> None:
        """Say that a part will not come, and why."""
        self.set(name, "failed", f"{error.what} ({error.code}): {error.fix}")

    def waiting_for(self) -> list[str]:
        """Name the parts that are still loading."""
        return [name for name, (state, _) in self.states.items() if state == "loading"]

    def failed(self) -> list[str]:
        """Name the parts that will not come."""
        return [name for name, (state, _) in self.states.items() if state == "failed"]
