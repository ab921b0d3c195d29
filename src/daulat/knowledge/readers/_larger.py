# SPDX-License-Identifier: Apache-2.0
"""Private: the headings of print; the lines of a PDF and how large they are set in, blocks out, every line once.

A PDF says nowhere what a heading is, but it says how large each letter is. A few short lines that are set larger than
most of the text are its headings, the larger above the smaller. Whatever is not certain stays text: a long stretch, a
line that returns on most pages, a list of contents, a price, a document that is mostly large, a page whose letters
cannot be told apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import pypdfium2 as pdfium
from pypdfium2.raw import FPDFText_GetFontSize

from daulat.knowledge.readers.base import Block

_LARGER = 1.15  # times the text
_UNIT = 1.5  # points; a font of this size is drawn larger by other means, and its size says nothing
_MOST_LINES, _MOST_LETTERS = 3, 150  # of one heading
_FEWEST = 2  # one alone is a title or a stamp, and parts nothing
_MOST = 0.25  # of all letters that headings have
_OFTEN = 3  # pages; a line on so many, and on most, is a stamp or a running head
_DEEPEST = 6
_UNIT_OF_MONEY = r"(?:[^\W\d]{1,2}|[A-Z]{3}|[^\w\s])"
_AMOUNT = re.compile(rf"(?:{_UNIT_OF_MONEY}[.\s]{{0,2}})?\d(?:[\d.,:/ -]*\d)?(?:,-)?\s?{_UNIT_OF_MONEY}?")
_OF_CONTENTS = re.compile(r".*(?:\.\s*){4,}\S{1,6}")  # a title, a row of dots, and its page


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: its text, how high its lowest letter is drawn, and the size of its font; 0 where unknown."""

    text: str
    height: float = 0.0
    size: float = 0.0


def lines_of(page: pdfium.PdfTextPage) -> list[Line]:
    """Return the lines of a page that show something, with the size of what they are set in."""
    text = page.get_text_range()
    # Signs beyond the first plane are two places there and one here: then no place is certain.
    is_certain = len(text) == page.count_chars()
    lines, start = [], 0
    for whole in text.splitlines(keepends=True):
        if shown := whole.strip():
            at = [start + place for place, sign in enumerate(whole) if sign.isalnum()] if is_certain else []
            lines.append(Line(shown, *_set_in(page, sorted({*at[:1], *at[len(at) // 2 :][:1], *at[-1:]}))))
        start += len(whole)
    return lines


def _set_in(page: pdfium.PdfTextPage, places: Sequence[int]) -> tuple[float, float]:
    if not places:
        return 0.0, 0.0
    boxes = [page.get_charbox(place, loose=True) for place in places]
    height = min(top - bottom for _left, bottom, _right, top in boxes)
    return round(height * 2) / 2, round(min(FPDFText_GetFontSize(page, place) for place in places), 1)


def blocks_of(pages: Sequence[Sequence[Line]]) -> list[Block]:
    """Return a block for each line, and one for the lines of a heading, of kind `larger`."""
    text = _text_in(pages)
    stamps = _stamps(pages)
    runs = [list(run) for page in pages for run in _runs(page, text, stamps)]
    headings = [run for run in runs if _is_heading(run, text, stamps)]
    letters = sum(len(line.text) for page in pages for line in page)
    if len(headings) < _FEWEST or sum(len(line.text) for run in headings for line in run) > _MOST * letters:
        headings = []
    heights = sorted({run[0].height for run in headings}, reverse=True)
    chosen = {id(run) for run in headings}
    return [block for run in runs for block in _blocks(run, heights if id(run) in chosen else [])]


def _blocks(run: Sequence[Line], heights: Sequence[float]) -> list[Block]:
    if not heights:
        return [Block("text", line.text) for line in run]
    level = min(heights.index(run[0].height) + 1, _DEEPEST)
    return [Block("larger", "\n".join(line.text for line in run), level)]


def _text_in(pages: Sequence[Sequence[Line]]) -> Line:
    """Return what most letters are set in."""
    count: Counter[tuple[float, float]] = Counter()
    for page in pages:
        for line in page:
            count[line.height, line.size] += len(line.text)
    return Line("", *max(count, key=lambda each: count[each], default=(0.0, 0.0)))


def _stamps(pages: Sequence[Sequence[Line]]) -> frozenset[str]:
    count = Counter(text for page in pages for text in {line.text for line in page})
    return frozenset(text for text, times in count.items() if times >= _OFTEN and times > len(pages) / 2)


def _runs(page: Sequence[Line], text: Line, stamps: frozenset[str]) -> Iterator[Iterator[Line]]:
    return (run for _, run in groupby(page, key=lambda line: (line.height, _is_larger(line, text, stamps))))


def _is_larger(line: Line, text: Line, stamps: frozenset[str]) -> bool:
    if not text.height or line.height < _LARGER * text.height or line.text in stamps:
        return False
    # Fonts of one size are drawn higher and lower.
    return line.size >= _LARGER * text.size or max(line.size, text.size) <= _UNIT


def _is_heading(run: Sequence[Line], text: Line, stamps: frozenset[str]) -> bool:
    said = " ".join(line.text for line in run)
    is_short = len(run) <= _MOST_LINES and len(said) <= _MOST_LETTERS
    if not is_short or _OF_CONTENTS.fullmatch(said) or _AMOUNT.fullmatch(said):
        return False
    return any(sign.isalpha() for sign in said) and _is_larger(run[0], text, stamps)
