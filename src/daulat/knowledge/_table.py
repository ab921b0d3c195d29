# SPDX-License-Identifier: Apache-2.0
"""Private: the table of a source. Its CSV in; a row for each document under our names, with its line, out.

Values are judged by `row_faults`, all of a row at once. What a document is of it is for `daulat.knowledge._describe`.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from daulat.files import read_regular
from daulat.knowledge import _source_checks as checks
from daulat.knowledge.errors import SourceError
from daulat.knowledge.legal import LegalRules, changed_by_table, table_relations
from daulat.knowledge.readers import ReadingError, without_controls
from daulat.knowledge.sources import Source
from daulat.knowledge.types import LegalStatus

COLUMNS = (
    "doc_id", "file", "title", "citation", "kind", "number", "year", "date", "status", "relations", "services",
    "language", "url", "oov_rate",
)  # fmt: skip
_NEARLY = 0.8
_WIDEST_CELL = 131_072  # characters
_WIDEST_READ = 100_000_000
Row = Mapping[str, str]
LINE = ""
"""The key of a row's line in its file. No column has it: one without a heading is left out."""


@dataclass(frozen=True)
class Table:
    """The rows of a source's table: all of them, and by document id and by file; the last of a name counts."""

    name: str = ""
    rows: tuple[Row, ...] = ()
    by_name: Mapping[str, Row] = field(default_factory=dict)


def read_table(source: Source) -> Table:
    """Read the document table under our names, with its titles corrected.

    Raises
    ------
    ReadingError
        If the table or its corrections cannot be read.
    """
    table = source.read.documents
    if table is None:
        return Table()
    path, *corrections = source.tables()
    theirs = {heading: name for name, heading in table.columns.items()}
    listed = _csv(path)
    if listed and not {"doc_id", "file"} & {theirs.get(heading, heading) for heading in listed[0]}:
        raise _columns_missing(path, "neither `doc_id` nor `file`")
    _refuse_misspelt(path, [theirs.get(heading, heading) for heading in listed[0]] if listed else ())
    rows = [{theirs.get(heading, heading): value for heading, value in row.items()} for row in listed]
    by_name = {key: row for row in rows for key in (row.get("doc_id"), row.get("file")) if key}
    for correction in (row for file in corrections for row in _corrections(file)):
        if correction["doc_id"] in by_name:
            spoilt = by_name[correction["doc_id"]]
            spoilt["citation"] = spoilt.get("citation", "").replace(spoilt.get("title", ""), correction["title"])
            spoilt["title"] = correction["title"]
    return Table(table.path, tuple(rows), by_name)


def refuse_faults(row: Row, source: Source, legal: LegalRules | None) -> None:
    """Raise every fault of a row at once.

    Raises
    ------
    SourceError
        With the file and the line: a status, a date or a relation that cannot be read would be told wrongly.
    """
    found = list(_faults(row, source, legal)) if row else []
    if found:
        raise SourceError(
            f"{place_of(row, source)}: {'; '.join(found)}",
            why="What the document is could not be said.",
            fix="Correct the cells named, or leave them empty.",
            code="knowledge.document",
        )


def place_of(row: Row, source: Source) -> str:
    """Say where a row stands and whose it is, such as ``laws/documents.csv line 3, DOG``."""
    table = source.read.documents
    name = row.get("doc_id") or row.get("file") or ""
    return f"{table.path if table else ''} line {row.get(LINE)}" + (f", {name[:80]}" if name else "")


def topics_of(row: Row) -> list[str]:
    """Return the topics of a row, as its publisher names them."""
    return [topic for topic in (row.get("services") or "").split("|") if topic]


def changed_in(row: Row, source: Source) -> Iterable[str]:
    """Return the documents that a row says, in our own words, its document changes; none where it has faults."""
    if list(_faults(row, source, None)):
        return ()
    return changed_by_table(json.loads(row.get("relations") or "{}"))


def _faults(row: Row, source: Source, legal: LegalRules | None) -> Iterable[str]:
    wide = [name for name, value in row.items() if len(value) > _WIDEST_CELL]
    if wide:
        yield f"`{wide[0]}` holds {len(row[wide[0]]):,} characters, more than {_WIDEST_CELL:,}"
        return
    status, year = row.get("status") or "unknown", row.get("year") or ""
    if status not in get_args(LegalStatus):
        yield f"`status` is `{status}`; write one of {', '.join(get_args(LegalStatus))}"
    if year and not re.fullmatch(r"[0-9]{1,4}", year):
        yield f"`year` is `{year}`, no year"
    if not re.fullmatch(checks.LANGUAGE, row.get("language") or ""):
        yield f"`language` is `{row['language']}`, no tag of BCP 47 such as `en`"
    try:
        checks.address(row.get("url") or "")
    except ValueError as error:
        yield f"`url`: {error}"
    try:
        checks.day(row.get("date") or "")
    except ValueError as error:
        yield f"`date`: {error}"
    for topic in topics_of(row):
        if source.services_known is not None and topic not in source.service_names:
            try:
                checks.known_service(topic, source.services_known)
            except ValueError as error:
                yield f"`services`: {error}"
    try:
        float(row.get("oov_rate") or 0)
    except ValueError:
        yield f"`oov_rate` is `{row['oov_rate']}`, no number from 0 to 1"
    try:
        table_relations(json.loads(row.get("relations") or "{}"), legal, "")
    except json.JSONDecodeError as error:
        yield f"`relations` is no JSON ({error.msg.lower()} at character {error.pos + 1})"
    except ValueError as error:
        yield f"`relations` {error}"


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


def _refuse_misspelt(path: Path, columns: Collection[str]) -> None:
    """Raise where a column is nearly one of ours that is not there: what it says would be lost unseen."""
    for column in columns:
        near = get_close_matches(column.strip().lower(), COLUMNS, n=1, cutoff=_NEARLY)
        if column not in COLUMNS and near and near[0] not in columns:
            raise ReadingError(
                f"{path.name} has a column `{column}`, which is not read; did you mean `{near[0]}`?",
                fix=f"Call it `{near[0]}`, or map it by `columns`; if it is something else, give it another name.",
            )


def _csv(path: Path) -> list[dict[str, str]]:
    rows = []
    csv.field_size_limit(_WIDEST_READ)  # a cell that is too wide is its row's fault, and the others are read
    try:
        text = _text_of(path)
        heads = text.partition("\n")[0]
        # A spreadsheet parts cells by what the country's decimal comma leaves free.
        delimiter = next((mark for mark in ",;\t" if mark in heads), ",")
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        reader.fieldnames  # noqa: B018 - read first: the line before the first row is theirs
        line = reader.line_num
        for row in reader:
            told = {name: without_controls(value or "") for name, value in row.items() if name}
            rows.append(told | {LINE: str(line + 1)})
            line = reader.line_num
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReadingError(f"{path.name} cannot be read: {error}", fix="Check the path; save it as UTF-8.") from error
    return rows


def _text_of(path: Path) -> str:
    """Read UTF-8, or UTF-16 where the file says so by its first bytes."""
    raw = read_regular(path)
    return raw.decode("utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
