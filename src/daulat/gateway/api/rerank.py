# SPDX-License-Identifier: Apache-2.0
"""POST /v1/rerank: a question and documents in, the documents in the order of their bearing on it out.

An engine that reranks answers for its own model. Under the name of this machine's encoder the order is that of the
cosine between question and document, and the answer says so: that is a similarity, cruder than a trained reranker.
"""

from __future__ import annotations

from daulat.disconnect import unless_gone
from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway._decode import decode
from daulat.gateway.api.local import answering
from daulat.gateway.api.rerank_schema import RerankRequest, RerankResponse, RerankResult, RerankUsage, TextDocument
from daulat.gateway.embeddings import require_texts
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Embedder
from daulat.gateway.proxy import Asked


async def rerank(parts: Parts, request: Request, send: Send, asked: Asked, embedder: Embedder) -> None:
    """Order the documents of a request."""
    body = decode(asked.body, RerankRequest)
    documents = [each if isinstance(each, str) else each.text for each in body.documents]
    require_texts([body.query], "query")
    require_texts(documents, "documents")
    async with answering(parts, request, asked, "encoder") as worked:
        vectors, worked.tokens = await unless_gone(request.receive, embedder.embed([body.query, *documents]))
    scores = (vectors[1:] @ vectors[0]).tolist()
    # Ties go to the earlier document, so that the same request is answered alike every time.
    order = sorted(range(len(documents)), key=lambda index: (-scores[index], index))
    results = [RerankResult(index, min(1.0, max(0.0, scores[index]))) for index in order[: body.top_n or len(order)]]
    if body.return_documents is not False:
        for result in results:
            result.document = TextDocument(documents[result.index])
    usage = RerankUsage(worked.tokens, worked.tokens)
    answer = RerankResponse(f"rerank-{request.request_id}", body.model, results, usage)
    await send_json(send, answer, request.request_id)
