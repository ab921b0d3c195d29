# SPDX-License-Identifier: Apache-2.0
"""What a document was made of comes out of its reader: its words in their order, each of them once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from daulat.knowledge.readers import Extract, Limits
from daulat.knowledge.readers.docx import read_docx
from daulat.knowledge.readers.furniture import places_of_text
from daulat.knowledge.readers.html import read_html
from daulat.knowledge.readers.pdf import read_pdf
from daulat.knowledge.readers.text import read_markdown, read_text

LIMITS = Limits(seconds=60)
INLINE = ["span", "b", "a", "em"]
BLOCKS = ["div", "p", "ul", "ol", "li", "table", "row", "blockquote", "h2", "dl", "form", "section", "pre", "details"]
WORD_PARTS = ["plain", "number", "changed", "field", "box", "table", "nested", "control"]
Tree = tuple[str, list[Any]]
trees = st.recursive(
    st.just(("word", [])),
    lambda inner: st.tuples(st.sampled_from([*INLINE, *BLOCKS]), st.lists(inner, min_size=1, max_size=4)),
    max_leaves=25,
)


def words_of(extract: Extract) -> list[str]:
    return re.findall(r"w\d+", extract.text)


class Counted:
    """Words `w0`, `w1`, ... and how many were written."""

    def __init__(self) -> None:
        self._next = itertools.count()
        self.words: list[str] = []

    def word(self) -> str:
        self.words.append(f"w{next(self._next)}")
        return self.words[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lost")


def as_html(tree: Tree, said: Counted, *, inline: bool = False) -> str:
    """Write a tree as a browser would keep it: no block inside a paragraph, every item in a list."""
    tag, inner = tree
    if tag == "word":
        return f" {said.word()} "
    if inline and tag not in INLINE:
        tag = "span"
    inside = [as_html(each, said, inline=inline or tag in ("p", "h2", "pre", *INLINE)) for each in inner]
    if tag in ("ul", "ol"):
        inside = [f"<li>{each}</li>" for each in inside]
    if tag == "row":
        return f"<table><tr>{''.join(f'<td>{each}</td>' for each in inside)}</tr></table>"
    if tag == "table":
        return f"<table>{''.join(f'<tr><th>{each}</th></tr>' for each in inside)}</table>"
    if tag == "dl":
        return f"<dl>{''.join(f'<dd>{each}</dd>' for each in inside)}</dl>"
    return f"<{tag}>{''.join(inside)}</{tag}>"


@given(st.lists(trees, min_size=1, max_size=4), st.booleans())
@settings(max_examples=150)
def test_a_page_of_html(folder: Path, page: list[Tree], in_main: bool) -> None:
    said = Counted()
    body = "".join(as_html(tree, said) for tree in page)
    path = folder / "page.html"
    path.write_text(f"<title>t</title><body>{f'<main>{body}</main>' if in_main else body}")
    assert words_of(read_html(path, LIMITS)) == said.words


@given(st.lists(st.sampled_from(["para", "head", "bullets", "numbers", "table", "quote", "code"]), max_size=12))
def test_a_text_in_markdown(folder: Path, parts: list[str]) -> None:
    said = Counted()
    w = said.word
    write = {
        "para": lambda: f"{w()} *{w()}*\n{w()} [{w()}](x.pdf)",
        "head": lambda: f"## {w()}",
        "bullets": lambda: f"- {w()}\n- {w()}\n  - {w()}\n\n  {w()}",
        "numbers": lambda: f"3. {w()}\n4. {w()}",
        "table": lambda: f"| {w()} | {w()} |\n|-|-|\n| | {w()} |\n| {w()} | |",
        "quote": lambda: f"> {w()}\n>\n> {w()}",
        "code": lambda: f"```\n{w()}\n```",
    }
    path = folder / "text.md"
    path.write_text("\n\n".join(write[part]() for part in parts))
    assert words_of(read_markdown(path, LIMITS)) == said.words


@given(st.lists(st.integers(1, 5), max_size=12), st.sampled_from(["\n", "\n\n", "\r\n \r\n"]))
def test_a_plain_text(folder: Path, parts: list[int], between: str) -> None:
    said = Counted()
    path = folder / "text.txt"
    path.write_bytes(between.join(" ".join(said.word() for _ in range(count)) for count in parts).encode())
    assert words_of(read_text(path, LIMITS)) == said.words


def wrapped(tag: str, *inner: Any) -> Any:
    element = OxmlElement(tag)
    element.extend(inner)
    return element


def run(text: str) -> Any:
    held = OxmlElement("w:t")
    held.text = text
    return wrapped("w:r", held)


def word_part(kind: str, document: Any, said: Counted) -> None:
    """Add one part to a Word file; what is deleted in it says `gone`."""
    body = document.element.body
    if kind == "table":
        table = document.add_table(rows=0, cols=3)
        for _ in range(2):
            cells = table.add_row().cells
            cells[0].text, cells[2].text = said.word(), f"{said.word()}\n{said.word()}"
    elif kind == "nested":
        cell = document.add_table(rows=1, cols=1).rows[0].cells[0]
        cell.text = said.word()
        cell.add_table(rows=1, cols=1).rows[0].cells[0].text = said.word()
    elif kind == "control":
        held = wrapped("w:sdtContent", wrapped("w:p", run(said.word())), wrapped("w:p", run(said.word())))
        body.insert(len(body) - 1, wrapped("w:sdt", OxmlElement("w:sdtPr"), held))
    else:
        paragraph = document.add_paragraph(said.word(), style="List Number" if kind == "number" else None)._p
        if kind == "changed":
            gone = OxmlElement("w:delText")
            gone.text = "gone"
            paragraph.extend([wrapped("w:del", wrapped("w:r", gone)), wrapped("w:moveFrom", run("gone"))])
            paragraph.extend([wrapped("w:ins", run(f" {said.word()}")), wrapped("w:moveTo", run(f" {said.word()}"))])
        elif kind == "field":
            paragraph.append(wrapped("w:fldSimple", run(f" {said.word()}")))
            paragraph.append(wrapped("w:hyperlink", wrapped("w:smartTag", run(f" {said.word()}"))))
            paragraph.append(wrapped("w:sdt", wrapped("w:sdtContent", run(f" {said.word()}"))))
        elif kind == "box":
            box = wrapped("w:txbxContent", wrapped("w:p", run(said.word())))
            paragraph.append(wrapped("w:r", wrapped("w:pict", box)))


@given(st.lists(st.sampled_from(WORD_PARTS), max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_word_file(folder: Path, parts: list[str]) -> None:
    said = Counted()
    document = docx.Document()
    for kind in parts:
        word_part(kind, document, said)
    document.save(str(folder / "text.docx"))
    extract = read_docx(folder / "text.docx", LIMITS)
    assert words_of(extract) == said.words
    assert "gone" not in extract.text


def pages_of(counts: list[int], said: Counted, numbers: Iterator[int]) -> list[list[str]]:
    """Make pages of lines, in which every third line is a number alone: years and sums go down, page numbers up."""
    return [
        [str(next(numbers)) if line % 3 == 1 else f"{said.word()} of a text" for line in range(count)]
        for count in counts
    ]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_lines_of_a_pdf_and_the_numbers_that_stand_alone(folder: Path, counts: list[int], furnished: bool) -> None:
    said = Counted()
    pages = pages_of(counts, said, itertools.count(2024, -1))
    canvas = Canvas(str(folder / "text.pdf"))
    for number, page in enumerate(pages, start=1):
        head, foot = (["Gazette of Exampland"], [f"- {number} -"]) if furnished and len(pages) > 3 else ([], [])
        for place, line in enumerate([*head, *page, *foot]):
            canvas.drawString(72, 800 - 20 * place, line)
        canvas.showPage()
    canvas.save()
    extract = read_pdf(folder / "text.pdf", LIMITS)
    assert [block.text for block in extract.blocks] == [line for page in pages for line in page]


def without_furniture(pages: list[list[str]]) -> list[list[str]]:
    return [[page[place] for place in kept] for page, kept in zip(pages, places_of_text(pages), strict=True)]


def test_a_line_that_ends_many_articles_is_no_furniture_where_a_page_ends_with_it() -> None:
    articles = [[f"Article {n}", "a. the hour; and", "b. the name."] for n in range(1, 13)]
    pages = [[line for article in articles[start : start + 3] for line in article] for start in range(0, 12, 3)]
    assert without_furniture(pages) == pages


def test_page_numbers_are_left_out_where_they_count_on_from_page_to_page() -> None:
    pages = [[str(number), f"Text {number}", "750", "more", "text", f"end {number}"] for number in range(17, 22)]
    assert [page[0] for page in without_furniture(pages)] == [f"Text {number}" for number in range(17, 22)]
    assert all("750" in page for page in without_furniture(pages))


def test_a_year_that_ends_the_only_page_is_text() -> None:
    assert without_furniture([["until 31 December", "2024."]]) == [["until 31 December", "2024."]]


def test_numbers_of_sheets_are_left_out_where_they_count_on_and_sums_are_not() -> None:
    pages = [
        ["GAZETTE", f"- {n} -", f"Article {n}", "Pay", f"Total {12_345 + 7 * n}", f"SK No 0{14_008 + n} A"]
        for n in range(1, 6)
    ]
    assert without_furniture(pages)[1] == ["Article 2", "Pay", "Total 12359"]
    two = [page[3:] for page in pages[:2]]
    assert without_furniture(two) == two


def test_a_running_head_that_holds_the_number_of_its_page_is_left_out() -> None:
    texts = [[f"Article {n}", "Whoever", f"pays {n * 7}", "crowns", f"is free in {n}."] for n in range(1, 7)]
    left_and_right = [f"{840 + n} Official Gazette, 2021" for n in range(6)]
    left_and_right[::2] = [f"Official Gazette, 2021 {840 + n}" for n in range(0, 6, 2)]
    assert without_furniture([[head, *text] for head, text in zip(left_and_right, texts, strict=True)]) == texts
    for foot in ("Page {} of 6", "Seite {}", "Permenpan 5 | {}", "{} von 6"):
        pages = [[*text, foot.format(number)] for number, text in enumerate(texts, 1)]
        assert without_furniture(pages) == texts


def test_a_text_that_opens_each_page_with_its_own_number_is_no_running_head() -> None:
    for head in ("Article {}", "Form BP {}", "{}. Fees of the year", "Due on the first day {}."):
        pages = [[head.format(n), f"a{n}", f"b{n}", f"c{n}", f"d{n}", f"e{n}"] for n in range(1, 7)]
        assert without_furniture(pages) == pages


def test_a_word_that_was_parted_at_the_end_of_a_line_is_whole_where_the_document_writes_it_so(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "parted.pdf"))
    lines = ["The provider has twenty-four hours.", "Whoever asks the pro-", "vider waits twenty-"]
    for number, line in enumerate([*lines, "four hours if he com-", "mits to it, masing-", "masing."]):
        canvas.drawString(72, 700 - 20 * number, line)
    canvas.save()
    said = " ".join(read_pdf(tmp_path / "parted.pdf", LIMITS).text.split())
    assert said.endswith("asks the provider waits twenty-four hours if he com-mits to it, masing-masing.")
