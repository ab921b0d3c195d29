# SPDX-License-Identifier: Apache-2.0
"""The release in use, as the API and the pages look things up in it: ids in; passages and documents out.

One `OpenLibrary` reads one open release and never changes; when another release is put in use, another one is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from daulat.gateway.api.vector_schema import FoundPassage, FoundText
from daulat.gateway.catalogue_schema import DocumentCard, Neighbour, PassageCard
from daulat.knowledge.legal import PassageStatus, cuts_of, find_citations
from daulat.knowledge.release import Release
from daulat.knowledge.search import BoundedSearcher, Filters, Searcher, within
from daulat.knowledge.types import Document, Hit, Passage, passage_path

if TYPE_CHECKING:
    from daulat.assistant.citing import Labels


def score_of(ranking: float) -> float:
    """Return a ranking score, which has no bounds, as one between 0 and 1: in the same order, and no probability.

    Examples
    --------
    >>> [score_of(score) for score in (-1.0, 0.0, 1.0, 3.0)]
    [0.25, 0.5, 0.75, 0.875]
    """
    return (1 + ranking / (1 + abs(ranking))) / 2


class OpenLibrary:
    """Looks things up in one open release.

    Parameters
    ----------
    release : Release
        The release.
    labels : Labels
        Name acts for people.
    searcher : Searcher, optional
        Searches it; without one nothing is found.
    language_of : callable, optional
        Recognises the language of a text that is searched for; without it, each is taken to be in the release's own.
    """

    def __init__(
        self,
        release: Release,
        labels: Labels,
        searcher: Searcher | None = None,
        language_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._release = release
        self._searcher = searcher
        self._labels = labels
        self.act_name = labels.act
        self._language_of = language_of
        self._turn = asyncio.Lock()
        self.release = release.release_id
        self.as_of = release.as_of
        self.passages = len(release)

    def documents(self) -> Sequence[Document]:
        """Return every document, in the order of the release."""
        return self._release.documents

    def document(self, doc_id: str) -> Document | None:
        """Return a document, or None."""
        ordinal = self._release.document_rows.get(doc_id)
        return None if ordinal is None else self._release.documents[ordinal]

    def passage_of(self, passage_id: str) -> Passage | None:
        """Return a passage with its own status, or None."""
        row = self._release.row_of(passage_id)
        return None if row is None else self._passage_at(row)

    def named(self, text: str) -> Sequence[str]:
        """Return the ids of the acts that a text names, as people write them: whether or not they are here."""
        legal = self._labels.legal
        return [mention.doc_id for mention in find_citations(text, legal) if mention.doc_id] if legal else []

    def cuts(self, passage: Passage) -> Sequence[int]:
        """Return where something begins in a passage that is not of its article."""
        return cuts_of(passage, self._labels.legal)

    def changed(self, passage_id: str) -> PassageStatus | None:
        """Say what became of a passage; None where nothing is recorded of it alone."""
        row = self._release.row_of(passage_id)
        return None if row is None else self._release.stored(row).changed

    def passages_of(self, doc_id: str) -> Sequence[Passage]:
        """Return the passages of a document in reading order."""
        return [self._passage_at(row) for row in self._release.rows_of_document(doc_id)]

    async def passage(self, passage_id: str) -> PassageCard | None:
        """Return a passage in its document, as the API shows it."""
        row = self._release.row_of(passage_id)
        if row is None:
            return None
        document = self._release.document_of(row)
        rows = self._release.rows_of_document(document.doc_id)
        stored = self._release.stored(row)
        passage, changed = stored.passage, stored.changed or PassageStatus(document.status)
        return PassageCard(
            passage_id=passage.passage_id,
            article=passage.article or "",
            heading=passage.heading or "",
            section=passage.section,
            text=passage.text,
            status=changed.status,
            status_note=self._note(changed),
            successor=changed.newer_passage_id or changed.by,
            successor_name=self.act_name(changed.by, changed.by_title) if changed.by else "",
            successor_url=passage_path(changed.newer_passage_id) if changed.newer_passage_id else "",
            as_of=document.coverage_date or self.as_of,
            url=passage_path(passage.passage_id),
            document=_document_card(document, len(rows)),
            previous=self._neighbour(row - 1) if row > rows.start else None,
            next=self._neighbour(row + 1) if row + 1 < rows.stop else None,
            cuts=list(self.cuts(passage)),
            release=self.release,
        )

    def count(self, service: str) -> int:
        """Return how many documents a service answers from."""
        filters = Filters(services=frozenset({service}))
        if isinstance(self._searcher, BoundedSearcher):
            filters = within(filters, self._searcher.places)
        return sum(map(filters.admits, self._release.documents))

    async def search(
        self, text: str, service: str, top_k: int, narrowed: Mapping[str, frozenset[str]]
    ) -> Sequence[FoundPassage]:
        """Return passages that bear on a text, in whatever language, best first; one search at a time, in a thread."""
        searcher = self._searcher
        if searcher is None:
            return []
        filters = Filters(
            services=frozenset((service,)),
            statuses=narrowed.get("status", frozenset()),
            documents=narrowed.get("doc_id", frozenset()),
            jurisdictions=narrowed.get("jurisdiction", frozenset()),
        )
        async with self._turn:
            language = self._language_of(text)
            hits = await asyncio.to_thread(searcher.search, text, language, top_k=top_k, filters=filters)
        return [self._found(hit) for hit in hits]

    def _found(self, hit: Hit) -> FoundPassage:
        passage, document = hit.passage, hit.document
        attributes: dict[str, str | int | None] = {
            "passage_id": passage.passage_id,
            "article": passage.article,
            "heading": passage.heading,
            "section": passage.section,
            "status": passage.status or document.status,
            "url": passage_path(passage.passage_id),
            "doc_id": document.doc_id,
            "title": document.title,
            "citation": document.citation,
            "kind": document.kind,
            "year": document.year,
            "date": document.date,
            "jurisdiction": document.jurisdiction,
            "language": passage.language or document.language,
            "publisher": document.publisher,
            "licence": document.licence,
            "as_of": document.coverage_date or self.as_of,
        }
        known = {name: value for name, value in attributes.items() if value not in (None, "")}
        return FoundPassage(document.doc_id, document.title, score_of(hit.score), [FoundText(passage.text)], known)  # type: ignore[arg-type]

    def _passage_at(self, row: int) -> Passage:
        stored = self._release.stored(row)
        status = stored.changed.status if stored.changed else self._release.document_of(row).status
        return replace(stored.passage, status=status)

    def _neighbour(self, row: int) -> Neighbour:
        passage = self._release.stored(row).passage
        return Neighbour(passage.passage_id, passage.article or "", passage_path(passage.passage_id))

    def _note(self, changed: PassageStatus) -> str:
        """Say in one line, in English, what changed a passage, since when, and who says so; acts by their names."""
        since = f" ({changed.since})" if changed.since else ""
        act = f"{self.act_name(changed.by, changed.by_title)}{since}" if changed.by else ""
        ahead, later = changed.ahead, ""
        if ahead:
            later = f"{ahead.kind.replace('_', ' ')} {self.act_name(ahead.other, ahead.other_title)} from {ahead.since}"
        beside = [f"completed by {self.act_name(each.other, each.other_title)}" for each in changed.completed_by]
        told = (act, later, *beside, self._labels.note(changed.note), self._labels.note(changed.source))
        return "; ".join(part for part in told if part)


def _document_card(document: Document, passages: int) -> DocumentCard:
    return DocumentCard(
        doc_id=document.doc_id,
        title=document.title,
        citation=document.citation,
        kind=document.kind,
        number=document.number,
        year=document.year,
        date=document.date,
        status=document.status,
        jurisdiction=document.jurisdiction,
        language=document.language,
        publisher=document.publisher,
        licence=document.licence,
        retrieved=document.retrieved,
        coverage_date=document.coverage_date,
        url=document.url,
        passages=passages,
    )
