# SPDX-License-Identifier: Apache-2.0
"""/v1/vector_stores: what the services answer from, to be searched by an application that answers for itself.

A query in; passages of the published release with article, legal status and address out, best first. It is read-only:
a release is published by whoever answers for the official text. Queries are not kept.
"""

from __future__ import annotations

import msgspec

from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway._decode import decode
from daulat.gateway.api.callers import reaches
from daulat.gateway.api.filters import equals, fits, read_filter
from daulat.gateway.api.local import answering
from daulat.gateway.api.vector_schema import (
    FileCounts,
    Filter,
    FoundPassage,
    SearchPage,
    SearchRequest,
    VectorStoreCard,
    VectorStoreList,
)
from daulat.gateway.citations import absolute
from daulat.gateway.errors import BadRequest, NotFound, NotReady
from daulat.gateway.links import links_base
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Library
from daulat.gateway.proxy import read_asked

ROUTE = "vector_stores/search"
DEFAULT_RESULTS = 10
# What was not found among so many is not near enough to be shown.
_LOOKED_AT = 100


class VectorStoreRoutes:
    """The routes of published knowledge.

    Parameters
    ----------
    parts : Parts
        The services, and the release that they answer from.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._created = int(parts.wall_clock())

    async def list_stores(self, request: Request, send: Send) -> None:
        """List one store for each service that the caller's key reaches."""
        library = self._parts.library
        shown = [model for model in self._parts.services if reaches(self._parts, request, model)]
        cards = [] if library is None else [self._card(model, library) for model in shown]
        first, last = (cards[0].id, cards[-1].id) if cards else (None, None)
        await send_json(send, VectorStoreList(cards, first, last), request.request_id)

    async def show(self, request: Request, send: Send) -> None:
        """Show one store; what the caller's key does not reach looks as if it were not there.

        Raises
        ------
        NotFound
            If there is none, or if something below it is asked for, as OpenAI has its files.
        """
        store_id, _, below = request.rest.partition("/")
        model, library = self._store(store_id)
        if not reaches(self._parts, request, model):
            raise _no_store()
        if below:
            raise NotFound(
                "the files of a vector store are not listed, and none is added",
                why="A store holds the documents of a published release, which are found by searching.",
                fix="POST /v1/vector_stores/{id}/search, and read what it finds at /v1/passages/{passage_id}.",
                code="unsupported_route",
            )
        await send_json(send, self._card(model, library), request.request_id)

    async def search(self, request: Request, send: Send) -> None:
        """Search one store."""
        body = await request.json_body()
        model, library = self._store(request.rest)
        asked = decode(body, SearchRequest)
        wanted = read_filter(asked.filters)
        if asked.rewrite_query:
            raise BadRequest(
                "`rewrite_query` is not supported",
                why="The query is searched as it was written.",
                fix="leave `rewrite_query` out.",
                code="unsupported_parameter",
                param="rewrite_query",
            )
        queries = [asked.query] if isinstance(asked.query, str) else asked.query
        call = read_asked(msgspec.json.encode({"model": model, "input": queries}), ROUTE)
        service = self._parts.services[model]
        async with answering(self._parts, request, call, "knowledge", service):
            passages = await self._find(library, service, queries, asked, wanted)
        base = links_base(request, self._parts.public_url)
        linked = [_linked(passage, base) for passage in passages]
        await send_json(send, SearchPage(queries, linked), request.request_id)

    async def _find(
        self, library: Library, service: str, queries: list[str], asked: SearchRequest, wanted: Filter | None
    ) -> list[FoundPassage]:
        narrowed = {name: equals(wanted, name) for name in ("status", "doc_id", "jurisdiction")}
        best: dict[str, FoundPassage] = {}
        for query in queries:
            for passage in await library.search(query, service, _LOOKED_AT, narrowed):
                key = str(passage.attributes["passage_id"])
                if key not in best or best[key].score < passage.score:
                    best[key] = passage
        least = (asked.ranking_options.score_threshold or 0.0) if asked.ranking_options else 0.0
        kept = [
            passage
            for passage in sorted(best.values(), key=lambda each: -each.score)
            if passage.score >= least and (wanted is None or fits(passage.attributes, wanted))
        ]
        return kept[: asked.max_num_results or DEFAULT_RESULTS]

    def _store(self, store_id: str) -> tuple[str, Library]:
        model = next((model for model in self._parts.services if _id_of(model) == store_id), None)
        if model is None:
            raise _no_store()
        library = self._parts.library
        if library is None:
            raise NotReady(
                "the official text is still being opened",
                why="It cannot be searched before.",
                fix="try again in a few seconds; GET /v1/status says what is loading.",
                code="loading",
            )
        return model, library

    def _card(self, model: str, library: Library) -> VectorStoreCard:
        total = library.count(self._parts.services[model])
        return VectorStoreCard(
            id=_id_of(model),
            created_at=self._created,
            name=model,
            file_counts=FileCounts(total, total),
            metadata={"release": library.release, "as_of": library.as_of, "model": model},
            last_active_at=self._created,
        )


def _linked(passage: FoundPassage, base: str) -> FoundPassage:
    """Return a passage with an address that whoever asked can open."""
    attributes = passage.attributes | {"url": absolute(str(passage.attributes["url"]), base)}
    return msgspec.structs.replace(passage, attributes=attributes)


def _no_store() -> NotFound:
    return NotFound(
        "no vector store of that id",
        why="There is one for each service that your key reaches, and no other can be made here.",
        fix="GET /v1/vector_stores lists them.",
        code="vector_store_not_found",
        param="vector_store_id",
    )


def _id_of(model: str) -> str:
    """Return the id of a service's store, which holds no slash: clients put it into a path as it is."""
    return f"vs_{model.replace('/', '_')}"
