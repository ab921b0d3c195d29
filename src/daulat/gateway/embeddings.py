# SPDX-License-Identifier: Apache-2.0
"""POST /v1/embeddings: texts in, vectors of unit length out, as numbers or in base64. Keeps no text."""

from __future__ import annotations

import base64

from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway._decode import decode
from daulat.gateway.errors import BadRequest, NotFound, NotReady
from daulat.gateway.parts import Parts
from daulat.gateway.schema import Embedding, EmbeddingList, EmbeddingRequest, EmbeddingUsage

# Some four passages a second and core: more than this in one request would hold the encoder for others' questions.
INPUT_LIMIT_CHARS = 100_000


class EmbeddingsRoute:
    """The route of the encoder."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def embed(self, request: Request, send: Send) -> None:
        """Encode the texts of a request."""
        body = decode(await request.json_body(), EmbeddingRequest)
        embedder = self._parts.embedder
        if embedder is None:
            raise NotReady(
                "the encoder is not there yet",
                why="Without it no text becomes a vector.",
                fix="try again in a few seconds; GET /v1/status says what is loading.",
                code="loading",
            )
        if body.model != embedder.name:
            raise NotFound(
                "no encoder of that name",
                why="Vectors of different encoders cannot be compared, so none is put in its place.",
                fix=f"use `{embedder.name}`; GET /v1/models lists every name.",
                code="model_not_found",
                param="model",
            )
        if body.dimensions not in (None, embedder.dimensions):
            raise BadRequest(
                f"`{embedder.name}` makes vectors of {embedder.dimensions} dimensions only",
                why="It was not trained to be cut shorter.",
                fix="leave `dimensions` out.",
                code="unsupported_parameter",
                param="dimensions",
            )
        texts = [body.input] if isinstance(body.input, str) else body.input
        if not all(text.strip() for text in texts):
            raise BadRequest(
                "an input is empty",
                why="An empty text has no meaning to encode.",
                fix="send texts that are not empty.",
                code="empty_input",
                param="input",
            )
        if sum(map(len, texts)) > INPUT_LIMIT_CHARS:
            raise BadRequest(
                f"the inputs are longer than {INPUT_LIMIT_CHARS:,} characters together",
                why="One request may not hold the encoder while others ask.",
                fix="send fewer texts at once.",
                code="input_too_long",
                param="input",
            )
        vectors, tokens = await embedder.embed(texts)
        rows = vectors.astype("<f4", copy=False)
        as_text = body.encoding_format == "base64"
        data = [
            Embedding(base64.b64encode(row.tobytes()).decode("ascii") if as_text else row.tolist(), index)
            for index, row in enumerate(rows)
        ]
        await send_json(send, EmbeddingList(data, body.model, EmbeddingUsage(tokens, tokens)), request.request_id)
