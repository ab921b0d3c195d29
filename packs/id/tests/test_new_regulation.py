# SPDX-License-Identifier: Apache-2.0
"""A regulation that the bundle lacks is added as a file: cut by BAB and Pasal, and what it changes is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from daulat.knowledge.ingest import IngestedDocument, ingest_all
from daulat.knowledge.opening import nation_rules
from daulat.knowledge.sources import load_sources
from daulat.nation import find_pack

SOURCES = """
format: 1
sources:
  - id: id-test
    title: Peraturan baru
    publisher: Kementerian Percobaan
    jurisdiction: ID
    licence: CC0-1.0
    retrieved: '2026-01-02'
    coverage_date: '2026-01-01'
    language: id
    document: {citation: UU 99/2025, doc_id: UU-99-2025, kind: UU, number: '99', year: 2025, status: in_force}
    read: {format: FORMAT, path: law.EXT, structure: id-regulation}
"""
LAW = """\
UNDANG-UNDANG REPUBLIK INDONESIA
NOMOR 99 TAHUN 2025
TENTANG
PERCOBAAN

Menimbang: a. bahwa perlu dicoba;

BAB I
KETENTUAN UMUM

Pasal 1
(1) Percobaan adalah uji sebagaimana dimaksud dalam
Pasal 2
ayat (1).
(2) Menteri mengaturnya.

BAB II
PENUTUP

Pasal 2
Undang-Undang ini mulai berlaku pada tanggal diundangkan.

PENJELASAN
ATAS
UNDANG-UNDANG REPUBLIK INDONESIA NOMOR 99 TAHUN 2025
I. UMUM
Cukup panjang.
II. PASAL DEMI PASAL
Pasal 1
Cukup jelas.
"""


def read(folder: Path, form: str, extension: str, text: str) -> IngestedDocument:
    (folder / f"law.{extension}").write_text(text, encoding="utf-8")
    declared = folder / "sources.yaml"
    declared.write_text(SOURCES.replace("FORMAT", form).replace("EXT", extension))
    result = ingest_all(load_sources(declared), nation_rules(find_pack("ID"), declared))
    assert not result.failures
    return result.documents[0]


@pytest.mark.parametrize(("form", "extension"), [("text", "txt"), ("markdown", "md"), ("html", "html")])
def test_a_file_is_cut_by_its_articles(tmp_path: Path, form: str, extension: str) -> None:
    text = LAW
    if form == "html":
        text = "".join(f"<p>{line}</p>" for line in LAW.splitlines() if line)
    elif form == "markdown":
        text = "\n\n".join(line for line in LAW.splitlines() if line)
    document = read(tmp_path, form, extension, text)
    articles = [(p.section, p.article, p.heading) for p in document.passages]
    assert articles == [
        ("preamble", None, None),
        ("body", "1", "BAB I KETENTUAN UMUM"),
        ("body", "2", "BAB II PENUTUP"),
        ("elucidation_general", None, None),
        ("elucidation", "1", None),
    ]
    assert document.passages[1].text.startswith("(1) Percobaan adalah uji sebagaimana dimaksud dalam Pasal 2 ayat (1).")
    assert (document.document.status, document.document.rank) == ("in_force", 3)
