# SPDX-License-Identifier: Apache-2.0
"""What a publisher struck out, hid or commented out is not told as the law; a note says how many pieces that were."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE

from daulat.knowledge.readers import Limits
from daulat.knowledge.readers.docx import read_docx
from daulat.knowledge.readers.html import read_html
from daulat.knowledge.readers.text import read_markdown

LIMITS = Limits()
ONE = ("1 piece of text that is struck out or hidden was not read.",)


@pytest.mark.parametrize(
    "page",
    [
        "<p>Pay <del>5</del><ins>6</ins>.</p>",
        "<p>Pay <s>5</s>6.</p>",
        "<p>Pay <strike>5</strike>6.</p>",
        "<p hidden>Draft: <b>pay 5</b>.</p><p>Pay 6.</p>",
        '<div style="color:red; Display: none"><p>Pay 5.</p><p>Or 7.</p></div><p>Pay 6.</p>',
        '<p>Pay <span style="text-decoration:line-through">5</span>6.</p>',
    ],
)
def test_a_page_without_what_is_struck_out_or_hidden(tmp_path: Path, page: str) -> None:
    (tmp_path / "fees.html").write_text(page)
    extract = read_html(tmp_path / "fees.html", LIMITS)
    assert (extract.text, extract.notes) == ("Pay 6.", ONE)


def test_what_a_search_in_the_page_opens_is_text_and_an_empty_piece_is_none(tmp_path: Path) -> None:
    (tmp_path / "fees.html").write_text('<p hidden="until-found">Pay 6.</p><p hidden> </p>')
    extract = read_html(tmp_path / "fees.html", LIMITS)
    assert (extract.text, extract.notes) == ("Pay 6.", ())


@pytest.mark.parametrize(
    ("opener", "panel"),
    [
        ('<button aria-controls="a1 a2">When?</button>', '<div id="a2" hidden>In 60 days.</div>'),
        ('<h3><a href="#a1">When?</a></h3>', '<div id="a1" style="display: none">In 60 days.</div>'),
        ('<p data-bs-target="#a1">When?</p>', '<p id="a1" hidden>In 60 days.</p>'),
    ],
)
def test_a_closed_panel_that_a_reader_opens_is_text(tmp_path: Path, opener: str, panel: str) -> None:
    (tmp_path / "faq.html").write_text(f"{opener}{panel}<p id=draft hidden>Or in 90.</p>")
    extract = read_html(tmp_path / "faq.html", LIMITS)
    assert extract.text.endswith("In 60 days.")
    assert extract.notes == ONE


def test_an_old_fee_in_a_closed_panel_stays_struck_out(tmp_path: Path) -> None:
    (tmp_path / "faq.html").write_text('<a href="#a">Fee</a><div id=a hidden>Pay <del id=a>5</del>6.</div>')
    assert read_html(tmp_path / "faq.html", LIMITS).text == "Fee\nPay 6."


def test_a_hidden_item_of_a_list_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "fees.html").write_text("<ol><li>a<li hidden>x<li>b</ol>")
    assert read_html(tmp_path / "fees.html", LIMITS).text == "1. a\n2. b"


def test_a_word_file_without_runs_that_are_struck_out_or_hidden(tmp_path: Path) -> None:
    document = docx.Document()
    style = document.styles.add_style("Old", WD_STYLE_TYPE.CHARACTER)
    style.font.double_strike = True
    paragraph = document.add_paragraph("Pay ")
    paragraph.add_run("5").font.strike = True
    paragraph.add_run("4", style="Old")
    paragraph.add_run("6.").font.strike = False
    document.add_paragraph().add_run("Draft: pay 7.").font.hidden = True
    document.save(str(tmp_path / "fees.docx"))
    extract = read_docx(tmp_path / "fees.docx", LIMITS)
    assert extract.text == "Pay 6."
    assert extract.notes == ("2 pieces of text that are struck out or hidden were not read.",)


def test_a_struck_out_point_of_a_list_has_no_text_and_keeps_its_number(tmp_path: Path) -> None:
    document = docx.Document()
    for word in ("one", "two", "three"):
        document.add_paragraph(style="List Number").add_run(word).font.strike = word == "two"
    document.save(str(tmp_path / "list.docx"))
    assert read_docx(tmp_path / "list.docx", LIMITS).text == "1. one\n3. three"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("Pay ~~5~~6.", ONE),
        ("Pay <del>5</del>6.", ONE),
        ("<div hidden>\n\nDraft: pay 5.\n\n- or 7\n\n</div>\n\nPay 6.", ONE),
        ("<!-- Draft:\n\npay 5. -->\n\nPay <!-- 5 -->6.", ()),
        ("<!-- Draft --> Pay 6.", ()),
        ("<script>\npay(5)\n</script>\n\n<span>Pay</span> <b class='x'>6</b>.", ()),
        ("Pay <s>\n6.", ONE),
    ],
)
def test_a_text_in_markdown_without_what_is_struck_out_hidden_or_a_comment(
    tmp_path: Path, text: str, notes: tuple[str, ...]
) -> None:
    (tmp_path / "fees.md").write_text(text)
    extract = read_markdown(tmp_path / "fees.md", LIMITS)
    assert extract.notes == notes
    assert extract.text == ("Pay" if "<s>" in text else "Pay 6.")


def test_the_words_of_html_in_markdown_are_text_and_its_tags_are_not(tmp_path: Path) -> None:
    table = "<table>\n<tr><th>Day</th><th>Fee</th></tr>\n<tr><td></td><td><p>5</p></td></tr>\n</table>"
    (tmp_path / "fees.md").write_text(f"<details><summary>Who</summary>\nAll &amp; one.\n</details>\n\n{table}\n")
    assert read_markdown(tmp_path / "fees.md", LIMITS).text == "Who\nAll & one.\nDay | Fee\n– | 5"
