# SPDX-License-Identifier: Apache-2.0
"""What reading one document came to, and what a run knows so far.

Documents and failures of all sources in; which ids and rows are taken, and what is listed of those that are not, out.
It reads no file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daulat.knowledge._table import LINE, Row, Table, changed_in, place_of
from daulat.knowledge.legal import PassageStatus, Within
from daulat.knowledge.sources import Source
from daulat.knowledge.types import Document, Passage

ONE_ID_EACH = "If it is another text, give it another id; if it is the same, declare it once."
_SAID_OF_NOTHING = "no document that was read is called so, and what is said of it changes nothing"


@dataclass(frozen=True, slots=True)
class IngestedDocument:
    """One document, its passages in order, the status of each passage that differs from its document's, its file.

    `within` has the standing of other articles that stand in a passage, where it is not the passage's own. `notes` say
    what its curator should look at; `retryable` are those of them that depend on the machine.
    """

    document: Document
    passages: tuple[Passage, ...]
    statuses: Mapping[str, PassageStatus] = field(default_factory=dict)
    within: Mapping[str, tuple[Within, ...]] = field(default_factory=dict)
    path: str = ""
    notes: tuple[str, ...] = ()
    retryable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestFailure:
    """A document, or a line of one, that could not be read: which, why, and what the curator can do.

    `retryable` where the machine may be why, so that the next build tries it again.
    """

    source_id: str
    path: str
    doc_id: str
    reason: str
    fix: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class IngestNote:
    """What a curator should look at in a document that was read: pages that were passed over, articles not found.

    `retryable` as in a failure.
    """

    source_id: str
    path: str
    doc_id: str
    what: str
    retryable: bool = False


@dataclass(frozen=True)
class Known:
    """What was read before, and where: an id names one text in the whole release."""

    documents: dict[str, str] = field(default_factory=dict)
    passages: dict[str, str] = field(default_factory=dict)
    tables: dict[Path, tuple[Source, Table]] = field(default_factory=dict)
    rows: set[tuple[Path, str]] = field(default_factory=set)

    def take(self, source: Source, row: Row) -> Row:
        """Return a row of a source's table, remembering that it names something."""
        if row:
            self.rows.add((source.tables()[0], row[LINE]))
        return row

    def idle_rows(self) -> Iterator[IngestFailure]:
        """List the rows of all tables that name nothing: what they say of a document would be lost unseen."""
        for path, (source, table) in self.tables.items():
            for row in table.rows:
                if (path, row[LINE]) not in self.rows:
                    yield _idle(source, table, row)

    def unheld_in_rows(self) -> Iterator[IngestFailure]:
        """List the documents that a row of a table says its own document changes, and that are not held."""
        for path, (source, table) in self.tables.items():
            for row in table.rows:
                if (path, row[LINE]) in self.rows:
                    place = f"{table.name} line {row[LINE]}"
                    yield from (unheld(each, place) for each in changed_in(row, source) if each not in self.documents)

    def fault_of(self, item: IngestedDocument) -> str:
        """Say why a document may not be added; empty where it may."""
        doc_id = item.document.doc_id
        if doc_id in self.documents:
            return f"document {doc_id} was already read from {self.documents[doc_id]}"
        twice = next((p.passage_id for p in item.passages if p.passage_id in self.passages), "")
        return f"passage {twice} was already read from {self.passages[twice]}" if twice else ""

    def add(self, item: IngestedDocument) -> None:
        place = f"{item.document.source_id} {item.path}"
        self.documents[item.document.doc_id] = place
        self.passages.update(dict.fromkeys((passage.passage_id for passage in item.passages), place))


def notes_of(items: Iterable[IngestedDocument]) -> tuple[IngestNote, ...]:
    """Return the notes of documents, each with its place."""
    return tuple(
        IngestNote(item.document.source_id, item.path, item.document.doc_id, what, what in item.retryable)
        for item in items
        for what in item.notes
    )


def below(source: Source, path: Path) -> str:
    """Return the path of a file below its source's folder, as a curator wrote it; bytes that are no text are U+FFFD."""
    return os.fsencode(path.relative_to(source.root)).decode(errors="replace")


def without_row(source: Source, place: str, doc_id: str, column: str) -> IngestFailure:
    """List a document that was read without a row of its source's table."""
    table = source.read.documents
    name = table.path if table else ""
    given = place if column == "file" else doc_id
    reason = f"no row of {name} is for it; it was read without one"
    return IngestFailure(source.id, place, doc_id, reason, f"Add a row with `{given}` in the column `{column}`.")


def unheld(doc_id: str, place: str) -> IngestFailure:
    """List a document that the nation says something of and that is not held."""
    return IngestFailure("", place, doc_id, _SAID_OF_NOTHING, "Correct the id, or leave it out until it is declared.")


def unrecorded(passage: Passage, source_id: str, law: str) -> IngestFailure:
    """List a law that an act says it revokes, where nobody declared what became of it: it is still told as in force."""
    reason = f"it says that {law} is revoked, and nothing declares it; {law} is told as before"
    fix = f"Read it, and declare {law} under `revokes` or `partly_revokes` of relations.yaml, or in the table."
    return IngestFailure(source_id, passage.passage_id, passage.doc_id, reason, fix)


def _idle(source: Source, table: Table, row: Row) -> IngestFailure:
    doc_id, file = row.get("doc_id", ""), row.get("file", "")
    later = next((other for name in (doc_id, file) if (other := table.by_name.get(name)) and other is not row), None)
    if later:
        reason = f"{place_of(later, source)} is for the same document and counts alone"
    elif doc_id or file:
        reason = f"no document that was read is called `{'` or `'.join(filter(None, (doc_id, file)))}`"
    else:
        reason = "the row names neither a document nor a file"
    place = f"{table.name} line {row[LINE]}"
    return IngestFailure(source.id, place, doc_id, reason, "Correct `doc_id` or `file` in this row, or remove it.")
