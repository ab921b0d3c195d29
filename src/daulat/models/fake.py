# SPDX-License-Identifier: Apache-2.0
"""An engine without a model: a `ChatRequest` comes in, a scripted stream of `Delta` goes out, the same every time.

Tests, the tutorial and a first-day demonstration stand on it. It never computes, and fails only where its script says.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from daulat.models.engine import ChatRequest, Delta, Usage
from daulat.models.errors import EngineError


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer.

    Parameters
    ----------
    pieces : tuple of str
        The content, one delta each.
    reasoning : tuple of str
        Reasoning that comes before the content, one delta each.
    error : EngineError or None
        Raised after the pieces instead of finishing.
    finish_reason : str
        As in the OpenAI API, ``stop`` or ``length``.
    """

    pieces: tuple[str, ...]
    reasoning: tuple[str, ...] = ()
    error: EngineError | None = None
    finish_reason: str = "stop"


class FakeEngine:
    """Gives its replies in order and repeats the last one; without a script it counts the words it was sent.

    Parameters
    ----------
    models : sequence of str
        The ids that it answers to.
    replies : sequence of Reply
        The script. Empty: every request gets the same kind of sentence, made from the request alone.

    Attributes
    ----------
    requests : list of ChatRequest
        What it was asked, in order.
    cancelled : int
        How many streams were closed before they ended.

    Examples
    --------
    >>> import asyncio
    >>> from daulat.models import ChatRequest, Message
    >>> async def ask(engine):
    ...     request = ChatRequest("fake", (Message("user", "Who issues a birth certificate?"),))
    ...     return "".join([delta.content async for delta in engine.stream(request)])
    >>> asyncio.run(ask(FakeEngine()))
    'A fake engine read 5 words.'
    >>> asyncio.run(ask(FakeEngine(replies=[Reply(("The civil ", "registry."))])))
    'The civil registry.'
    """

    def __init__(self, models: Sequence[str] = ("fake",), replies: Sequence[Reply] = (), name: str = "fake") -> None:
        self.name = name
        self.requests: list[ChatRequest] = []
        self.cancelled = 0
        self._models = list(models)
        self._replies = list(replies)

    async def models(self) -> list[str]:
        """List the ids given at the start."""
        return list(self._models)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield the next scripted reply, piece by piece; `max_tokens` counts words and cuts it short."""
        self.requests.append(request)
        reply = self._next_reply(request)
        completion_tokens = 0
        finish_reason = reply.finish_reason
        finished = False
        try:
            for thought in reply.reasoning:
                completion_tokens += _count_words(thought)
                yield Delta(reasoning=thought)
            for piece in reply.pieces:
                if request.max_tokens is not None and completion_tokens >= request.max_tokens:
                    finish_reason = "length"
                    break
                completion_tokens += _count_words(piece)
                yield Delta(content=piece)
            finished = True
        finally:
            self.cancelled += not finished
        if reply.error is not None:
            raise reply.error
        yield Delta(finish_reason=finish_reason, usage=Usage(_prompt_words(request), completion_tokens))

    async def is_healthy(self) -> bool:
        """Say yes."""
        return True

    async def close(self) -> None:
        """Do nothing: it started nothing."""

    def _next_reply(self, request: ChatRequest) -> Reply:
        if not self._replies:
            return Reply(("A fake engine ", "read ", f"{_prompt_words(request)} ", "words."))
        return self._replies[min(len(self.requests), len(self._replies)) - 1]


def _count_words(text: str) -> int:
    return len(text.split())


def _prompt_words(request: ChatRequest) -> int:
    return sum(_count_words(message.content) for message in request.messages)
