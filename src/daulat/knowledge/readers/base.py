# SPDX-License-Identifier: Apache-2.0
"""What every reader takes and gives: a file and `Limits` in, an `Extract` of `Block`s out, or a `ReadingError`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from daulat.knowledge.errors import SourceError

CELLS = " | "  # what a reader puts between the cells of a table
NO_CELL = "–"  # an empty one: without a sign for it, the cells after it would stand in the wrong column

# Orders to a terminal as a whole (colour, hidden letters, links, the clipboard), then all controls but tab and line
# feed, and what makes letters stand in another order than they are stored in.
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85]")
_ORDERS = re.compile(r"\x1b\[[0-?]*[@-~]|\x1b[]PX^_][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202d\u202e]")
_ANY_OF_THEM = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e]")

Format = Literal["jsonl", "html", "markdown", "text", "docx", "pdf"]


class ReadingError(SourceError):
    """One document cannot be read; the others can."""

    def __init__(self, what: str, *, fix: str, retryable: bool = False) -> None:
        why = "Its text is in no release, so no answer can cite it."
        super().__init__(what, why=why, fix=fix, code="knowledge.document")
        self.retryable = retryable


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
    memory_bytes: int = 2**30
    text_chars: int = 20_000_000
    pages: int = 3_000
    seconds: float = 900.0
    ocr_language: str = "eng"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (with its level from 1), a paragraph or a list item (with that of its list: 1 in a list in a list), in
    the order of the document.

    The text of an item that is ``numbered`` begins with its number or letter; other items have none. Lines that are set
    ``larger`` than the text are a heading, unless the document numbers its sections.
    """

    kind: Literal["heading", "text", "item", "numbered", "larger"]
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of one document.

    `by_ocr` says that a machine read it, or some of it, from pictures and may have misread. `notes` are sentences for
    the curator: what was passed over; `retryable`, where another machine might pass over less.
    """

    blocks: tuple[Block, ...]
    title: str = ""
    by_ocr: bool = False
    notes: tuple[str, ...] = ()
    retryable: bool = False

    @property
    def text(self) -> str:
        """All blocks, one a paragraph."""
        return "\n".join(block.text for block in self.blocks)


def without_controls(text: str) -> str:
    r"""Return a text as it is read on paper: without control characters, each end of a line a line feed.

    Examples
    --------
    >>> without_controls("Pay \x1b[8mten\x1b[0m\tcrowns\r\n\x1b]8;;https://a.example\x07here\x1b]8;;\x07.")
    'Pay ten\tcrowns\nhere.'
    """
    if not _ANY_OF_THEM.search(text):
        return text
    return _CONTROLS.sub("", _ORDERS.sub("", _LINE_END.sub("\n", text)))


def cleaned(extract: Extract) -> Extract:
    """Return an extract with no control character in it; a block of which nothing is left goes."""
    blocks = (replace(block, text=without_controls(block.text)) for block in extract.blocks)
    kept = tuple(block for block in blocks if block.text.strip())
    return replace(extract, blocks=kept, title=without_controls(extract.title))


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
