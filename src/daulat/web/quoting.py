# SPDX-License-Identifier: Apache-2.0
"""Official text as it is shown: lines with their indent, and the sentence that answers marked.

Takes the text of a passage and a span of characters; returns `Line`s. Never changes a letter, and never makes HTML.
`static/quoting.js` does the same in the browser; tests hold the two together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from daulat.knowledge.readers import CELLS

# How enumerations look in statutes nearly everywhere: (1), then a., then 1. or a) below it.
# An item that stands further in is of a list in a list.
_DEPTHS = (
    (re.compile(r"\s+(?:[-*•–]|\w{1,3}[.)]|\(\w{1,4}\))\s"), 3),
    (re.compile(r"\(\w{1,4}\)\s"), 1),
    (re.compile(r"\w{1,2}\.\s"), 2),
    (re.compile(r"\w{1,3}\)\s"), 3),
)

# Where an answer puts a space that the official text need not have: so the assistant keeps words from becoming markup.
_PARTED = re.compile(r"\] [(:\[]|< [A-Za-z/!?]")

# Characters of a list or a table that is shown whole: its last row may be the one that answers.
_LONGEST_LIST = 3_000


@dataclass(frozen=True, slots=True)
class Part:
    """A run of letters, marked or not."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the official text.

    `depth` is its indent. No parts at all: `rest` are the lines left out here. `cell` is "th" in the first row of a
    table, "td" in the others, and empty elsewhere.
    """

    depth: int
    parts: tuple[Part, ...]
    rest: tuple[Line, ...] = ()
    cell: str = ""

    @property
    def cells(self) -> list[list[Part]]:
        """What stands in each column of a table's row.

        Examples
        --------
        >>> [[part.text for part in cell] for cell in lines_of("Berkas | Biaya\\nFoto | gratis")[1].cells]
        [['Foto'], ['gratis']]
        """
        cells: list[list[Part]] = [[]]
        for part in self.parts:
            first, *others = part.text.split(CELLS)
            cells[-1].append(replace(part, text=first))
            cells += [[replace(part, text=text)] for text in others]
        return [[part for part in cell if part.text] for cell in cells]


def find_span(text: str, quote: str, near: int = 0) -> tuple[int, int]:
    """Find a quotation in a text, whatever the white space between its words; (0, 0) if it is not there.

    Where it stands several times, the one that begins nearest to the character `near`; ties go to the earlier.

    Examples
    --------
    >>> find_span("Setiap kelahiran wajib\\ndilaporkan.", "kelahiran wajib dilaporkan")
    (7, 33)
    >>> find_span("at <b>30</b> [1](2)", "at < b>30< /b> [1] (2)")
    (0, 19)
    >>> find_span("A fee is paid. For copies a fee is paid.", "fee is paid.", near=27)
    (28, 40)
    """
    words = quote.split()
    if not words:
        return (0, 0)
    gaps = ("*" if _PARTED.fullmatch(f"{before[-1]} {after[0]}") else "+" for before, after in pairwise(words))
    rest = (rf"\s{gap}{re.escape(word)}" for gap, word in zip(gaps, words[1:], strict=True))
    found = (each.span() for each in re.finditer(re.escape(words[0]) + "".join(rest), text))
    return min(found, key=lambda span: abs(span[0] - near), default=(0, 0))


def depth_of(line: str) -> int:
    """Tell the indent of a line from the enumeration it starts with.

    Examples
    --------
    >>> [depth_of(line) for line in ("Setiap orang", "(2) Setiap orang", "a. nama;", "1) alamat;", "  - desa")]
    [0, 1, 2, 3, 3]
    """
    return next((depth for pattern, depth in _DEPTHS if pattern.match(line)), 0)


def lines_of(text: str, span: tuple[int, int] = (0, 0)) -> list[Line]:
    """Cut a text into lines and mark the characters of `span` in them. Rows of a table stand below each other.

    Examples
    --------
    >>> [line.parts for line in lines_of("Satu dua.", (5, 8))]
    [(Part(text='Satu ', marked=False), Part(text='dua', marked=True), Part(text='.', marked=False))]
    >>> [line.cell for line in lines_of("Biaya:\\nBerkas | Biaya\\nFoto | gratis\\nSatu | saja")]
    ['', 'th', 'td', 'td']
    >>> [line.cell for line in lines_of("Satu | saja\\nBegitu.")]
    ['', '']
    """
    lines, at = [], 0
    for raw in text.split("\n"):
        start, end = (min(max(edge - at, 0), len(raw)) for edge in span)
        pieces = (Part(raw[:start]), Part(raw[start:end], marked=True), Part(raw[end:]))
        parts = tuple(part for part in pieces if part.text)
        if raw.strip():
            lines.append(Line(depth_of(raw), parts if end > start else (Part(raw),)))
        at += len(raw) + 1
    return _with_tables(lines)


def _with_tables(lines: Sequence[Line]) -> list[Line]:
    is_row = [any(CELLS in part.text for part in line.parts) for line in lines]
    beside = zip([False, *is_row], is_row, [*is_row[1:], False], strict=False)
    cells = ["td" if here and above else "th" if here and below else "" for above, here, below in beside]
    return [replace(line, depth=0, cell=cell) if cell else line for line, cell in zip(lines, cells, strict=True)]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a passage. `is_own`: it is of the article that the passage is shown as."""

    lines: tuple[Line, ...]
    is_own: bool


