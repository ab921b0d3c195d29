# SPDX-License-Identifier: Apache-2.0
"""Indonesia's own rules: what holds, how a citizen names a law, and how real documents are read and cut."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import daulat_id
from daulat.assistant.citing import load_labels
from daulat.assistant.sentence import load_sentence_models, mark_sentence
from daulat.knowledge.cutting import cut_regulation, load_structures, sentences
from daulat.knowledge.ingest import Ingested, IngestRules, ingest_all, load_rules
from daulat.knowledge.legal import (
    article_at,
    find_citations,
    is_heading,
    load_relations,
    span_of_article,
    status_of,
    title_index,
)
from daulat.knowledge.quality import search_form
from daulat.knowledge.readers import Limits, read_document
from daulat.knowledge.search import reader_for
from daulat.knowledge.search.rarity import Rarity
from daulat.knowledge.sources import load_sources, undeclared_files
from daulat.nation.packs import Pack, pack_at

PACK = Path(daulat_id.__file__).parent
DATA = Path(__file__).parent / "data"
CASES = yaml.safe_load((Path(__file__).parent / "legal_cases.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def rules() -> IngestRules:
    return load_rules(PACK)


@pytest.fixture(scope="session")
def release(rules: IngestRules) -> Ingested:
    return ingest_all(load_sources(PACK / "sources.yaml"), rules)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_law_of_a_day(release: Ingested, rules: IngestRules, case: dict[str, Any]) -> None:
    texts = {p.passage_id: (item.document, p) for item in release.documents for p in item.passages}
    document, passage = texts[case["passage"]]
    status = status_of(document, passage, release.book, rules.legal, on=case.get("day", ""))
    assert status.status == case["status"]
    for field in ("by", "since"):
        assert getattr(status, field) == case.get(field, getattr(status, field))
    if "newer" in case:
        assert status.newer_passage_id == case["newer"]
    if "now_says" in case:
        assert case["now_says"] in dict(status.now)["id"]
        assert {tag for tag, _ in status.now} == {"id", "en", "jv", "su"}
    if "newer_says" in case:
        assert case["newer_says"] in texts[case["newer"]][1].text


def test_the_bundled_sources_are_read_without_a_failure(release: Ingested) -> None:
    assert release.failures == ()
    assert len(release.documents) == 234  # 230 regulations, the Constitution, one FAQ, two parts of a guide
    assert all(item.document.licence and item.document.retrieved for item in release.documents)


def test_every_bundled_file_is_declared(release: Ingested) -> None:
    assert undeclared_files(PACK / "sources", load_sources(PACK / "sources.yaml")) == []


def test_what_changed_a_passage_is_named_with_its_source(release: Ingested) -> None:
    for item in release.documents:
        for passage in item.passages:
            if passage.status in ("amended", "revoked", "partly_revoked"):
                status = item.statuses[passage.passage_id]
                assert status.by
                assert status.source


def test_a_regulation_is_not_law_in_force_because_one_amendment_is_at_hand_or_its_act_once_was(
    release: Ingested,
) -> None:
    passages = {p.passage_id: p.status for item in release.documents for p in item.passages}
    statuses = {passage_id: status for item in release.documents for passage_id, status in item.statuses.items()}
    assert passages["PP-14-2016:pasal-2#1"] == "unknown"
    hajj = statuses["PP-79-2012:pasal-2#2"]
    assert (hajj.status, hajj.by, hajj.under) == ("partly_revoked", "UU-8-2019", "UU-13-2008")


def test_every_newer_passage_is_in_the_release_and_not_itself_replaced_by_the_older(release: Ingested) -> None:
    year = {p.passage_id: item.document.year for item in release.documents for p in item.passages}
    for item in release.documents:
        for passage_id, status in item.statuses.items():
            if status.newer_passage_id:
                assert year[status.newer_passage_id] >= year[passage_id]


def test_every_relation_names_who_says_so() -> None:
    for changes in load_relations(PACK / "relations.yaml").changes.values():
        assert all(change.source and change.since for change in changes)


def test_titles_that_a_scanner_spoilt_are_put_right(release: Ingested) -> None:
    titles = {item.document.doc_id: item.document.title for item in release.documents}
    assert titles["PP-14-2016"] == "Penyelenggaraan Perumahan dan Kawasan Permukiman"
    assert not [title for title in titles.values() if "{" in title]


def test_old_pages_say_how_old_they_are(release: Ingested) -> None:
    faq = next(item.document for item in release.documents if item.document.doc_id == "ID-JB-PIKOBAR-2020")
    assert (faq.coverage_date, faq.status) == ("2020-03-31", "not_law")
    assert "tidak diperbarui" in faq.title


@pytest.mark.parametrize(
    ("question", "doc_id", "article"),
    [
        ("UU 23/2006", "UU-23-2006", ""),
        ("apa isi Undang-Undang Nomor 23 Tahun 2006?", "UU-23-2006", ""),
        ("UU No. 23 Th 2006 pasal 44 ayat (1)", "UU-23-2006", "44"),
        ("miturut UU nomer 1 taun 1974 piye?", "UU-1-1974", ""),
        ("Pasal 28H UUD 1945", "UUD-1945", "28H"),
        ("di UU Adminduk pasal 27 gimana", "UU-23-2006", "27"),
        ("pasal 7 di UU perkawinan", "UU-1-1974", "7"),
        ("article 5 of Law Number 25 of 2009", "UU-25-2009", "5"),
        ("Peraturan Pemerintah Pengganti Undang-Undang Nomor 2 Tahun 2022", "PERPPU-2-2022", ""),
        ("dalam Undang-Undang tentang Rumah Susun", "UU-20-2011", ""),
        ("dalam Peraturan Pemerintah tentang Pelaksanaan Pengangkatan Anak", "PP-54-2007", ""),
        ("apakah KUHP lama masih berlaku?", "UU-1-1946", ""),
        ("apakah KUHP masih berlaku?", "UU-1-2023", ""),
        ("KUHAP lama dicabut dengan apa?", "UU-8-1981", ""),
        ("pasal 90 KUHAP", "UU-20-2025", "90"),
        ("PP no 17 thn 2O10", "PP-17-2010", ""),
        ("miturut Undhang-Undhang Nomer 23 Taun 2006", "UU-23-2006", ""),
        ("pasal 44 Undhang-undhang nomer 23 taun 2006", "UU-23-2006", "44"),
        ("miturut Peraturan Pamaréntah Nomer 17 Taun 2010", "PP-17-2010", ""),
        ("nurutkeun Peraturan Pamarentah No. 17 Taun 2010", "PP-17-2010", ""),
        ("dina Undang-Undang ngeunaan Rumah Susun", "UU-20-2011", ""),
        ("ing Peraturan Pamaréntah babagan Pelaksanaan Pengangkatan Anak", "PP-54-2007", ""),
        ("Undhang-Undhang Dhasar 1945 pasal 28H", "UUD-1945", "28H"),
        ("PP tentang Perubahan atas PP Nomor 17 Tahun 2010", "PP-17-2010", ""),
        (
            "Peraturan Pemerintah tentang Perubahan atas Peraturan Pemerintah Nomor 17 Tahun 2010 tentang Pengelolaan "
            "dan Penyelenggaraan Pendidikan",
            "PP-66-2010",
            "",
        ),
    ],
)
def test_a_citizen_names_a_law(release: Ingested, rules: IngestRules, question: str, doc_id: str, article: str) -> None:
    titles = title_index((item.document for item in release.documents), rules.legal)
    (mention,) = find_citations(question, rules.legal, titles)
    assert (mention.doc_id, mention.article) == (doc_id, article)


def test_a_title_that_two_laws_bear_names_both(release: Ingested, rules: IngestRules) -> None:
    titles = title_index((item.document for item in release.documents), rules.legal)
    (mention,) = find_citations("Undang-Undang tentang Rumah Susun", rules.legal, titles)
    assert mention.candidates == ("UU-20-2011", "UU-16-1985")


@pytest.mark.parametrize("question", ["KK saya hilang, ngurus yg baru gimana ya?", "halo", "pasal apa ya soal cuti?"])
def test_a_question_that_names_no_law_has_no_citation(rules: IngestRules, question: str) -> None:
    assert find_citations(question, rules.legal) == []


def test_scanned_words_are_searched_as_they_were_meant(rules: IngestRules) -> None:
    assert (
        search_form("Iayanan DAI,AM Pcmcrintahan tahun 2Oo7", rules.forms["id"])
        == "layanan DAlAM Pemerintahan tahun 2007"
    )
    assert search_form("Pemerintah Daerah wajib melayani.", rules.forms["id"]) == "Pemerintah Daerah wajib melayani."


def test_indonesian_abbreviations_end_no_sentence(rules: IngestRules) -> None:
    text = "Biaya Rp. 10.000 menurut PP No. 5 di Jl. Merdeka. Hubungi drg. Sari."
    assert [text[a:b] for a, b in sentences(text, "id", rules.sentences)] == [text[:49], text[50:]]


def test_a_real_regulation_in_pdf_is_cut_by_its_articles() -> None:
    extract = read_document(DATA / "permenpanrb-5-2024.pdf", "pdf", Limits())
    structures, _ = load_structures(PACK / "structure.yaml")
    passages = cut_regulation(
        [block.text for block in extract.blocks], "PERMENPANRB-5-2024", structures["id-regulation"]
    )
    ids = [passage.passage_id.partition(":")[2] for passage in passages]
    assert ids[:4] == ["pembukaan#0", "pasal-I#1", "pasal-II#2", "lampiran#3"]
    assert passages[2].text.startswith("Peraturan Menteri ini mulai berlaku pada tanggal diundangkan.")
    assert "SALINAN" not in {line for passage in passages for line in passage.text.splitlines()}


@pytest.mark.parametrize(
    ("doc_id", "name"),
    [
        ("UU-23-2006", "Undang-Undang Nomor 23 Tahun 2006"),
        ("TAP-MPR-16-1998", "Ketetapan Majelis Permusyawaratan Rakyat Nomor 16 Tahun 1998"),
        ("PP-38A-1963", "Peraturan Pemerintah Nomor 38A Tahun 1963"),
        ("UUD-1945", "UUD-1945"),
        ("OTHER-1-2000", "OTHER-1-2000"),
    ],
)
def test_an_act_that_a_note_names_by_its_id_is_named_for_people(rules: IngestRules, doc_id: str, name: str) -> None:
    labels = load_labels(Pack("ID", "daulat-id", "0", PACK), rules.legal)
    assert labels.note(f"{doc_id}: penutup; lihat {doc_id}") == f"{name}: penutup; lihat {name}"


@pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="needs the Debian packages tesseract-ocr, tesseract-ocr-ind"
)
def test_a_scanned_page_is_read_by_tesseract() -> None:
    extract = read_document(DATA / "kma-186-2017-page-1-scan.pdf", "pdf", replace(Limits(), ocr_language="ind"))
    assert "KEPUTUSAN MENTERI AGAMA" in extract.text


@pytest.mark.parametrize(
    ("passage", "answer", "article", "last"),
    [
        ("UU-23-2006:pasal-28#27", "(2) Kutipan Akta Kelahiran", "28", "disimpan oleh Instansi Pelaksana."),
        ("UU-24-2013:pasal-79A#19", "Pengurusan dan penerbitan", "79A", "tidak dipungut biaya."),
        ("UU-35-2014:pasal-27#13", "(3) Pembuatan akta kelahiran", "27", "berita acara pemeriksaan kepolisian."),
        (
            "UU-18-2017:pasal-5#5",
            "Setiap Pekerja Migran Indonesia yang akan",
            "5",
            "dokumen lengkap yang dipersyaratkan.",
        ),
        ("UU-35-2014:pasal-81#61", "(3) Dalam hal tindak pidana", "81", "sebagaimana dimaksud pada ayat (1)."),
        ("UU-35-2014:pasal-81#61", "(1) Setiap orang yang melanggar", "82", "sebagaimana dimaksud pada ayat (1)."),
        ("UU-35-2014:pasal-73#46", "(1) Dalam rangka efektivitas", "73A", "diatur dengan Peraturan Pemerintah."),
        ("UU-18-2017:pasal-20#18", "(l) Pelindungan Selama Bekerja", "21", "serta hukum dan kebiasaan internasional."),
        ("UU-27-2022:pasal-60#46", "(2) Setiap Orang dilarang secara melawan hukum", "65", "(3) Setiap Orang"),
        ("UU-18-2017:pasal-5#5", "(3) Setiap Keluarga Pekerja Migran", "6", "memperolehaksesberkomunikasi."),
        ("UU-22-2009:pasal-280#241", "Setiap orang yang mengemudikan", "280", "(lima ratus ribu rupiah)."),
        ("UU-24-2013:penjelasan-79A#53", "Yang dimaksud dengan “pengurusan", "79A", "perubahan elemen data."),
        ("UU-23-2006:pasal-107#106", "Yang dimaksud dengan ”Perkawinan", "35", "mengenai perkawinan di Indonesia."),
    ],
)
def test_real_passages_are_quoted_to_the_end_of_the_article_that_answers(
    release: Ingested, rules: IngestRules, passage: str, answer: str, article: str, last: str
) -> None:
    [found] = [each for item in release.documents for each in item.passages if each.passage_id == passage]
    at = found.text.index(answer)
    sentence = (at, at + len(answer))
    start, end = span_of_article(found.text, sentence, rules.legal)
    assert article_at(found, at, rules.legal).article == article
    assert found.text[start:end].rstrip().endswith(last)


@pytest.mark.parametrize(
    ("sentence", "is_one"),
    [
        ("Paragraf 2 Pindah Datang Penduduk dalam Wilayah Indonesia", True),
        ("BAB IX...", True),
        ("Angka 20", True),
        ("(2) Setiap...", True),
        ("f. penegakan…", True),
        ("Yang dimaksud dengan surat edaran...", False),
        ("Angka 20 dihapus.", False),
        ("Bagian Kelima Wajib Kerja Tenaga Kesehatan", True),
        ("Bagian terbesar biayanya ditanggung negara.", False),
        ("Setiap Penduduk wajib memiliki NIK.", False),
    ],
)
def test_a_heading_that_hangs_on_is_known(rules: IngestRules, sentence: str, is_one: bool) -> None:
    text = f"Kartu diganti. {sentence}"
    assert is_heading(text, (15, len(text)), rules.legal) is is_one


def test_no_heading_is_marked_as_the_sentence_that_answers(release: Ingested, rules: IngestRules) -> None:
    """Of the article before it, which ends with the words of the question: of the heading of those that follow."""
    [passage] = [
        each for item in release.documents for each in item.passages if each.passage_id == "UU-23-2006:pasal-14#14"
    ]
    pack = pack_at(PACK, "ID")
    reader = reader_for(pack, ["id"])
    asked = reader.ask("Pindah datang penduduk dalam wilayah Indonesia, ganti KTP?", "id")
    rarity = Rarity(lambda _term: 1, 14_000)
    marked = mark_sentence(asked, passage, "id", reader, rarity, rules.sentences, load_sentence_models(pack)["law"])
    assert passage.text[slice(*marked.span)].startswith(("(1) ", "(2) "))
