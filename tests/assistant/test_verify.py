# SPDX-License-Identifier: Apache-2.0
"""Verification: what the passages say stands; any change of it falls."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from daulat.assistant.verify import Verifier
from daulat.knowledge.cutting import NO_RULES, sentences

DEATH = "Setiap kematian wajib dilaporkan oleh ketua rukun tetangga kepada Instansi Pelaksana paling lambat 30 hari."
MOVING = "Penduduk tidak dipungut biaya untuk surat keterangan pindah."
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def verifier(indonesian):
    return Verifier({"P1": DEATH, "P2": MOVING}, indonesian, "id", NO_RULES)


def copied(release, indonesian, data) -> tuple[Verifier, str]:
    """Return a verifier of a passage of the law, and one of its own sentences, without brackets of its own."""
    passage = release.stored(data.draw(st.integers(0, len(release) - 1))).passage
    start, end = data.draw(st.sampled_from(sentences(passage.text, "id")))
    sentence = " ".join(passage.text[start:end].split())
    assume("[" not in sentence and indonesian.terms(sentence))
    return Verifier({"P1": passage.text}, indonesian, "id", NO_RULES), sentence


@often
@given(data=st.data())
def test_a_sentence_of_the_passage_stands(release, indonesian, data):
    verifier, sentence = copied(release, indonesian, data)
    verdict = verifier.check(f"{sentence} [P1]")
    assert verdict.stands, verdict
    assert verdict.cited == ("P1",)


@often
@given(data=st.data(), added=st.integers(1, 10**6))
def test_with_any_other_number_it_falls(release, indonesian, data, added):
    verifier, sentence = copied(release, indonesian, data)
    numbers = list(re.finditer(r"\d+", sentence))
    assume(numbers)
    at = data.draw(st.sampled_from(numbers))
    other = str(int(at[0]) + added)
    passage = verifier.passages["P1"]
    together = re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", passage)  # thousands
    assume(other not in {*re.findall(r"\d+", passage), *re.findall(r"\d+", together)})
    assert not verifier.check(f"{sentence[: at.start()]}{other}{sentence[at.end() :]} [P1]").stands


@often
@given(data=st.data(), mark=st.from_regex(r"\A[A-Za-z0-9_]{1,8}\Z"))
def test_with_an_unknown_id_it_falls(release, indonesian, data, mark):
    assume(mark != "P1")
    verifier, sentence = copied(release, indonesian, data)
    assert verifier.check(f"{sentence} [{mark}]").fault == "unknown_citation"
    assert verifier.check(f"{sentence} [P1][{mark}]").fault == "unknown_citation"


@often
@given(text=st.text(max_size=400))
def test_any_text_gets_a_verdict(verifier, text):
    verdict = verifier.check(text)
    assert not verdict.stands or set(verdict.cited) <= {"P1", "P2"}


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("Kematian wajib dilaporkan oleh ketua rukun tetangga paling lambat 30 hari [P1].", ""),
        ("Kematian wajib dilaporkan oleh ketua rukun tetangga.", "no_citation"),
        ("Kematian wajib dilaporkan oleh ketua rukun tetangga [P3].", "unknown_citation"),
        ("Kematian wajib dilaporkan oleh ketua rukun tetangga paling lambat 60 hari [P1].", "number"),
        ("Kematian wajib dilaporkan oleh ketua rukun tetangga paling lambat 3,0 hari [P2].", "number"),
        ("Kematian wajib dilaporkan ketua rukun tetangga kepada Kantor Polisi [P1].", "name"),
        ("Kematian wajib dilaporkan oleh ketua rukun tetangga Ülle Õunapuu paling lambat 30 hari [P1].", "name"),
        ("Kematian wajib dilaporkan oleh ketua rukun tetangga Юлия paling lambat 30 hari [P1].", "name"),
        ("Kematian tidak wajib dilaporkan oleh ketua rukun tetangga [P1].", "negation"),
        ("Penduduk dipungut biaya untuk surat keterangan pindah [P2].", "negation"),
        ("Bunyinya “kematian wajib dilaporkan oleh keluarga” [P1].", "quote"),
        ("Besok cuaca cerah sekali di seluruh pulau [P1].", "unsupported"),
        ("Kematian wajib dilaporkan ketua rukun tetangga di http://evil.example/x [P1].", "address"),
        ("Kematian wajib dilaporkan ketua rukun tetangga [lewat sini](/keluar) [P1].", "address"),
        ("Kematian wajib dilaporkan ketua rukun tetangga lewat bantu@evil.example [P1].", "address"),
        ("Kematian wajib dilaporkan ketua rukun tetangga lewat evil.example [P1].", "address"),
        ("[P1]", "unsupported"),
        ("", "no_citation"),
    ],
)  # fmt: skip
def test_what_the_passage_does_not_say_falls(verifier, sentence, fault):
    assert verifier.check(sentence).fault == fault


@pytest.mark.parametrize("end", [".", " .", ""])
def test_a_sentence_of_the_passage_stands_wherever_a_scan_put_its_dot(indonesian, end):
    passage = (
        f"(1) Kawasan tanpa rokok ditetapkan.\n(2) Pemerintah menjamin pengembangan bahan baku obat tradisional{end}"
    )
    verifier = Verifier({"P1": passage}, indonesian, "id", NO_RULES)
    assert verifier.check("(2) Pemerintah menjamin pengembangan bahan baku obat tradisional . [P1]").stands
    assert verifier.check("(2) Pemerintah menjamin pengembangan bahan baku obat tradisional [P1].").stands
    assert not verifier.check("(3) Pemerintah menjamin pengembangan bahan baku obat tradisional [P1].").stands


def test_a_sentence_is_checked_against_what_it_cites_and_nothing_else(verifier):
    assert not verifier.check("Kematian wajib dilaporkan oleh ketua rukun tetangga [P2].").stands


def test_the_marks_are_not_part_of_the_sentence(verifier):
    verdict = verifier.check("Kematian wajib dilaporkan oleh ketua rukun tetangga [P1] [P1].")
    assert (verdict.text, verdict.cited) == ("Kematian wajib dilaporkan oleh ketua rukun tetangga.", ("P1",))


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("1,5%", ""),
        ("1.5%", ""),
        ("15%", "number"),
        ("0,15%", "number"),
    ],
)
def test_a_decimal_point_is_a_difference_and_its_sign_none(indonesian, written, fault):
    passage = "Iuran peserta sebesar 1,5% dari upah dibayar setiap bulan."
    verifier = Verifier({"P1": passage}, indonesian, "id", NO_RULES)
    assert verifier.check(f"Iuran peserta sebesar {written} dari upah dibayar setiap bulan [P1].").fault == fault


@pytest.mark.parametrize("written", ["Rp50.000.000,00", "Rp50.000.000", "Rp50,000,000", "Rp50000000"])
def test_an_amount_is_the_same_with_and_without_marks_between_its_thousands(indonesian, written):
    passage = "Setiap Penduduk dikenai denda paling banyak Rp50.000.000,00 (lima puluh juta rupiah)."
    verifier = Verifier({"P1": passage}, indonesian, "id", NO_RULES)
    assert verifier.check(f"Penduduk dikenai denda paling banyak {written} [P1].").stands
