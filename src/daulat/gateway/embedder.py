# SPDX-License-Identifier: Apache-2.0
"""This machine's encoder behind the API: texts in, vectors out, so that no request holds it while others wait.

A text has at most `TEXT_LIMIT_TOKENS`, a request `REQUEST_LIMIT_TOKENS`, as the encoder itself counts. It encodes a
piece at a time, a window of some 500 tokens; after each piece the request that waited longest has its turn, and work
whose caller has left ends there. One piece is encoded at a time, so the searches of questions keep their share of the
processors. Keeps no text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence

import numpy as np

from daulat.gateway.errors import BadRequest
from daulat.knowledge.encoder import Encoder, Float32, Stepwise

# As OpenAI's encoders take.
TEXT_LIMIT_TOKENS = 8_192
# Of all texts together: four as long as one may be.
REQUEST_LIMIT_TOKENS = 32_768
# Texts in one piece, for an encoder that cannot pause by itself.
_TEXTS_AT_ONCE = 64


class ThreadedEmbedder:
    """An encoder behind the API: one piece at a time, in a thread, so that the event loop goes on.

    Parameters
    ----------
    encoder : Encoder
        Encodes texts as questions, the form that fits comparing texts with each other.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._turn = asyncio.Lock()  # its waiters have their turns in the order in which they came

    async def embed(self, texts: Sequence[str]) -> tuple[Float32, int]:
        """Return a vector a text, and how many words were read; cancelling it ends the work after its piece.

        Raises
        ------
        BadRequest
            If the encoder counts more tokens than it takes, in one text or in all.
        """
        steps = _pieces(self._encoder, texts)
        vectors = None
        while vectors is None:
            vectors = await self._next(steps)
        return vectors, sum(len(text.split()) for text in texts)

    async def _next(self, steps: Generator[None, None, Float32]) -> Float32 | None:
        """Encode one piece; return the vectors if it was the last."""
        async with self._turn:
            piece = asyncio.ensure_future(asyncio.to_thread(_advance, steps))
            try:
                return await asyncio.shield(piece)
            except asyncio.CancelledError:
                await asyncio.wait([piece])  # a thread cannot be stopped, and the next must not run beside it
                raise


def _advance(steps: Generator[None, None, Float32]) -> Float32 | None:
    try:
        next(steps)
    except StopIteration as end:
        vectors: Float32 = end.value
        return vectors
    return None


def _pieces(encoder: Encoder, texts: Sequence[str]) -> Generator[None, None, Float32]:
    """Encode texts a piece at a time; the first piece counts them."""
    if isinstance(encoder, Stepwise):
        require_tokens([encoder.count_tokens(text) for text in texts])
        yield
        return (yield from encoder.query_steps(texts))
    parts = []
    for at in range(0, len(texts), _TEXTS_AT_ONCE):
        parts.append(encoder.queries(texts[at : at + _TEXTS_AT_ONCE]))
        yield
    return np.concatenate(parts)


def require_tokens(counts: Sequence[int]) -> None:
    """Refuse texts of which the encoder would read too much.

    Raises
    ------
    BadRequest
        If one of them is too long, or all are together; with the code that OpenAI has for it.
    """
    if max(counts) > TEXT_LIMIT_TOKENS:
        place = next(place for place, count in enumerate(counts) if count > TEXT_LIMIT_TOKENS)
        what = f"text {place + 1} has {counts[place]:,} tokens, and {TEXT_LIMIT_TOKENS:,} are the most"
    elif sum(counts) > REQUEST_LIMIT_TOKENS:
        what = f"the texts have {sum(counts):,} tokens together, and {REQUEST_LIMIT_TOKENS:,} are the most"
    else:
        return
    raise BadRequest(
        what,
        why="One request may not hold the encoder while others ask.",
        fix="cut long texts into parts, such as paragraphs, and send fewer at once.",
        code="context_length_exceeded",
    )
