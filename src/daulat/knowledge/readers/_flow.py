# SPDX-License-Identifier: Apache-2.0
"""Private: the text of an element of HTML in its order; a node in, blocks out, every word once.

A walk over all nodes without recursion: pages nest deeper than Python does. Words gather until a block begins or ends;
what they are is said by the headings, list items and rows that are open then.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal

from selectolax.lexbor import LexborNode

from daulat.knowledge.readers._page_notes import PageNotes, page_notes
from daulat.knowledge.readers._unshown import spoken_buttons, unshown_in
from daulat.knowledge.readers.base import Block, row_of
from daulat.knowledge.readers.marks import numeral
from daulat.knowledge.readers.raised import raised

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_NAMES = """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol optgroup option p pre section summary
    table tbody td tfoot th thead tr ul
"""
_BLOCKS = frozenset(_NAMES.split())  # the elements that browsers show on lines of their own
_LISTS = ("ol", "ul", "menu", "dir")
_ASKED = {"details": "summary", "dl": "dt"}  # what holds questions with their answers, and the title of one
# What a page says an element is, where its tag does not; a dialogue lies over the page.
_ROLES = {
    "navigation": "nav",
    "complementary": "aside",
    "banner": "header",
    "contentinfo": "footer",
    "dialog": "dialog",
    "alertdialog": "dialog",
}
# Before there were such tags, pages named their parts so; HTML took the names of the tags from there.
_PARTS = {"header": "header", "footer": "footer", "nav": "nav", "navbar": "nav", "navigation": "nav"}
_CELLS = ("td", "th")
_TEXT = "-text"
_BUTTON = "button"  # only those that are text come here
_RAISED = "sup"
# A row that holds a table or a heading lays a page out.
_LAYOUT_ROWS = "tr:has(table, h1, h2, h3, h4, h5, h6)"
_STYLES = {"a": "lower-letter", "A": "upper-letter", "i": "lower-roman", "I": "upper-roman"}
_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?\b(lower|upper)-(alpha|latin|roman)")
_QUESTION_ENDS = ("?", "？", "؟", "՞", "፧")
_DEEPEST_HEADING = 7  # one below h6; a law's own parts and sections come below
_LONGEST_SPAN = 1_000  # rows: HTML allows 65,534


def flow(root: LexborNode, passed_over: Collection[str]) -> tuple[list[Block], int]:
    """Return the blocks of an element, without those inside it whose tags or roles are passed over.

    A button that opens a panel of the text is its title, and is read. What is struck out or hidden is passed over as
    well; how many pieces of text that were is returned beside them.
    """
    notes = page_notes(root)
    page = _Page(layouts={row.mem_id for row in root.css(_LAYOUT_ROWS)})
    pieces = 0
    for event, tag, node in _walk(root, passed_over, unshown_in(root), spoken_buttons(root), notes):
        if event == "note":
            page.notes.append(notes.of_references[node.mem_id])
        elif event == "open":
            page.open(tag, node)
        elif event == "close":
            page.close(tag, node)
        else:
            pieces += bool(node.text().strip())
    page.flush()
    return page.blocks, pieces


def _walk(
    root: LexborNode,
    passed_over: Collection[str],
    unshown: Collection[int],
    spoken: Collection[int],
    notes: PageNotes,
) -> Iterator[tuple[Literal["open", "close", "unshown", "note"], str, LexborNode]]:
    """Yield every element and text where it begins and where it ends, with its tag; of what is not shown, and of the
    sign of a note, itself.
    """
    yield "open", root.tag or "", root
    opened = [(root.tag or "", root, root.iter(include_text=True))]
    while opened:
        tag, node, inner = opened[-1]
        child = next(inner, None)
        if child is None:
            opened.pop()
            yield "close", tag, node
            continue
        tag = child.tag or ""
        if (tag in passed_over or _role(child, tag) in passed_over) and child.mem_id not in spoken:
            continue
        if child.mem_id in unshown:
            yield "unshown", tag, child
            continue
        if child.mem_id in notes.notes:
            continue
        if child.mem_id in notes.of_references:
            yield "note", tag, child
            continue
        yield "open", tag, child
        if tag != _TEXT:
            opened.append((tag, child, child.iter(include_text=True)))


def _role(node: LexborNode, tag: str) -> str:
    if tag == _TEXT:
        return tag
    said = _ROLES.get((node.attributes.get("role") or "").strip().lower(), tag)
    part = _PARTS.get((node.attributes.get("id") or "").strip().lower(), said) if said == "div" else said
    # What has a heading may be the head of the text.
    return said if part == said or node.css_first(", ".join(_HEADINGS)) else part


@dataclass
class _List:
    """A list that is open: how its items are numbered, if they are, and by which number the next one is."""

    style: str
    next: int = 1
    step: int = 1


@dataclass
class _Row:
    """A row of a table that is open. `above` are cells that reach down into it, by their place."""

    above: dict[int, tuple[str, int]]
    cells: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass
class _Asked:
    """A `details` or `dl` that is open: which heading it stands below, and which level those inside it have."""

    above: Block
    level: int


@dataclass
class _Page:
    layouts: set[int]
    blocks: list[Block] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    heading: int = 0
    pre: int = 0
    notes: list[str] = field(default_factory=list)  # that the words refer to
    above: int = 0  # elements open that raise their text above the line
    lists: list[_List] = field(default_factory=list)
    row: _Row | None = None
    spans: list[dict[int, tuple[str, int]]] = field(default_factory=list)
    mark: str = ""
    is_item: bool = False
    last_heading: Block | None = None
    asked: list[_Asked | None] = field(default_factory=list)  # the `details` and `dl` that are open
    back_to: Block | None = None  # the heading of what comes after one of them
    summary: str = ""  # the tag of a title of one that is open

    def open(self, tag: str, node: LexborNode) -> None:
        if tag == _TEXT:
            said = node.text_content or ""
            said = raised(said) if self.above else said
            self.words.append(said if self.pre else re.sub(r"\s+", " ", said))
        elif tag == "br":
            self.words.append("\n")
        elif tag == _BUTTON:
            self.words.append(" ")
        elif tag == _RAISED:
            self.above += 1
        elif tag in _BLOCKS:
            self.flush()
            self._open_block(tag, node)

    def close(self, tag: str, node: LexborNode) -> None:
        if tag == _RAISED:
            self.above -= 1
        elif tag == _BUTTON:
            self.words.append(" ")
        elif tag in _BLOCKS:
            self.flush()
            self._close_block(tag, node)

    def flush(self) -> None:
        """End the block that was gathered, if it has a word."""
        lines = [" ".join(line.split()) for line in "".join(self.words).splitlines()]
        text = "\n".join(filter(None, lines))
        self.words = []
        if not text:
            return
        text += "".join(f" [{note}]" for note in self.notes)
        self.notes = []
        marked = f"{self.mark} {text}".strip()
        if self.row is not None:
            self.row.lines.append(marked)
        elif self.heading:
            self._add_heading(" ".join(marked.split()), self.heading)
        elif (asked := self._asks(text)) is not None:
            self._add_heading(" ".join(text.split()), asked.level)
        else:
            if self.back_to is not None:
                self._add_heading(self.back_to.text, self.back_to.level)
            kind: Literal["numbered", "item", "text"] = "numbered" if self.mark else "item" if self.is_item else "text"
            self.blocks.append(Block(kind, marked, max(len(self.lists) - 1, 0) if kind != "text" else 0))
        self.mark, self.is_item = "", False

    def _add_heading(self, text: str, level: int) -> None:
        self.last_heading, self.back_to = Block("heading", text, level), None
        self.blocks.append(self.last_heading)

    def _asks(self, text: str) -> _Asked | None:
        """Return what a text is the title in: a panel that it opens, or a list of questions with their answers."""
        is_title = self.summary and not self.mark and not self.lists
        return self.asked[-1] if text and is_title and self.asked else None

    def _open_asked(self, node: LexborNode) -> None:
        above = self.back_to or self.last_heading
        inner = [_HEADINGS[each.tag or ""] for each in node.css(", ".join(_HEADINGS))]
        level = above.level + 1 if above else 0
        terms = [each.text().strip() for each in node.css("dt")] if node.tag == "dl" else ["?"]
        fits = level <= _DEEPEST_HEADING and all(level < each for each in inner)
        fits = fits and all(term.endswith(_QUESTION_ENDS) for term in terms)  # other terms are no headings
        self.asked.append(_Asked(above, level) if above is not None and fits else None)

    def _is_right_below_a_question(self) -> bool:
        asked = self.asked[-1] if self.asked else None
        return asked is not None and asked.above is not self.last_heading is self.blocks[-1]

    def _close_asked(self) -> None:
        asked = self.asked.pop() if self.asked else None
        if asked is not None and self.last_heading is not asked.above:
            self.back_to = asked.above

    def _open_block(self, tag: str, node: LexborNode) -> None:
        if tag in _HEADINGS:
            self.heading = _HEADINGS[tag]
        elif tag in _ASKED:
            self._open_asked(node)
        elif tag in _ASKED.values():
            self.summary = tag
        elif tag == "pre":
            self.pre += 1
        elif tag in _LISTS:
            self.lists.append(_list(tag, node))
        elif tag == "li" and self.lists and self.lists[-1].style:
            self._number(node)
        elif tag in ("li", "dd"):
            self.is_item = tag == "li" or not self._is_right_below_a_question()
        elif tag == "table":
            self.spans.append({})
        elif tag == "tr" and self.row is None and self.spans and self._is_of_data(node):
            self.row = _Row(self.spans[-1])
            self._reach_down()

    def _close_block(self, tag: str, node: LexborNode) -> None:
        if tag in _HEADINGS:
            self.heading = 0
        elif tag in _ASKED:
            self._close_asked()
        elif tag in _ASKED.values():
            self.summary = ""
        elif tag == "pre":
            self.pre -= 1
        elif tag in _LISTS and self.lists:
            self.lists.pop()
        elif tag in ("li", "dd"):
            self.is_item, self.mark = False, ""
        elif tag == "table" and self.spans:
            self.spans.pop()
        elif tag in _CELLS and self.row is not None:
            self._close_cell(node)
        elif tag == "tr" and self.row is not None:
            text = row_of(self.row.cells)
            self.blocks += [Block("text", text)] if text else []
            self.row = None

    def _is_of_data(self, row: LexborNode) -> bool:
        own = sum(cell.tag in _CELLS for cell in row.iter())
        reaching_down = sum(down > 0 for _text, down in self.spans[-1].values())
        return own > 0 and own + reaching_down > 1 and row.mem_id not in self.layouts

    def _number(self, node: LexborNode) -> None:
        here = self.lists[-1]
        number = _whole(node.attributes.get("value"), here.next)
        here.next = number + here.step
        # An item that only holds another list has its number before that list's first.
        self.mark = f"{self.mark} {numeral(number, here.style)}.".strip()

    def _close_cell(self, node: LexborNode) -> None:
        if self.row is None:
            return
        text = "\n".join(self.row.lines)
        down = min(_whole(node.attributes.get("rowspan"), 1), _LONGEST_SPAN) - 1
        if down > 0:
            self.row.above[len(self.row.cells)] = (text, down)
        self.row.cells.append(text)
        self.row.lines = []
        self._reach_down()

    def _reach_down(self) -> None:
        """Repeat cells of rows above that stand in this one too: without them its others would move to the left."""
        row = self.row
        while row is not None and (held := row.above.get(len(row.cells))) is not None:
            place, (text, down) = len(row.cells), held
            if down == 0:
                del row.above[place]
                return
            row.above[place] = (text, down - 1)
            row.cells.append(text)


def _list(tag: str, node: LexborNode) -> _List:
    if tag != "ol":
        return _List("")
    said = _STYLE.search(node.attributes.get("style") or "")
    style = _STYLES.get(node.attributes.get("type") or "", "decimal")
    if said:
        style = f"{said[1]}-{'roman' if said[2] == 'roman' else 'letter'}"
    backwards = "reversed" in node.attributes
    first = sum(item.tag == "li" for item in node.iter()) if backwards else 1
    return _List(style, _whole(node.attributes.get("start"), first), -1 if backwards else 1)


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,6}", text.strip()) else otherwise
