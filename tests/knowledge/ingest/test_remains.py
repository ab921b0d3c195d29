# SPDX-License-Identifier: Apache-2.0
"""What a converter left between the words of ready passages is taken out, and nothing else is.

The lines are from the bundled laws, which came through a conversion of print.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from daulat.knowledge._remains import without_remains
from daulat.knowledge.types import Passage

from .declared import ingested

STAMPS = ["DISTRIBUSI II", "PRES I DEN REPUBLIK INDONESIA"]


def document(texts: Sequence[str], *, heading: str | None = None) -> list[Passage]:
    """Return the passages of a document, of articles that count from 1."""
    return [
        Passage(f"A:{n}", "A", seq=n, section="body", text=text, article=str(n), heading=heading)
        for n, text in enumerate(texts, 1)
    ]


def read(*texts: str) -> list[str]:
    """Return the texts of a document as they are read."""
    return [passage.text for passage in without_remains(document(texts), STAMPS)]


@pytest.mark.parametrize(
    ("printed", "law"),
    [
        ("Pasal 13 __ (1) Perguruan tinggi penyelenggara", "Pasal 13 (1) Perguruan tinggi penyelenggara"),
        ("dan __ __ __ e. bupati/walikota", "dan e. bupati/walikota"),
        ("__ (1) Penyelenggara Jalan wajib", "(1) Penyelenggara Jalan wajib"),
        ("dalam izin trayek. __\n(2) Pejabat", "dalam izin trayek.\n(2) Pejabat"),
        ("diatur dengan Peraturan Menteri _._ __", "diatur dengan Peraturan Menteri."),
        ("total bakteri koliform _; _ b. jumlah kuman;", "total bakteri koliform; b. jumlah kuman;"),
        ("( _EDI_ ), surat ( _electronic mail)_ , __ telegram", "(EDI), surat (electronic mail), telegram"),
        ("pencatatan faktor muat ( _load factor_ ); c.", "pencatatan faktor muat (load factor); c."),
        ("_(International_ _Covenant (ICCPR))._ Pasal 16", "(International Covenant (ICCPR)). Pasal 16"),
        ("Furetidina : _asam 1-(2-tetrahidrofurfuril)4_ 5.", "Furetidina : asam 1-(2-tetrahidrofurfuril)4 5."),
        ("[ayat (1)](/uu/1999/22/pasal-6/ayat-1) dan [Pasal\n7](/uu/1999/22/pasal-7),", "ayat (1) dan Pasal\n7,"),
        ("satuan pendidikan; dan DISTRIBUSI II - 52 - b. lulus tes", "satuan pendidikan; dan b. lulus tes"),
        ("Cukup jelas. DISTRIBUSI II", "Cukup jelas."),
        ("PRES I DEN REPUBLIK INDONESIA -28- Pasal 32", "Pasal 32"),
        ("Cukup jelas. Ayat (3)… Ayat (3) Cukup jelas", "Cukup jelas. Ayat (3) Cukup jelas"),
        ("badan usaha;\nd. dicabut ...\nd. dicabut izin edarnya;", "badan usaha;\nd. dicabut izin edarnya;"),
        ("perundang-undan gan. BAB IX. . .\nBAB IX ORGANISASI", "perundang-undan gan.\nBAB IX ORGANISASI"),
    ],
)  # fmt: skip
def test_what_a_converter_left_goes(printed: str, law: str) -> None:
    assert read(printed) == [law]


@pytest.mark.parametrize(
    "law",
    [
        "Rp NIHIL _________________________(+) Sisa rugi fiskal",  # a line under a sum
        "Nama : ____ Alamat : ___",  # to be filled in
        "peraturan perundang_undangan dan perundang_ undangan",  # a scanner's hyphen
        "r, o _12_ Huruf d",  # and its dash: 12 alone would be a number of the law
        "Norpipanona : _4,4_ -difenil",
        "Alfentanil : _N-[1-_ 6.",
        "Terkelupasnya kulit kepala 10 - 30 - Impotensi 30",  # counts on from nothing
        "dikurangi - 5 - yang lain - 5 -",
        "[Undang-undang] (Lembaran Negara) dan [lihat](catatan)",
        "Saya bersumpah ... bahwa saya",
        "Nomor ... Nomor ... Tahun ...",  # to be filled in
        "Mengingat Agar... agar setiap orang",
        "| 4 tahun | 25% | | .......... | .......... |",
        "Pasal 144…",  # the article after it is another
        "DISTRIBUSI IIA dan PRES I DEN REPUBLIK INDONESIA, ttd.",
        "__",  # nothing else is there
    ],
)
def test_what_may_be_of_the_law_stays(law: str) -> None:
    assert read(law, "Lain.") == [law, "Lain."]


def test_a_number_between_dashes_that_counts_on_is_of_a_page() -> None:
    pages = "hari; - 11 -", "bagi kedua - 12 - belah pihak", "Cukup. – 2 – (3)", "Lain. - 15 -", "x - 40 - y"
    assert read(*pages) == ["hari;", "bagi kedua belah pihak", "Cukup. – 2 – (3)", "Lain. - 15 -", "x - 40 - y"]


def test_pages_are_counted_again_where_the_numbers_begin_anew() -> None:
    assert read("a - 71 - b - 72 - c - 2 - d -3- e", "f - 4 -") == ["a b c d e", "f"]


def test_an_article_named_at_the_foot_of_the_page_before_it_is_not_said_there() -> None:
    assert read("bagi tenaga kerja. Pasal 2…", "Isi.") == ["bagi tenaga kerja.", "Isi."]
    assert read("diatur dengan Peraturan Menteri. Pasal 2 ... - 11 -", "Isi. - 12 -") == [
        "diatur dengan Peraturan Menteri.",
        "Isi.",
    ]


def test_headings_are_read_alike_and_ids_stay() -> None:
    found = without_remains(document(["Isi.", "Isi __ lain."], heading="BAB VII FASILITAS PENDUKUNG __ __"), [])
    assert {passage.heading for passage in found} == {"BAB VII FASILITAS PENDUKUNG"}
    assert [passage.passage_id for passage in found] == ["A:1", "A:2"]


@pytest.mark.parametrize("declared", [True, False])
def test_only_a_source_that_says_so_is_read_as_converted(declared: bool, tmp_path: Path) -> None:
    record = {"passage_id": "A:1", "doc_id": "A", "text": "Korban berhak __ mendapat: COPY II a. bantuan _legal_ ."}
    (tmp_path / "a.jsonl").write_text(json.dumps(record))
    more = "      converted: {stamps: [COPY II]}\n" if declared else ""
    result = ingested(tmp_path, "jsonl", "a.jsonl", more)
    assert [passage.text for item in result.documents for passage in item.passages] == [
        "Korban berhak mendapat: a. bantuan legal." if declared else record["text"]
    ]


WORDS = st.sampled_from(["Pasal", "ayat", "(1)", "warga", "negara;", "Rp5.000,00", "-", "2", "e-mail", "m²", "a.", "–"])
REMAINS = st.sampled_from(["__", "DISTRIBUSI II", "DISTRIBUSI II - 7 -", "PRES I DEN REPUBLIK INDONESIA -28-"])
HOSTILE = st.text("ab1 2-–_.…\n()[]/;", max_size=60)


@given(st.lists(st.lists(st.tuples(WORDS, st.lists(REMAINS, max_size=2)), min_size=1), max_size=4))
def test_the_words_come_back_as_they_were_before_the_conversion(pages: list[list[tuple[str, list[str]]]]) -> None:
    law = [" ".join(word for word, _ in page) for page in pages]
    assume(not re.search(r"[-–] 2 [-–]", " ".join(law)))  # nobody could tell it from the number of a page
    printed = [" ".join(" ".join([word, *left]) for word, left in page) for page in pages]
    assert read(*printed) == read(*law)


@given(st.lists(HOSTILE, max_size=4))
def test_nothing_is_added_or_moved_and_a_second_time_changes_nothing(texts: list[str]) -> None:
    texts = [text for text in texts if text.strip()]
    once = read(*texts)
    assert read(*once) == once
    for text, left in zip(texts, once, strict=True):
        rest = iter(re.sub(r"\s", "", text))
        assert all(letter in rest for letter in re.sub(r"\s", "", left))


@given(st.text("ab1 2_.\n();", max_size=60))
def test_of_a_text_without_dots_in_a_row_only_marks_of_emphasis_are_lost(text: str) -> None:
    text = re.sub(r"\.[.\s]*\.", ".", text)
    if text.strip():
        assert re.sub(r"[\s_]", "", read(text)[0]) == re.sub(r"[\s_]", "", text)
