# SPDX-License-Identifier: Apache-2.0
"""The bodies of the catalogue: models and services, and passages with their standing in law. No logic."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field


class ModelCard(Struct):
    """A model, or a service that answers as one; `kind` tells which."""

    id: str
    created: int
    owned_by: str
    kind: Literal["service", "model", "encoder"]
    object: Literal["model"] = "model"


class ModelList(Struct):
    """The answer to GET /v1/models."""

    data: list[ModelCard]
    object: Literal["list"] = "list"


class Neighbour(Struct):
    """The passage before or after another in its document."""

    passage_id: str
    article: str
    url: str


class DocumentCard(Struct):
    """The document in which a passage stands."""

    doc_id: str
    title: str
    citation: str
    kind: str
    number: str
    year: int | None
    date: str
    status: str
    jurisdiction: str
    language: str
    publisher: str
    licence: str
    retrieved: str
    coverage_date: str
    url: str
    passages: int


class PassageCard(Struct):
    """The answer to GET /v1/passages/{passage_id}: the official text with its standing in law.

    `successor` is the id of the newer text where it is here, else of the act that made the change; `successor_name`
    names that act for people, `successor_url` is the page of the newer text. `status_note` is a curator's, in English.
    `cuts` are the characters of `text` at which something begins that is not of the article before it.
    """

    passage_id: str
    article: str
    heading: str
    section: str
    text: str
    status: str
    status_note: str
    successor: str
    as_of: str
    url: str
    document: DocumentCard
    previous: Neighbour | None
    next: Neighbour | None
    release: str
    successor_name: str = ""
    successor_url: str = ""
    cuts: list[int] = field(default_factory=list)
    object: Literal["passage"] = "passage"
