# SPDX-License-Identifier: Apache-2.0
"""Private: HTML that stands raw in Markdown. Its pieces and the text between them in, the words that are shown out.

A tag is never text, and a comment is nothing. What is struck out or hidden is passed over and counted, wherever it
ends. Parsed by Python's own parser, for Markdown is read without a process of its own.
"""

from __future__ import annotations

from html.parser import HTMLParser

from daulat.knowledge.readers._unshown import is_unshown
from daulat.knowledge.readers.base import row_of
from daulat.knowledge.readers.raised import raised

_NO_TEXT = ("script", "style", "noscript", "template", "iframe", "svg")
_NAMES = "a abbr b bdi bdo cite code em font i ins kbd mark q samp small span strong sub sup u var"
_INLINE = frozenset(_NAMES.split())  # the elements that begin no line
_EMPTY = "area base br col embed hr img input link meta source track wbr"
_NO_END = frozenset(_EMPTY.split())
_CLOSED_BY_THE_NEXT = ("p", "li", "dt", "dd", "tr", "td", "th")
_CELLS = ("td", "th")
_CELL_ENDS = "\x1f"  # no text of a document has it: control characters do not come in


class RawWords(HTMLParser):
    """Gathers the words of one document."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces = 0
        self._words: list[str] = []
        self._unshown: list[str] = []  # elements that are open, from the outermost that is not shown
        self._is_text = False  # of the piece that is not shown
        self._above = 0
        self._cell = False

    def block(self, html: str) -> str:
        """Return the words of a block of HTML, its rows and paragraphs each on a line."""
        self.feed(html)
        self.close()
        lines = (
            self._row(line) if _CELL_ENDS in line else " ".join(line.split()) for line in self._taken().split("\n")
        )
        return "\n".join(filter(None, lines))

    def line(self) -> str:
        """Return the words since the last block or line, on one; elements that were opened in it end with it."""
        return " ".join(self._taken().replace(_CELL_ENDS, " ").split())

    def shows(self, text: str) -> bool:
        """Say whether text that stands here is shown; if not, it is of the piece that is not."""
        if self._unshown:
            self.handle_data(text)
        return not self._unshown

    def left_open(self) -> int:
        """Return 1 if a piece that is not shown goes on to the end of the document; else 0."""
        return int(bool(self._unshown) and self._is_text)

    def open_elements(self) -> tuple[int, int]:
        """Return what `close_to` takes."""
        return len(self._unshown), self._above

    def close_to(self, opened: tuple[int, int]) -> None:
        """End the elements that were opened since."""
        unshown, self._above = min(len(self._unshown), opened[0]), min(self._above, opened[1])
        if self._unshown and not unshown:
            self._end_piece()
        del self._unshown[unshown:]

    def handle_data(self, data: str) -> None:
        """Take text; also such as stands between pieces of HTML."""
        if self._unshown:
            self._is_text = self._is_text or (bool(data.strip()) and self._unshown[0] not in _NO_TEXT)
        else:
            self._words.append(raised(data) if self._above else data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        if tag in _NO_END:
            self._words.append("\n" if tag in ("br", "hr") and not self._unshown else "")
            return
        if self._unshown and tag in _CLOSED_BY_THE_NEXT and self._unshown[-1] == tag:
            self.handle_endtag(tag)
        if self._unshown or tag in _NO_TEXT or is_unshown(tag, dict(attrs)):
            self._unshown.append(tag)
        elif tag == "sup":
            self._above += 1
        elif tag in _CELLS:
            self._cell = True
        elif tag not in _INLINE:
            self._words.append(" " if self._cell else "\n")

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those in it that were left open."""
        if self._unshown:
            if tag in self._unshown:
                while self._unshown.pop() != tag:
                    pass
                if not self._unshown:
                    self._end_piece()
        elif tag == "sup":
            self._above = max(0, self._above - 1)
        elif tag in _CELLS:
            self._cell = False
            self._words.append(_CELL_ENDS)
        elif tag not in _INLINE:
            self._cell = self._cell and tag != "tr"
            self._words.append(" " if self._cell else "\n")

    def _end_piece(self) -> None:
        self.pieces += self._is_text
        self._is_text = False

    def _taken(self) -> str:
        text = "".join(self._words)
        self._words = []
        return text

    def _row(self, line: str) -> str:
        *cells, rest = (" ".join(cell.split()) for cell in line.split(_CELL_ENDS))
        return row_of([*cells, rest] if rest else cells)
