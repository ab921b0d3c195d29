# SPDX-License-Identifier: Apache-2.0
"""Readers give the text of honest documents, and one clear sentence for every other kind."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import docx
import pypdfium2 as pdfium
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from daulat.knowledge.readers import Block, Limits, ReadingError, read_document
from daulat.knowledge.readers.docx import read_docx
from daulat.knowledge.readers.html import read_html
from daulat.knowledge.readers.pdf import read_pdf

LIMITS = Limits(seconds=60)


def word_file(path: Path, *paragraphs: str) -> Path:
    document = docx.Document()
    document.add_heading("Fees", level=1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Birth certificate", "free"
    document.save(str(path))
    return path


def pdf_file(path: Path, *pages: str, password: str = "") -> Path:
    canvas = Canvas(str(path), encrypt=StandardEncryption(password) if password else None)
    for page in pages:
        for number, line in enumerate(page.splitlines()):
            canvas.drawString(72, 700 - 20 * number, line)
        canvas.showPage()
    canvas.save()
    return path


def with_part(path: Path, name: str, content: bytes) -> Path:
    """Add one part to a Word file."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def refusal(path: Path, declared: str, limits: Limits = LIMITS) -> str:
    with pytest.raises(ReadingError) as caught:
        read_document(path, declared, limits)  # type: ignore[arg-type]
    assert caught.value.fix
    return caught.value.what


def test_a_word_file_gives_headings_paragraphs_and_rows_in_order(tmp_path: Path) -> None:
    extract = read_document(word_file(tmp_path / "fees.docx", "A certificate costs nothing."), "docx", LIMITS)
    assert extract.blocks == (
        Block("heading", "Fees", 1),
        Block("text", "A certificate costs nothing."),
        Block("text", "Birth certificate | free"),
    )


def test_a_pdf_gives_its_lines_without_page_numbers_and_running_heads(tmp_path: Path) -> None:
    pages = [
        f"Gazette of Exampland\nArticle {n}\nThe fee of office {n} is waived for everybody.\n- {n} -"
        for n in range(1, 6)
    ]
    extract = read_document(pdf_file(tmp_path / "law.pdf", *pages), "pdf", LIMITS)
    assert [block.text for block in extract.blocks[:2]] == ["Article 1", "The fee of office 1 is waived for everybody."]
    assert len(extract.blocks) == 10


def test_a_page_gives_its_article_without_menus_and_scripts(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<title>Fees</title><nav><p>Home</p></nav><main><h2>Who pays</h2><p>Nobody <b>pays</b>.</p>"
        "<ul><li>Birth</li></ul><script>alert(1)</script></main><footer><p>2024</p></footer>"
    )
    extract = read_html(page, LIMITS)
    assert extract.title == "Fees"
    assert extract.blocks == (Block("heading", "Who pays", 2), Block("text", "Nobody pays."), Block("item", "Birth"))


def test_a_page_that_only_opens_elements_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<div>" * 200_000 + "A fee.")  # parsing it takes minutes
    assert "inside each other" in refusal(page, "html", Limits(seconds=20))


def test_a_long_page_whose_paragraphs_are_never_closed_is_read(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<ul>" + "<li>A fee.<br>" * 20_000 + "</ul>" + "<p>Nobody pays." * 20_000)
    assert len(read_document(page, "html", LIMITS).blocks) == 40_000


def test_markdown_keeps_words_and_drops_pictures(tmp_path: Path) -> None:
    file = tmp_path / "guide.md"
    file.write_text(
        "---\ntitle: Guide\n---\n# Start\n\n![a picture](x.png) See [the form](y.pdf).\n\n"
        "- one\n\n|a|b|\n|-|-|\n|c|d|\n"
    )
    extract = read_document(file, "markdown", LIMITS)
    assert extract.title == "Guide"
    assert [block.text for block in extract.blocks] == ["Start", "See the form.", "one", "a | b", "c | d"]


def test_items_of_a_numbered_list_in_markdown_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "law.md").write_text(
        "3. Notice\n\n   is free\n4. Fee\n   1) adults\n   2) others\n   - a dog\n\n- end\n"
    )
    blocks = read_document(tmp_path / "law.md", "markdown", LIMITS).blocks
    assert [(block.kind, block.text) for block in blocks] == [
        ("numbered", "3. Notice"), ("item", "is free"), ("numbered", "4. Fee"), ("numbered", "1) adults"),
        ("numbered", "2) others"), ("item", "a dog"), ("item", "end"),
    ]  # fmt: skip


