# SPDX-License-Identifier: Apache-2.0
"""Ingestion: declared sources in; documents with their passages and statuses, or the reason why not, out.

One document that fails is listed with its reason and stops no other. Texts stay as published. It writes nothing and
embeds nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from daulat.knowledge._describe import describe
from daulat.knowledge._naming import document_ids, rows_by_file
from daulat.knowledge._source_checks import LANGUAGE
from daulat.knowledge._table import LINE, Row, Table, place_of, read_table
from daulat.knowledge.cutting import (
    BETWEEN_HEADINGS,
    SentenceRules,
    Structure,
    cut_blocks,
    cut_regulation,
    load_structures,
)
from daulat.knowledge.errors import SourceError
from daulat.knowledge.legal import (
    LegalRules,
    PassageStatus,
    RelationBook,
    lines_of_documents,
    load_legal_rules,
    load_relations,
    status_of,
)
from daulat.knowledge.quality import SearchForm, load_search_forms
from daulat.knowledge.readers import Limits, Line, ReadingError, read_document, read_lines
from daulat.knowledge.sources import FIELDS, Source
from daulat.knowledge.types import Document, Passage, Section

_ONE_ID_EACH = "If it is another text, give it another id; if it is the same, declare it once."
_SAID_OF_NOTHING = "no document that was read is called so, and what is said of it changes nothing"
_SECTIONS: tuple[Section, ...] = get_args(Section)


@dataclass(frozen=True)
class IngestRules:
    """What a country's pack and its nation say about reading, cutting and the law.

    `named` are the documents of which the nation itself says what became of them, and where it does.
    """

    legal: LegalRules | None = None
    book: RelationBook = field(default_factory=RelationBook)
    structures: Mapping[str, Structure] = field(default_factory=dict)
    sentences: Mapping[str, SentenceRules] = field(default_factory=dict)
    forms: Mapping[str, SearchForm] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IngestedDocument:
    """One document, its passages in order, the status of each passage that differs from its document's, its file."""

    document: Document
    passages: tuple[Passage, ...]
    statuses: Mapping[str, PassageStatus] = field(default_factory=dict)
    path: str = ""


@dataclass(frozen=True, slots=True)
class IngestFailure:
    """A document, or a line of one, that could not be read: which, why, and what the curator can do."""

    source_id: str
    path: str
    doc_id: str
    reason: str
    fix: str


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


@dataclass(frozen=True)
class Ingested:
    """All documents of a run with their statuses, all failures, and the relations that were learned on the way."""

    documents: tuple[IngestedDocument, ...]
    failures: tuple[IngestFailure, ...]
    book: RelationBook


def with_relations(rules: IngestRules, path: Path) -> IngestRules:
    """Return rules that also know a nation's own `relations.yaml`.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """
    book = rules.book.joined(load_relations(path))
    lines = {doc_id: f"{path.name} line {line}" for doc_id, line in lines_of_documents(path).items()}
    return replace(rules, book=book, named=lines)


def load_rules(root: Path) -> IngestRules:
    """Read a pack's rules of law, of structure and of misreadings; a file that is missing leaves its part empty.

    Raises
    ------
    SourceError
        If one of them has faults.
    """
    legal = load_legal_rules(root / "legal.yaml") if (root / "legal.yaml").is_file() else None
    book = load_relations(root / "relations.yaml") if (root / "relations.yaml").is_file() else RelationBook()
    structures, sentences = load_structures(path) if (path := root / "structure.yaml").is_file() else ({}, {})
    return IngestRules(legal, book, structures, sentences, load_search_forms(root))


def ingest_all(sources: Iterable[Source], rules: IngestRules) -> Ingested:
    """Read all sources, then say of every passage whether it still holds.

    Two rounds, because a newer act may be read after the law it amends. Ids are of the whole release: the second
    document or passage of an id is a failure that names both places.
    """
    documents: list[IngestedDocument] = []
    failures: list[IngestFailure] = []
    known = Known()
    for source in sources:
        for item in ingest(source, rules, known):
            if isinstance(item, IngestFailure):
                failures.append(item)
            elif fault := known.fault_of(item):
                failures.append(IngestFailure(source.id, item.path, item.document.doc_id, fault, _ONE_ID_EACH))
            else:
                documents.append(item)
                known.add(item)
    failures += known.idle_rows()
    failures += [_unheld(doc_id, place) for doc_id, place in rules.named.items() if doc_id not in known.documents]
    book = rules.book.learn(((item.document, item.passages) for item in documents), rules.legal)
    documents = [with_status(item, book, rules.legal) for item in documents]
    return Ingested(tuple(documents), tuple(failures), book)


