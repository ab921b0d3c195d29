# SPDX-License-Identifier: Apache-2.0
"""Sources: what the curator declares to be official, and how to read it.

Comes in: a `sources.yaml`, or a folder of ready passages. Goes out: `Source` values, or every fault of the file at
once. A file that no source declares is never read: `undeclared_files` lists it. Nothing here opens a document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PrivateAttr, StringConstraints, ValidationInfo, field_validator

from daulat.knowledge import _source_checks as checks
from daulat.knowledge._declared import Declared, Fault, load_declared
from daulat.knowledge._source_checks import Surroundings
from daulat.knowledge.errors import SourceError
from daulat.knowledge.readers.base import Format
from daulat.knowledge.types import LegalStatus
from daulat.nation import YamlFile

Identifier = Annotated[str, StringConstraints(pattern=checks.IDENTIFIER)]
Language = Annotated[str, StringConstraints(pattern=checks.LANGUAGE)]
Text = Annotated[str, StringConstraints(min_length=1)]
Address = Annotated[str, AfterValidator(checks.address)]
Licence = Annotated[str, AfterValidator(checks.licence)]
Jurisdiction = Annotated[str, AfterValidator(checks.jurisdiction)]
ServiceName = Annotated[str, AfterValidator(checks.service)]
Table = Annotated[str, AfterValidator(checks.table)]

FIELDS = ("passage_id", "doc_id", "seq", "section", "article", "heading", "text", "language")
"""Our names of what a line of ready passages may hold."""
COLUMNS = (
    *("doc_id", "file", "title", "citation", "kind", "number", "year", "date", "url", "status", "services"),
    *("language", "oov_rate", "relations"),
)
"""Our names of what a table of documents may hold."""

_COMPANIONS = {"readme.md", "sources.yaml", "notice", "licence", "license"}  # they speak about the sources
_TEXTS = (".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".docx", ".doc", ".odt", ".rtf", ".jsonl", ".jsonl.gz")


class DocumentTable(Declared):
    """A CSV file with a row for each document; `columns` maps our names to its headings, like `url: official_page`.

    `corrections` is a CSV of `doc_id`, `title` and `original`: titles that a scanner spoilt, put right by hand.
    """

    path: Annotated[Text, AfterValidator(checks.table)]
    columns: Annotated[dict[str, str], AfterValidator(checks.ours(COLUMNS))] = Field(default_factory=dict)
    corrections: Table = ""


class Conversion(Declared):
    """Says that a converter made these ready passages out of print: what it left between the words is taken out.

    `stamps` are what stands on the pages of the print and is no word of any text, like a copy's "COPY II".
    """

    stamps: tuple[Text, ...] = ()


class Reading(Declared):
    """How the files of a source are read.

    `fields` maps our names to the fields of a JSON line, like `heading: question`. `structure` names the rules by which
    regulations are cut into articles; empty: by headings and sentences. `ocr_language` is Tesseract's name of the
    language of scans, like ``ind``. `converted` is for ready passages only.
    """

    format: Format
    path: Annotated[Text, AfterValidator(checks.pattern)]
    fields: Annotated[dict[str, str], AfterValidator(checks.ours(FIELDS))] = Field(default_factory=dict)
    documents: DocumentTable | None = None
    structure: str = ""
    ocr_language: str = "eng"
    converted: Conversion | None = None


class DocumentDefaults(Declared):
    """What holds for every document of the source, where the document does not say otherwise."""

    doc_id: Annotated[str, AfterValidator(checks.document_id)] = ""
    title: str = ""
    citation: str = ""
    kind: str = ""
    number: str = ""
    year: int | None = None
    date: Annotated[str, AfterValidator(checks.day)] = ""
    url: Address = ""
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
    jurisdiction: Jurisdiction = ""
    licence: Licence
    licence_basis: str = Field(default="", validate_default=True)
    retrieved: date | None
    coverage_date: date | None
    services: tuple[ServiceName, ...] = ()
    service_names: dict[str, ServiceName] = Field(default_factory=dict)
    language: Language = ""
    url: Address = ""
    note: str = ""
    document: DocumentDefaults = DocumentDefaults()
    read: Reading
    _root: Path = PrivateAttr(default_factory=Path)
    _services_known: Collection[str] | None = PrivateAttr(default=None)

    # Validators of fields, not of the model: those run only once every field is right, and a curator reads all faults
    # at once.
    @field_validator("licence_basis")
    @classmethod
    def _is_there_for_a_licence_of_ones_own(cls, basis: str, info: ValidationInfo) -> str:
        licence = info.data.get("licence", "")
        if licence.startswith("LicenseRef-") and not basis:
            raise ValueError(f"licence `{licence}` needs `licence_basis`, the statute or contract it rests on")
        return basis

    @field_validator("retrieved")
    @classmethod
    def _has_come(cls, day: date | None, info: ValidationInfo) -> date | None:
        # A day more, because somewhere it is tomorrow already.
        if day and isinstance(info.context, Surroundings) and info.context.today:
            checks.has_come(day, info.context.today)
        return day

    @field_validator("coverage_date")
    @classmethod
    def _is_not_after_retrieved(cls, day: date | None, info: ValidationInfo) -> date | None:
        retrieved = info.data.get("retrieved")
        if day and retrieved and day > retrieved:
            raise ValueError(f"{day} lies after `retrieved`, {retrieved}; nothing covers days that had not come")
        return day

    @property
    def root(self) -> Path:
        """The folder that `path` starts from."""
        return self._root

    @property
    def services_known(self) -> Collection[str] | None:
        """The services that there are, by which topics of a table are judged; None: not judged."""
        return self._services_known

    def files(self) -> list[Path]:
        """Return the declared files that exist, sorted by name; `links_out` are left out.

        So are names that begin with a dot, which programs leave behind, unless the pattern has the dot.

        Raises
        ------
        SourceError
            If the folder cannot be looked through.
        """
        root = self._root.resolve()
        return [path for path in self._matching() if path.resolve().is_relative_to(root)]

    def links_out(self) -> list[Path]:
        """Return the declared files that are links to somewhere outside the folder; they are never read."""
        root = self._root.resolve()
        return [path for path in self._matching() if not path.resolve().is_relative_to(root)]

    def not_files(self) -> list[Path]:
        """Return what matches `path` and is no file: pipes, sockets, links to nothing; folders where it names a suffix.

        A pattern such as ``laws/**/*`` matches the folders on its way too.
        """
        named = bool(PurePath(self.read.path).suffix)
        return [path for path in self._found() if not path.is_file() and (named or not path.is_dir())]

    def misnamed(self) -> list[Path]:
        """Return what matches `path` and has a name that is no text in UTF-8: nothing could be called after it."""
        return [path for path in self._present() if not _is_text(path)]

    def _matching(self) -> list[Path]:
        return [path for path in self._found() if path.is_file()]

    def _found(self) -> list[Path]:
        return [path for path in self._present() if _is_text(path)]

    def _present(self) -> list[Path]:
        try:
            return sorted(path for path in self._root.glob(self.read.path) if self._is_meant(path))
        except OSError as error:
            raise SourceError(
                f"{self.id}: `{self.read.path}` cannot be looked for below {self._root}: {error.strerror}",
                why="Which files the source has is not known.",
                fix="Correct `path` in sources.yaml, and the rights of the folder.",
                code="knowledge.sources",
            ) from error

    def _is_meant(self, path: Path) -> bool:
        """Say whether each name on the way that begins with a dot is asked for with its dot, as shells want it."""
        asked = [part for part in PurePath(self.read.path).parts if part.startswith(".")]
        dotted = (part for part in path.relative_to(self._root).parts if part.startswith("."))
        return all(any(fnmatchcase(part, pattern) for pattern in asked) for part in dotted)

    def tables(self) -> list[Path]:
        """Return the document table and its corrections, as far as they are declared."""
        table = self.read.documents
        return [self._root / name for name in (table.path, table.corrections) if name] if table else []

    def at(self, root: Path, services: Collection[str] | None = None) -> Source:
        """Return this source with its folder set, and the services that there are."""
        copy = self.model_copy()
        copy._root, copy._services_known = root, services
        return copy


class _SourcesFile(Declared):
    format: Literal[1]
    sources: tuple[Source, ...]


def load_sources(
    path: Path,
    *,
    today: date | None = None,
    services: Collection[str] | None = None,
    taken: Mapping[str, Path] = MappingProxyType({}),
) -> list[Source]:
    """Read a `sources.yaml`.

    Parameters
    ----------
    path : Path
        The file; its folder is where the paths in it start.
    today : date, optional
        Nothing was fetched after it; None where that is not judged.
    services : collection of str, optional
        The services that there are; None where that is not judged.
    taken : mapping
        Ids of sources that another file declares, and which file.

    Raises
    ------
    SourceError
        With every fault of the file, each with its line.
    """

    def twice(file: YamlFile) -> Iterator[Fault]:
        return checks.ids_twice(file, taken)

    context = Surroundings(path.parent, today, services)
    file = load_declared(path, _SourcesFile, across=twice, context=context)
    return [source.at(path.parent, services) for source in file.sources]


def undeclared_files(root: Path, sources: Iterable[Source]) -> list[Path]:
    """List the files below a folder that no source declares, so that nobody takes them for indexed.

    Read-me and licence files are not listed, for they speak about the sources; nor are links that lead out, for a
    source declares them and the list of failures names them.
    """
    return _undeclared(root.rglob("*"), sources)


def undeclared_texts(root: Path, sources: Iterable[Source]) -> list[Path]:
    """List the texts in a folder itself, and not below it, that no source declares."""
    return _undeclared((path for path in root.glob("[!.]*") if path.name.lower().endswith(_TEXTS)), sources)


def _is_text(path: Path) -> bool:
    """Say whether the system gave the whole name as text; bytes that are none come as lone surrogates."""
    return not any("\udc80" <= letter <= "\udcff" for letter in str(path))


def _undeclared(paths: Iterable[Path], sources: Iterable[Source]) -> list[Path]:
    sources = list(sources)
    declared = {path.resolve() for source in sources for path in [*source.files(), *source.tables()]}
    out = {path for source in sources for path in [*source.links_out(), *source.misnamed()]}
    present = (path for path in sorted(paths) if path.is_file() and path.name.lower() not in _COMPANIONS)
    return [path for path in present if path.resolve() not in declared and path not in out]


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
