# SPDX-License-Identifier: Apache-2.0
"""A passage as the API shows it: acts are named for people, and only a curator's note speaks English."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from daulat.assistant.citing import Labels
from daulat.gateway.library import OpenLibrary
from daulat.knowledge.legal import PassageStatus, load_legal_rules
from daulat.knowledge.types import Document, Hit, Passage, Relation

Opener = Callable[[PassageStatus | None], OpenLibrary]

LEGAL = r"""
format: 1
kinds: [{code: XA, title: Act, names: [Statute]}]
number: '\s+(?P<number>\d+)\s+of\s+(?P<year>\d{4})\b'
article: '\bsection\s+(?P<article>\d+)\b'
title_link: '\s+on\s+(?=\w)'
title_stop: '[.]'
amendment: {title: 'amending', instruction: 'section .* is', neighbours: 'between', articles: 'section (\d+)'}
promulgated: '(?P<day>\d{1,2}) (?P<month>\w+) (?P<year>\d{4})'
months: [january, february, march, april, may, june, july, august, september, october, november, december]
"""


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


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Labels:
    path = tmp_path_factory.mktemp("law") / "legal.yaml"
    path.write_text(LEGAL)
    return Labels({"act": "{kind} {number} of {year}", "about": "{act} on {title}"}, load_legal_rules(path))


@pytest.fixture(scope="module")
def library(labels: Labels) -> Opener:
    return lambda changed: OpenLibrary(TwoArticles(changed), labels)  # type: ignore[arg-type]


async def test_the_successor_has_a_name_and_the_note_no_ids_of_its_makers(library: Opener) -> None:
    note = "revoked together with XA-1-1974, which it amends"
    changed = PassageStatus("revoked", "XA-16-2019", "Families", "2019-10-15", "XA-16-2019: its own text", None, note)
    card = await library(changed).passage("XA-1-1974:7")
    assert card is not None
    assert (card.successor_name, card.successor_url) == ("Act 16 of 2019 on Families", "")
    assert card.status_note == (
        "Act 16 of 2019 on Families (2019-10-15); revoked together with Act 1 of 1974, which it amends; "
        "Act 16 of 2019: its own text"
    )


async def test_what_is_decided_for_a_later_day_stands_in_the_note_and_not_in_the_status(library: Opener) -> None:
    ahead = Relation("revoked_by", "XA-16-2028", "Families", "2028-01-01")
    card = await library(PassageStatus("in_force", source="Bureau", ahead=ahead)).passage("XA-1-1974:7")
    assert card is not None
    assert (card.status, card.successor, card.successor_name) == ("in_force", "", "")
    assert card.status_note == "revoked by Act 16 of 2028 on Families from 2028-01-01; Bureau"


async def test_a_newer_text_that_is_here_has_its_address(library: Opener) -> None:
    changed = PassageStatus("amended", "XA-16-2019", newer_passage_id="XA-1-1974:8")
    card = await library(changed).passage("XA-1-1974:7")
    assert card is not None
    assert (card.successor, card.successor_url) == ("XA-1-1974:8", "/p/XA-1-1974%3A8")
    assert library(changed).changed("XA-1-1974:7") == changed


async def test_what_nothing_changed_has_no_successor(library: Opener) -> None:
    opened = library(PassageStatus("revoked", "XA-16-2019"))
    card = await opened.passage("XA-1-1974:8")
    assert card is not None
    assert (card.successor_name, card.successor_url, card.status_note) == ("", "", "")
    assert opened.changed("XA-1-1974:8") is None


async def test_what_is_not_there_has_no_card(library: Opener) -> None:
    opened = library(PassageStatus("revoked", "XA-16-2019"))
    assert await opened.passage("XA-1-1974:9") is None
    assert opened.changed("XA-1-1974:9") is None


@pytest.mark.parametrize("service", ["health", "public-services"])
def test_a_document_without_services_is_counted_for_each(library: Opener, service: str) -> None:
    assert library(None).count(service) == 1


async def test_a_query_is_searched_in_the_language_that_it_is_in(labels: Labels) -> None:
    searched = []

    class Remembering:
        def search(self, text: str, language: str, **_: Any) -> list[Hit]:
            searched.append((text, language))
            return []

    release = TwoArticles(None)
    opened = OpenLibrary(release, labels, Remembering(), lambda text: text[:2])  # type: ignore[arg-type]
    await opened.search("jv: kapan?", "health", 10, {})
    assert searched == [("jv: kapan?", "jv")]
