# SPDX-License-Identifier: Apache-2.0
"""The files of a release: ingested documents in, records and index files in a work folder out.

Row n of every file is the n-th passage in the order of ingestion. It decides nothing about ranking and signs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np

from daulat.knowledge.cutting import BETWEEN_HEADINGS
from daulat.knowledge.cutting.segments import segments
from daulat.knowledge.index.forward import ForwardWriter
from daulat.knowledge.index.lexical import Entry, write_lexical
from daulat.knowledge.ingest import Ingested
from daulat.knowledge.ingested import IngestedDocument, notes_of
from daulat.knowledge.release.layout import (
    ACTS,
    DOCUMENTS,
    EVERY_SERVICE,
    FAILURES,
    ID_TYPE,
    LEXICAL,
    NOTES,
    OFFSETS,
    PASSAGE_IDS,
    PASSAGES,
    ROW_TYPE,
    ROWS,
    SECTIONS,
    SEGMENT_TYPE,
    SEGMENTS,
    STATUSES,
    encode_json,
    id_hash,
)
from daulat.knowledge.types import Document, Passage

TermsFor = Callable[[str, str], Sequence[str]]
"""(language, text) -> terms."""

_TITLE_WORDS = 16
_ENDS = ("?", "!")
# White space after an end mark, or a new line. What it begins with is one set, so that the rest is passed over quickly.
_CLAUSE = re.compile(r"\s(?:(?<=[.;:?!]\s)\s*|(?<=\n))")
_MOST_COUNTED_WORDS = 65_535
_TOLD_EVERY = 500


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a passage as it is encoded: `text` is its words after the title of its document."""

    row: int
    start: int
    end: int
    text: str


def cut_segments(documents: Iterable[IngestedDocument]) -> Iterator[Segment]:
    """Cut every passage into segments, in the order of the rows."""
    row = 0
    for item in documents:
        for passage in item.passages:
            above = words_above(item.document, passage)
            for start, end in segments(passage.text):
                yield Segment(row, start, end, above + passage.text[start:end])
            row += 1


def words_above(document: Document, passage: Passage) -> str:
    """Return what is encoded before the words of a segment, since they seldom say it themselves.

    An article seldom says what law it is in, so the title goes before it. Of other text the heading does too: "three
    days" answers nothing without "How long does it take?". Of a law it does not, since amending acts restate articles
    without it.
    """
    above = [shown_title(document)]
    if document.rank is None:
        above += (passage.heading or "").split(BETWEEN_HEADINGS)[-1:]
    shortened = (" ".join(words.split()[:_TITLE_WORDS]) for words in above)
    return "".join(f"{words} " if words.endswith(_ENDS) else f"{words}. " for words in shortened if words)


def write_records(folder: Path, ingested: Ingested, cut: Sequence[Segment]) -> None:
    """Write documents, passages, statuses, segments, acts that are known and not held, failures and notes."""
    documents = [item.document for item in ingested.documents]
    (folder / DOCUMENTS).write_bytes(encode_json(documents))
    (folder / ACTS).write_bytes(encode_json(ingested.book.acts_beside({each.doc_id for each in documents})))
    (folder / FAILURES).write_bytes(encode_json(ingested.failures))
    (folder / NOTES).write_bytes(encode_json(notes_of(ingested.documents)))
    rows = [
        (ordinal, passage, item.statuses.get(passage.passage_id), item.within.get(passage.passage_id, ()))
        for ordinal, item in enumerate(ingested.documents)
        for passage in item.passages
    ]
    offsets = np.zeros(len(rows) + 1, np.uint64)
    table = np.zeros(len(rows), ROW_TYPE)
    ids = np.zeros(len(rows), ID_TYPE)
    with (folder / PASSAGES).open("wb") as file:
        for row, (ordinal, passage, status, within) in enumerate(rows):
            file.write(msgspec.json.encode([passage, status, within]))
            offsets[row + 1] = file.tell()
            words = min(len(passage.text.split()), _MOST_COUNTED_WORDS)
            status_code = STATUSES.index(passage.status or "unknown")
            table[row] = (ordinal, status_code, SECTIONS.index(passage.section), words)
            ids[row] = (id_hash(passage.passage_id), row)
    np.save(folder / OFFSETS, offsets)
    np.save(folder / ROWS, table)
    np.save(folder / PASSAGE_IDS, ids[np.argsort(ids["hash"], kind="stable")])
    np.save(folder / SEGMENTS, np.array([(s.row, s.start, s.end) for s in cut], SEGMENT_TYPE))


def write_words(
    folder: Path, documents: Sequence[IngestedDocument], terms_for: TermsFor, tell: Callable[[int], None]
) -> None:
    """Write the lexical and the forward index."""
    forward = ForwardWriter()

    def entries() -> Iterator[Entry]:
        done = 0
        for item in documents:
            document = item.document
            title = tuple(terms_for(document.language, shown_title(document)))
            for passage in item.passages:
                language = passage.language or document.language
                clauses = [terms_for(language, clause) for clause in _CLAUSE.split(passage.text)]
                forward.add(clauses)
                heading = terms_for(language, passage.heading) if passage.heading else ()
                yield Entry([*chain.from_iterable(clauses)], (*title, *heading), _facets(document, passage))
                if done % _TOLD_EVERY == 0:
                    tell(done)
                done += 1

    write_lexical(folder / LEXICAL, entries())
    forward.write(folder)


def shown_title(document: Document) -> str:
    """Return the title, or nothing where the document has only an id."""
    return "" if document.title == document.doc_id else document.title


def _facets(document: Document, passage: Passage) -> list[str]:
    facets = [
        f"doc:{document.doc_id}",
        f"status:{passage.status or 'unknown'}",
        f"jurisdiction:{document.jurisdiction}",
    ]
    facets += [f"service:{service}" for service in document.services or (EVERY_SERVICE,)]
    if passage.article:
        facets.append(f"article:{passage.article}")
    return facets