def test_items_that_are_all_written_alike_are_counted_and_a_gap_stays_one(tmp_path: Path) -> None:
    (tmp_path / "law.md").write_text("1. a\n1. b\n   1. c\n1. d\n\n# Act\n\n4. e\n6. f\n")
    texts = [block.text for block in read_document(tmp_path / "law.md", "markdown", LIMITS).blocks]
    assert texts == ["1. a", "2. b", "1. c", "3. d", "Act", "4. e", "6. f"]


def test_the_title_of_a_document_is_the_one_at_its_top(tmp_path: Path) -> None:
    (tmp_path / "act.md").write_text("# Land Act\n\n## Section 1\n\nNobody pays.")
    (tmp_path / "parts.md").write_text("# Section 1\n\nNobody pays.\n\n# Section 2\n\nAll pay.")
    assert [read_document(tmp_path / name, "markdown", LIMITS).title for name in ("act.md", "parts.md")] == [
        "Land Act",
        "",
    ]
    word = docx.Document()
    word.core_properties.title = "Microsoft Word - draft7"
    word.add_heading("Employment Act, 2007", level=0)  # the style `Title`
    word.add_heading("Part I", level=1)
    word.add_paragraph("Nobody pays.")
    word.save(str(tmp_path / "act.docx"))
    assert read_docx(tmp_path / "act.docx", LIMITS).title == "Employment Act, 2007"


def test_an_empty_file_is_named_as_empty(tmp_path: Path) -> None:
    (tmp_path / "law.pdf").touch()
    assert "is empty" in refusal(tmp_path / "law.pdf", "pdf")


def test_a_word_file_of_endless_paragraphs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daulat.knowledge.readers._word._MOST_BLOCKS", 5)
    with pytest.raises(ReadingError, match="more than 5 paragraphs"):
        read_docx(word_file(tmp_path / "fees.docx", *["The fee is 5."] * 5), LIMITS)


@pytest.mark.parametrize(("declared", "seconds", "memory"), [("docx", 60, 2**30), ("pdf", 900, 2**30)])
def test_a_word_file_has_less_time_than_scanned_pages_and_none_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, declared: str, seconds: float, memory: int
) -> None:
    def note(_command: object, *, input: bytes, timeout: float, **_: object) -> None:
        raise ReadingError(f"{timeout:g} {json.loads(input)['limits']['memory_bytes']}", fix="-")

    monkeypatch.setattr("daulat.knowledge.readers.guard.subprocess.run", note)
    path = word_file(tmp_path / "a") if declared == "docx" else pdf_file(tmp_path / "a", "Article 1")
    with pytest.raises(ReadingError, match=f"{seconds} {memory}"):
        read_document(path, declared, Limits())


def test_a_pdf_named_docx_is_not_read_as_one(tmp_path: Path) -> None:
    path = pdf_file(tmp_path / "law.docx", "Article 1")
    assert refusal(path, "docx") == "law.docx is declared as docx but looks like pdf"


def test_a_wrong_file_among_right_ones_is_not_mended_by_another_format_for_all(tmp_path: Path) -> None:
    with pytest.raises(ReadingError) as caught:
        read_document(pdf_file(tmp_path / "law.docx", "Article 1"), "docx", LIMITS)
    assert "a source of its own" in caught.value.fix


def test_a_pdf_without_pages_is_not_told_as_a_success(tmp_path: Path) -> None:
    pdfium.PdfDocument.new().save(str(tmp_path / "law.pdf"))
    assert refusal(tmp_path / "law.pdf", "pdf") == "law.pdf has no page that can be read"


@pytest.mark.parametrize(
    ("text", "is_read"), [("س" * 60, True), ("س" * 61, False), ("x" * 61, False), ("𐤀" * 60, True)]
)
def test_a_text_is_measured_in_characters_whatever_its_script(tmp_path: Path, text: str, is_read: bool) -> None:
    (tmp_path / "law.txt").write_text(text)
    limits = replace(LIMITS, text_chars=60)
    if is_read:
        assert read_document(tmp_path / "law.txt", "text", limits).text == text
    else:
        with pytest.raises(ReadingError, match="more than 60 characters"):
            read_document(tmp_path / "law.txt", "text", limits)


def test_binary_data_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "law.txt").write_bytes(b"abc\0def")
    (tmp_path / "old.txt").write_bytes("größer".encode("latin-1"))
    assert "binary" in refusal(tmp_path / "law.txt", "text")
    assert "not UTF-8" in refusal(tmp_path / "old.txt", "text")


