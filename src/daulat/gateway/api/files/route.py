# SPDX-License-Identifier: Apache-2.0
"""/v1/files: hand in, list, show, read and delete. A file belongs to its project, and no other sees it."""

from __future__ import annotations

from typing import get_args

from daulat.gateway._asgi import SECURITY_HEADERS, Request, Send, send_json
from daulat.gateway.api.callers import caller_of, page_of, query_of, require_place
from daulat.gateway.api.files.multipart import Form, read_form
from daulat.gateway.api.files.schema import FileCard, FileDeleted, FileList, Purpose
from daulat.gateway.api.files.shelf import FILE_LIMIT_BYTES, FileShelf, moment_of
from daulat.gateway.api.uploads import Uploads
from daulat.gateway.errors import BadRequest, NotFound, NotReady
from daulat.gateway.parts import Parts

ROUTE = "files"
PURPOSES = list(get_args(Purpose))
# Room for the form around the file.
_FORM_BYTES = 64 * 1024
_MOST_NAME_CHARS = 200


class FileRoutes:
    """The routes of files.

    Parameters
    ----------
    parts : Parts
        Who calls, and where files are kept.
    uploads : Uploads
        How many are taken in at once.
    """

    def __init__(self, parts: Parts, uploads: Uploads) -> None:
        self._parts = parts
        self._uploads = uploads

    async def upload(self, request: Request, send: Send) -> None:
        """Take a file."""
        caller, shelf = await caller_of(self._parts, request, ROUTE), shelf_of(self._parts)
        async with self._uploads.body(request, FILE_LIMIT_BYTES + _FORM_BYTES, caller.project) as body:
            card = await _put_away(shelf, caller.project, read_form(request.header(b"content-type"), body))
        await send_json(send, card, request.request_id)

    async def list_files(self, request: Request, send: Send) -> None:
        """List the files of the caller's project, the newest first."""
        caller, shelf = await caller_of(self._parts, request, ROUTE), shelf_of(self._parts)
        query = query_of(request)
        after, limit = page_of(query)
        purposes = _purposes(query.get("purpose"))
        cards, more = await shelf.page(caller.project, purposes, after, limit)
        if after is not None and not cards and moment_of(after) is None:
            require_place(await shelf.find(caller.project, after), "file_not_found")
        first, last = (cards[0].id, cards[-1].id) if cards else (None, None)
        await send_json(send, FileList(cards, more, first, last), request.request_id)

    async def show(self, request: Request, send: Send) -> None:
        """Show one file."""
        await send_json(send, await self._find(request), request.request_id)

    async def read(self, request: Request, send: Send) -> None:
        """Send the content of one file."""
        await _send_content(send, shelf_of(self._parts), await self._find(request), request.request_id)

    async def delete(self, request: Request, send: Send) -> None:
        """Delete one file."""
        caller, shelf = await caller_of(self._parts, request, ROUTE), shelf_of(self._parts)
        if not await shelf.delete(caller.project, request.rest):
            raise _no_file()
        await send_json(send, FileDeleted(request.rest), request.request_id)

    async def _find(self, request: Request) -> FileCard:
        caller, shelf = await caller_of(self._parts, request, ROUTE), shelf_of(self._parts)
        card = await shelf.find(caller.project, request.rest)
        if card is None:
            raise _no_file()
        return card


async def _put_away(shelf: FileShelf, project: str, form: Form) -> FileCard:
    """Keep the file of a form."""
    if form.text("purpose") != "batch":
        raise BadRequest(
            "files are taken for batches only",
            why="Nothing else here reads files.",
            fix="send `purpose=batch`.",
            code="invalid_purpose",
            param="purpose",
        )
    field, content = form.find("file"), form.value("file")
    if field is None or not content:
        raise BadRequest(
            "there is no file in the form, or it is empty",
            why="A batch is a file with a request on each line.",
            fix="send the file as the field `file`.",
            code="empty_file",
            param="file",
        )
    name = "".join(letter for letter in field.filename if letter.isprintable())[:_MOST_NAME_CHARS]
    keep_s = _keep_s(form.text("expires_after[seconds]"))
    return await shelf.add(project, name or "file", "batch", content, keep_s)


def _purposes(asked: str | None) -> list[str]:
    if asked is None:
        return PURPOSES
    if asked not in PURPOSES:
        raise BadRequest(
            "there are no files of that purpose",
            why="Files are taken for batches, and come of batches.",
            fix=f"ask for {' or '.join(PURPOSES)}.",
            code="invalid_purpose",
            param="purpose",
        )
    return [asked]


def _keep_s(asked: str) -> int | None:
    """Return for how long a file is to be kept, if its owner says so.

    Raises
    ------
    BadRequest
        If it is no number of seconds from an hour to ten years.
    """
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 9 and 3_600 <= int(asked) <= 315_360_000):
        raise BadRequest(
            "`expires_after[seconds]` is not a number of seconds, an hour or more",
            why="A file is deleted when its time is over.",
            fix="send whole seconds, 3600 or more, or leave it out.",
            code="invalid_body",
            param="expires_after[seconds]",
        )
    return int(asked)


def shelf_of(parts: Parts) -> FileShelf:
    """Return where files are kept.

    Raises
    ------
    NotReady
        If the database is not there.
    """
    if parts.files is None:
        raise NotReady(
            "the database that holds files and batches is not there",
            why="Nothing could be kept until it is.",
            fix="try again in a few seconds; GET /v1/status says what is loading.",
            code="loading",
        )
    return parts.files


async def _send_content(send: Send, shelf: FileShelf, card: FileCard, request_id: str) -> None:
    headers = [
        (b"content-type", b"application/octet-stream"),
        (b"content-disposition", b"attachment"),
        (b"content-length", str(card.bytes).encode()),
        (b"x-request-id", request_id.encode()),
        *SECURITY_HEADERS,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for piece in shelf.pieces(card.id):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _no_file() -> NotFound:
    return NotFound(
        "no file of that id in this project",
        why="It may have been deleted, or belong to another project.",
        fix="GET /v1/files lists the files of this project.",
        code="file_not_found",
        param="file_id",
    )
