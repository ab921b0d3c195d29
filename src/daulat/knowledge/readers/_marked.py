# SPDX-License-Identifier: Apache-2.0
"""Private: what a parser of Markdown found in, the blocks of the document in their order out."""

from __future__ import annotations

from collections.abc import Iterable

from markdown_it.token import Token

from daulat.knowledge.readers._raw import RawWords
from daulat.knowledge.readers.base import Block, row_of


def marked_blocks(tokens: Iterable[Token]) -> tuple[list[Block], int]:
    """Return the blocks, and how many pieces of text are struck out or hidden and not among them."""
    text = _Text()
    for token in tokens:
        text.take(token)
    return [block for block in text.blocks if block.text], text.raw.pieces + text.raw.left_open()


class _Text:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.raw = RawWords()
        self._level = 0
        self._lists: list[tuple[str, int]] = []  # those open: the last item's number as written and as told
        self._mark = ""  # the number of an item of which no word was said yet
        self._row: list[str] | None = None

    def take(self, token: Token) -> None:
        if token.type == "heading_open":
            self._level = int(token.tag[1:])
        elif token.type == "heading_close":
            self._level = 0
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(("", 0))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            # An item that only holds another list has its number before that list's first.
            self._mark = f"{self._mark} {self._numbered(token)}".strip()
        elif token.type == "list_item_close":
            self._mark = ""
        elif token.type == "tr_open":
            self._row = []
        elif token.type == "tr_close":
            self.blocks.append(Block("text", row_of(self._row or [])))
            self._row = None
        elif token.type in ("inline", "fence", "code_block", "html_block"):
            self._add(self._words(token))

    def _numbered(self, token: Token) -> str:
        """Return the mark of an item: its number as written, or counted on where it is written as the one before."""
        if not token.info:
            return ""
        written, told = self._lists[-1]
        number = told + 1 if token.info == written else int(token.info)
        self._lists[-1] = (token.info, number)
        return f"{number}{token.markup}"

    def _add(self, text: str) -> None:
        if self._row is not None:
            self._row.append(text)
        elif self._level:
            self.blocks.append(Block("heading", text, self._level))
        elif self._mark and text:
            self.blocks.append(Block("numbered", f"{self._mark} {text}", len(self._lists) - 1))
            self._mark = ""
        elif self._lists:
            self.blocks.append(Block("item", text, len(self._lists) - 1))
        else:
            self.blocks.append(Block("text", text))

    def _words(self, token: Token) -> str:
        if token.type == "html_block":
            return self.raw.block(token.content)
        if token.children is None:
            return token.content.strip() if self.raw.shows(token.content) else ""
        opened = self.raw.open_elements()
        for child in token.children:
            self._inline(child)
        self.raw.close_to(opened)
        return self.raw.line()

    def _inline(self, child: Token) -> None:
        if child.type in ("text", "code_inline"):
            self.raw.handle_data(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            self.raw.handle_data(" ")
        elif child.type == "s_open":
            self.raw.handle_starttag("s", [])
        elif child.type == "s_close":
            self.raw.handle_endtag("s")
        elif child.type == "html_inline":
            self.raw.feed(child.content)
