# SPDX-License-Identifier: Apache-2.0
"""What every reader takes and gives: a file and `Limits` in, an `Extract` of `Block`s out, or a `ReadingError`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from daulat.knowledge.errors import SourceError

CELLS = " | "  # what a reader puts between the cells of a table
NO_CELL = "–"  # an empty one: without a sign for it, the cells after it would stand in the wrong column

Format = Literal["jsonl", "html", "markdown", "text", "docx", "pdf"]


class ReadingError(SourceError):
    """One document cannot be read; the others can."""

    def __init__(self, what: str, *, fix: str) -> None:
        why = "Its text is in no release, so no answer can cite it."
        super().__init__(what, why=why, fix=fix, code="knowledge.document")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one document may cost.

    Parameters
    ----------
    file_bytes, unpacked_bytes, memory_bytes : int
        Of the file, of everything packed inside it, and of the process that reads it.
    text_chars, pages : int
        Of what comes out.
    seconds : float
        Of wall time.
    ocr_language : str
        Tesseract's name of the language of scans, e.g. ``ind``.
    """

    file_bytes: int = 100 * 2**20
    unpacked_bytes: int = 300 * 2**20
    memory_bytes: int = 2 * 2**30
    text_chars: int = 20_000_000
    pages: int = 3_000
    seconds: float = 900.0
    ocr_language: str = "eng"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (with its level from 1), a paragraph or a list item, in the order of the document.

    The text of an item that is ``numbered`` begins with its number or letter; other items have none.
    """

    kind: Literal["heading", "text", "item", "numbered"]
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of one document.

    `by_ocr` says that a machine read it, or some of it, from pictures and may have misread. `notes` are sentences for
    the curator: what was passed over.
    """

    blocks: tuple[Block, ...]
    title: str = ""
    by_ocr: bool = False
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All blocks, one a paragraph."""
        return "\n".join(block.text for block in self.blocks)


def row_of(cells: Sequence[str]) -> str:
    """Return the text of a row of a table; empty where all its cells are.

    Examples
    --------
    >>> row_of(["Monday", "", "5"]), row_of(["", ""])
    ('Monday | – | 5', '')
    """
    return CELLS.join(cell or NO_CELL for cell in cells) if any(cells) else ""


class Reader(Protocol):
    """Reads one format. Raises `ReadingError`; never follows a link, runs a script, or writes a file."""

    def __call__(self, path: Path, limits: Limits) -> Extract:
        """Return the text of the document."""
        ...
