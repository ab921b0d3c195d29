# SPDX-License-Identifier: Apache-2.0
"""Verification over lists: true sentences in plain words are kept, and changes of them that the law does not say fall.

`verification/` holds passages of the Indonesian pack, sentences a good model might write about them, and changes of
these.
The rules were made while looking at `building`. What `held back` and `unseen` showed at their first look was mended
afterwards, so only `last`, written after the last change of the rules, was never looked at for them.
Not reviewed by a native speaker. Figures: docs/concepts/verification.md
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daulat.assistant.verify import Verdict, Verifier
from daulat.assistant.vocabulary import Vocabularies
from daulat.knowledge.cutting import NO_RULES
from daulat.knowledge.ingest import load_rules

from .conftest import vocabularies_of

LOOKED_AT = ("building", "held back")
LISTS = Path(__file__).parent / "verification"
BIRTH = (
    "Setiap kelahiran wajib dilaporkan oleh Penduduk kepada Instansi Pelaksana setempat paling lambat 60 (enam puluh) "
    "hari sejak kelahiran"
)
ENGLISH = (
    "Every birth must be reported by a parent to the registry office within sixty days after the birth. A dog licence "
    "costs five crowns. A shop that sells tobacco must not sell it to a person under 18 years. No fee is charged for a "
    "certificate."
)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LISTS / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def check(pack) -> Callable[[dict[str, Any]], Verdict]:
    """Judge a row of a list by the passages that it cites."""
    passages = {row["id"]: row["text"] for row in rows("passages.jsonl")}
    vocabularies, rules = vocabularies_of(pack), load_rules(pack.path()).sentences

    def judge(row: dict[str, Any]) -> Verdict:
        cited = {f"P{n}": passages[each] for n, each in enumerate(row["passages"], 1)}
        verifier = Verifier(cited, vocabularies.between(row["language"], "id"), "id", rules)
        return verifier.check(row["sentence"].rstrip(".") + "".join(f" [{mark}]" for mark in cited) + ".")

    return judge


def share_standing(check, name: str, language: str, half: str) -> float:
    chosen = [row for row in rows(name) if (row["language"], row["half"]) == (language, half)]
    return sum(check(row).stands for row in chosen) / len(chosen)


@pytest.mark.parametrize("half", LOOKED_AT)
@pytest.mark.parametrize("language", ["id", "jv", "su"])
def test_what_the_law_does_not_say_falls(check, language, half):
    assert share_standing(check, "false.jsonl", language, half) <= 0.03


@pytest.mark.parametrize("half", LOOKED_AT)
@pytest.mark.parametrize("language", ["id", "jv", "su"])
def test_what_it_says_in_plain_words_is_kept(check, language, half):
    assert share_standing(check, "true.jsonl", language, half) >= 0.75


def test_on_sentences_never_looked_at_nearly_all_false_ones_fall_and_most_true_ones_stand(check):
    assert share_standing(check, "false.jsonl", "id", "last") <= 0.05
    assert share_standing(check, "true.jsonl", "id", "last") >= 0.7


def test_english_sentences_about_indonesian_text_are_not_judged_and_fall(check):
    assert {check(row).fault for row in rows("true.jsonl") if row["language"] == "en"} <= {"language", "name"}


@pytest.mark.parametrize(
    "false",
    [
        BIRTH.replace("60 (enam puluh) hari", "60 tahun"),
        BIRTH.replace("60 (enam puluh)", "seratus"),
        BIRTH.replace("60 (enam puluh)", "９９"),
        BIRTH.replace("60 (enam puluh)", "XC"),
        BIRTH.replace("60", "\u202e06\u202c"),
        BIRTH.replace("oleh Penduduk kepada Instansi Pelaksana", "oleh Instansi Pelaksana kepada Penduduk"),
        BIRTH.replace("wajib dilaporkan", "gratis dilaporkan"),
        BIRTH.replace("wajib", "tid\u200bak wajib"),
        BIRTH.replace("wajib", "tid\u0430k wajib"),
        BIRTH.replace("wajib dilaporkan", "wajib tidak dilaporkan"),
        BIRTH.replace("Setiap kelahiran", "Setiap kelahiran anak laki-laki"),
        BIRTH.replace("paling lambat", "paling cepat"),
        BIRTH.replace("sejak kelahiran", "sebelum kelahiran"),
        BIRTH.replace("Setiap", "<img src=x onerror=alert(1)> Setiap"),
        f"{BIRTH} dengan biaya seratus ribu rupiah",
        f"{BIRTH} dan didenda lima juta rupiah bila terlambat",
        f"{BIRTH} melalui calo budi santoso di warung",
        f"{BIRTH} lewat evil[.]example",
        f"{BIRTH} lewat evil\u3002example",
        f"{BIRTH} lewat telegram @calobudi",
    ],
)
def test_one_thing_more_or_other_than_the_law_says_is_enough(indonesian, false):
    verifier = Verifier({"P1": f"(1) {BIRTH}."}, indonesian, "id", NO_RULES)
    assert verifier.check(f"{BIRTH} [P1].").stands
    assert not verifier.check(f"{false} [P1].").stands


def test_two_halves_of_two_laws_are_no_law(indonesian):
    still = (
        "Setiap lahir mati wajib dilaporkan oleh Penduduk kepada Instansi Pelaksana paling lambat 30 hari "
        "sejak lahir mati."
    )
    verifier = Verifier({"P1": f"{BIRTH}.", "P2": still}, indonesian, "id", NO_RULES)
    thirty = "Setiap kelahiran wajib dilaporkan paling lambat 30 hari sejak kelahiran"
    assert not verifier.check(f"{thirty} [P1][P2].").stands
    assert verifier.check(f"{thirty.replace('30', '60')} [P1][P2].").stands


def test_what_is_told_is_what_was_judged(indonesian):
    verifier = Verifier({"P1": f"{BIRTH}."}, indonesian, "id", NO_RULES)
    assert verifier.check("Kela\u00adhiran wajib dilaporkan paling lambat ６０ hari [P1].").text == (
        "Kelahiran wajib dilaporkan paling lambat 60 hari."
    )


@pytest.mark.parametrize(
    ("sentence", "stands"),
    [
        ("A birth must be reported to the registry office within 60 days after the birth", True),
        ("Births must be reported by a parent within sixty days after the birth", True),
        ("A dog licence costs 5 crowns", True),
        ("A shop must not sell tobacco to a person under eighteen years", True),
        ("A birth must be reported within sixty weeks after the birth", False),
        ("A birth may be reported within sixty days after the birth", False),
        ("A birth must be reported by the registry office to a parent within sixty days", False),
        ("A birth must be reported to the registry office at least sixty days after the birth", False),
        ("A birth must be reported to the registry office within sixty days before the birth", False),
        ("A dog licence is free", False),
        ("A dog licence costs fifty crowns", False),
        ("A shop must not sell tobacco", False),
        ("A shop must not sell tobacco to a person over 18 years", False),
        ("A fee is charged for a certificate", False),
    ],
)
def test_english_law_is_judged_without_a_pack(sentence, stands):
    english = pytest.importorskip("daulat.language").analyser_for("en", None)
    known = Vocabularies(None, lambda _tag, text: english.terms(text), lambda words, _tag: words)
    vocabulary = known.between("en", "en")
    assert Verifier({"P1": ENGLISH}, vocabulary, "en", NO_RULES).check(f"{sentence} [P1].").stands == stands


def test_where_no_words_are_known_only_the_texts_own_sentences_stand():
    text = "Ada ya cheti cha kuzaliwa ni shilingi mia mbili. Maombi hupelekwa ofisini."
    verifier = Verifier({"P1": text}, None, "sw", NO_RULES)
    assert verifier.check("Ada ya cheti cha kuzaliwa ni shilingi mia mbili [P1].").stands
    assert verifier.check("Ada ya cheti ni shilingi mia mbili [P1].").fault == "language"
