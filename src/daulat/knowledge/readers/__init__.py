# SPDX-License-Identifier: Apache-2.0
"""Readers: a declared file in, its text as blocks out.

HTML, Markdown, plain text, DOCX and PDF stand behind one seam, `read_document`; `read_lines` gives the records of JSON
lines. No control character comes out but tab and line feed. A reader gives up with a sentence that the curator can act
on, and never follows a link, runs a script, writes a file, or reads what was not declared.
"""

from daulat.knowledge.readers.base import CELLS, Block, Extract, Limits, Reader, ReadingError, without_controls
from daulat.knowledge.readers.guard import read_document
from daulat.knowledge.readers.jsonl import Line, read_lines

READING = 9  # counted up when files are read, cut or indexed otherwise: the same sources then give another release

__all__ = [
    "CELLS",
    "READING",
    "Block",
    "Extract",
    "Limits",
    "Line",
    "Reader",
    "ReadingError",
    "read_document",
    "read_lines",
    "without_controls",
]
