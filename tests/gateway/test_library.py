# SPDX-License-Identifier: Apache-2.0
"""A passage as the API shows it: acts are named for people, and only a curator's note speaks English."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from daulat.gateway.library import OpenLibrary
from daulat.knowledge.legal import PassageStatus
from daulat.knowledge.types import Document, Hit, Passage

ACTS = {"XA-16-2019": "Act 16 of 2019", "XA-1-1974": "Act 1 of 1974"}


class TwoArticles:
    """A release of one act with two articles, the second of which replaced the first."""

    release_id, as_of = "xa-1", "2023-01-01"
    documents = (Document("XA-1-1974", "Marriage", "Act 1 of 1974 on Marriage", status="in_force"),)

    def __init__(self, changed: PassageStatus | None) -> None:
        self.changed = changed
        self.ids = ["XA-1-1974:7", "XA-1-1974:8"]

    def __len__(self) -> int:
        return 2

    def row_of(self, passage_id: str) -> int | None:
        return self.ids.index(passage_id) if passage_id in self.ids else None

    def document_of(self, row: int) -> Document:
        return self.documents[0]

    def rows_of_document(self, doc_id: str) -> range:
        return range(2)

    def stored(self, row: int) -> Any:
        passage = Passage(self.ids[row], "XA-1-1974", row, "body", "At nineteen.", article=str(row + 7))
        return SimpleNamespace(passage=passage, changed=None if row else self.changed)


def library(changed: PassageStatus | None) -> OpenLibrary:
    def act_name(doc_id: str, title: str) -> str:
        return f"{ACTS.get(doc_id, doc_id)}{title and f' on {title}'}"

    return OpenLibrary(TwoArticles(changed), act_name=act_name)  # type: ignore[arg-type]


async def test_the_successor_has_a_name_and_the_note_no_ids_of_its_makers() -> None:
    note = "revoked together with XA-1-1974, which it amends"
    changed = PassageStatus("revoked", "XA-16-2019", "Families", "2019-10-15", "XA-16-2019: its own text", None, note)
    card = await library(changed).passage("XA-1-1974:7")
    assert card is not None
    assert (card.successor_name, card.successor_url) == ("Act 16 of 2019 on Families", "")
    assert card.status_note == (
        "Act 16 of 2019 on Families (2019-10-15); revoked together with Act 1 of 1974, which it amends; "
        "Act 16 of 2019: its own text"
    )


async def test_a_newer_text_that_is_here_has_its_address() -> None:
    changed = PassageStatus("amended", "XA-16-2019", newer_passage_id="XA-1-1974:8")
    card = await library(changed).passage("XA-1-1974:7")
    assert card is not None
    assert (card.successor, card.successor_url) == ("XA-1-1974:8", "/p/XA-1-1974%3A8")
    assert library(changed).changed("XA-1-1974:7") == changed


@pytest.mark.parametrize("passage_id", ["XA-1-1974:8", "XA-1-1974:9"])
async def test_what_nothing_changed_has_no_successor(passage_id: str) -> None:
    opened = library(PassageStatus("revoked", "XA-16-2019"))
    card = await opened.passage(passage_id)
    assert card is None or (card.successor_name, card.successor_url, card.status_note) == ("", "", "")
    assert opened.changed(passage_id) is None


@pytest.mark.parametrize("service", ["health", "public-services"])
def test_a_document_without_services_is_counted_for_each(service: str) -> None:
    assert library(None).count(service) == 1


async def test_a_query_is_searched_in_the_language_that_it_is_in() -> None:
    searched = []

    class Remembering:
        def search(self, text: str, language: str, **_: Any) -> list[Hit]:
            searched.append((text, language))
            return []

    opened = OpenLibrary(TwoArticles(None), Remembering(), language_of=lambda text: text[:2])  # type: ignore[arg-type]
    await opened.search("jv: kapan?", "health", 10, {})
    assert searched == [("jv: kapan?", "jv")]
