# SPDX-License-Identifier: Apache-2.0
"""POST /v1/embeddings: texts in, vectors of unit length out, as numbers or in base64. Keeps no text.

The encoder of this machine answers under its own name; every other model's engine answers for itself.
"""

from __future__ import annotations

import base64

from daulat.disconnect import unless_gone
from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway._decode import decode
from daulat.gateway.api.local import answering
from daulat.gateway.errors import BadRequest
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Embedder
from daulat.gateway.proxy import Asked
from daulat.gateway.schema import ENCODED_LIMIT_CHARS, Embedding, EmbeddingList, EmbeddingRequest, EmbeddingUsage

# Looked at before the encoder counts tokens; see `daulat.gateway.embedder`.
INPUT_LIMIT_CHARS = ENCODED_LIMIT_CHARS


async def embed(parts: Parts, request: Request, send: Send, asked: Asked, embedder: Embedder) -> None:
    """Encode the texts of a request."""
    body = decode(asked.body, EmbeddingRequest)
    if body.dimensions not in (None, embedder.dimensions):
        raise BadRequest(
            f"`{embedder.name}` makes vectors of {embedder.dimensions} dimensions only",
            why="It was not trained to be cut shorter.",
            fix="leave `dimensions` out.",
            code="unsupported_parameter",
            param="dimensions",
        )
    texts = [body.input] if isinstance(body.input, str) else body.input
    require_texts(texts, "input")
    async with answering(parts, request, asked, "encoder") as worked:
        vectors, worked.tokens = await unless_gone(request.receive, embedder.embed(texts))
    rows = vectors.astype("<f4", copy=False)
    as_text = body.encoding_format == "base64"
    data = [
        Embedding(base64.b64encode(row.tobytes()).decode("ascii") if as_text else row.tolist(), index)
        for index, row in enumerate(rows)
    ]
    usage = EmbeddingUsage(worked.tokens, worked.tokens)
    await send_json(send, EmbeddingList(data, body.model, usage), request.request_id)


def require_texts(texts: list[str], param: str) -> None:
    """Refuse texts that the encoder cannot take.

    Raises
    ------
    BadRequest
        If one is empty, or they are too long together.
    """
    if not all(text.strip() for text in texts):
        raise BadRequest(
            "a text is empty",
            why="An empty text has no meaning to encode.",
            fix="send texts that are not empty.",
            code="empty_input",
            param=param,
        )
    if sum(map(len, texts)) > INPUT_LIMIT_CHARS:
        raise BadRequest(
            f"the texts are longer than {INPUT_LIMIT_CHARS:,} characters together",
            why="One request may not hold the encoder while others ask.",
            fix="send fewer texts at once.",
            code="input_too_long",
            param=param,
        )