def ingest(
    source: Source, rules: IngestRules, known: Known | None = None
) -> Iterator[IngestedDocument | IngestFailure]:
    """Read one source. Statuses are not set yet: see `ingest_all`.

    Parameters
    ----------
    known : Known, optional
        What was read before, also while this goes on.
    """
    for path in source.links_out():
        reason = "a link that leads out of the folder of sources.yaml"
        yield IngestFailure(source.id, _below(source, path), "", reason, "Put the file itself there.")
    files = source.files()
    if not files:
        yield IngestFailure(source.id, source.read.path, "", "no file matches", "Check `path` in sources.yaml.")
        return
    known = known or Known()
    try:
        table = read_table(source)
    except SourceError as error:
        yield IngestFailure(source.id, source.read.path, "", error.what, error.fix)
        return
    if table.name:
        known.tables[source.tables()[0]] = (source, table)
    if source.read.format == "jsonl":
        for path in files:
            yield from _ready_passages(source, path, table, rules, known)
        return
    by_file = rows_by_file(source, files, table.by_name)
    ids = document_ids(source, files, by_file)
    for path in files:
        row = by_file[path] or table.by_name.get(ids[path], {})
        known.take(source, table.by_name[path.name] if isinstance(row, ReadingError) else row)
        if table.name and not row:
            yield _without_row(source, _below(source, path), ids[path], "file")
        try:
            yield _cut_document(source, path, ids[path], row, rules, alone=len(files) == 1)
        except SourceError as error:
            yield IngestFailure(source.id, _below(source, path), "", error.what, error.fix)


def with_status(item: IngestedDocument, book: RelationBook, rules: LegalRules | None) -> IngestedDocument:
    """Return the document with its status, its passages with theirs, and the reasons of both."""
    whole = status_of(item.document, None, book, rules)
    found = [(passage, status_of(item.document, passage, book, rules)) for passage in item.passages]
    return replace(
        item,
        document=replace(
            item.document, status=whole.status, relations=tuple(book.changes.get(item.document.doc_id, ()))
        ),
        passages=tuple(replace(passage, status=status.status) for passage, status in found),
        statuses={passage.passage_id: status for passage, status in found if status != PassageStatus(status.status)},
    )


def _cut_document(
    source: Source, path: Path, doc_id: str, row: Row | ReadingError, rules: IngestRules, *, alone: bool
) -> IngestedDocument:
    if isinstance(row, ReadingError):
        raise row
    limits = replace(rules.limits, ocr_language=source.read.ocr_language)
    extract = read_document(path, source.read.format, limits)
    if source.read.structure:
        structure = rules.structures.get(source.read.structure)
        if structure is None:
            raise _unknown_structure(source)
        lines = (line for block in extract.blocks for line in block.text.splitlines())
        passages = cut_regulation(lines, doc_id, structure)
    else:
        language = row.get("language") or source.language
        passages = cut_blocks(extract.blocks, doc_id, language=language, rules=rules.sentences)
    title = extract.title or (source.title if alone else "")
    document = describe(
        source,
        doc_id,
        passages,
        row,
        rules.legal,
        language=language,
        title=title,
        words=_words(language, rules),
        scanned=extract.by_ocr,
    )
    return IngestedDocument(document, tuple(_below_title(document, passages)), path=_below(source, path))


def _below_title(document: Document, passages: Iterable[Passage]) -> Iterator[Passage]:
    """Leave the title out of headings that begin with it: it is told of the document already."""
    for passage in passages:
        first, _, rest = (passage.heading or "").partition(BETWEEN_HEADINGS)
        yield replace(passage, heading=rest or None) if first == document.title else passage


def _below(source: Source, path: Path) -> str:
    """Return the path of a file below the folder of its source, as a curator wrote it."""
    return path.relative_to(source.root).as_posix()


def _unknown_structure(source: Source) -> SourceError:
    return SourceError(
        f"{source.id}: structure `{source.read.structure}` is in no structure.yaml",
        why="Its articles could not be told apart.",
        fix="Name one that the pack declares, or leave `structure` out.",
        code="knowledge.sources",
    )


