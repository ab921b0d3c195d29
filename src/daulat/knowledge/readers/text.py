# SPDX-License-Identifier: Apache-2.0
"""Plain text and Markdown: a file in, its paragraphs, headings and list items out. Nothing is run or fetched."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from markdown_it import MarkdownIt

from daulat.knowledge.readers._marked import marked_blocks
from daulat.knowledge.readers._unshown import unshown_note
from daulat.knowledge.readers.base import Block, Extract, Limits, ReadingError

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
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
    blocks, unshown = marked_blocks(parser.parse(text[front.end() if front else 0 :]))
    tops = [block.text for block in blocks if (block.kind, block.level) == ("heading", 1)]
    # Several of them name parts, and the first would be told as the title of all.
    alone = tops[0] if len(tops) == 1 else ""
    return Extract(tuple(blocks), title=title.group(1) if title else alone, notes=unshown_note(unshown))


def decoded(path: Path, limits: Limits) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark.

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
        raise ReadingError(f"{path.name} is not UTF-8 text (byte {error.start})", fix="Save it as UTF-8.") from error
    if len(text) > limits.text_chars:
        raise _too_long(path, limits)
    if "\0" in text:
        if _seems_utf_16(raw):
            raise ReadingError(f"{path.name} seems to be UTF-16 without a byte order mark", fix="Save it as UTF-8.")
        raise ReadingError(f"{path.name} holds binary data, not text", fix="Declare the format that it really has.")
    return text.replace("\r\n", "\n")


def _seems_utf_16(raw: bytes) -> bool:
    """Say whether every other byte, and no other, is often zero, as Latin letters are in UTF-16."""
    zeros = sorted((raw[::2].count(0), raw[1::2].count(0)))
    return zeros[0] == 0 and zeros[1] >= len(raw) / 4


def _too_long(path: Path, limits: Limits) -> ReadingError:
    return ReadingError(f"{path.name} holds more than {limits.text_chars:,} characters", fix="Split the file.")
