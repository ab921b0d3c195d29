# SPDX-License-Identifier: Apache-2.0
"""Private: what a document is. Its source, its row in the source's table and its text in; a `Document` out."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from daulat.knowledge.errors import SourceError
from daulat.knowledge.legal import LegalRules, table_relations
from daulat.knowledge.quality import quality
from daulat.knowledge.readers import ReadingError
from daulat.knowledge.sources import Source
from daulat.knowledge.types import Document, Passage, Relation

Row = Mapping[str, str]


def describe(
    source: Source,
    doc_id: str,
    passages: Iterable[Passage],
    row: Row,
    legal: LegalRules | None,
    *,
    title: str = "",
    words: Collection[str] = (),
    scanned: bool = False,
) -> Document:
    """Say what a document is: its row first, then its own title, then what holds for the whole source."""
    base = source.document
    texts = [passage.text for passage in passages]
    kind = legal.kind_named(row.get("kind") or base.kind) if legal else None
    year = row.get("year") or ""
    topics = [topic for topic in (row.get("services") or "").split("|") if topic]
    promulgated = next((found for text in reversed(texts) if legal and (found := legal.date_of(text))), "")
    return Document(
        doc_id=doc_id,
        title=row.get("title") or base.title or title or doc_id,
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
        date=row.get("date") or base.date or promulgated,
        coverage_date=str(source.coverage_date or ""),
        url=row.get("url") or base.url or source.url,
        source_id=source.id,
        publisher=source.publisher,
        licence=source.licence,
        retrieved=str(source.retrieved or ""),
        quality=quality("\n".join(texts), words, oov_rate=_share(row, source)),
        scanned=scanned,
    )


def document_rows(source: Source) -> dict[str, Row]:
    """Read the document table under our names, by document id and by file, with its titles corrected.

    Raises
    ------
    ReadingError
        If the table or its corrections cannot be read.
    """
    table = source.read.documents
    if table is None:
        return {}
    path, *corrections = source.tables()
    theirs = {heading: name for name, heading in table.columns.items()}
    rows: dict[str, dict[str, str]] = {}
    listed = _csv(path)
    if listed and not {"doc_id", "file"} & {theirs.get(heading, heading) for heading in listed[0]}:
        raise _columns_missing(path, "neither `doc_id` nor `file`")
    for row in listed:
        ours = {theirs.get(heading, heading): value for heading, value in row.items()}
        rows |= {key: ours for key in (ours.get("doc_id"), ours.get("file")) if key}
    for correction in (row for file in corrections for row in _corrections(file)):
        if correction["doc_id"] in rows:
            spoilt = rows[correction["doc_id"]]
            spoilt["citation"] = spoilt.get("citation", "").replace(spoilt.get("title", ""), correction["title"])
            spoilt["title"] = correction["title"]
    return dict(rows)


def _share(row: Row, source: Source) -> float | None:
    try:
        return float(row["oov_rate"]) if row.get("oov_rate") else None
    except ValueError as error:
        raise _bad_cell(source, row, "oov_rate", "a number from 0 to 1") from error


def _relations(row: Row, source: Source, legal: LegalRules | None) -> tuple[Relation, ...]:
    if not row.get("relations") or legal is None:
        return ()
    try:
        return table_relations(json.loads(row["relations"]), legal, row.get("url") or source.title)
    except (json.JSONDecodeError, AttributeError, TypeError) as error:
        raise _bad_cell(source, row, "relations", "a JSON object of lists") from error


def _bad_cell(source: Source, row: Row, column: str, shape: str) -> SourceError:
    return SourceError(
        f"{source.id}: `{column}` of {row.get('doc_id')} is not {shape}",
        why="What the document is could not be said.",
        fix="Correct the cell, or leave it empty.",
        code="knowledge.document",
    )


def _corrections(path: Path) -> list[dict[str, str]]:
    rows = _csv(path)
    missing = [name for name in ("doc_id", "title") if rows and name not in rows[0]]
    if missing:
        raise _columns_missing(path, f"no `{'` and no `'.join(missing)}`")
    return rows


def _columns_missing(path: Path, what: str) -> ReadingError:
    return ReadingError(
        f"{path.name} has {what} among its columns", fix="Name the columns on the first line, or map them by `columns`."
    )


def _csv(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{name: value or "" for name, value in row.items() if name} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReadingError(f"{path.name} cannot be read: {error}", fix="Check the path; save it as UTF-8.") from error
