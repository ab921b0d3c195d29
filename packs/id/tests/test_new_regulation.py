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


def cut(folder: Path, text: str) -> list[tuple[str | None, str]]:
    return [(passage.article, passage.text) for passage in read(folder, "text", "txt", text).passages]


def test_an_article_is_known_in_every_usual_writing(tmp_path: Path) -> None:
    text = (
        "Pasal 1\nIsi satu.\nPASAL 2\nIsi dua.\nPasal 3:\nIsi tiga.\npasal 4\nIsi empat.\n"
        "Pasal 5 Setiap orang wajib lapor.\nPasal 5 A\nIsi lima A.\nPasal 6. (1) Isi enam.\n"
    )
    document = read(tmp_path, "text", "txt", text)
    assert [passage.article for passage in document.passages] == ["1", "2", "3", "4", "5", "5A", "6"]
    assert document.notes == ()


@pytest.mark.parametrize(
    "wrapped",
    [
        "Setiap orang yang melanggar\nPasal 10\nayat (2) dipidana denda.",
        "Ketentuan lebih lanjut sebagaimana diatur oleh\npasal 7\nberlaku pula.",
        "Izin diberikan kepada setiap orang yang memenuhi\nPasal 20 Undang-Undang Dasar.",
        "Denda paling lambat tanggal 31 Desember\n2024 sebesar\n750\nrupiah.",
    ],
)
def test_a_reference_and_a_number_that_were_wrapped_open_nothing_and_are_kept(tmp_path: Path, wrapped: str) -> None:
    said = wrapped.replace("\n", " ")
    assert cut(tmp_path, f"Pasal 1\nIsi satu.\nPasal 2\n{wrapped}\nPasal 3\nIsi tiga.") == [
        ("1", "Isi satu."),
        ("2", said),
        ("3", "Isi tiga."),
    ]


def test_the_points_of_a_keputusan_are_its_articles(tmp_path: Path) -> None:
    text = "TETAP:\nKESATU : Biaya nikah Rp600.000,00.\nKEDUA\n: Di kantor tanpa biaya.\nKEDUA BELAS: Mulai hari ini."
    document = read(tmp_path, "text", "txt", text)
    assert [(p.passage_id.split(":")[1], p.article, p.text) for p in document.passages[1:]] == [
        ("diktum-kesatu#1", "Diktum KESATU", "Biaya nikah Rp600.000,00."),
        ("diktum-kedua#2", "Diktum KEDUA", "Di kantor tanpa biaya."),
        ("diktum-kedua-belas#3", "Diktum KEDUA BELAS", "Mulai hari ini."),
    ]
    assert document.notes == ()


def test_what_an_amending_act_orders_stands_in_its_own_article(tmp_path: Path) -> None:
    text = (
        "Pasal I\nBeberapa ketentuan diubah:\n1. Ketentuan ayat (1) Pasal 44 diubah sehingga\nPasal 44\n"
        "berbunyi sebagai berikut:\nPasal 44\n(1) Penyelenggara wajib memeriksa pengaduan.\n"
        "2. Di antara Pasal 44 dan Pasal 45 disisipkan Pasal 44A yang berbunyi:\nPasal 44A\nPengaduan tanpa biaya.\n"
        "3. Ketentuan Pasal 50 dihapus.\nPasal II\nUndang-Undang ini mulai berlaku besok.\n"
    )
    document = read(tmp_path, "text", "txt", text)
    by_article = [(passage.article, passage.text) for passage in document.passages]
    assert [article for article, _ in by_article] == ["I", "44", "I", "44A", "I", "II"]
    assert by_article[1][1] == "(1) Penyelenggara wajib memeriksa pengaduan."
    assert by_article[3][1] == "Pengaduan tanpa biaya."
    assert document.notes == ()


def test_the_elucidation_of_articles_may_come_after_an_annex(tmp_path: Path) -> None:
    text = "Pasal 1\nIsi.\nLAMPIRAN I PERATURAN\nContoh.\nPENJELASAN\nATAS\nPERATURAN\nPasal 1\nCukup jelas."
    found = [(passage.section, passage.article) for passage in read(tmp_path, "text", "txt", text).passages]
    assert (found[0], found[1][0], found[-1]) == (("body", "1"), "text", ("elucidation", "1"))


def test_the_head_and_the_foot_of_a_page_are_no_text(tmp_path: Path) -> None:
    foot = "(2) Petugas . . .\nPasal 2 . . .\nSK No 123456 A\nSK No 123456A Salinan sesuai aslinya\nPRESIDEN\n- 3 -\n"
    assert cut(tmp_path, f"Pasal 1\n(1) Isi.\n{foot}(2) Petugas menjawab.\nPasal 2\nIsi dua.") == [
        ("1", "(1) Isi.\n(2) Petugas menjawab."),
        ("2", "Isi dua."),
    ]


def test_articles_that_were_not_found_are_told(tmp_path: Path) -> None:
    document = read(tmp_path, "text", "txt", "Pasal 1\nIsi.\nPasal. 2\nIsi.\nPasal 5\nIsi.")
    assert document.notes == ("articles 2–4 were not found, but 5 was",)
