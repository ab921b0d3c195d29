# SPDX-License-Identifier: Apache-2.0
"""POST /v1/moderations: texts in, which categories they fall under out.

A model that an engine has answers for itself. Without a model, or under the name `pack-rules`, the rules of the
country's pack answer, and the answer says what they are and what they do not look at.
"""

from __future__ import annotations

import asyncio

import msgspec

from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway._decode import decode
from daulat.gateway.api.forwarded import Forwarded
from daulat.gateway.api.local import answering
from daulat.gateway.api.moderation_schema import ModerationRequest, ModerationResponse
from daulat.gateway.errors import BadRequest, NotFound
from daulat.gateway.parts import Parts
from daulat.gateway.proxy import read_asked

ROUTE = "moderations"
RULES = "pack-rules"
INPUT_LIMIT_CHARS = 100_000


class _Named(msgspec.Struct):
    model: str | None = None


class ModerationsRoute:
    """The route of moderation.

    Parameters
    ----------
    parts : Parts
        The rules, if there are any.
    forwarded : Forwarded
        Passes on what models are asked.
    """

    def __init__(self, parts: Parts, forwarded: Forwarded) -> None:
        self._parts = parts
        self._forwarded = forwarded

    async def moderate(self, request: Request, send: Send) -> None:
        """Look at the texts of a request."""
        body = await request.json_body()
        named = decode(body, _Named).model
        if named is None or named == RULES:
            await self._by_rules(request, send, body)
        else:
            await self._forwarded.forward(request, send, ROUTE, body)

    async def _by_rules(self, request: Request, send: Send, body: bytes) -> None:
        asked = decode(body, ModerationRequest)
        inputs = [asked.input] if isinstance(asked.input, str) else asked.input
        texts = [each if isinstance(each, str) else each.text for each in inputs]
        if sum(map(len, texts)) > INPUT_LIMIT_CHARS:
            raise BadRequest(
                f"the texts are longer than {INPUT_LIMIT_CHARS:,} characters together",
                why="One request may not hold this process while others ask.",
                fix="send fewer texts at once.",
                code="input_too_long",
                param="input",
            )
        if self._parts.moderator is None:
            raise NotFound(
                "no rules are declared here",
                why="They come with a country's pack.",
                fix="name a model that moderates.",
                code="model_not_found",
                param="model",
            )
        # Of parts of one message, as clients send them, a result each: they can be told apart then.
        call = read_asked(msgspec.json.encode({"model": RULES, "input": texts}), ROUTE)
        async with answering(self._parts, request, call, "rules"):
            results, method = await asyncio.to_thread(self._parts.moderator, texts)
        answer = ModerationResponse(f"modr-{request.request_id}", RULES, results, method)
        await send_json(send, answer, request.request_id)