def _ready_passages(
    source: Source, path: Path, table: Table, rules: IngestRules, known: Known
) -> Iterator[IngestedDocument | IngestFailure]:
    place = _below(source, path)
    names = {name: source.read.fields.get(name, name) for name in FIELDS}
    by_document: dict[str, list[Passage]] = {}
    here: set[str] = set()
    try:
        for line in read_lines(path, rules.limits):
            try:
                passage = _passage(line, names, source)
                _refuse_twice(passage, here, known)
            except _LineError as fault:
                yield IngestFailure(source.id, f"{place} line {line.number}", "", str(fault), fault.fix)
            else:
                by_document.setdefault(passage.doc_id, []).append(passage)
                here.add(passage.passage_id)
    except SourceError as error:
        # What stood before the damage is whole; it is kept, and the damage listed.
        yield IngestFailure(source.id, place, "", error.what, error.fix)
    title = source.title if len(by_document) == 1 and len(source.files()) == 1 else ""
    for doc_id, found in by_document.items():
        row = known.take(source, table.by_name.get(doc_id, {}))
        if table.name and not row:
            yield _without_row(source, place, doc_id, "doc_id")
        language = row.get("language") or _common(found) or source.language
        words = _words(language, rules)
        try:
            document = describe(source, doc_id, found, row, rules.legal, language=language, title=title, words=words)
        except SourceError as error:
            yield IngestFailure(source.id, place, doc_id, error.what, error.fix)
            continue
        yield IngestedDocument(document, tuple(_placed(found, document)), path=place)


def _common(passages: Collection[Passage]) -> str:
    """Return the language of passages that all say the same one; else nothing."""
    said = {passage.language or "" for passage in passages}
    return said.pop() if len(said) == 1 else ""


def _placed(passages: Iterable[Passage], document: Document) -> Iterator[Passage]:
    """Give each passage its place, and a language only where it is another than its document's."""
    for place, passage in enumerate(passages):
        language = passage.language if passage.language != document.language else None
        yield replace(passage, seq=place if passage.seq < 0 else passage.seq, language=language)


def _without_row(source: Source, place: str, doc_id: str, column: str) -> IngestFailure:
    table = source.read.documents
    name = table.path if table else ""
    given = place if column == "file" else doc_id
    reason = f"no row of {name} is for it; it was read without one"
    return IngestFailure(source.id, place, doc_id, reason, f"Add a row with `{given}` in the column `{column}`.")


def _unheld(doc_id: str, place: str) -> IngestFailure:
    return IngestFailure("", place, doc_id, _SAID_OF_NOTHING, "Correct the id, or leave it out until it is declared.")


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


class _LineError(Exception):
    """What is wrong with a line, and what the curator can do."""

    def __init__(self, what: str, fix: str = "Correct this line.") -> None:
        super().__init__(what)
        self.fix = fix


def _passage(line: Line, names: Mapping[str, str], source: Source) -> Passage:
    """Return the passage of a line, or raise what is wrong with it; a passage without a place of its own gets -1."""
    if line.record is None:
        raise _LineError(line.fault)
    value = {name: line.record.get(theirs) for name, theirs in names.items()}
    passage_id, text, section, seq = value["passage_id"], value["text"], value["section"], value["seq"]
    if not isinstance(passage_id, str) or not passage_id:
        raise _not_an_id(names["passage_id"], passage_id, "names no passage")
    doc_id = value["doc_id"] or source.document.doc_id
    if isinstance(doc_id, bool) or not isinstance(doc_id, str | int) or not doc_id:
        raise _not_an_id(names["doc_id"], doc_id, "names no document")
    if not isinstance(text, str) or not text.strip():
        raise _LineError(f"passage {passage_id} has no text")
    article, heading, language = value["article"], value["heading"], value["language"] or ""
    if not isinstance(language, str) or not re.fullmatch(LANGUAGE, language):
        raise _LineError(f"`{names['language']}` is {json.dumps(language)[:80]}, no tag of BCP 47 such as `en`")
    return Passage(
        passage_id=passage_id,
        doc_id=str(doc_id),
        seq=seq if isinstance(seq, int) else -1,
        section=section if section in _SECTIONS else ("body" if article else "text"),
        text=text,
        article=str(article) if article else None,
        heading=str(heading) if heading else None,
        language=language or None,
    )


def _not_an_id(field_name: str, value: object, absent: str) -> _LineError:
    if value in (None, ""):
        return _LineError(absent)
    return _LineError(f"`{field_name}` is {json.dumps(value)[:80]}, not text", "Write the id between quotes.")


def _refuse_twice(passage: Passage, here: Collection[str], known: Known) -> None:
    if passage.passage_id in here:
        raise _LineError(f"passage {passage.passage_id} stands in this file twice")
    # A document that was read before is refused as a whole, not line by line.
    if passage.passage_id in known.passages and passage.doc_id not in known.documents:
        first = known.passages[passage.passage_id]
        raise _LineError(f"passage {passage.passage_id} was already read from {first}", _ONE_ID_EACH)


def _words(language: str, rules: IngestRules) -> Collection[str]:
    form = rules.forms.get(language)
    return form.vocabulary if form else ()
