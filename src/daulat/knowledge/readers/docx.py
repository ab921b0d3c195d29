# SPDX-License-Identifier: Apache-2.0
"""DOCX: a Word file in, its headings, paragraphs and table rows out, as Word shows them with all changes accepted
and without what is struck out.

A DOCX is a ZIP of XML, so before it is opened its members are counted, their unpacked size is added up, and any that
names a path outside or declares an entity is refused. Macros, links and pictures are never touched.
"""

from __future__ import annotations

import zipfile
import zlib
from itertools import islice
from pathlib import Path
from typing import IO, Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from lxml import etree  # type: ignore[import-untyped]  # comes with python-docx

from daulat.knowledge.readers._unshown import unshown_note
from daulat.knowledge.readers._word import word_blocks
from daulat.knowledge.readers.base import Extract, Limits, ReadingError

_MOST_MEMBERS = 5_000


def read_docx(path: Path, limits: Limits) -> Extract:
    """Read the body of a Word file in order."""
    _refuse_hostile(path, limits)
    try:
        document: Any = docx.Document(str(path))
    except (PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise ReadingError(
            f"{path.name} is a ZIP file but not a Word document: {error}", fix="Save it again as .docx."
        ) from error
    _refuse_entities(path, document)
    blocks, titled, unshown = word_blocks(document, path, lambda part: _declares_entities(path, part))
    title = titled or document.core_properties.title or ""
    return Extract(tuple(blocks), title=" ".join(title.split()), notes=unshown_note(unshown))


def _refuse_hostile(path: Path, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if len(members) > _MOST_MEMBERS or unpacked > limits.unpacked_bytes:
                raise ReadingError(
                    f"{path.name} unpacks to {unpacked:,} bytes in {len(members):,} parts; the limit is "
                    f"{limits.unpacked_bytes:,} in {_MOST_MEMBERS:,}",
                    fix="This looks like a ZIP bomb. Open it nowhere; ask the publisher for the document again.",
                )
            for member in members:
                _refuse_member(path, archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ReadingError(f"{path.name} is a damaged Word file: {error}", fix="Fetch the file again.") from error


def _refuse_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    parts = member.filename.replace("\\", "/").split("/")
    if member.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise ReadingError(
            f"{path.name} holds a part named `{member.filename}`, outside the document",
            fix="No honest program writes this. Ask the publisher for the document again.",
        )
    if member.filename.endswith((".xml", ".rels")):
        with archive.open(member) as part:
            if _has_doctype(part):
                raise _declares_entities(path, member.filename)


def _has_doctype(part: IO[bytes]) -> bool:
    """Say whether an XML file has a document type. The parser says so: bytes differ by encoding and lie in comments."""
    try:
        start = etree.iterparse(part, events=("start",), resolve_entities=False, no_network=True, load_dtd=False)
        return any(root.getroottree().docinfo.doctype for _event, root in islice(start, 1))
    except etree.XMLSyntaxError:
        return False  # whoever reads it meets the same error


def _refuse_entities(path: Path, document: Any) -> None:
    """Look at what was read as well: what is XML is said by its content type, and not by its name."""
    for part in document.part.package.iter_parts():
        element = getattr(part, "element", None)
        if element is not None and element.getroottree().docinfo.doctype:
            raise _declares_entities(path, str(part.partname))


def _declares_entities(path: Path, part: str) -> ReadingError:
    return ReadingError(
        f"{path.name} declares an XML entity in `{part}`",
        fix="No word processor writes this. Ask the publisher for the document again.",
    )
