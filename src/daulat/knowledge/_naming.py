# SPDX-License-Identifier: Apache-2.0
"""Private: which document a file is. The files of a source and the rows of its table in; a row and an id for each out.

An act is named by its kind, number and year, as it is cited, where the pack's rules of law know the kind. Any other id
is the source's and the file's name in plain letters. Where that is empty or taken it gets the name's own letters,
then its folder, then a short hash. It never depends on the clock, nor on the order in which a disk lists files. No file
is opened here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath

from daulat.knowledge._table import Row
from daulat.knowledge.legal import LegalRules
from daulat.knowledge.readers import ReadingError
from daulat.knowledge.sources import Source


def rows_by_file(source: Source, files: Sequence[Path], rows: Mapping[str, Row]) -> dict[Path, Row | ReadingError]:
    """Find the row of each file in the table: by its path below the source's folder, else by its name alone.

    A name that several files have tells none of them, so each gets an error in place of a row.
    """
    known = Counter(path.name for path in files)
    found: dict[Path, Row | ReadingError] = {}
    for path in files:
        row = rows.get(path.relative_to(source.root).as_posix()) or rows.get(path.name, {})
        by_path = path.relative_to(source.root).as_posix() in rows
        if row and not by_path and known[path.name] > 1:
            found[path] = _many_of_that_name(source, path, known[path.name])
        else:
            found[path] = row
    return found


def document_ids(
    source: Source, files: Sequence[Path], rows: Mapping[Path, Row | ReadingError], legal: LegalRules | None = None
) -> dict[Path, str]:
    """Name each file's document: as its row says, as the source says where it has one file, as its law is cited, else
    by the file's name.

    Files nearer to the source's folder choose first, then in the order of their paths; so one that is added deeper, or
    later in that order, changes no other's id.
    """
    given = {path: _given(source, rows[path], alone=len(files) == 1) for path in files}
    ids = {path: doc_id for path, doc_id in given.items() if doc_id}
    cited = {path: _cited(source, rows[path], legal, alone=len(files) == 1) for path in files if path not in ids}
    often = Counter([*cited.values(), *ids.values()])
    # Two files of one law are two documents: neither is the law.
    ids |= {path: doc_id for path, doc_id in cited.items() if doc_id and often[doc_id] == 1}
    taken = set(ids.values())
    head = source.root.joinpath(*fixed_head(source.read.path))
    for path in sorted(files, key=lambda each: (len(each.parts), each)):
        if path not in ids:
            names = [f"{source.id}.{name}" for name in names_of(path.relative_to(head))]
            ids[path] = next((name for name in names if name not in taken), names[-1])
            taken.add(ids[path])
    return ids


def fixed_head(pattern: str) -> tuple[str, ...]:
    """Return the folders that a pattern names without a wildcard: they tell no file from another.

    Examples
    --------
    >>> fixed_head("laws/20*/fees.md"), fixed_head("fees.md")
    (('laws',), ())
    """
    folders = PurePath(pattern).parts[:-1]
    wild = next((at for at, part in enumerate(folders) if any(letter in part for letter in "*?[")), len(folders))
    return folders[:wild]


def names_of(path: PurePath) -> Iterator[str]:
    """Yield names for a file, shortest first; the last one is of this path alone.

    Examples
    --------
    >>> list(names_of(PurePath("2024/fees.md")))
    ['fees', '2024-fees', '2024-fees-e877682e']
    >>> next(names_of(PurePath("日本.md")))
    '日本'
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-")
    whole, placed = _letters(path.stem), _letters("-".join((*path.parts[:-1], path.stem)))
    digest = hashlib.sha256(unicodedata.normalize("NFC", path.as_posix()).encode("utf-8", "surrogateescape"))
    last = "-".join(part for part in (placed, digest.hexdigest()[:8]) if part)
    yield from dict.fromkeys(name for name in (plain, whole, placed, last) if name)


def _letters(text: str) -> str:
    """Keep the letters, marks and digits of every script; what stands between them becomes a hyphen."""
    composed = unicodedata.normalize("NFC", text)
    return "-".join("".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in composed).split())


def _given(source: Source, row: Row | ReadingError, *, alone: bool) -> str:
    by_row = "" if isinstance(row, ReadingError) else row.get("doc_id")
    return by_row or (source.document.doc_id if alone else "")


def _cited(source: Source, row: Row | ReadingError, legal: LegalRules | None, *, alone: bool) -> str:
    """Return the id by which questions and other texts cite a document; empty where it is no numbered law."""
    if legal is None or isinstance(row, ReadingError):
        return ""
    base = source.document
    kind = legal.kind_named(row.get("kind") or base.kind)
    number = row.get("number") or (base.number if alone else "")
    year = row.get("year") or (str(base.year or "") if alone else "")
    numbered = re.fullmatch(r"\d+\w*", number) and year.isdigit()
    return legal.document_id(kind.code, number, year) if kind and numbered else ""


def _many_of_that_name(source: Source, path: Path, count: int) -> ReadingError:
    written = path.relative_to(source.root).as_posix()
    return ReadingError(
        f"the table names `{path.name}`, and {count} files have that name",
        fix=f"Write the path in the column `file`, as `{written}`.",
    )