def test_a_truncated_pdf_is_damaged(tmp_path: Path) -> None:
    path = pdf_file(tmp_path / "law.pdf", "Article 1")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ReadingError, match="damaged"):
        read_pdf(path, LIMITS)


def test_an_encrypted_pdf_asks_for_an_open_copy(tmp_path: Path) -> None:
    path = pdf_file(tmp_path / "law.pdf", "Article 1", password="secret")
    with pytest.raises(ReadingError, match="encrypted with a password"):
        read_pdf(path, LIMITS)


def test_an_encrypted_word_file_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / "law.docx").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "encrypted or in the old .doc format" in refusal(tmp_path / "law.docx", "docx")


def test_a_word_file_cut_short_is_damaged(tmp_path: Path) -> None:
    path = word_file(tmp_path / "law.docx", "text")
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ReadingError, match="damaged"):
        read_docx(path, LIMITS)


def test_a_zip_without_a_document_is_not_a_word_file(tmp_path: Path) -> None:
    with_part(tmp_path / "law.docx", "hello.txt", b"hello")
    with pytest.raises(ReadingError, match="not a Word document"):
        read_docx(tmp_path / "law.docx", LIMITS)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = with_part(word_file(tmp_path / "law.docx", "text"), "word/media/zeros.bin", bytes(3_000_000))
    with pytest.raises(ReadingError, match="unpacks to"):
        read_docx(path, replace(LIMITS, unpacked_bytes=2_000_000))


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "word\\..\\..\\x.xml", "C:/x"])
def test_a_part_that_names_a_path_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = with_part(word_file(tmp_path / "law.docx", "text"), name, b"x")
    with pytest.raises(ReadingError, match="outside the document"):
        read_docx(path, LIMITS)


def test_an_external_entity_is_refused_and_its_file_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    hostile = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><x>&e;</x>'
    path = with_part(word_file(tmp_path / "law.docx", "text"), "word/evil.xml", hostile.encode())
    with pytest.raises(ReadingError, match="XML entity") as caught:
        read_docx(path, LIMITS)
    assert "the secret" not in str(caught.value)


