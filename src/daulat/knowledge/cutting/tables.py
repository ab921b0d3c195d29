# SPDX-License-Identifier: Apache-2.0
"""Tables in a text, a row a line, as readers write them: a text and a place in; the table and its rows out.

A row says nothing without the first, which names the columns; so a table is one sentence, and its rows are found in it.
Nothing here reads a file or knows a language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from daulat.knowledge.readers.base import CELLS

Span = tuple[int, int]

_LINE = re.compile(r"\S(?:[^\n]*\S)?")


def stretches(text: str, start: int, end: int) -> Iterator[tuple[Span, bool]]:
    """Part a stretch of text into tables and what stands between them; says of each whether it is a table.

    One line with a bar in it is none: scanners read specks as bars.

    Examples
    --------
    >>> text = "Fees:\\nItem | Fee\\nPhoto | free\\nSee below."
    >>> [(text[a:b], is_table) for (a, b), is_table in stretches(text, 0, len(text))]
    [('Fees:', False), ('Item | Fee\\nPhoto | free', True), ('See below.', False)]
    """
    lines = list(_LINE.finditer(text, start, end))
    is_row = [CELLS in line[0] for line in lines]
    beside = zip([False, *is_row], is_row, [*is_row[1:], False], strict=False)
    in_table = (here and (before or behind) for before, here, behind in beside)
    for is_table, group in groupby(zip(lines, in_table, strict=True), lambda each: each[1]):
        stretch = [line for line, _ in group]
        yield (stretch[0].start(), stretch[-1].end()), is_table


def table_at(text: str, place: int) -> Span | None:
    """Return the table that a character stands in, None where it stands in none.

    Examples
    --------
    >>> text = "Fees:\\nItem | Fee\\nPhoto | free"
    >>> table_at(text, text.index("free")), table_at(text, 0)
    ((6, 29), None)
    """
    if CELLS not in text:
        return None
    tables = (span for span, is_table in stretches(text, 0, len(text)) if is_table)
    return next(((start, end) for start, end in tables if start <= place < end), None)


def rows_of(text: str, table: Span) -> list[Span]:
    """Return the rows of a table, without the first where there are more: that one names the columns.

    Examples
    --------
    >>> text = "Item | Fee\\nPhoto | free"
    >>> [text[a:b] for a, b in rows_of(text, (0, len(text)))]
    ['Photo | free']
    """
    rows = [line.span() for line in _LINE.finditer(text, *table)]
    return rows[1:] or rows
