# SPDX-License-Identifier: Apache-2.0
"""The bodies of /v1/vector_stores, as OpenAI's clients send and read them. No logic."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

Attribute = str | int | float | bool
Query = Annotated[str, Meta(min_length=1, max_length=4_096)]


class FileCounts(Struct):
    """How many documents are in a store; all of them are completed."""

    completed: int
    total: int
    in_progress: int = 0
    failed: int = 0
    cancelled: int = 0


class VectorStoreCard(Struct):
    """What a service answers from: the published release. Nothing can be added here; releases are published."""

    id: str
    created_at: int
    name: str
    file_counts: FileCounts
    metadata: dict[str, str]
    last_active_at: int
    usage_bytes: int = 0
    status: Literal["completed"] = "completed"
    expires_at: None = None
    expires_after: None = None
    object: Literal["vector_store"] = "vector_store"


class VectorStoreList(Struct):
    """The answer to GET /v1/vector_stores."""

    data: list[VectorStoreCard]
    first_id: str | None
    last_id: str | None
    has_more: Literal[False] = False
    object: Literal["list"] = "list"


class Filter(Struct):
    """What an attribute has to be, or several of these under `and` or `or`."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "and", "or"]
    key: str | None = None
    value: Attribute | list[Attribute] | None = None
    filters: Annotated[list[Filter], Meta(min_length=1, max_length=32)] | None = None


_VALUE = {"type": ["string", "number", "boolean"]}
_KEY = {"type": "string", "minLength": 1}


def _comparison(kinds: tuple[str, ...], value: dict[str, Any]) -> dict[str, Any]:
    properties = {"type": {"enum": list(kinds)}, "key": _KEY, "value": value}
    return {"type": "object", "required": ["type", "key", "value"], "properties": properties}


def _compound(of: dict[str, Any]) -> dict[str, Any]:
    filters = {"type": "array", "minItems": 1, "maxItems": 32, "items": of}
    properties = {"type": {"enum": ["and", "or"]}, "filters": filters}
    return {"type": "object", "required": ["type", "filters"], "properties": properties}


_COMPARISONS = [
    _comparison(("eq", "ne", "gt", "gte", "lt", "lte"), _VALUE),
    _comparison(("in", "nin"), {"type": "array", "items": _VALUE}),
]
# As `Filter`, for the document: a comparison, or several, or several of several.
_FILTER = {"anyOf": [*_COMPARISONS, _compound({"anyOf": [*_COMPARISONS, _compound({"anyOf": _COMPARISONS})]})]}


class RankingOptions(Struct):
    """Which passages are near enough; there is one ranker."""

    ranker: str | None = None
    score_threshold: Annotated[float, Meta(ge=0, le=1)] | None = None


class SearchRequest(Struct):
    """The body of POST /v1/vector_stores/{vector_store_id}/search."""

    query: Query | Annotated[list[Query], Meta(min_length=1, max_length=8)]
    max_num_results: Annotated[int, Meta(ge=1, le=50)] | None = None
    filters: Annotated[dict[str, Any], Meta(extra_json_schema=_FILTER)] | None = None
    ranking_options: RankingOptions | None = None
    rewrite_query: Annotated[bool | None, Meta(extra_json_schema={"enum": [False, None]})] = None


class FoundText(Struct):
    """The text of a passage."""

    text: str
    type: Literal["text"] = "text"


class FoundPassage(Struct):
    """A passage: its document, its text, and how well it fits, 0 to 1: for comparing, no probability.

    `attributes` holds what a citation needs: passage_id, article, status, url, title, as_of and more, where known.
    """

    file_id: str
    filename: str
    score: float
    content: list[FoundText]
    attributes: dict[str, Attribute] = field(default_factory=dict)


class SearchPage(Struct):
    """The answer to a search, best first."""

    search_query: list[str]
    data: list[FoundPassage]
    has_more: Literal[False] = False
    next_page: None = None
    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
