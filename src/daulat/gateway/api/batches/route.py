# SPDX-License-Identifier: Apache-2.0
"""/v1/batches: hand in, list, show and cancel. A batch belongs to its project, and no other sees it."""

from __future__ import annotations

from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway._decode import decode
from daulat.gateway.access.records import named_class, named_priority
from daulat.gateway.api.batches.queue import BatchQueue
from daulat.gateway.api.batches.schema import BatchList, BatchRequest
from daulat.gateway.api.callers import caller_of, page_of, query_of, require_place
from daulat.gateway.api.files.route import shelf_of
from daulat.gateway.errors import NotFound, NotReady
from daulat.gateway.parts import Parts

ROUTE = "batches"


class BatchRoutes:
    """The routes of batches.

    Parameters
    ----------
    parts : Parts
        Who calls, and where batches are kept.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def create(self, request: Request, send: Send) -> None:
        """Take a batch; what each of its lines would be refused for is refused here, once."""
        body = await request.json_body()
        caller = await caller_of(self._parts, request, ROUTE)
        data_class = named_class(request.header(b"x-daulat-data-class"))
        named_priority(request.header(b"x-daulat-priority"))  # its lines have that of batches, whatever is named
        asked = decode(body, BatchRequest)
        if await shelf_of(self._parts).find(caller.project, asked.input_file_id) is None:
            raise NotFound(
                "no file of that id in this project",
                why="A batch reads its requests from a file.",
                fix="hand the file in with POST /v1/files first, with a key of the same project.",
                code="file_not_found",
                param="input_file_id",
            )
        card = await self._queue().add(caller, data_class or "", asked)
        await send_json(send, card, request.request_id)

    async def list_batches(self, request: Request, send: Send) -> None:
        """List the batches of the caller's project, the newest first."""
        caller = await caller_of(self._parts, request, ROUTE)
        after, limit = page_of(query_of(request))
        cards, more = await self._queue().page(caller.project, after, limit)
        if after is not None and not cards:
            require_place(await self._queue().find(caller.project, after), "batch_not_found")
        first, last = (cards[0].id, cards[-1].id) if cards else (None, None)
        await send_json(send, BatchList(cards, more, first, last), request.request_id)

    async def show(self, request: Request, send: Send) -> None:
        """Show one batch."""
        caller = await caller_of(self._parts, request, ROUTE)
        card = await self._queue().find(caller.project, request.rest)
        if card is None:
            raise _no_batch()
        await send_json(send, card, request.request_id)

    async def cancel(self, request: Request, send: Send) -> None:
        """Cancel one batch."""
        caller = await caller_of(self._parts, request, ROUTE)
        card = await self._queue().cancel(caller.project, request.rest)
        if card is None:
            raise _no_batch()
        await send_json(send, card, request.request_id)

    def _queue(self) -> BatchQueue:
        if self._parts.batches is None:
            raise NotReady(
                "the database that holds files and batches is not there",
                why="Nothing could be kept until it is.",
                fix="try again in a few seconds; GET /v1/status says what is loading.",
                code="loading",
            )
        return self._parts.batches


def _no_batch() -> NotFound:
    return NotFound(
        "no batch of that id in this project",
        why="It may belong to another project.",
        fix="GET /v1/batches lists the batches of this project.",
        code="batch_not_found",
        param="batch_id",
    )
