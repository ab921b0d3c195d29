# SPDX-License-Identifier: Apache-2.0
"""Private: the body of a Word file in, its blocks in order out, with what Word itself numbers, inserts or notes below.

Text is taken from the elements that hold it, wherever they stand: in content controls, text boxes, links, fields and
tracked insertions. What is tracked as deleted or moved away, struck out or hidden is left out. A note follows the
paragraph that refers to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from lxml import etree  # type: ignore[import-untyped]  # comes with python-docx

from daulat.knowledge.readers._looks import MATHS, Looks
from daulat.knowledge.readers._numbering import Numbering
from daulat.knowledge.readers.base import Block, ReadingError, row_of
from daulat.knowledge.readers.raised import raised

_MOST_BLOCKS = 100_000  # paragraphs and rows; the longest laws have some thousands
_HEADING = re.compile(r"(?:heading|judul)\s*(\d)", re.IGNORECASE)
_LIST_STYLE = re.compile(r"List\b.* ([2-9])$")  # `List Bullet 2`
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same again, for old programs
_P, _TABLE, _ROW, _CELL, _BOX = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc"), qn("w:txbxContent")
_RUN = qn("w:r")
_UNCOUNTED = (qn("w:del"), qn("w:vanish"))  # marks of the end of a paragraph that Word does not number
_GONE = frozenset((qn("w:del"), qn("w:moveFrom"), _FALLBACK))
_PROPERTIES = frozenset((qn("w:pPr"), qn("w:rPr"), qn("w:sdtPr"), qn("w:tblPr"), qn("w:trPr"), qn("w:tcPr")))
_TEXT = (qn("w:t"), f"{MATHS}t")
_SIGNS = {qn("w:tab"): " ", qn("w:ptab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_NOTES = {qn("w:footnoteReference"): "footnote", qn("w:endnoteReference"): "endnote"}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def word_blocks(document: Any, path: Path, entity: Callable[[str], ReadingError]) -> tuple[list[Block], str, int]:
    """Return the blocks of a document, its title, and how many paragraphs have text that is struck out or hidden.

    `entity` makes the error for a part that declares one.
    """
    word = _Word(document, entity)
    blocks: list[Block] = []
    for block in word.blocks(document.element.body):
        blocks += [block] if block.text else []
        if len(blocks) > _MOST_BLOCKS:
            raise ReadingError(f"{path.name} has more than {_MOST_BLOCKS:,} paragraphs", fix="Split the file.")
    return blocks, word.title, word.unshown


def _is_contents(element: Any) -> bool:
    """Say whether an element is the table of contents that Word makes of the headings further down."""
    made = f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}"
    gallery = element.find(made) if element.tag == qn("w:sdt") else None
    return gallery is not None and gallery.get(qn("w:val")) == "Table of Contents"


class _Word:
    def __init__(self, document: Any, entity: Callable[[str], ReadingError]) -> None:
        self.title = ""
        self.unshown = 0
        self._styles = {style.style_id: style for style in document.styles if style.type == WD_STYLE_TYPE.PARAGRAPH}
        self._usual = document.styles.default(WD_STYLE_TYPE.PARAGRAPH)
        self._numbering = Numbering(document)
        self._looks = Looks(document)
        self._notes = {kind: _notes(document, kind, entity) for kind in ("footnote", "endnote")}

    def _inside(self, element: Any, wanted: frozenset[str]) -> Iterator[Any]:
        """Yield the outermost elements of some tags in their order, without those that are gone or not shown."""
        for child in element:
            if child.tag == _RUN and self._looks.is_unshown(child):
                continue
            if child.tag in wanted:
                yield child
            elif child.tag not in _GONE and child.tag not in _PROPERTIES and not _is_contents(child):
                yield from self._inside(child, wanted)

    def blocks(self, holder: Any) -> Iterator[Block]:
        for part in self._inside(holder, frozenset((_P, _TABLE))):
            yield from self._table(part) if part.tag == _TABLE else self._paragraph(part)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        text = self._text(paragraph)
        properties = paragraph.pPr
        style = self._style(properties)
        has_unshown = self._has_unshown(paragraph)
        self.unshown += has_unshown
        place = self._numbering.place(properties, style)
        number = "" if not text and _has_mark(properties, *_UNCOUNTED) else self._numbering.next(properties, style)
        if has_unshown and not text:
            number = ""  # Word counts what is struck out, and here nothing would stand after the number
        notes = "".join(f" [{note}]" for note in self._noted(paragraph))
        text = f"{number} {text}{notes}".strip()
        name = style.name or "" if style is not None else ""
        heading = _HEADING.search(name)
        if name == "Title":
            self.title = self.title or text
        if heading or name == "Title":
            yield Block("heading", " ".join(text.split()), int(heading.group(1)) if heading else 1)
        elif "List" in name or place.is_bullet:
            styled = _LIST_STYLE.search(name)
            level = max(place.level, int(styled[1]) - 1 if styled else 0)
            yield Block("numbered" if number else "item", text, level)
        else:
            yield Block("text", text)
        for box in self._inside(paragraph, frozenset((_BOX,))):
            yield from self.blocks(box)

    def _has_unshown(self, paragraph: Any) -> bool:
        runs = (run for run in paragraph.iter(_RUN) if self._looks.is_unshown(run))
        return any((element.text or "").strip() for run in runs for element in run.iter(*_TEXT))

    def _style(self, properties: Any) -> Any:
        named = properties.style if properties is not None else None
        return self._styles.get(named, self._usual)

    def _text(self, paragraph: Any) -> str:
        words: list[str] = []
        for element in self._inside(paragraph, frozenset((*_TEXT, *_SIGNS, _BOX))):
            words.append(_SIGNS.get(element.tag) or (self._said(element) if element.tag in _TEXT else ""))
        lines = "".join(words).split("\n")
        return "\n".join(filter(None, (line.strip() for line in lines)))

    def _said(self, element: Any) -> str:
        text = element.text or ""
        return raised(text) if self._looks.is_raised(element.getparent()) else text

    def _noted(self, paragraph: Any) -> Iterator[str]:
        for reference in self._inside(paragraph, frozenset((*_NOTES, _BOX))):
            note = (
                self._notes[_NOTES[reference.tag]].get(reference.get(qn("w:id"))) if reference.tag in _NOTES else None
            )
            if note is not None:
                lines = (self._text(each) for each in self._inside(note, frozenset((_P,))))
                yield " ".join(" ".join(filter(None, lines)).split())

    def _table(self, table: Any) -> Iterator[Block]:
        above: dict[int, str] = {}  # the cells of the row above, by their column
        for row in self._inside(table, frozenset((_ROW,))):
            if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
                continue
            cells: list[str] = [""] * _count(row, "w:trPr/w:gridBefore")
            column, here = len(cells), dict[int, str]()
            for cell in self._inside(row, frozenset((_CELL,))):
                merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
                goes_on = merged is not None and merged.get(qn("w:val"), "continue") == "continue"
                # A cell that reaches down into this row is said again: a row is read by itself.
                here[column] = (above.get(column, "") if goes_on else "") or self._cell(cell)
                cells.append(here[column])
                column += max(1, _count(cell, "w:tcPr/w:gridSpan"))
            above = here
            yield Block("text", row_of(cells))

    def _cell(self, cell: Any) -> str:
        return "\n".join(block.text for block in self.blocks(cell) if block.text)


def _has_mark(properties: Any, *marks: str) -> bool:
    """Say whether the end of a paragraph is marked so."""
    if properties is None:
        return False
    return any(properties.find(f"{qn('w:rPr')}/{mark}") is not None for mark in marks)


def _count(element: Any, path: str) -> int:
    found = element.find("/".join(qn(step) for step in path.split("/")))
    said = found.get(qn("w:val"), "") if found is not None else ""
    return min(int(said), 100) if said.isdecimal() else 0


def _notes(document: Any, kind: str, entity: Callable[[str], ReadingError]) -> dict[str | None, Any]:
    """Return the footnotes or endnotes of a document by their ids. python-docx leaves their part unread."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{kind}s") and not relation.is_external:
            try:
                root = etree.fromstring(relation.target_part.blob, _PARSER)
            except etree.XMLSyntaxError:
                return {}
            if root.getroottree().docinfo.doctype:
                raise entity(str(relation.target_part.partname))
            return {note.get(qn("w:id")): note for note in root.iter(qn(f"w:{kind}")) if note.get(qn("w:type")) is None}
    return {}
