# SPDX-License-Identifier: Apache-2.0
"""A regulation that the bundle lacks is added as a file: cut by BAB and Pasal, and what it changes is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from daulat.knowledge.ingest import Ingested, IngestedDocument, ingest_all
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


SERVICE = """UNDANG-UNDANG REPUBLIK INDONESIA
NOMOR 88 TAHUN 2019
TENTANG
LAYANAN PERCOBAAN

Pasal 1
Layanan adalah kegiatan.

Pasal 2
Penyelenggara menyusun standar layanan.

Pasal 11
Penyelenggara mengumumkan hasilnya.
"""
AMENDING = """UNDANG-UNDANG REPUBLIK INDONESIA
NOMOR 99 TAHUN 2025
TENTANG
PERUBAHAN ATAS UNDANG-UNDANG NOMOR 88 TAHUN 2019 TENTANG LAYANAN PERCOBAAN

Pasal I
Beberapa ketentuan dalam Undang-Undang Nomor 88 Tahun 2019 diubah sebagai berikut:
1. Ketentuan Pasal 2 diubah sehingga berbunyi sebagai berikut:

Pasal 2
Penyelenggara menyusun standar layanan setiap tahun dan mengumumkannya.

Pasal II
Undang-Undang ini mulai berlaku pada tanggal 1 Juli 2025.
"""
REPEALING = """UNDANG-UNDANG REPUBLIK INDONESIA
NOMOR 100 TAHUN 2025
TENTANG
LAYANAN BARU

Pasal 1
Layanan adalah kegiatan.

Pasal 2
(1) Izin menurut Undang-Undang Nomor 99 Tahun 2025 tetap berlaku.
(2) Pada saat Undang-Undang ini mulai berlaku, Undang-Undang Nomor 88 Tahun 2019 tentang Layanan Percobaan (Lembaran
Negara Republik Indonesia Tahun 2019 Nomor 5) dicabut dan dinyatakan tidak berlaku.
"""
TABLE = """file,title,citation,kind,number,year
service.txt,Layanan Percobaan,UU 88/2019,UU,88,2019
amending.txt,Perubahan atas Undang-Undang Nomor 88 Tahun 2019 tentang Layanan Percobaan,UU 99/2025,UU,99,2025
"""


def read_several(folder: Path, table: str = TABLE, **texts: str) -> Ingested:
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / "table.csv").write_text(table, encoding="utf-8")
    declared = folder / "sources.yaml"
    head, _, _ = SOURCES.partition("    document:")
    reading = "{format: text, path: '*.txt', structure: id-regulation, documents: {path: table.csv}}"
    declared.write_text(f"{head}    document: {{status: in_force}}\n    read: {reading}\n")
    return ingest_all(load_sources(declared), nation_rules(find_pack("ID"), declared))


def test_an_amending_act_changes_the_articles_that_it_names_and_no_other(tmp_path: Path) -> None:
    result = read_several(tmp_path, service=SERVICE, amending=AMENDING)
    assert not result.failures
    law = {item.document.doc_id: item for item in result.documents}["UU-88-2019"]
    status = {passage.article: passage.status for passage in law.passages if passage.article}
    assert status == {"1": "in_force", "2": "amended", "11": "in_force"}


def test_a_law_without_an_id_gets_the_one_by_which_it_is_cited(tmp_path: Path) -> None:
    result = read_several(tmp_path, service=SERVICE, amending=AMENDING)
    assert {item.document.doc_id for item in result.documents} == {"UU-88-2019", "UU-99-2025"}


def test_two_files_of_one_law_keep_the_names_of_the_files(tmp_path: Path) -> None:
    table = "file,kind,number,year\nservice.txt,UU,88,2019\nnotes.txt,UU,88,2019\n"
    result = read_several(tmp_path, table, service=SERVICE, notes=SERVICE)
    assert {item.document.doc_id for item in result.documents} == {"id-test.service", "id-test.notes"}


def test_a_repeal_that_nobody_declared_is_listed(tmp_path: Path) -> None:
    table = f"{TABLE}repealing.txt,Layanan Baru,UU 100/2025,UU,100,2025\n"
    texts = {"service": SERVICE, "amending": AMENDING, "repealing": REPEALING}
    failures = read_several(tmp_path, table, **texts).failures
    assert [(each.doc_id, each.reason.partition(",")[0]) for each in failures] == [
        ("UU-100-2025", "it says that UU-88-2019 is revoked")
    ]
    declared = "format: 1\nacts: [{act: UU-100-2025, source: UU 100/2025 Pasal 2, revokes: [UU-88-2019]}]\n"
    (tmp_path / "relations.yaml").write_text(declared)
    assert not read_several(tmp_path, table, **texts).failures


def test_an_unknown_structure_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "law.txt").write_text(LAW, encoding="utf-8")
    declared = tmp_path / "sources.yaml"
    text = SOURCES.replace("FORMAT", "text").replace("EXT", "txt").replace("id-regulation}", "regulation}")
    declared.write_text(text)
    [failure] = ingest_all(load_sources(declared), nation_rules(find_pack("ID"), declared)).failures
    assert failure.fix == "Name one that the pack declares (id-regulation), or leave `structure` out."
