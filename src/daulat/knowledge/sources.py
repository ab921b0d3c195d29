# SPDX-License-Identifier: Apache-2.0
"""Sources: what the curator declares to be official, and how to read it.

Comes in: a `sources.yaml`, or a folder of ready passages. Goes out: `Source` values, or every fault of the file at
once. A file that no source declares is never read: `undeclared_files` lists it. Nothing here opens a document.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, StringConstraints, field_validator, model_validator

from daulat.knowledge._declared import Declared, load_declared
from daulat.knowledge.errors import SourceError
from daulat.knowledge.readers.base import Format
from daulat.knowledge.types import LegalStatus

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")]
Text = Annotated[str, StringConstraints(min_length=1)]

_COMPANIONS = {"readme.md", "sources.yaml", "notice", "licence", "license"}  # they speak about the sources


class DocumentTable(Declared):
    """A CSV file with a row for each document; `columns` maps our names to its headings, like `url: official_page`.

    `corrections` is a CSV of `doc_id`, `title` and `original`: titles that a scanner spoilt, put right by hand.
    """

    path: Text
    columns: dict[str, str] = Field(default_factory=dict)
    corrections: str = ""


class Reading(Declared):
    """How the files of a source are read.

    `fields` maps our names to the fields of a JSON line, like `heading: question`. `structure` names the rules by which
    regulations are cut into articles; empty: by headings and sentences. `ocr_language` is Tesseract's name of the
    language of scans, like ``ind``.
    """

    format: Format
    path: Text
    fields: dict[str, str] = Field(default_factory=dict)
    documents: DocumentTable | None = None
    structure: str = ""
    ocr_language: str = "eng"

    @field_validator("path")
    @classmethod
    def _stays_below(cls, path: str) -> str:
        if Path(path).is_absolute() or ".." in Path(path).parts or "\\" in path:
            raise ValueError(f"`{path}` leads out of the folder of this file; use a relative path below it")
        return path


class DocumentDefaults(Declared):
    """What holds for every document of the source, where the document does not say otherwise."""

    doc_id: Identifier | Literal[""] = ""
    title: str = ""
    citation: str = ""
    kind: str = ""
    number: str = ""
    year: int | None = None
    date: str = ""
    url: str = ""
    status: LegalStatus = "unknown"


class Source(Declared):
    """One declared source.

    Parameters
    ----------
    id, title, publisher : str
        Who says this, under which name.
    jurisdiction : str
        ISO 3166-1 or 3166-2 code of where it holds; empty for everywhere.
    licence, licence_basis : str
        SPDX identifier or ``LicenseRef-...``, and for the latter the statute or contract it rests on.
    retrieved, coverage_date : date or None
        When the files were fetched; and up to which day the publisher had worked in changes. None: nobody knows.
    services, service_names
        Services that all its documents belong to; and how the source's own topics map to further ones.
    note : str
        A known defect that a reader should see.
    """

    id: Identifier
    title: Text
    publisher: Text
    jurisdiction: str = ""
    licence: Text
    licence_basis: str = ""
    retrieved: date | None
    coverage_date: date | None
    services: tuple[str, ...] = ()
    service_names: dict[str, str] = Field(default_factory=dict)
    language: Language = ""
    url: str = ""
    note: str = ""
    document: DocumentDefaults = DocumentDefaults()
    read: Reading
    _root: Path = PrivateAttr(default_factory=Path)

    @model_validator(mode="after")
    def _licence_has_a_basis(self) -> Source:
        if self.licence.startswith("LicenseRef-") and not self.licence_basis:
            raise ValueError(f"licence `{self.licence}` needs `licence_basis`: the statute or contract it rests on")
        if self.coverage_date and self.retrieved and self.coverage_date > self.retrieved:
            raise ValueError("`coverage_date` lies after `retrieved`; nothing covers days that had not come")
        return self

    @property
    def root(self) -> Path:
        """The folder that `path` starts from."""
        return self._root

    def files(self) -> list[Path]:
        """Return the declared files that exist, sorted by name; links that lead out of the folder are left out."""
        root = self._root.resolve()
        found = (path for path in self._root.glob(self.read.path) if path.is_file())
        return sorted(path for path in found if path.resolve().is_relative_to(root))

    def tables(self) -> list[Path]:
        """Return the document table and its corrections, as far as they are declared."""
        table = self.read.documents
        return [self._root / name for name in (table.path, table.corrections) if name] if table else []

    def at(self, root: Path) -> Source:
        """Return this source with its folder set."""
        copy = self.model_copy()
        copy._root = root
        return copy


class _SourcesFile(Declared):
    format: Literal[1]
    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> _SourcesFile:
        ids = [source.id for source in self.sources]
        twice = sorted({identifier for identifier in ids if ids.count(identifier) > 1})
        if twice:
            raise ValueError(f"source id declared twice: {', '.join(twice)}")
        return self


def load_sources(path: Path) -> list[Source]:
    """Read a `sources.yaml`.

    Parameters
    ----------
    path : Path
        The file; its folder is where the paths in it start.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """
    return [source.at(path.parent) for source in load_declared(path, _SourcesFile).sources]


def undeclared_files(root: Path, sources: Iterable[Source]) -> list[Path]:
    """List the files below a folder that no source declares, so that nobody takes them for indexed.

    Read-me and licence files are not listed: they speak about the sources.
    """
    declared = {path.resolve() for source in sources for path in [*source.files(), *source.tables()]}
    present = (path for path in sorted(root.rglob("*")) if path.is_file())
    return [path for path in present if path.resolve() not in declared and path.name.lower() not in _COMPANIONS]


def folder_sources(folder: Path, *, language: str = "", jurisdiction: str = "") -> list[Source]:
    """Recognise a folder of ready passages and declare it as a source for this run.

    Two shapes are known: `contexts.jsonl.gz` with `context_id` and `text`; and `passages_<name>.jsonl.gz` with
    `documents_<name>.csv` beside it. Passage ids are kept as given.

    Raises
    ------
    SourceError
        If the folder has neither shape.
    """
    contexts = [path for path in (folder / "contexts.jsonl.gz", folder / "contexts.jsonl") if path.is_file()]
    if contexts:
        fields = {"passage_id": "context_id", "doc_id": "context_id"}
        reading = Reading(format="jsonl", path=contexts[0].name, fields=fields)
        return [_undated(folder.name, reading, language, jurisdiction).at(folder)]
    passages = sorted([*folder.glob("passages_*.jsonl.gz"), *folder.glob("passages_*.jsonl")])
    if not passages:
        raise SourceError(
            f"{folder} holds neither `contexts.jsonl.gz` nor `passages_*.jsonl.gz`",
            why="Without passages there is nothing to index.",
            fix="Point to a folder of one of these two shapes, or declare it in a sources.yaml.",
            code="knowledge.folder",
        )
    return [_law_folder(folder, path, language, jurisdiction) for path in passages]


def _law_folder(folder: Path, passages: Path, language: str, jurisdiction: str) -> Source:
    name = passages.name.removeprefix("passages_").partition(".")[0]
    table = folder / f"documents_{name}.csv"
    columns = {"services": "topics", "url": "official_page"}
    documents = DocumentTable(path=table.name, columns=columns) if table.is_file() else None
    reading = Reading(format="jsonl", path=passages.name, fields={"heading": "chapter"}, documents=documents)
    return _undated(f"{folder.name}-{name}", reading, language, jurisdiction).at(folder)


def _undated(name: str, reading: Reading, language: str, jurisdiction: str) -> Source:
    return Source(
        id="".join(letter if letter.isalnum() else "-" for letter in name).strip("-") or "folder",
        title=name,
        publisher="unknown",
        licence="LicenseRef-unstated",
        licence_basis="not stated by the folder",
        retrieved=None,
        coverage_date=None,
        language=language,
        jurisdiction=jurisdiction,
        read=reading,
    )