DOCTYPE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def with_entity(path: Path, *, before: str = "", encoding: str = "utf-8", name: str = "word/document.xml") -> Path:
    """Write a Word file whose text says `within &x; days`; `before` stands before the document type."""
    word_file(path, "A birth is reported within SIXTY days.")
    with zipfile.ZipFile(path) as archive:
        parts = {member: archive.read(member) for member in archive.namelist()}
    text = parts.pop("word/document.xml").decode().partition("?>")[2].replace("SIXTY", "&x;")
    parts[name] = f'<?xml version="1.0" encoding="{encoding}"?>{before}{DOCTYPE}{text}'.encode(encoding)
    for member in ("[Content_Types].xml", "_rels/.rels"):
        parts[member] = parts[member].replace(b"word/document.xml", name.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in parts.items():
            archive.writestr(member, content)
    return path


@given(
    padding=st.integers(0, 200_000),
    encoding=st.sampled_from(
        ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso-8859-1", "cp037", "shift_jis"]
    ),
    name=st.sampled_from(["word/document.xml", "word/document.txt"]),
)
@example(padding=70_000, encoding="utf-8", name="word/document.xml")
@example(padding=0, encoding="utf-16", name="word/document.xml")
@example(padding=0, encoding="utf-8", name="word/document.txt")
@settings(max_examples=25)
def test_an_entity_never_swallows_a_word_however_it_is_hidden(
    tmp_path_factory: pytest.TempPathFactory, padding: int, encoding: str, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "hidden.docx"
    with_entity(path, before=f"<!--{'x' * padding}-->", encoding=encoding, name=name)
    with pytest.raises(ReadingError):
        read_docx(path, LIMITS)


def test_an_entity_that_is_hidden_is_named_as_one(tmp_path: Path) -> None:
    for number, hidden in enumerate(({"before": f"<!--{'x' * 70_000}-->"}, {"encoding": "utf-16"})):
        with pytest.raises(ReadingError, match=r"XML entity in `word/document\.xml`"):
            read_docx(with_entity(tmp_path / f"{number}.docx", **hidden), LIMITS)


def test_words_that_look_like_an_entity_are_words(tmp_path: Path) -> None:
    path = word_file(tmp_path / "guide.docx", "Begin a page with <!DOCTYPE html> and no <!ENTITY x>.")
    assert read_docx(path, LIMITS).blocks[1].text == "Begin a page with <!DOCTYPE html> and no <!ENTITY x>."


def test_a_file_larger_than_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = pdf_file(tmp_path / "law.pdf", "Article 1")
    assert "the limit is 100" in refusal(path, "pdf", replace(LIMITS, file_bytes=100))


def test_more_pages_than_the_limit_are_refused(tmp_path: Path) -> None:
    path = pdf_file(tmp_path / "law.pdf", "one", "two", "three")
    with pytest.raises(ReadingError, match="3 pages"):
        read_pdf(path, replace(LIMITS, pages=2))


def test_a_page_that_unpacks_to_more_than_memory_allows_costs_one_document_only(tmp_path: Path) -> None:
    packing = zlib.compressobj(9)
    packed = b"".join(packing.compress(bytes(2**20)) for _ in range(1000)) + packing.flush()
    content = zlib.compress(packed, 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    stream = b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%b\nendstream" % (len(content), content)
    parts = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream)
    path = tmp_path / "bomb.pdf"
    objects = b"".join(b"%d 0 obj\n%b\nendobj\n" % (number, part) for number, part in enumerate(parts, 1))
    path.write_bytes(b"%PDF-1.4\n" + objects + b"trailer<</Size 5/Root 1 0 R>>\n%%EOF")
    assert path.stat().st_size < 10_000
    assert "in need of more than 1,024 MiB of memory" in refusal(path, "pdf")


def test_a_reader_that_needs_too_much_memory_costs_one_document_only(tmp_path: Path) -> None:
    path = pdf_file(tmp_path / "law.pdf", "Article 1")
    assert "stopped its reader" in refusal(path, "pdf", replace(LIMITS, memory_bytes=30 * 2**20))


def test_a_reader_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = pdf_file(tmp_path / "law.pdf", "Article 1")
    assert "took more than" in refusal(path, "pdf", replace(LIMITS, seconds=0.01))


def test_a_picture_of_text_without_tesseract_names_the_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = pdf_file(tmp_path / "scan.pdf", "")
    with pytest.raises(ReadingError) as caught:
        read_pdf(path, replace(LIMITS, ocr_language="ind"))
    assert "tesseract-ocr-ind" in caught.value.fix


def test_reading_in_place_imports_no_parser_of_hostile_formats() -> None:
    code = "import sys, daulat.knowledge.readers; print([m for m in ('docx', 'pypdfium2', 'lxml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_text_in_utf_16_without_its_mark_is_told_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_bytes("The office is closed on 17 August.".encode("utf-16-le"))
    with pytest.raises(ReadingError, match="UTF-16 without a byte order mark") as raised:
        read_document(tmp_path / "notice.txt", "text", Limits())
    assert "Save it as UTF-8" in raised.value.fix


@pytest.mark.parametrize(
    ("named", "encoding", "text"),
    [
        ("iso-8859-1", "cp1252", "Tasu on 5 € – “kõik”"),
        ("Shift_JIS", "cp932", "手数料は①三百円です。"),
        ("euc-jp", "euc_jp", "手数料は三百円です。"),
        ("gb2312", "gb18030", "费用为三百元。"),
        ("windows-1251", "cp1251", "Плата 300 рублей"),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_declares(tmp_path: Path, named: str, encoding: str, text: str) -> None:
    for meta in (f'<meta charset="{named}">', f'<meta http-equiv=content-type content="text/html; charset={named}">'):
        (tmp_path / "page.html").write_bytes(f"<head>{meta}<title>t</title><body><p>{text}".encode(encoding))
        assert read_html(tmp_path / "page.html", LIMITS).text == text
        # Saved anew as the message asks, the page still names the old one.
        (tmp_path / "page.html").write_bytes(f"<head>{meta}<title>t</title><body><p>{text}".encode())
        assert read_html(tmp_path / "page.html", LIMITS).text == text


@pytest.mark.parametrize("named", ["utf-8", "zip", "rot13", "unicode_escape", "no-such", ""])
def test_a_page_whose_encoding_is_not_told_or_not_so_is_refused_with_what_to_do(tmp_path: Path, named: str) -> None:
    (tmp_path / "old.html").write_bytes(f"<meta charset={named}><p>k\xf5ik".encode("cp1252"))
    with pytest.raises(ReadingError, match="not UTF-8") as caught:
        read_html(tmp_path / "old.html", LIMITS)
    assert "iconv" in caught.value.fix
