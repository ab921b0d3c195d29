# SPDX-License-Identifier: Apache-2.0
"""What a question asks for is read from its words, and shown by what a text of the law says."""

import pytest

from daulat.knowledge.search.questions import load_question_patterns
from daulat.nation import find_pack

PATTERNS = load_question_patterns(find_pack("ID"))


@pytest.mark.parametrize(
    ("question", "language", "has_it", "has_not"),
    [
        (
            "masuk SD umur berapa minimal?",
            "id",
            "(1) paling rendah berusia 6 (enam) tahun.",
            "(4) berusia 7 (tujuh) tahun",
        ),
        (
            "umur minimal anggota BPD?",
            "id",
            "c. berusia paling rendah 20 (dua puluh) tahun",
            "d. tamat 1 (satu) sekolah",
        ),
        (
            "mogok harus kasih tau berapa hari?",
            "id",
            "(1) dalam waktu 7 (tujuh) hari kerja",
            "(2) a. waktu (hari, tanggal)",
        ),
        ("ngadopsi anak maksimal berapa kali?", "id", "(1) paling banyak 2 (dua) kali", "(2) Dalam hal anak kembar"),
        ("telat lapor dendanya berapa?", "id", "(2) paling banyak Rp 1.000.000,00", "(1) Denda dikenakan"),
        ("kudu lapor pirang dina?", "jv", "paling lambat 60 (enam puluh) hari", "(2) setiap hari"),
        ("kudu lapor sabaraha poe?", "su", "paling lambat 60 (enam puluh) hari", "(2) setiap hari"),
        (
            "how many days before the wedding?",
            "en",
            "(2) sekurang-kurangnya 10 (sepuluh) hari kerja",
            "ayat (2) jangka waktu",
        ),
    ],
)
def test_a_measure_is_shown_by_a_number_with_its_unit(question: str, language: str, has_it: str, has_not: str) -> None:
    found = PATTERNS.measures(question, language)[0]
    assert found.search(has_it)
    assert not found.search(has_not)


@pytest.mark.parametrize(
    "question", ["siapa yang wajib lapor?", "anak magang umur 14 boleh kerja?", "kapan wajib lapor?"]
)
def test_a_question_for_no_measure_has_none(question: str) -> None:
    assert PATTERNS.measures(question, "id") == ()


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("anak umur 15 naik motor boleh?", "id"),
        ("boleh ga umur 16 bawa motor", "id"),
        ("15 tahun udah bisa kerja?", "id"),
        ("bocah umur 15 numpak motor oleh ora", "jv"),
        ("budak umur 15 meunang mawa motor teu", "su"),
        ("can a 15-year-old ride a motorbike?", "en"),
    ],
)
def test_who_names_an_age_and_asks_whether_it_will_do_is_shown_the_age_of_the_law(question: str, language: str) -> None:
    [found] = PATTERNS.compares(question, language)
    assert found.search("(2) a. usia 17 (tujuh belas) tahun untuk Surat Izin Mengemudi A")
    assert not found.search("(5) a. ujian teori; b. ujian praktik")


@pytest.mark.parametrize("question", ["anak saya umur 15 ditabrak motor", "umur berapa boleh naik motor?"])
def test_who_only_tells_an_age_or_asks_for_one_compares_none(question: str) -> None:
    assert PATTERNS.compares(question, "id") == ()
