# SPDX-License-Identifier: Apache-2.0
"""Ingestion: declared sources in; documents with their passages and statuses, or the reason why not, out.

One document that fails is listed with its reason and stops no other. Texts stay as published. It writes nothing and
embeds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

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
    seen: dict[str, str] = {}
    for source in sources:
        for item in ingest(source, rules):
            if isinstance(item, IngestFailure):
                failures.append(item)
            elif item.document.doc_id in seen:
                first = seen[item.document.doc_id]
                reason = f"document {item.document.doc_id} was already read from {first}"
                failures.append(IngestFailure(source.id, "", item.document.doc_id, reason, "Declare it once."))
            else:
                documents.append(item)
                seen[item.document.doc_id] = source.id
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
    names = {name: source.read.fields.get(name, name) for name in _FIELDS}
    by_document: dict[str, list[Passage]] = {}
    known: set[str] = set()
    try:
        for line in read_lines(path, rules.limits):
            passage, fault = _passage(line, names, source, known)
            if passage is None:
                yield IngestFailure(source.id, f"{path.name} line {line.number}", "", fault, "Correct this line.")
            else:
                by_document.setdefault(passage.doc_id, []).append(passage)
                known.add(passage.passage_id)
    except SourceError as error:
        # What stood before the damage is whole; it is kept, and the damage listed.
        yield IngestFailure(source.id, path.name, "", error.what, error.fix)
    words = _words(source, rules)
    for doc_id, found in by_document.items():
        try:
            document = describe(source, doc_id, found, rows.get(doc_id, {}), rules.legal, words=words)
        except SourceError as error:
            yield IngestFailure(source.id, path.name, doc_id, error.what, error.fix)
            continue
        yield IngestedDocument(document, tuple(replace(p, seq=n) if p.seq < 0 else p for n, p in enumerate(found)))


_FIELDS = ("passage_id", "doc_id", "seq", "section", "article", "heading", "text")


def _passage(line: Line, names: Mapping[str, str], source: Source, known: set[str]) -> tuple[Passage | None, str]:
    """Return the passage of a line, or what is wrong with it; a passage without a place of its own gets -1."""
    if line.record is None:
        return None, line.fault
    value = {name: line.record.get(theirs) for name, theirs in names.items()}
    passage_id, text, section, seq = value["passage_id"], value["text"], value["section"], value["seq"]
    doc_id = value["doc_id"] or source.document.doc_id
    if not isinstance(passage_id, str) or not passage_id or not doc_id:
        return None, "names no passage" if not passage_id else "names no document"
    if not isinstance(text, str) or not text.strip():
        return None, f"passage {passage_id} has no text"
    if passage_id in known:
        return None, f"passage {passage_id} stands in this file twice"
    article, heading = value["article"], value["heading"]
    return Passage(
        passage_id=passage_id,
        doc_id=str(doc_id),
        seq=seq if isinstance(seq, int) else -1,
        section=section if section in _SECTIONS else ("body" if article else "text"),
        text=text,
        article=str(article) if article else None,
        heading=str(heading) if heading else None,
    ), ""


def _words(source: Source, rules: IngestRules) -> Collection[str]:
    form = rules.forms.get(source.language)
    return form.vocabulary if form else ()
