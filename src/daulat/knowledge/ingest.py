# SPDX-License-Identifier: Apache-2.0
"""Ingestion: declared sources in; documents with their passages and statuses, or the reason why not, out.

One document that fails is listed with its reason and stops no other. Texts stay as published. It writes nothing and
embeds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from daulat.knowledge._describe import Row, describe, document_rows
from daulat.knowledge.cutting import SentenceRules, Structure, cut_blocks, cut_regulation, load_structures
from daulat.knowledge.errors import SourceError
from daulat.knowledge.legal import (
    LegalRules,
    PassageStatus,
    RelationBook,
    load_legal_rules,
    load_relations,
    status_of,
)
from daulat.knowledge.quality import SearchForm, load_search_forms
from daulat.knowledge.readers import Limits, Line, read_document, read_lines
from daulat.knowledge.sources import Source
from daulat.knowledge.types import Document, Passage

_SECTIONS = ("preamble", "body", "elucidation_general", "elucidation", "text")


@dataclass(frozen=True)
class IngestRules:
    """What a country's pack says about reading, cutting and the law. Without a pack, nothing is law."""

    legal: LegalRules | None = None
    book: RelationBook = field(default_factory=RelationBook)
    structures: Mapping[str, Structure] = field(default_factory=dict)
    sentences: Mapping[str, SentenceRules] = field(default_factory=dict)
    forms: Mapping[str, SearchForm] = field(default_factory=dict)
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
    """Read a pack's rules of law, of structure and of misreadings; a file that is missing leaves its part empty.

    Raises
    ------
    SourceError
        If one of them has faults.
    """
    legal = load_legal_rules(root / "legal.yaml") if (root / "legal.yaml").is_file() else None
    book = load_relations(root / "relations.yaml") if (root / "relations.yaml").is_file() else RelationBook()
    structures, sentences = load_structures(path) if (path := root / "structure.yaml").is_file() else ({}, {})
    return IngestRules(legal, book, structures, sentences, load_search_forms(root), limits or Limits())


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
        return
    try:
        rows = document_rows(source)
    except SourceError as error:
        yield IngestFailure(source.id, source.read.path, "", error.what, error.fix)
        return
    for path in files:
        try:
            if source.read.format == "jsonl":
                yield from _ready_passages(source, path, rows, rules)
            else:
                yield _cut_document(source, path, rows, rules, alone=len(files) == 1)
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


def _cut_document(
    source: Source, path: Path, rows: Mapping[str, Row], rules: IngestRules, *, alone: bool
) -> IngestedDocument:
    row = rows.get(path.name, {})
    stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-")
    doc_id = row.get("doc_id") or (source.document.doc_id if alone else "") or f"{source.id}.{stem}"
    limits = replace(rules.limits, ocr_language=source.read.ocr_language)
    extract = read_document(path, source.read.format, limits)
    if source.read.structure:
        structure = rules.structures.get(source.read.structure)
        if structure is None:
            raise _unknown_structure(source)
        lines = (line for block in extract.blocks for line in block.text.splitlines())
        passages = cut_regulation(lines, doc_id, structure)
    else:
        passages = cut_blocks(extract.blocks, doc_id, language=source.language, rules=rules.sentences)
    title = "" if alone and source.document.title else extract.title
    return IngestedDocument(
        describe(source, doc_id, passages, row, rules.legal, title=title, words=_words(source, rules)), tuple(passages)
    )


def _unknown_structure(source: Source) -> SourceError:
    return SourceError(
        f"{source.id}: structure `{source.read.structure}` is in no structure.yaml",
        why="Its articles could not be told apart.",
        fix="Name one that the pack declares, or leave `structure` out.",
        code="knowledge.sources",
    )


def _ready_passages(
    source: Source, path: Path, rows: Mapping[str, Row], rules: IngestRules
) -> Iterator[IngestedDocument | IngestFailure]:
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
    row: Row,
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
        yield IngestedDocument(
            describe(source, doc_id, passages, row, rules.legal, words=_words(source, rules)), tuple(passages)
        )


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


def _words(source: Source, rules: IngestRules) -> Collection[str]:
    form = rules.forms.get(source.language)
    return form.vocabulary if form else ()
