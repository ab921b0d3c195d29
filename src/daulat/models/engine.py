# SPDX-License-Identifier: Apache-2.0
"""The seam to a language model: `ChatRequest` in, a stream of `Delta` out, the last with `Usage`.

Nothing above this line knows llama.cpp, vLLM or HTTP. Engines never see citizens' identities, and never log a prompt.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


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
