# SPDX-License-Identifier: Apache-2.0
"""What stands above the line changes no number: "§ 14" with a raised 1 is not "§ 141"."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from daulat.knowledge.readers import Limits
from daulat.knowledge.readers.docx import read_docx
from daulat.knowledge.readers.html import read_html
from daulat.knowledge.readers.text import read_markdown

LIMITS = Limits()


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<h2>§ 14<sup>1</sup>. Duty</h2>", "§ 14¹. Duty"),
        ("<p>Keep 30<sup>2</sup> metres, or 10<sup>-3</sup>.</p>", "Keep 30² metres, or 10⁻³."),
        ("<p>The 1<sup>st</sup> of May</p>", "The 1st of May"),
        ('<p>The fee<sup><a href="#n">12</a></sup> is 5<sup>[3]</sup>.</p>', "The fee¹² is 5[3]."),
        ("<pre>30 m<sup>2</sup></pre><p>and 5</p>", "30 m²\nand 5"),
    ],
)
def test_a_page(tmp_path: Path, page: str, text: str) -> None:
    (tmp_path / "law.html").write_text(page)
    assert read_html(tmp_path / "law.html", LIMITS).text == text


def test_a_text_in_markdown(tmp_path: Path) -> None:
    (tmp_path / "law.md").write_text("## § 14<sup>1</sup>. Duty\n\n<p>Keep 30<sup>2</sup> metres.</p>\n")
    assert read_markdown(tmp_path / "law.md", LIMITS).text == "§ 14¹. Duty\nKeep 30² metres."


def test_a_word_file_by_its_runs_their_styles_and_its_formulas(tmp_path: Path) -> None:
    document = docx.Document()
    style = document.styles.add_style("Inserted", WD_STYLE_TYPE.CHARACTER)
    style.font.superscript = True
    paragraph = document.add_paragraph("§ 14")
    paragraph.add_run("1").font.superscript = True
    paragraph.add_run(" and § 15")
    paragraph.add_run("2", style="Inserted")
    paragraph.add_run(": 30 m")
    power = "<m:sSup {}><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>3</m:t></m:r></m:sup></m:sSup>"
    paragraph._p.append(parse_xml(power.format(nsdecls("m"))))
    document.save(str(tmp_path / "law.docx"))
    assert read_docx(tmp_path / "law.docx", LIMITS).text == "§ 14¹ and § 15²: 30 mx³"
