# SPDX-License-Identifier: Apache-2.0
"""Ingestion: declared sources in; documents with their passages and statuses, or the reason why not, out.

One document that fails is listed with its reason and stops no other. Texts stay as published. It writes nothing and
embeds nothing.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from daulat.files import kind_of
from daulat.knowledge._describe import describe
from daulat.knowledge._naming import document_ids, rows_by_file
from daulat.knowledge._ready import ready_passages
from daulat.knowledge._table import Row, read_table
from daulat.knowledge.cutting import (
    BETWEEN_HEADINGS,
    SentenceRules,
    Structure,
    cut_blocks,
    cut_regulation,
    gap_note,
    load_structures,
)
from daulat.knowledge.errors import SourceError
from daulat.knowledge.ingested import (
    ONE_ID_EACH,
    IngestedDocument,
    IngestFailure,
    IngestNote,
    Known,
    below,
    unheld,
    unrecorded,
    without_row,
)
from daulat.knowledge.legal import (
    LegalRules,
    PassageStatus,
    RelationBook,
    Within,
    is_recorded,
    lines_of_documents,
    load_legal_rules,
    load_relations,
    others_in,
    repealed_in,
    statuses_of,
)
from daulat.knowledge.quality import SearchForm, load_search_forms
from daulat.knowledge.readers import Extract, Limits, ReadingError, read_document, without_controls
from daulat.knowledge.sources import Source
from daulat.knowledge.types import Document, Passage

_WORD = re.compile(r"\w+")
_SHORT_WORD = 3  # letters of a word before a title as it stands in the text: "The Dog Licences Act"

_TOLD_AFTER_S = 10.0
_LOG = logging.getLogger(__name__)


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

    def words(self, language: str) -> Collection[str]:
        """Return the words of a language, by which the quality of a text is judged."""
        form = self.forms.get(language)
        return form.vocabulary if form else ()


@dataclass(frozen=True)
class Ingested:
    """All documents of a run with their statuses, all failures, and the relations that were learned on the way.

    `next_change` is the first day, ISO 8601, on which a recorded change begins that had not; empty where none lies
    ahead.
    """

    documents: tuple[IngestedDocument, ...]
    failures: tuple[IngestFailure, ...]
    book: RelationBook
    next_change: str = ""


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
    legal = load_legal_rules(root / "legal.yaml") if (root / "legal.yaml").exists() else None
    book = load_relations(root / "relations.yaml") if (root / "relations.yaml").exists() else RelationBook()
    structures, sentences = load_structures(path) if (path := root / "structure.yaml").exists() else ({}, {})
    return IngestRules(legal, book, structures, sentences, load_search_forms(root))


def ingest_all(sources: Iterable[Source], rules: IngestRules, *, on: str = "") -> Ingested:
    """Read all sources, then say of every passage whether it still holds.

    Two rounds, because a newer act may be read after the law it amends. Ids are of the whole release: the second
    document or passage of an id is a failure that names both places.

    Parameters
    ----------
    on : str
        The day of which the statuses are, ISO 8601: changes that begin later are not told. Empty: all that is known.
    """
    documents: list[IngestedDocument] = []
    failures: list[IngestFailure] = []
    known = Known()
    for source in sources:
        for item in ingest(source, rules, known):
            if isinstance(item, IngestFailure):
                failures.append(item)
            elif fault := known.fault_of(item):
                failures.append(IngestFailure(source.id, item.path, item.document.doc_id, fault, ONE_ID_EACH))
            else:
                documents.append(item)
                known.add(item)
    failures += known.idle_rows()
    failures += known.unheld_in_rows()
    failures += [unheld(doc_id, place) for doc_id, place in rules.named.items() if doc_id not in known.documents]
    book = rules.book.learn(((item.document, item.passages) for item in documents), rules.legal)
    failures += _unrecorded_repeals(documents, book, rules.legal)
    begun = book.as_of(on) if on else book
    documents = [with_status(item, book, rules.legal, on, begun) for item in documents]
    return Ingested(tuple(documents), tuple(failures), begun, book.next_change(on) if on else "")


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
        yield IngestFailure(source.id, below(source, path), "", reason, "Put the file itself there.")
    for path in source.not_files():
        reason = f"it is {kind_of(path)} and no file"
        yield IngestFailure(source.id, below(source, path), "", reason, "Put a file there, or take it away.")
    for path in source.misnamed():
        reason = "its name is not written in UTF-8"
        yield IngestFailure(source.id, below(source, path), "", reason, "Rename it, with letters that you can read.")
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
            yield from ready_passages(source, path, table, rules.legal, rules.limits, known, rules.words)
        return
    by_file = rows_by_file(source, files, table.by_name)
    ids = document_ids(source, files, by_file, rules.legal)
    for path in files:
        row = by_file[path] or table.by_name.get(ids[path], {})
        known.take(source, table.by_name[path.name] if isinstance(row, ReadingError) else row)
        if table.name and not row:
            yield without_row(source, below(source, path), ids[path], "file")
        try:
            yield _cut_document(source, path, ids[path], row, rules, alone=len(files) == 1)
        except SourceError as error:
            yield IngestFailure(source.id, below(source, path), "", error.what, error.fix, error.retryable)


def reads_as_told(told: IngestFailure | IngestNote, source: Source, rules: IngestRules) -> bool:
    """Say whether a document that could not be read, or not all of it, is read no otherwise now."""
    try:
        extract = _read(source, source.root / told.path, rules)
    except ReadingError as error:
        return isinstance(told, IngestFailure) and error.what == told.reason
    return isinstance(told, IngestNote) and extract.retryable and told.what in extract.notes


def with_status(
    item: IngestedDocument, book: RelationBook, rules: LegalRules | None, on: str, begun: RelationBook
) -> IngestedDocument:
    """Return the document with its status on a day, its passages with theirs, and the reasons of both."""
    whole, *statuses = statuses_of(item.document, (None, *item.passages), book, rules, on=on)
    found = list(zip(item.passages, statuses, strict=True))
    return replace(
        item,
        document=replace(
            item.document, status=whole.status, relations=tuple(begun.changes.get(item.document.doc_id, ()))
        ),
        passages=tuple(replace(passage, status=status.status) for passage, status in found),
        statuses={passage.passage_id: status for passage, status in found if status != PassageStatus(status.status)},
        within={
            passage.passage_id: within
            for passage, status in found
            if (within := _within(item.document, passage, status, book, rules, on))
        },
    )


def _within(
    document: Document, passage: Passage, own: PassageStatus, book: RelationBook, rules: LegalRules | None, on: str
) -> tuple[Within, ...]:
    """Return the standing of other articles that stand in a passage, where it is not the passage's own."""
    others = others_in(passage, rules)
    if not others:
        return ()
    statuses = statuses_of(document, others, book, rules, on=on)
    return tuple(
        Within(other.article or "", other.section, status)
        for other, status in zip(others, statuses, strict=True)
        if status != own
    )


