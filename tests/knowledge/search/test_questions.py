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
