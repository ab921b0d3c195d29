# SPDX-License-Identifier: Apache-2.0
"""Answers into the chunks of a chat completion: events or deltas in, the API's structs out.

Streaming sends the chunks one by one; without streaming the same chunks are folded into one completion, so the two can
never tell different stories. Nothing here touches a connection.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import UNSET

from daulat.errors import DaulatError
from daulat.gateway import citations
from daulat.gateway.metering import Meter, Tally
from daulat.gateway.ports import Assistant
from daulat.gateway.schema import (
    Annotation,
    AnswerDetails,
    AssistantMessage,
    ChatCompletion,
    ChatCompletionChunk,
    Choice,
    ChoiceDelta,
    ChunkChoice,
    CompletionUsage,
)
from daulat.models.engine import ChatRequest, Engine, Usage
from daulat.models.errors import EngineInterrupted

if TYPE_CHECKING:  # a gateway without services does without the assistant
    from daulat.assistant.types import Answer, AnswerEvent, Citation, Question
    from daulat.gateway.writing import ServiceWriter

Chunks = AsyncGenerator[ChatCompletionChunk, None]
Item = TypeVar("Item")


@dataclass(slots=True)
class Envelope:
    """What every chunk of one completion carries. The first chunk names the role."""

    completion_id: str
    created: int
    model: str
    begun: bool = False

    def chunk(
        self, delta: ChoiceDelta, finish_reason: str | None = None, details: AnswerDetails | None = None
    ) -> ChatCompletionChunk:
        """Make the next chunk."""
        if not self.begun:
            self.begun = True
            delta.role = "assistant"
        choice = ChunkChoice(delta, finish_reason)
        return ChatCompletionChunk(self.completion_id, self.created, self.model, [choice], daulat=details or UNSET)

    def usage(self, usage: Usage) -> ChatCompletionChunk:
        """Make the chunk after the last, which carries the token counts and no choice."""
        total = usage.prompt_tokens + usage.completion_tokens
        counts = CompletionUsage(usage.prompt_tokens, usage.completion_tokens, total)
        return ChatCompletionChunk(self.completion_id, self.created, self.model, [], usage=counts)


async def metered_events(
    question: Question, assistant: Assistant, meter: Meter, writer: ServiceWriter | None = None
) -> AsyncGenerator[AnswerEvent, None]:
    """Ask a service and yield what happens, counted; the last event that carries an answer carries the whole.

    `writer` chooses the model that may write; without it the assistant's own does.

    Raises
    ------
    Overloaded
        If too many answers are in the making.
    DaulatError
        If the service ends without an answer.
    """
    with meter.admit(Tally(service=question.service)) as tally:
        async with _closing(assistant.stream(question, writer.find if writer else None)) as events:
            async for event in events:
                if event.answer is not None:
                    settle_tally(tally, event.answer)
                yield event
        if writer is not None:
            tally.prompt_tokens, tally.completion_tokens = writer.usage.prompt_tokens, writer.usage.completion_tokens
        if not tally.finished:
            raise _unfinished()


def settle_tally(tally: Tally, answer: Answer) -> None:
    """Note in a tally what an answer came to."""
    tally.language, tally.mode, tally.answered = answer.language, answer.mode, answer.answered
    tally.citations, tally.release, tally.model = len(answer.citations), answer.release, answer.model
    tally.finished = True


async def service_chunks(
    question: Question,
    assistant: Assistant,
    meter: Meter,
    envelope: Envelope,
    public_url: str,
    writer: ServiceWriter | None = None,
) -> Chunks:
    """Ask a service and yield its answer, chunk by chunk; the last but one carries the details, the last the usage."""
    sent_text: list[str] = []
    sent_citations: set[Citation] = set()
    async with aclosing(metered_events(question, assistant, meter, writer)) as events:
        async for event in events:
            if event.answer is not None:
                yield _last_chunk(event.answer, "".join(sent_text), sent_citations, envelope, public_url)
            elif event.kind == "text" and event.text:
                sent_text.append(event.text)
                yield envelope.chunk(ChoiceDelta(content=event.text))
            elif event.kind == "citation" and event.citation is not None:
                note = citations.annotation_delta(event.citation, public_url, len(sent_citations))
                sent_citations.add(event.citation)
                yield envelope.chunk(ChoiceDelta(annotations=[note]))
    yield envelope.usage(writer.usage if writer is not None else Usage(0, 0))


async def notice_chunks(answer: Answer, envelope: Envelope, public_url: str) -> Chunks:
    """Yield an answer that nobody had to make, in the same form."""
    yield _last_chunk(answer, "", set(), envelope, public_url)
    yield envelope.usage(Usage(0, 0))


def _last_chunk(
    answer: Answer, sent_text: str, sent_citations: set[Citation], envelope: Envelope, public_url: str
) -> ChatCompletionChunk:
    """Send what is still missing; where verification changed what was sent, send the whole again as a replacement."""
    details = citations.details(answer, public_url)
    delta = ChoiceDelta()
    kept = answer.text.startswith(sent_text) and sent_citations <= set(answer.citations)
    if kept:
        delta.content = answer.text[len(sent_text) :] or None
        missing = [each for each in answer.citations if each not in sent_citations]
    else:
        details.text = answer.text
        missing = list(answer.citations)
    # Numbered on where others were sent: a client that does not know `daulat` puts pieces of one number together.
    numbered = enumerate(missing, start=len(sent_citations))
    delta.annotations = [citations.annotation_delta(each, public_url, place) for place, each in numbered] or None
    return envelope.chunk(delta, "stop", details)


async def engine_chunks(request: ChatRequest, engine: Engine, meter: Meter, envelope: Envelope) -> Chunks:
    """Ask a raw model and yield its answer, chunk by chunk; the last carries the usage."""
    usage = Usage(0, 0)
    with meter.admit(Tally(model=envelope.model)) as tally:
        finish_reason = None
        async with _closing(engine.stream(request)) as deltas:
            async for delta in deltas:
                usage = delta.usage or usage
                finish_reason = delta.finish_reason or finish_reason
                if delta.content or delta.reasoning or delta.finish_reason:
                    content, reasoning = delta.content or None, delta.reasoning or None
                    piece = ChoiceDelta(content=content, reasoning_content=reasoning)
                    yield envelope.chunk(piece, delta.finish_reason)
        if finish_reason is None:
            raise EngineInterrupted(
                "the model stopped without saying why",
                why="The answer may be incomplete.",
                fix="ask again.",
                code="engine.interrupted",
            )
        tally.prompt_tokens, tally.completion_tokens = usage.prompt_tokens, usage.completion_tokens
        tally.mode, tally.answered, tally.finished = "model", True, True
        yield envelope.usage(usage)


async def encode_chunks(chunks: Chunks, include_usage: bool) -> AsyncGenerator[bytes, None]:
    """Encode each chunk as JSON; the one with the usage only where the caller asked for it."""
    async with aclosing(chunks):
        async for chunk in chunks:
            if chunk.choices or include_usage:
                yield msgspec.json.encode(chunk)


async def fold_chunks(chunks: Chunks) -> ChatCompletion:
    """Put the chunks together into one completion."""
    content: list[str] = []
    reasoning: list[str] = []
    notes: list[Annotation] = []
    finish_reason = "stop"
    usage = CompletionUsage()
    details: AnswerDetails | None = None
    async with aclosing(chunks):
        async for chunk in chunks:
            if chunk.usage is not UNSET:
                usage = chunk.usage
            for choice in chunk.choices:
                if chunk.daulat is not UNSET and choice.finish_reason:
                    details = chunk.daulat
                    if details.text is not None:
                        content, notes, details.text = [details.text], [], None
                content.append(choice.delta.content or "")
                reasoning.append(choice.delta.reasoning_content or "")
                notes += [Annotation(each.url_citation) for each in choice.delta.annotations or []]
                finish_reason = choice.finish_reason or finish_reason
    message = AssistantMessage("".join(content), notes, reasoning_content="".join(reasoning) or UNSET)
    choices = [Choice(message, finish_reason)]
    return ChatCompletion(chunk.id, chunk.created, chunk.model, choices, usage, details or UNSET)


@asynccontextmanager
async def _closing(items: AsyncIterator[Item]) -> AsyncIterator[AsyncIterator[Item]]:
    """Close an iterator on leaving, which cancels its work; one without `aclose` has nothing to let go of."""
    try:
        yield items
    finally:
        close = getattr(items, "aclose", None)
        if close is not None:
            await close()


def _unfinished() -> DaulatError:
    return DaulatError(
        "the service broke off before its answer was whole",
        why="What was sent so far has not been verified.",
        fix="ask again.",
        code="answer_unfinished",
    )