def _unrecorded_repeals(
    documents: Collection[IngestedDocument], book: RelationBook, rules: LegalRules | None
) -> Iterator[IngestFailure]:
    """List the laws that an act says it revokes and of which nobody declared it. A clause alone changes no status."""
    if rules is None:
        return
    held = {item.document.doc_id for item in documents}
    for item in documents:
        for passage, law in repealed_in(item.document, item.passages, rules):
            if law in held and not is_recorded(law, item.document.doc_id, book):
                yield unrecorded(passage, item.document.source_id, law)


@contextmanager
def _told_if_slow(path: Path) -> Iterator[None]:
    """Name a file that takes long, so that a build which nobody watches does not seem to stand still."""
    timer = threading.Timer(_TOLD_AFTER_S, _LOG.warning, ("still reading %s", without_controls(path.name)))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut_document(
    source: Source, path: Path, doc_id: str, row: Row | ReadingError, rules: IngestRules, *, alone: bool
) -> IngestedDocument:
    if isinstance(row, ReadingError):
        raise row
    extract = _read(source, path, rules)
    language = row.get("language") or source.language
    if source.read.structure:
        structure = rules.structures.get(source.read.structure)
        if structure is None:
            raise _unknown_structure(source, rules.structures)
        lines = (line for block in extract.blocks for line in block.text.splitlines())
        passages = cut_regulation(lines, doc_id, structure)
        notes = (*extract.notes, *filter(None, [gap_note(passages)]))
    else:
        passages = cut_blocks(extract.blocks, doc_id, language=language, rules=rules.sentences, title=extract.title)
        notes = extract.notes
    if not passages:
        fix = "Open it, and look whether its text is there; if it is, leave `structure` out."
        raise ReadingError(f"{path.name} gives no passage, for all that was read of it was left out", fix=fix)
    title = extract.title or (source.title if alone else "")
    document = describe(
        source,
        doc_id,
        passages,
        row,
        rules.legal,
        language=language,
        title=title,
        words=rules.words(language),
        scanned=extract.by_ocr,
    )
    kept = tuple(_below_title(document, passages)) or tuple(passages)
    again = extract.notes if extract.retryable else ()
    return IngestedDocument(document, kept, path=below(source, path), notes=notes, retryable=again)


def _read(source: Source, path: Path, rules: IngestRules) -> Extract:
    limits = replace(rules.limits, ocr_language=source.read.ocr_language)
    with _told_if_slow(path):
        return read_document(path, source.read.format, limits)


def _below_title(document: Document, passages: Iterable[Passage]) -> Iterator[Passage]:
    """Leave the title out of headings that begin with it, and passages that say nothing else: it is told already."""
    for passage in passages:
        first, _, rest = (passage.heading or "").partition(BETWEEN_HEADINGS)
        below = replace(passage, heading=rest or None) if _is_its_name(first, document) else passage
        if below.heading or below.section != "text" or not _is_its_name(passage.text, document):
            yield below


def _is_its_name(text: str, document: Document) -> bool:
    """Say whether a text is the title or citation of its document, or both, but for a short word such as `the`."""
    words = _words(text)
    title, citation = _words(document.title), _words(document.citation)
    names = [name for name in (title, citation, title + citation, citation + title) if name]
    return words in names or (bool(words) and len(words[0]) <= _SHORT_WORD and words[1:] in names)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _unknown_structure(source: Source, known: Collection[str]) -> SourceError:
    declared = f"Name one that the pack declares ({', '.join(sorted(known))})" if known else "No structure is declared"
    return SourceError(
        f"{source.id}: structure `{source.read.structure}` is in no structure.yaml",
        why="Its articles could not be told apart.",
        fix=f"{declared}, or leave `structure` out." if known else f"{declared}: leave `structure` out.",
        code="knowledge.sources",
    )
