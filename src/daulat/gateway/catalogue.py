# SPDX-License-Identifier: Apache-2.0
"""GET /v1/models and GET /v1/passages: what can be asked, and the official text that answers point to. Reads only."""

from __future__ import annotations

import msgspec

from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway.api.callers import reaches
from daulat.gateway.catalogue_schema import ModelCard, ModelList, Neighbour, PassageCard
from daulat.gateway.citations import absolute
from daulat.gateway.errors import NotFound, NotReady
from daulat.gateway.links import links_base
from daulat.gateway.parts import Parts


class CatalogueRoutes:
    """The routes that list and show."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._created = int(parts.wall_clock())

    async def list_models(self, request: Request, send: Send) -> None:
        """List services first, then raw models, then the encoder; of these what the caller's key reaches."""
        shown = [card for card in await self._cards() if reaches(self._parts, request, card.id)]
        await send_json(send, ModelList(shown), request.request_id)

    async def show_model(self, request: Request, send: Send) -> None:
        """Show one model or service; what the caller's key does not reach looks as if it were not there."""
        for card in await self._cards():
            if card.id == request.rest and reaches(self._parts, request, card.id):
                await send_json(send, card, request.request_id)
                return
        raise NotFound(
            "no model of that name",
            why="Nothing here answers to it, or nothing that your key reaches.",
            fix="GET /v1/models lists every name.",
            code="model_not_found",
            param="model",
        )

    async def show_passage(self, request: Request, send: Send) -> None:
        """Show a passage in its document, with its standing in law."""
        library = self._parts.library
        if library is None:
            raise NotReady(
                "the official text is still being opened",
                why="The passage cannot be shown before.",
                fix="try again in a few seconds; GET /v1/status says what is loading.",
                code="loading",
            )
        card = await library.passage(request.rest)
        if card is None:
            raise NotFound(
                "no passage of that id in the current release",
                why="The id may come from an earlier release, or be mistyped.",
                fix="follow the address of a citation, or search again.",
                code="passage_not_found",
                param="passage_id",
            )
        await send_json(send, _linked(card, links_base(request, self._parts.public_url)), request.request_id)

    async def _cards(self) -> list[ModelCard]:
        parts = self._parts
        owner = parts.name or parts.country
        cards = [ModelCard(model_id, self._created, owner, "service") for model_id in parts.services]
        cards += [ModelCard(name, self._created, "engine", "model") for name in await parts.engines.list_models()]
        if parts.embedder is not None:
            cards.append(ModelCard(parts.embedder.name, self._created, "encoder", "encoder"))
        return cards


def _linked(card: PassageCard, base: str) -> PassageCard:
    """Return a passage with addresses that whoever asked can open, as those of a citation are."""

    def near(passage: Neighbour | None) -> Neighbour | None:
        return passage and msgspec.structs.replace(passage, url=absolute(passage.url, base))

    return msgspec.structs.replace(
        card,
        url=absolute(card.url, base),
        successor_url=absolute(card.successor_url, base),
        previous=near(card.previous),
        next=near(card.next),
    )
