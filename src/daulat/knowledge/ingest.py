# SPDX-License-Identifier: Apache-2.0
"""Ingestion: declared sources in; documents with their passages and statuses, or the reason why not, out.

One document that fails is listed with its reason and stops no other. Texts stay as published. It writes nothing and
embeds nothing.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from daulat.knowledge.cutting.segments import SentenceRules
from daulat.knowledge.errors import SourceError
from daulat.knowledge.legal import (
    LegalRules,
    PassageStatus,
    RelationBook,
    load_legal_rules,
    load_relations,
    status_of,
    table_relations,
)
from daulat.knowledge.quality import quality
from daulat.knowledge.readers import Limits, Line, ReadingError, read_lines
from daulat.knowledge.sources import Source
from daulat.knowledge.types import Document, Passage

_SECTIONS = ("preamble", "body", "elucidation_general", "elucidation", "text")


@dataclass(frozen=True)
class IngestRules:
    """What a country's pack says about reading, cutting and the law. Without a pack, nothing is law."""

    legal: LegalRules | None = None
    book: RelationBook = field(default_factory=RelationBook)
    sentences: Mapping[str, SentenceRules] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class IngestedDocument:
    """One document, its passages in order, and the status of each passage that differs from its document's."""

    document: Document
    passages: tuple[Passage, ...]
    statuses: Mapping[str, PassageStatus] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IngestFailure:
    """A document, or a line of one, that could not be read: which, why, and what the curator can do."""

    source_id: str
    path: str
    doc_id: str
    reason: str
    fix: str


@dataclass(frozen=True)
class Ingested:
    """All documents of a run with their statuses, all failures, and the relations that were learned on the way."""

    documents: tuple[IngestedDocument, ...]
    failures: tuple[IngestFailure, ...]
    book: RelationBook


def load_rules(root: Path, limits: Limits | None = None) -> IngestRules:
    """Read `legal.yaml` and `relations.yaml` of a pack; a file that is missing leaves its part empty.

    Raises
    ------
    SourceError
        If one of them has faults.
    """
    legal = load_legal_rules(root / "legal.yaml") if (root / "legal.yaml").is_file() else None
    book = load_relations(root / "relations.yaml") if (root / "relations.yaml").is_file() else RelationBook()
    return IngestRules(legal=legal, book=book, limits=limits or Limits())


def ingest_all(sources: Iterable[Source], rules: IngestRules, *, on: str = "") -> Ingested:
    """Read all sources, then say of every passage whether it still holds.

    Two rounds, because a newer act may be read after the law it amends.

    Parameters
    ----------
    on : str
        ISO date for the statuses; empty: all that is known.
    """
    documents: list[IngestedDocument] = []
    failures: list[IngestFailure] = []
    for source in sources:
        for item in ingest(source, rules):
            if isinstance(item, IngestFailure):
                failures.append(item)
            else:
                documents.append(item)
    book = rules.book
    if rules.legal:
        book = book.learn(((item.document, item.passages) for item in documents), rules.legal)
        documents = [with_status(item, book, rules.legal, on=on) for item in documents]
    return Ingested(tuple(documents), tuple(failures), book)


def ingest(source: Source, rules: IngestRules) -> Iterator[IngestedDocument | IngestFailure]:
    """Read one source. Statuses are not set yet: see `ingest_all`."""
    files = source.files()
    if not files:
        yield IngestFailure(source.id, source.read.path, "", "no file matches", "Check `path` in sources.yaml.")
    for path in files:
        try:
            yield from _passages(source, path, rules)
        except SourceError as error:
            yield IngestFailure(source.id, path.name, "", error.what, error.fix)


def with_status(item: IngestedDocument, book: RelationBook, rules: LegalRules, *, on: str = "") -> IngestedDocument:
    """Return the document with its status, its passages with theirs, and the reasons of both."""
    whole = status_of(item.document, None, book, rules, on=on)
    found = [(passage, status_of(item.document, passage, book, rules, on=on)) for passage in item.passages]
    return IngestedDocument(
        replace(item.document, status=whole.status, relations=tuple(book.changes.get(item.document.doc_id, ()))),
        tuple(replace(passage, status=status.status) for passage, status in found),
        {passage.passage_id: status for passage, status in found if status != PassageStatus(status.status)},
    )


def _passages(source: Source, path: Path, rules: IngestRules) -> Iterator[IngestedDocument | IngestFailure]:
    rows = _table(source)
    names = {name: source.read.fields.get(name, name) for name in ("passage_id", "doc_id", *_FIELDS)}
    done: set[str] = set()
    lines = read_lines(path, rules.limits)
    for doc_id, group in groupby(lines, key=lambda line: _doc_id(line, names, source)):
        if not doc_id:
            for line in group:
                reason = line.fault or "names no document"
                yield IngestFailure(source.id, f"{path.name} line {line.number}", "", reason, "Correct this line.")
            continue
        if doc_id in done:
            first = next(group).number
            reason = f"passages of {doc_id} go on at line {first} after another document"
            yield IngestFailure(source.id, path.name, doc_id, reason, "Sort the lines by document.")
            continue
        done.add(doc_id)
        yield from _document(source, path, doc_id, list(group), names, rows.get(doc_id, {}), rules)