def stretches_of(text: str, cuts: Sequence[int], span: tuple[int, int] = (0, 0)) -> list[Stretch]:
    """Cut a passage where something begins that is not of the article before it; its own is what holds `span`.

    Examples
    --------
    >>> [(part.is_own, len(part.lines)) for part in stretches_of("(1) Satu.\\n(2) Dua.\\nBAB II", [19])]
    [(True, 2), (False, 1)]
    >>> [part.is_own for part in stretches_of("Satu. Pasal 2 Dua. BAB II", [6, 19], (14, 18))]
    [False, True, False]
    """
    first, last = span if span[1] > span[0] else (0, 1)
    return [
        Stretch(tuple(lines_of(text[start:end], (span[0] - start, span[1] - start))), first < end and last > start)
        for start, end in pairwise((0, *cuts, len(text)))
    ]


def unmarked(lines: list[Line]) -> list[Line]:
    """Return the same lines without a mark: old text does not answer.

    Examples
    --------
    >>> [line.parts for line in unmarked(lines_of("Satu dua.", (5, 8)))]
    [(Part(text='Satu dua.', marked=False),)]
    """
    return [replace(line, parts=line.parts and (Part("".join(part.text for part in line.parts)),)) for line in lines]


def excerpt(lines: list[Line], limit: int = 900) -> list[Line]:
    """Keep the marked lines, the whole of the list or table that they stand in or lead to, and neighbours up to about
    `limit` characters; what is left out becomes a line without parts. A list or table is kept whole up to
    `_LONGEST_LIST` characters.

    Examples
    --------
    >>> [line.parts[0].text if line.parts else "…" for line in excerpt(lines_of("a\\nb\\nc\\nd", (4, 5)), limit=2)]
    ['…', 'b', 'c', '…']
    >>> amounts = lines_of("(1) Who pays.\\n(2) The fee is:\\na. one;\\nb. two;\\nc. three.\\n(3) When.", (30, 36))
    >>> [line.parts[0].text[:3] if line.parts else "…" for line in excerpt(amounts, limit=9)]
    ['…', '(2)', 'a. ', 'b. ', 'c. ', '…']
    """
    sizes = [sum(len(part.text) for part in line.parts) for line in lines]
    if sum(sizes) <= limit or not lines:
        return lines
    marked = [at for at, line in enumerate(lines) if any(part.marked for part in line.parts)] or [0]
    first, last = _list_around(lines, *_table_around(lines, marked[0], marked[-1]))
    if sum(sizes[first : last + 1]) > _LONGEST_LIST:
        first, last = marked[0], marked[-1]
    room = limit - sum(sizes[first : last + 1])
    while near := [at for at in (first - 1, last + 1) if 0 <= at < len(lines) and sizes[at] <= room]:
        at = min(near, key=lambda place: sizes[place])
        first, last, room = min(first, at), max(last, at), room - sizes[at]

    def left_out(rest: list[Line]) -> list[Line]:
        weight = sum(len(part.text) for line in rest for part in line.parts)
        return rest if weight <= limit // 3 else [Line(0, (), tuple(rest))]  # a few words are sooner read than opened

    return left_out(lines[:first]) + lines[first : last + 1] + left_out(lines[last + 1 :])


def _table_around(lines: Sequence[Line], first: int, last: int) -> tuple[int, int]:
    """Return the first and last line with all rows of the tables that they stand in; the first row names columns."""
    while lines[first].cell == "td" and first > 0 and lines[first - 1].cell:
        first -= 1
    while lines[last].cell and last + 1 < len(lines) and lines[last + 1].cell == "td":
        last += 1
    return first, last


def _list_around(lines: Sequence[Line], first: int, last: int) -> tuple[int, int]:
    """Return the first and last line of the list that these stand in or lead to, with the line that leads to it."""
    own = min((line.depth for line in lines[first : last + 1] if line.depth > 1), default=0)
    below = lines[last + 1].depth if last + 1 < len(lines) else 0
    depth = own or (below if below > max(lines[last].depth, 1) else 0)  # of the items
    if not depth:
        return first, last

    def is_outside(line: Line) -> bool:
        return 0 < line.depth < depth

    while own and first > 0 and not is_outside(lines[first]):
        first -= 1
    while last + 1 < len(lines) and not is_outside(lines[last + 1]):
        last += 1
    return first, last
