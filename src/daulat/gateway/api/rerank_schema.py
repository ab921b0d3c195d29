# SPDX-License-Identifier: Apache-2.0
"""The bodies of POST /v1/rerank, as Cohere, Jina and vLLM shape them. No logic."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from daulat.gateway.schema import EncodedText, ModelId


class TextDocument(Struct):
    """A document as an object."""

    text: EncodedText


class RerankRequest(Struct):
    """The body of POST /v1/rerank. `top_n`: how many at most; none: all."""

    model: ModelId
    query: EncodedText
    documents: Annotated[list[EncodedText | TextDocument], Meta(min_length=1, max_length=128)]
    top_n: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    return_documents: bool | None = None


class RerankResult(Struct):
    """One document: its place in the request, and how relevant it is, 0 to 1. Best first."""

    index: int
    relevance_score: float
    document: TextDocument | UnsetType = UNSET


class RerankUsage(Struct):
    """How much was read."""

    prompt_tokens: int
    total_tokens: int


class RerankMethod(Struct):
    """How the scores came about: `cosine` of the encoder's vectors, which is a similarity and no model of relevance."""

    method: Literal["cosine"] = "cosine"


class RerankResponse(Struct):
    """The answer to POST /v1/rerank."""

    id: str
    model: str
    results: list[RerankResult]
    usage: RerankUsage
    daulat: RerankMethod = field(default_factory=RerankMethod)
    object: Literal["list"] = "list"
