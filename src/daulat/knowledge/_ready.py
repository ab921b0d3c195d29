# SPDX-License-Identifier: Apache-2.0
"""Private: passages that a publisher cut already. Lines of JSON in; documents, or what is wrong with a line, out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

from daulat.knowledge._describe import describe
from daulat.knowledge._remains import without_remains
from daulat.knowledge._source_checks import LANGUAGE
from daulat.knowledge._table import Table
from daulat.knowledge.errors import SourceError
from daulat.knowledge.ingested import ONE_ID_EACH, IngestedDocument, IngestFailure, Known, below, without_row
from daulat.knowledge.legal import LegalRules
from daulat.knowledge.readers import Limits, Line, read_lines
from daulat.knowledge.sources import FIELDS, Source
from daulat.knowledge.types import Document, Passage, Section

_SECTIONS: tuple[Section, ...] = get_args(Section)


def ready_passages(
    source: Source,
    path: Path,
    table: Table,
    legal: LegalRules | None,
    limits: Limits,
    known: Known,
    words_of: Callable[[str], Collection[str]],
) -> Iterator[IngestedDocument | IngestFailure]:
    """Read the ready passages of one file. `words_of` gives the words of a language, by which quality is judged."""
    place = below(source, path)
    names = {name: source.read.fields.get(name, name) for name in FIELDS}
    by_document: dict[str, list[Passage]] = {}
    here: set[str] = set()
    try:
        for line in read_lines(path, limits):
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
        if source.read.converted:
            found = without_remains(found, source.read.converted.stamps)
        row = known.take(source, table.by_name.get(doc_id, {}))
        if table.name and not row:
            yield without_row(source, place, doc_id, "doc_id")
        language = row.get("language") or _common(found) or source.language
        words = words_of(language)
        try:
            document = describe(source, doc_id, found, row, legal, language=language, title=title, words=words)
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
        given = "" if field_name == "passage_id" else ", or one for all lines as `document: {doc_id: ...}`"
        return _LineError(absent, f"Write `{field_name}` in the line, map it by `fields`{given}.")
    return _LineError(f"`{field_name}` is {json.dumps(value)[:80]}, not text", "Write the id between quotes.")


def _refuse_twice(passage: Passage, here: Collection[str], known: Known) -> None:
    if passage.passage_id in here:
        raise _LineError(f"passage {passage.passage_id} stands in this file twice")
    # A document that was read before is refused as a whole, not line by line.
    if passage.passage_id in known.passages and passage.doc_id not in known.documents:
        first = known.passages[passage.passage_id]
        raise _LineError(f"passage {passage.passage_id} was already read from {first}", ONE_ID_EACH)