_FIELDS = ("seq", "section", "article", "heading", "text", "title")


def _doc_id(line: Line, names: Mapping[str, str], source: Source) -> str:
    record = line.record
    return "" if record is None else str(record.get(names["doc_id"]) or source.document.doc_id)


def _document(
    source: Source,
    path: Path,
    doc_id: str,
    lines: list[Line],
    names: Mapping[str, str],
    row: Mapping[str, str],
    rules: IngestRules,
) -> Iterator[IngestedDocument | IngestFailure]:
    passages: list[Passage] = []
    for line in lines:
        record = line.record or {}
        text, passage_id = record.get(names["text"]), record.get(names["passage_id"])
        if not isinstance(text, str) or not text.strip() or not isinstance(passage_id, str) or not passage_id:
            reason = "has no passage id" if not passage_id else f"passage {passage_id} has no text"
            yield IngestFailure(source.id, f"{path.name} line {line.number}", doc_id, reason, "Correct this line.")
            continue
        passages.append(_passage(record, names, passage_id, doc_id, text, len(passages)))
    if passages:
        yield IngestedDocument(_described(source, doc_id, passages, row, rules), tuple(passages))


def _passage(
    record: Mapping[str, Any], names: Mapping[str, str], passage_id: str, doc_id: str, text: str, place: int
) -> Passage:
    section = record.get(names["section"])
    seq = record.get(names["seq"])
    article, heading = record.get(names["article"]), record.get(names["heading"])
    return Passage(
        passage_id=passage_id,
        doc_id=doc_id,
        seq=seq if isinstance(seq, int) else place,
        section=section if section in _SECTIONS else ("body" if article else "text"),
        text=text,
        article=str(article) if article else None,
        heading=str(heading) if heading else None,
    )


def _described(
    source: Source, doc_id: str, passages: list[Passage], row: Mapping[str, str], rules: IngestRules
) -> Document:
    base = source.document
    legal = rules.legal
    kind = legal.kind_named(row.get("kind") or base.kind) if legal else None
    year = row.get("year") or ""
    oov_rate = float(row["oov_rate"]) if row.get("oov_rate") else None
    text = "\n".join(passage.text for passage in passages)
    topics = [topic for topic in (row.get("services") or "").split("|") if topic]
    promulgated = next((found for p in reversed(passages) if legal and (found := legal.date_of(p.text))), "")
    return Document(
        doc_id=doc_id,
        title=row.get("title") or base.title or doc_id,
        citation=row.get("citation") or base.citation,
        kind=row.get("kind") or base.kind,
        number=row.get("number") or base.number,
        year=int(year) if year.isdigit() else base.year,
        rank=kind.rank if kind else None,
        language=source.language,
        jurisdiction=source.jurisdiction,
        services=tuple(dict.fromkeys([*source.services, *(source.service_names.get(t, t) for t in topics)])),
        status=base.status,
        relations=_relations(row, source, legal),
        date=base.date or promulgated,
        coverage_date=str(source.coverage_date or ""),
        url=row.get("url") or base.url or source.url,
        source_id=source.id,
        publisher=source.publisher,
        licence=source.licence,
        retrieved=str(source.retrieved or ""),
        quality=quality(text, oov_rate=oov_rate),
    )


def _relations(row: Mapping[str, str], source: Source, legal: LegalRules | None) -> Any:
    if not row.get("relations") or legal is None:
        return ()
    try:
        return table_relations(json.loads(row["relations"]), legal, row.get("url") or source.title)
    except (json.JSONDecodeError, AttributeError, TypeError) as error:
        raise SourceError(
            f"{source.id}: relations of {row.get('doc_id')} are not a JSON object of lists: {error}",
            why="Whether the law still holds could not be said.",
            fix="Correct the column, or leave it empty.",
            code="knowledge.document",
        ) from error


def _table(source: Source) -> dict[str, dict[str, str]]:
    """Read the document table under our names, with its titles corrected."""
    table = source.read.documents
    if table is None:
        return {}
    path, *corrections = source.tables()
    theirs = {heading: name for name, heading in table.columns.items()}
    rows = {}
    for row in _csv(path):
        ours = {theirs.get(heading, heading): value for heading, value in row.items()}
        rows[ours.get("doc_id", "")] = ours
    for correction in (row for file in corrections for row in _csv(file)):
        if correction["doc_id"] in rows:
            row = rows[correction["doc_id"]]
            row["citation"] = row.get("citation", "").replace(row.get("title", ""), correction["title"])
            row["title"] = correction["title"]
    return rows


def _csv(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReadingError(
            f"{path.name} cannot be read: {error}", fix="Check the path; save the table as UTF-8."
        ) from error
