# SPDX-License-Identifier: Apache-2.0
"""POST /v1/embeddings: texts in, vectors of unit length out, as numbers or in base64. Keeps no text.

The encoder of this machine answers under its own name; every other model's engine answers for itself.
"""

from __future__ import annotations

import base64
import re

import msgspec

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
_NUMBERS = re.compile(rb"\[\s*(\[\s*)?[-\d]")


class _Input(msgspec.Struct):
    input: msgspec.Raw = msgspec.Raw(b"")


async def embed(parts: Parts, request: Request, send: Send, asked: Asked, embedder: Embedder) -> None:
    """Encode the texts of a request."""
    try:
        body = decode(asked.body, EmbeddingRequest)
    except BadRequest:
        _require_words(asked.body)
        raise
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


def _require_words(body: bytes) -> None:
    """Refuse token numbers in words of their own: LangChain's client sends them unless it is told not to.

    Raises
    ------
    BadRequest
        If the input begins with a number, or with a list of them.
    """
    raw = decode(body, _Input).input
    if not _NUMBERS.match(bytes(raw)):
        return
    raise BadRequest(
        "the input is token numbers, not text",
        why="They are places in another vendor's vocabulary, and mean nothing to this encoder.",
        fix="send the texts themselves; LangChain does with `OpenAIEmbeddings(check_embedding_ctx_length=False)`.",
        code="unsupported_input",
        param="input",
    )


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
        fix = "send fewer texts at once."
        if param == "input":
            fix = "send fewer texts at once: `chunk_size` in LangChain, `embed_batch_size` in LlamaIndex."
        raise BadRequest(
            f"the texts are longer than {INPUT_LIMIT_CHARS:,} characters together",
            why="One request may not hold the encoder while others ask.",
            fix=fix,
            code="input_too_long",
            param=param,
        )
