# SPDX-License-Identifier: Apache-2.0
"""A page of HTML is read as a browser shows it; a page of a PDF that is a picture is read, or said not to be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from daulat.knowledge.cutting import cut_blocks
from daulat.knowledge.readers import Block, Limits, ReadingError, pdf
from daulat.knowledge.readers.html import read_html
from daulat.knowledge.readers.pdf import read_pdf
from daulat.knowledge.readers.text import read_markdown

LIMITS = Limits(seconds=60)
TEXT = "Every person who keeps {} dogs pays a fee of twelve euro."


def blocks(folder: Path, body: str) -> list[tuple[str, str]]:
    (folder / "page.html").write_text(f"<title>t</title><body>{body}")
    return [(block.kind, block.text) for block in read_html(folder / "page.html", LIMITS).blocks]


def test_text_outside_of_paragraphs_is_read_in_its_place(tmp_path: Path) -> None:
    page = "<div>A permit costs 40.</div><p>Ask at <b>desk</b> 3.</p><span>Open from 8</span> to 9."
    assert [text for _, text in blocks(tmp_path, page)] == ["A permit costs 40.", "Ask at desk 3.", "Open from 8 to 9."]


def test_lists_in_lists_and_paragraphs_in_cells_are_said_once_with_their_numbers(tmp_path: Path) -> None:
    page = (
        "<ol type=a start=2><li>Citizens:<ul><li>card</li></ul></li><li value=5><p>Others</p></li></ol>"
        "<ol style='list-style-type: upper-roman'><li><ol><li>deep</li></ol></li></ol>"
        "<table><tr><td><p>Small shop</p></td><td><p>10</p></td></tr></table><ol><li></li></ol>after"
    )
    assert blocks(tmp_path, page) == [
        ("numbered", "b. Citizens:"),
        ("item", "card"),
        ("numbered", "e. Others"),
        ("numbered", "I. 1. deep"),
        ("text", "Small shop | 10"),
        ("text", "after"),
    ]


def test_prices_stay_in_their_columns(tmp_path: Path) -> None:
    page = "<table><tr><th>Day<th>Child<th>Adult</tr><tr><td rowspan=2>Monday<td><td>10</tr><tr><td>5<td>9</tr></table>"
    assert [text for _, text in blocks(tmp_path, page)] == ["Day | Child | Adult", "Monday | – | 10", "Monday | 5 | 9"]


def test_a_cell_that_reaches_down_is_said_in_every_row_of_a_table_of_two_columns(tmp_path: Path) -> None:
    page = "<table><tr><td rowspan=2>Male<td>1</tr><tr><td>2</tr><tr><td>Female<td>3</tr><tr><td>A note.</tr></table>"
    (tmp_path / "page.html").write_text(page)
    assert read_html(tmp_path / "page.html", LIMITS).text == "Male | 1\nMale | 2\nFemale | 3\nA note."


def test_a_table_that_lays_a_page_out_is_read_as_a_page(tmp_path: Path) -> None:
    page = "<table><tr><td><h2>Fees</h2><p>None.</p></td><td><table><tr><td>a<td>b</table></td></tr></table>"
    assert blocks(tmp_path, page) == [("heading", "Fees"), ("text", "None."), ("text", "a | b")]


def test_a_page_inside_a_form_is_read_without_the_controls(tmp_path: Path) -> None:
    page = "<form><div>Valid for 30 days.</div><select><option>Choose</select><button>Send</button></form>"
    assert blocks(tmp_path, page) == [("text", "Valid for 30 days.")]


def test_the_head_of_an_article_is_its_title_and_one_of_several_articles_is_not_the_page(tmp_path: Path) -> None:
    head = "<header><p>Site</p></header>"
    one = f"{head}<article><header><h1>Fees</h1></header><p>None.</p></article><aside>Ads</aside>"
    assert blocks(tmp_path, one) == [("heading", "Fees"), ("text", "None.")]
    several = f"{head}<article><p>One.</p></article><article><p>Two.</p></article>"
    assert blocks(tmp_path, several) == [("text", "One."), ("text", "Two.")]
    assert blocks(tmp_path, "<main></main><p>All.</p>") == [("text", "All.")]


def mixed_pdf(path: Path, *, text: int, scans: int) -> Path:
    """Write pages with text, an empty one, and pages with nothing but a drawing."""
    canvas = Canvas(str(path))
    for number in range(text + 1 + scans):
        if number < text:
            canvas.drawString(72, 700, TEXT.format(number))
        elif number > text:
            canvas.rect(72, 72, 300, 300, fill=1)
        canvas.showPage()
    canvas.save()
    return path


def test_the_scanned_pages_of_a_pdf_with_text_are_read_in_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_need_tesseract", lambda *_: None)
    monkeypatch.setattr(pdf, "_ocr", lambda *_: ["The fee of cats, as it was scanned."])
    extract = read_pdf(mixed_pdf(tmp_path / "law.pdf", text=3, scans=1), LIMITS)
    texts = [*map(TEXT.format, range(3)), "The fee of cats, as it was scanned."]
    assert extract.blocks == tuple(Block("text", text) for text in texts)
    assert (extract.by_ocr, extract.notes) == (True, ())


def test_scanned_pages_that_nobody_can_read_are_told_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    extract = read_pdf(mixed_pdf(tmp_path / "law.pdf", text=6, scans=3), LIMITS)
    (note,) = extract.notes
    assert (len(extract.blocks), extract.by_ocr) == (6, False)
    assert note.startswith("pages 8–10 were not read")
    assert "tesseract-ocr-eng" in note
    with pytest.raises(ReadingError, match="9 pages are pictures"):
        read_pdf(mixed_pdf(tmp_path / "scan.pdf", text=2, scans=9), LIMITS)


def test_a_picture_without_a_text_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_need_tesseract", lambda *_: None)
    monkeypatch.setattr(pdf, "_ocr", lambda *_: [])
    extract = read_pdf(mixed_pdf(tmp_path / "law.pdf", text=3, scans=1), LIMITS)
    assert extract.notes == ("page 5 was not read, for no text was found in the picture.",)


def test_the_question_of_an_accordion_is_read_though_it_is_a_button(tmp_path: Path) -> None:
    page = (
        "<h2><button data-bs-target='#a'>How much?</button></h2><div id=a>Ten.</div><button aria-controls=b>By when?"
        "</button><button aria-controls=c>Who?</button><div id=b hidden>1 May.</div><div id=c>All.</div>"
    )
    read = [("heading", "How much?"), ("text", "Ten."), ("text", "By when? Who?"), ("text", "1 May."), ("text", "All.")]
    assert blocks(tmp_path, page) == read


def test_a_button_that_opens_a_menu_or_stands_beside_a_heading_is_a_control(tmp_path: Path) -> None:
    page = "<button aria-controls=m>Menu</button><nav id=m>Home</nav><h2>Fees <button>Copy link</button></h2><p>None."
    assert blocks(tmp_path, page) == [("heading", "Fees"), ("text", "None.")]


def test_questions_that_a_page_opens_are_headings_of_their_answers(tmp_path: Path) -> None:
    page = (
        "<h1>Passports</h1><details><summary>For my child?</summary><p>Both parents sign.<ol><li>a</ol></details>"
        "<details><summary>Stolen <b>passport</b></summary>Tell the police.</details><p>Open from 8 to 4.</p>"
        "<dl><dt>Where?</dt><dd>At the office.</dd><dd>By post.</dd><dt>When?<dd>On Monday.</dl><p>Ask us."
    )
    assert blocks(tmp_path, page) == [
        ("heading", "Passports"),
        ("heading", "For my child?"),
        ("text", "Both parents sign."),
        ("numbered", "1. a"),
        ("heading", "Stolen passport"),
        ("text", "Tell the police."),
        ("heading", "Passports"),  # what comes after a panel is not in it
        ("text", "Open from 8 to 4."),
        ("heading", "Where?"),
        ("text", "At the office."),
        ("item", "By post."),
        ("heading", "When?"),
        ("text", "On Monday."),
        ("heading", "Passports"),
        ("text", "Ask us."),
    ]


def test_a_panel_with_headings_of_its_own_and_terms_that_ask_nothing_are_no_headings(tmp_path: Path) -> None:
    page = (
        "<h2>Fees</h2><details><summary>Dogs</summary><h3>Old</h3><p>5</p></details><dl><dt>Cat<dd>3<dt>Any?<dd>1</dl>"
        "<ul><li><details><summary>More</summary><p>Ask.</p></details></ul>"
    )
    assert [text for kind, text in blocks(tmp_path, page) if kind == "heading"] == ["Fees", "Old"]
    assert blocks(tmp_path, "<details><summary>More?</summary>Ask.</details>") == [("text", "More?"), ("text", "Ask.")]


def test_lists_in_lists_stand_further_in(tmp_path: Path) -> None:
    page = "<ul><li>paint, unless<ul><li>in tins<ol><li>closed</ol></ul><li>oil</ul><ol><li>a<ol type=i><li>b</ol></ol>"
    (tmp_path / "page.html").write_text(f"<title>t</title><body>{page}")
    text = "- paint, unless\n  - in tins\n    1. closed\n- oil\n1. a\n  i. b"
    assert cut_blocks(read_html(tmp_path / "page.html", LIMITS).blocks, "x")[0].text == text
    (tmp_path / "page.md").write_text("- paint, unless\n  - in tins\n    1. closed\n- oil\n\n1. a\n   1) b")
    written = cut_blocks(read_markdown(tmp_path / "page.md", LIMITS).blocks, "x")[0].text
    assert written == text.replace("i. b", "1) b")


def test_a_page_that_says_by_roles_what_it_is_made_of_is_read_without_its_furniture(tmp_path: Path) -> None:
    around = "<div role=dialog>We use cookies.</div><div role=Banner>Town</div><ul role=navigation><li>Home</ul>"
    foot = "<div role=complementary>News</div><div role=contentinfo>Imprint</div>"
    assert blocks(tmp_path, f"{around}<div>Fees: <b role=note>none</b>.</div>{foot}") == [("text", "Fees: none.")]
    inside = "<div role=main><div role=dialog>Bring a card.</div><p>Open.</p></div>"
    assert blocks(tmp_path, f"<p>Skip</p>{inside}<p>Site</p>") == [("text", "Bring a card."), ("text", "Open.")]


def test_a_note_at_the_foot_of_a_page_is_said_where_it_is_referred_to(tmp_path: Path) -> None:
    page = (
        "<ol><li>A card<sup><a href='#n1'>1</a></sup>;<li>10 m<sup>2</sup></ol><table><tr><td>Dog<td>5"
        "<a href='#_ftn1' name='_back'><span><sup>[a]</sup></span></a></table><p>Or<a href='#far'><sup>2</sup></a></p>"
        "<h2 id=far>Far <a href='#far'>#</a></h2><p>Text.</p><h2>Notes</h2>"
        "<ol><li id=n1>A refugee's card too<sup><a href='#n2'>2</a></sup>. <a href='#x'>↩</a><li id=n2>Blue.</ol>"
        "<div><p><a href='#_back' name='_ftn1'><sup>[a]</sup></a> Six for<br>wolves.</p></div>"
    )
    assert blocks(tmp_path, page) == [
        ("numbered", "1. A card; [A refugee's card too.]"),
        ("numbered", "2. 10 m²"),
        ("text", "Dog | 5 [Six for wolves.]"),
        ("text", "Or²"),
        ("heading", "Far #"),
        ("text", "Text."),
        ("heading", "Notes"),
        ("numbered", "1. Blue."),
    ]


def test_a_note_of_markdown_is_said_where_it_is_referred_to(tmp_path: Path) -> None:
    text = "Pay 5[^1] at the *desk*[^x].\n\n| a | b[^2] |\n|---|---|\n\n[^1]: Or\n    six.\n[^2]: C.\n[^3]: Spare."
    (tmp_path / "page.md").write_text(text)
    read = [block.text for block in read_markdown(tmp_path / "page.md", LIMITS).blocks]
    assert read == ["Pay 5 at the desk[^x]. [Or six.]", "a | b [C.]", "[^3]: Spare."]


def leaflet(path: Path, *pages: Sequence[tuple[float, str]]) -> Path:
    """Write pages of lines, each with the size of its font."""
    canvas = Canvas(str(path))
    for page in pages:
        for number, (size, line) in enumerate(page):
            canvas.setFont("Helvetica", size)
            canvas.drawString(72, 780 - 40 * number, line)
        canvas.showPage()
    canvas.save()
    return path


FEES = [
    (20, "Travel documents of"), (20, "Exampland"),
    (14, "Fees"), (11, "A passport costs sixty crowns at the counter and fifty on the net."),
    (14, "Opening hours"), (11, "The counter is open from Monday to Friday, from eight to noon."),
    (11, "On Friday it closes at eleven, and on public holidays it is closed."),
]  # fmt: skip


def test_what_a_pdf_sets_larger_parts_it_as_headings_do(tmp_path: Path) -> None:
    extract = read_pdf(leaflet(tmp_path / "fees.pdf", FEES), LIMITS)
    passages = cut_blocks(extract.blocks, "fees")
    title = "Travel documents of Exampland"
    assert [passage.heading for passage in passages] == [f"{title} / Fees", f"{title} / Opening hours"]
    assert passages[0].text == "A passport costs sixty crowns at the counter and fifty on the net."


def test_a_law_in_pdf_is_cut_at_its_sections_however_large_their_titles_are(tmp_path: Path) -> None:
    law = [
        line
        for n in range(1, 5)
        for line in ((15, f"Section {n} Fee {n}"), (11, f"The fee of office number {n} is waived for everybody."))
    ]
    passages = cut_blocks(read_pdf(leaflet(tmp_path / "law.pdf", law), LIMITS).blocks, "law")
    assert [passage.article for passage in passages] == [f"Section {n}" for n in range(1, 5)]


@pytest.mark.parametrize(
    "page",
    [
        [(11, "The fee is ten crowns."), (30, "COPY"), (11, "It is paid at the counter of the town hall.")],
        [
            (15, "Fees . . . . . . . 2"),
            (15, "Hours ........... 3"),
            (11, "Fees are paid at the counter, in coins or notes."),
        ],
        [(30, "112"), (11, "Call this number, day and night, in any danger."), (30, "150")],
        [(22, "60 EUR"), (11, "For grown-ups, at the counter."), (22, "EUR 30,-"), (11, "For children under twelve.")],
        [(20, "All of this leaflet is large."), (20, "So is this line."), (11, "Only this one is small.")],
    ],
    ids=["a stamp", "a list of contents", "numbers", "prices", "mostly large"],
)
def test_what_is_no_certain_heading_stays_text(tmp_path: Path, page: list[tuple[float, str]]) -> None:
    extract = read_pdf(leaflet(tmp_path / "page.pdf", page), LIMITS)
    assert extract.blocks == tuple(Block("text", line) for _size, line in page)


def test_a_large_line_that_returns_on_every_page_is_no_heading(tmp_path: Path) -> None:
    pages = [
        [(11, f"Line {n}: the fee is ten crowns, and the office is open."), (30, "DRAFT"), (11, f"Line {n} goes on.")]
        for n in range(4)
    ]
    extract = read_pdf(leaflet(tmp_path / "draft.pdf", *pages), LIMITS)
    assert {block.kind for block in extract.blocks} == {"text"}


def test_fonts_of_one_size_are_alike_however_high_they_are_drawn(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "fonts.pdf"))
    for n, font in enumerate(["Helvetica", "Times-Roman", "Courier", "Helvetica"] * 3):
        canvas.setFont(font, 11)
        canvas.drawString(72, 780 - 16 * n, f"The fee of office number {n} is waived.")
    canvas.save()
    assert {block.kind for block in read_pdf(tmp_path / "fonts.pdf", LIMITS).blocks} == {"text"}


def test_the_parts_of_older_pages_are_known_by_the_names_that_became_tags(tmp_path: Path) -> None:
    page = tmp_path / "fees.html"
    page.write_text(
        "<body><div id='header'><a href='/'>Home</a> <a href='/n'>News</a></div><div id=nav>Contact</div>"
        "<div id=content><h1>Fees</h1><p>A dog licence costs twelve euro.</p></div>"
        "<div id='Footer'>We use cookies.</div></body>"
    )
    assert [block.text for block in read_html(page, LIMITS).blocks] == ["Fees", "A dog licence costs twelve euro."]


def test_a_part_with_a_heading_and_one_inside_the_text_are_read(tmp_path: Path) -> None:
    page = tmp_path / "fees.html"
    page.write_text("<body><div id='header'><h1>Fees</h1><p>Since May.</p></div><p>A dog costs twelve euro.</p></body>")
    assert [block.text for block in read_html(page, LIMITS).blocks] == [
        "Fees",
        "Since May.",
        "A dog costs twelve euro.",
    ]
    page.write_text("<main><h1>Fees</h1><div id='footer'>A dog costs twelve euro.</div></main>")
    assert [block.text for block in read_html(page, LIMITS).blocks] == ["Fees", "A dog costs twelve euro."]
