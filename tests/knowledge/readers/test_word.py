# SPDX-License-Identifier: Apache-2.0
"""A Word file says what Word shows: its own numbers, its columns, its notes, and all changes accepted."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from daulat.knowledge.cutting import cut_blocks
from daulat.knowledge.readers import Limits, ReadingError
from daulat.knowledge.readers.docx import read_docx

LIMITS = Limits()
NOTE_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
NOTE_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"


def texts(path: Path) -> list[str]:
    return [block.text for block in read_docx(path, LIMITS).blocks]


def level(at: int, style: str, writes: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{style}"/>{more}'
        f'<w:lvlText w:val="{writes}"/></w:lvl>'
    )


def declare(document: Any, *levels: str, list_ids: tuple[int, ...] = (90,), restart: bool = False) -> None:
    root = document.part.numbering_part.element
    root.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{"".join(levels)}</w:abstractNum>'))
    for list_id in list_ids:
        anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>' if restart else ""
        root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{list_id}"><w:abstractNumId w:val="90"/>{anew}</w:num>'))


def numbered(document: Any, text: str, at: int = 0, list_id: int = 90) -> Any:
    paragraph = document.add_paragraph(text)
    properties = paragraph._p.get_or_add_pPr()
    properties.append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{at}"/><w:numId w:val="{list_id}"/></w:numPr>')
    )
    return paragraph


def test_articles_that_word_numbers_have_their_numbers_and_go_on_through_the_chapters(tmp_path: Path) -> None:
    document = docx.Document()
    declare(
        document,
        level(0, "upperRoman", "PART %1"),
        level(1, "decimal", "Article %2", '<w:lvlRestart w:val="0"/>'),
        level(2, "lowerLetter", "%3."),
        level(3, "decimal", "%2.%4", "<w:isLgl/>"),
    )
    for text, at in (("", 0), ("", 1), ("the poor", 2), ("the old", 2), ("", 0), ("", 1), ("the ill", 2), ("deep", 3)):
        numbered(document, text, at)
    document.save(str(tmp_path / "law.docx"))
    assert texts(tmp_path / "law.docx") == [
        "PART I",
        "Article 1",
        "a. the poor",
        "b. the old",
        "PART II",
        "Article 2",
        "a. the ill",
        "2.1 deep",
    ]


@pytest.mark.parametrize(("restart", "third"), [(False, "(3) c"), (True, "(1) c")])
def test_another_list_of_the_same_kind_counts_on_unless_it_begins_anew(
    tmp_path: Path, restart: bool, third: str
) -> None:
    document = docx.Document()
    declare(document, level(0, "decimal", "(%1)"), list_ids=(90, 91), restart=restart)
    for text, list_id in (("a", 90), ("b", 90), ("c", 91)):
        numbered(document, text, list_id=list_id)
    document.save(str(tmp_path / "law.docx"))
    assert texts(tmp_path / "law.docx") == ["(1) a", "(2) b", third]


def test_a_numbered_paragraph_that_was_deleted_is_not_counted(tmp_path: Path) -> None:
    document = docx.Document()
    declare(document, level(0, "decimal", "%1."))
    numbered(document, "first")
    deleted = numbered(document, "")
    mark = OxmlElement("w:rPr")
    mark.append(OxmlElement("w:del"))
    deleted._p.pPr.append(mark)
    numbered(document, "second")
    document.save(str(tmp_path / "law.docx"))
    assert texts(tmp_path / "law.docx") == ["1. first", "2. second"]


def test_a_sign_is_no_number_and_list_styles_are_numbered_too(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("one", style="List Number")
    document.add_paragraph("two", style="List Number")
    document.add_paragraph("three", style="List Bullet")
    document.save(str(tmp_path / "list.docx"))
    blocks = read_docx(tmp_path / "list.docx", LIMITS).blocks
    assert [(b.kind, b.text) for b in blocks] == [("numbered", "1. one"), ("numbered", "2. two"), ("item", "three")]


def test_prices_stay_in_their_columns(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(rows=4, cols=4)
    rows = [("Day", "Child", "Adult", "Old"), ("Monday", "5", "10", "5"), ("Tuesday", "", "10", "3"), ("", "", "", "")]
    for row, values in zip(table.rows, rows, strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    document.save(str(tmp_path / "fees.docx"))
    assert texts(tmp_path / "fees.docx") == ["Day | Child | Adult | Old", "Monday | 5 | 10 | 5", "Tuesday | – | 10 | 3"]


def test_a_merged_cell_is_said_once_in_its_row_and_again_in_the_rows_that_it_reaches(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    table.rows[0].cells[0].merge(table.rows[0].cells[1]).text = "Office"
    table.rows[0].cells[2].text = "Fee"
    table.rows[1].cells[0].merge(table.rows[2].cells[0]).text = "North"
    for row, (hour, fee) in zip(table.rows[1:], (("8", "1"), ("9", "2")), strict=True):
        row.cells[1].text, row.cells[2].text = hour, fee
    document.save(str(tmp_path / "fees.docx"))
    assert texts(tmp_path / "fees.docx") == ["Office | Fee", "North | 8 | 1", "North | 9 | 2"]


def with_footnote(path: Path, said: str, name: str = "word/footnotes.xml") -> Path:
    document = docx.Document()
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), "2")
    document.add_paragraph("The pool is closed on Sunday.").add_run()._r.append(reference)
    document.add_paragraph("It opens at eight.")
    document.save(str(path))
    with zipfile.ZipFile(path) as archive:
        parts = {member: archive.read(member).decode("utf-8", "surrogateescape") for member in archive.namelist()}
    kind = f'<Override PartName="/{name}" ContentType="{NOTE_TYPE}"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace("</Types>", kind)
    relation = f'<Relationship Id="rIdF" Type="{NOTE_REL}" Target="/{name}"/></Relationships>'
    rels = "word/_rels/document.xml.rels"
    parts[rels] = parts[rels].replace("</Relationships>", relation)
    parts[name] = said
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in parts.items():
            archive.writestr(member, content.encode("utf-8", "surrogateescape"))
    return path


NOTES = (
    f"<w:footnotes {nsdecls('w')}><w:footnote w:id='0' w:type='separator'><w:p/></w:footnote><w:footnote w:id='2'><w:p>"
    "<w:r><w:t>But for May.</w:t></w:r></w:p></w:footnote></w:footnotes>"
)


def test_a_footnote_follows_the_paragraph_that_refers_to_it(tmp_path: Path) -> None:
    path = with_footnote(tmp_path / "pool.docx", NOTES)
    assert texts(path) == ["The pool is closed on Sunday. [But for May.]", "It opens at eight."]


def test_an_entity_in_the_notes_is_refused_whatever_their_part_is_called(tmp_path: Path) -> None:
    hostile = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>{NOTES.replace("May", "&x;")}'
    with pytest.raises(ReadingError, match="XML entity"):
        read_docx(with_footnote(tmp_path / "pool.docx", hostile, "word/footnotes.bin"), LIMITS)


def test_the_table_of_contents_that_word_makes_is_not_said_twice(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Article 1")
    contents = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
        "</w:sdtPr>"
        "<w:sdtContent><w:p><w:r><w:t>Article 1 ... 7</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    document.element.body.insert(0, contents)
    document.save(str(tmp_path / "law.docx"))
    assert texts(tmp_path / "law.docx") == ["Article 1"]


def test_lists_in_lists_stand_further_in_and_signs_are_read_in_any_style(tmp_path: Path) -> None:
    document = docx.Document()
    declare(document, level(0, "bullet", "•"), level(1, "lowerLetter", "%2)"), level(2, "decimal", "%2.%3"))
    for text, at in (("paint, unless", 0), ("in tins", 1), ("closed", 2), ("oil", 0)):
        numbered(document, text, at).style = "Normal" if at == 0 else "List Paragraph"
    document.add_paragraph("tar", style="List Bullet 2")
    document.save(str(tmp_path / "list.docx"))
    passage = cut_blocks(read_docx(tmp_path / "list.docx", LIMITS).blocks, "x")[0]
    assert passage.text == "- paint, unless\n  a) in tins\na.1 closed\n- oil\n  - tar"
