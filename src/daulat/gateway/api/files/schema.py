# SPDX-License-Identifier: Apache-2.0
"""The bodies of /v1/files, as OpenAI's clients read them. No logic."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Purpose = Literal["batch", "batch_output"]

# What may be handed in: a form, as HTML and OpenAI's clients send it.
UPLOAD_SCHEMA = {
    "type": "object",
    "required": ["file", "purpose"],
    "properties": {
        "file": {"type": "string", "format": "binary", "minLength": 1},
        "purpose": {"type": "string", "enum": ["batch"]},
    },
}

FileId = Annotated[str, Meta(pattern=r"^file-[A-Za-z0-9_-]{1,64}$")]


class FileCard(Struct):
    """A file; `expires_at` is when it is deleted. Times in seconds since 1970 UTC."""

    id: str
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: Purpose
    status: Literal["processed"] = "processed"
    object: Literal["file"] = "file"


class FileList(Struct):
    """The answer to GET /v1/files."""

    data: list[FileCard]
    has_more: bool
    first_id: str | None
    last_id: str | None
    object: Literal["list"] = "list"


class FileDeleted(Struct):
    """The answer to DELETE /v1/files/{file_id}."""

    id: str
    deleted: bool = True
    object: Literal["file"] = "file"
