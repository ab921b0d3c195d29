# SPDX-License-Identifier: Apache-2.0
"""The seam to a language model: `ChatRequest` in, a stream of `Delta` out, the last with `Usage`.

Nothing above this line knows llama.cpp, vLLM or HTTP. Engines never see citizens' identities, and never log a prompt.

An engine says which models it can run now, whether it is well, how much each answer took, and, by `forwarding`, whether
its server speaks the API itself. How much a model holds and what it costs is not asked of it: `daulat.nation.Model`
declares both, one place for every kind of engine, because limits are reserved before an engine is started or reached,
one engine may run models at different prices, and a server that is asked says what it likes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; `role` as in the OpenAI API."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What to complete. `options` carries any further field of the OpenAI request, unread by the seam."""

    model: str
    messages: tuple[Message, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one completion, as the engine reports them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer, in order. The last one carries `finish_reason` and `usage`."""

    content: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage | None = None


class Engine(Protocol):
    """Runs one or more open-weight models."""

    name: str

    async def models(self) -> list[str]:
        """List the model ids this engine can run now."""
        ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield deltas in order. A failure midway raises `EngineInterrupted`; text already yielded stands.

        Closing the generator (`aclose`, or leaving `contextlib.aclosing`) cancels the work in the engine.
        """
        ...

    async def is_healthy(self) -> bool:
        """Say whether a request sent now would be answered."""
        ...

    async def close(self) -> None:
        """Stop what this engine started."""
        ...


class Whole(msgspec.Struct, frozen=True):
    """The body of an answer that came whole, as the engine's server wrote it."""

    body: bytes
    content_type: str


class Pieces(Protocol):
    """An answer that is still coming, in pieces cut anywhere."""

    async def read(self) -> bytes | None:
        """Return the next piece, or None at the end.

        Raises
        ------
        EngineInterrupted
            If the answer broke off or fell silent.
        """
        ...


class Forwarding(Protocol):
    """An engine whose server speaks the OpenAI API itself, so that bytes can pass through unread.

    `path` is what follows the version in the address, e.g. ``/chat/completions``; errors are those of `Engine.stream`.
    """

    name: str

    def upstream_id(self, model_id: str) -> str:
        """Return the server's own name of a model."""
        ...

    async def send(self, path: str, body: bytes, content_type: str = "application/json") -> Whole:
        """Send a request and return its whole answer. Cancelling it closes the connection."""
        ...

    def open(self, path: str, body: bytes) -> AbstractAsyncContextManager[Pieces]:
        """Send a request and give its answer as a stream of events; leaving the block stops the computation."""
        ...


def forwarding(engine: Engine) -> Forwarding | None:
    """Return the engine as one that forwards, or None if it answers through `Engine.stream` alone.

    Examples
    --------
    >>> from daulat.models import FakeEngine, RemoteEngine
    >>> forwarding(RemoteEngine("http://127.0.0.1:8000/v1")) is not None, forwarding(FakeEngine()) is None
    (True, True)
    """
    return engine if hasattr(engine, "upstream_id") else None  # type: ignore[return-value]
