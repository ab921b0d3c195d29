# SPDX-License-Identifier: Apache-2.0
"""What the pages need from the rest of the house: a site's description, its library, and somebody who answers.

Protocols and frozen values only; whoever starts the service fills them in.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from daulat.assistant.types import Answer, Question
from daulat.knowledge.legal import PassageStatus
from daulat.knowledge.types import Document, Passage, plain_name
from daulat.web.messages import Messages


@dataclass(frozen=True, slots=True)
class Site:
    """Who speaks here: `country` in ISO 3166 alpha-2, `model` the service's id in the API (``xa/public-services``).

    `names_an_office`: where no text answers, somebody is named who can be asked.
    """

    country: str
    model: str
    service: str = "public-services"
    names_an_office: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What the service stands on at this moment. `writer` is the model that writes; empty: answers are quoted."""

    release: str = ""
    coverage_date: str = ""
    documents: int = 0
    passages: int = 0
    writer: str = ""
    loading: bool = False


class Library(Protocol):
    """The texts of one release, to look things up in."""

    def documents(self) -> Sequence[Document]:
        """Return every document, in the order in which they are listed."""
        ...

    def document(self, doc_id: str) -> Document | None:
        """Return a document, or None."""
        ...

    def passage(self, passage_id: str) -> Passage | None:
        """Return a passage, its `status` its own, or None."""
        ...

    def passages_of(self, doc_id: str) -> Sequence[Passage]:
        """Return a document's passages in reading order."""
        ...


def new_reference() -> str:
    """Make a reference number that joins a citizen's message and the operator's log."""
    return secrets.token_hex(4)


def names_nothing(text: str) -> Sequence[str]:
    """Know no law by the name that people give it."""
    del text
    return ()


def uncut(passage: Passage) -> Sequence[int]:
    """Know of nothing in a passage that is not of its article."""
    del passage
    return ()


def not_known(passage_id: str) -> PassageStatus | None:
    """Know of no change of any passage."""
    del passage_id
    return None


@dataclass(frozen=True, slots=True)
class WebParts:
    """What the pages stand on.

    `library` and `standing` are asked anew for each page, since releases are swapped. `changed` says what became of a
    passage, where something did. `act_name` names an act for people, from its id and title; `named` gives the ids of
    the acts that a text names; `cuts` the characters of a passage at which something begins that is not of its article.
    `plan` gives what the page of sliders shows; None: no such page. `ask` and `plan` are told the network address of
    whoever asks, and raise `ComeBackError` where more is asked than can be answered now.
    """

    site: Site
    messages: Messages
    library: Callable[[], Library]
    standing: Callable[[], Standing]
    ask: Callable[[Question, str], Awaitable[Answer]]
    changed: Callable[[str], PassageStatus | None] = not_known
    act_name: Callable[[str, str], str] = plain_name
    named: Callable[[str], Sequence[str]] = names_nothing
    cuts: Callable[[Passage], Sequence[int]] = uncut
    new_reference: Callable[[], str] = new_reference
    plan: Callable[[Mapping[str, Any], str], Awaitable[dict[str, Any]]] | None = None
