# SPDX-License-Identifier: Apache-2.0
"""Plain text and Markdown: a file in, its paragraphs, headings and list items out. Nothing is run or fetched."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt

from daulat.knowledge.readers._marked import marked_blocks
from daulat.knowledge.readers._marked_notes import with_notes, without_notes
from daulat.knowledge.readers._unshown import unshown_note
from daulat.knowledge.readers.base import Block, Extract, Limits, ReadingError

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAVE_ANEW = (
    "Save it as UTF-8: in an editor that shows its letters, or by `iconv -f windows-1252 -t utf-8 OLD > NEW` with "
    "the name of the encoding that it has."
)
_MOST_BYTES_A_CHARACTER = 4  # in UTF-8 and in UTF-16
_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.DOTALL)
_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)


def read_text(path: Path, limits: Limits) -> Extract:
    """Read paragraphs, parted by empty lines."""
    text = decoded(path, limits)
    return Extract(tuple(Block("text", part.strip()) for part in re.split(r"\n\s*\n", text) if part.strip()))


def read_markdown(path: Path, limits: Limits) -> Extract:
    """Read CommonMark with tables; pictures are left out, links keep their words, and raw HTML is never text."""
    text = decoded(path, limits)
    front = _FRONT_MATTER.match(text)
    title = _TITLE.search(front.group(1)) if front else None
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    body, notes = without_notes(text[front.end() if front else 0 :])
    blocks, unshown = marked_blocks(parser.parse(body))
    blocks = [replace(block, text=with_notes(block.text, notes)) for block in blocks]
    tops = [block.text for block in blocks if (block.kind, block.level) == ("heading", 1)]
    # Several of them name parts, and the first would be told as the title of all.
    alone = tops[0] if len(tops) == 1 else ""
    return Extract(tuple(blocks), title=title.group(1) if title else alone, notes=unshown_note(unshown))


def decoded(path: Path, limits: Limits, declared: Callable[[bytes], str | None] = lambda _raw: None) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark.

    Parameters
    ----------
    declared : callable, optional
        Tells which encoding a file that is not in UTF-8 names itself; None where it names none.

    Raises
    ------
    ReadingError
        If the text is longer than the limit, holds binary data, or is in another encoding.
    """
    if path.stat().st_size > limits.text_chars * _MOST_BYTES_A_CHARACTER:  # too long in every script
        raise _too_long(path, limits)
    raw = path.read_bytes()
    encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        text = _in_declared(raw, declared(raw))
        if not text:
            raise ReadingError(f"{path.name} is not UTF-8 text (byte {error.start})", fix=_SAVE_ANEW) from error
    if len(text) > limits.text_chars:
        raise _too_long(path, limits)
    if "\0" in text:
        if _seems_utf_16(raw):
            raise ReadingError(f"{path.name} seems to be UTF-16 without a byte order mark", fix="Save it as UTF-8.")
        raise ReadingError(f"{path.name} holds binary data, not text", fix="Declare the format that it really has.")
    return text.replace("\r\n", "\n")


def _in_declared(raw: bytes, encoding: str | None) -> str:
    """Return a text in the encoding that it declares; empty where that does not hold for every byte."""
    try:
        return raw.decode(encoding) if encoding else ""
    except UnicodeDecodeError:
        return ""


def _seems_utf_16(raw: bytes) -> bool:
    """Say whether every other byte, and no other, is often zero, as Latin letters are in UTF-16."""
    zeros = sorted((raw[::2].count(0), raw[1::2].count(0)))
    return zeros[0] == 0 and zeros[1] >= len(raw) / 4


def _too_long(path: Path, limits: Limits) -> ReadingError:
    return ReadingError(f"{path.name} holds more than {limits.text_chars:,} characters", fix="Split the file.")
