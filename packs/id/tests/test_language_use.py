# SPDX-License-Identifier: Apache-2.0
"""The language data of this pack at work, on sentences and numbers that it was not made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daulat.knowledge.search import reader_for
from daulat.knowledge.search.questions import load_question_patterns
from daulat.language import analyser_for, detector_for, identifiers_for, notices_for, wording_for
from daulat.nation.packs import Pack

HERE = Path(__file__).parent
PACK = Pack("ID", "daulat-id", "0", HERE.parent / "daulat_id")
NATION = ["id", "jv", "su", "en"]
DECLARED = [entry["tag"] for entry in PACK.yaml("nation.yaml")["languages"]]
DETECTOR, WORDING, ANALYSER = detector_for(PACK), wording_for(PACK), analyser_for("id", PACK)
NOTICES, IDENTIFIERS = notices_for(PACK, WORDING), identifiers_for(PACK)


def rows(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def questions(language: str) -> list[str]:
    lines = (HERE / "questions" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


@pytest.mark.parametrize("language", NATION)
def test_unseen_sentences_are_told_apart(language: str) -> None:
    sentences = [text for tag, text in rows("test_language_sentences.tsv") if tag == language]
    right = sum(DETECTOR.detect(text, NATION).language == language for text in sentences)
    assert right / len(sentences) >= 0.97


@pytest.mark.parametrize("language", ["min", "ban"])
def test_more_languages_are_told_apart_when_the_nation_names_them(language: str) -> None:
    sentences = [text for tag, text in rows("test_language_sentences.tsv") if tag == language]
    right = sum(DETECTOR.detect(text, [*NATION, "min", "ban"]).language == language for text in sentences)
    assert right / len(sentences) >= 0.9


@pytest.mark.parametrize("language", NATION)
def test_citizens_questions_are_told_apart(language: str) -> None:
    asked = questions(language)
    assert sum(DETECTOR.detect(text, NATION).language == language for text in asked) / len(asked) >= 0.93


@pytest.mark.parametrize("language", NATION)
def test_few_words_are_told_apart_among_all_languages_of_the_nation(language: str) -> None:
    asked = [text for tag, text in rows("test_language_short.tsv") if tag == language]
    right = sum(DETECTOR.detect(text, DECLARED).language == language for text in asked)
    assert right / len(asked) >= 0.85


def test_a_careless_question_of_few_words_is_indonesian_unless_a_word_says_otherwise() -> None:
    asked = [text for text in questions("common") if len(text.split()) <= 5]
    right = sum(DETECTOR.detect(text, DECLARED).language == "id" for text in asked)
    assert right / len(asked) >= 0.99


@pytest.mark.parametrize("word", ["KTP", "BPJS", "SIM"])
def test_a_bare_abbreviation_is_taken_as_indonesian(word: str) -> None:
    assert DETECTOR.detect(word, NATION).language == "id"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sekolah", "bersekolah"),
        ("menikah", "pernikahan"),
        ("dikelola", "pengelolaan"),
        ("diketahui", "mengetahui"),
        ("penduduk", "kependudukan"),
        ("bercerai", "perceraian"),
        ("anak-anaknya", "anak"),
        ("Jum'at", "jumat"),
        ("undang-undang", "undang"),
    ],
)
def test_forms_of_one_word_find_each_other(one: str, other: str) -> None:
    assert ANALYSER.terms(one) == ANALYSER.terms(other) != []


@pytest.mark.parametrize(
    ("one", "other"), [("penduduk", "duduk"), ("masalah", "masa"), ("meninggal", "tinggal"), ("kawasan", "awas")]
)
def test_words_that_only_look_alike_stay_apart(one: str, other: str) -> None:
    assert ANALYSER.terms(one) != ANALYSER.terms(other)


@pytest.mark.parametrize(
    ("said", "language", "law"),
    [
        ("KK saya hilang, ngurus yg baru gimana ya?", "id", "kartu keluarga"),
        ("brp lama cuti hamil?", "id", "sebelum saatnya melahirkan anak"),
        ("abis di-PHK dapet pesangon ga", "id", "uang pesangon"),
        ("bikin akte lahir bayar ga?", "id", "akta kelahiran"),
        ("Piye carane gawe akte lair?", "jv", "akta kelahiran"),
        ("umur pira oleh nikah?", "jv", "perkawinan hanya diizinkan"),
        ("Lamun pindah imah kudu lapor ka saha?", "su", "surat keterangan pindah"),
        ("Gajih kuring teu dibayar tilu bulan", "su", "upah"),
        ("How much severance pay after being fired?", "en", "pemutusan hubungan kerja"),
        ("Can foreigners adopt a child?", "en", "pengangkatan anak"),
        ("hak pppk apa aja", "id", "pegawai pemerintah dengan perjanjian kerja"),
    ],
)
def test_what_people_say_becomes_what_the_law_says(said: str, language: str, law: str) -> None:
    gloss, expansion = WORDING.to_official(said, language), WORDING.expand(said, language)
    assert law in expansion.phrases or law in gloss


def test_a_rough_gloss_keeps_names_and_numbers() -> None:
    gloss = WORDING.to_official("Kuring lahir di Garut taun 1990, NIK kuring naon?", "su")
    assert gloss == "saya lahir di Garut tahun 1990, NIK saya apa?"


@pytest.mark.parametrize("language", NATION)
def test_no_citizen_s_question_about_a_rule_gets_a_notice_in_place_of_its_answer(language: str) -> None:
    found = [(text, NOTICES.danger(text, language)) for text in questions(language)]
    assert [text for text, danger in found if danger and not danger.is_asking] == []
    assert [text for text, _ in found if NOTICES.courtesy(text, language)] == []


@pytest.mark.parametrize(
    ("said", "language", "category"),
    [
        ("tolong suami saya pingsan", "id", "medical"),
        ("Tolong! rumah tetangga kebakaran", "id", "fire"),
        ("aku pengen mati aja", "id", "self_harm"),
        ("tulung bapak semaput", "jv", "medical"),
        ("tulung imah kuring kahuruan", "su", "fire"),
        ("help my wife is bleeding", "en", "medical"),
        ("kecelakaan kerja dapat santunan?", "id", None),
        ("apa hukumnya bunuh diri?", "id", None),
    ],
)
def test_danger_is_heard_in_four_languages(said: str, language: str, category: str | None) -> None:
    assert NOTICES.emergency(said, language) == category


@pytest.mark.parametrize(("kind", "number", "valid"), [tuple(row) for row in rows("test_language_numbers.tsv")])
def test_numbers_of_persons_are_found_and_named_when_they_are_well_formed(kind: str, number: str, valid: str) -> None:
    said = labelled(f"nomor saya {number}, tolong dicek")
    assert number not in said
    assert ((f"[{kind.removesuffix('15')}]") in said) is (valid == "true")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("hp 0812-3456-7890 atau +62 812 3456 7890", "hp [phone] atau [phone]"),
        ("NIK 3174-0512-0890-0001", "NIK [nik]"),
        ("surel saya ani.b@contoh.go.id", "surel saya [email]"),
        ("plat B 1234 XYZ", "plat [plate]"),
        (
            "PP 35 Tahun 2021, UU 13/2003, Rp1.000.000.000, pasal 27 ayat (1)",
            "PP 35 Tahun 2021, UU 13/2003, Rp1.000.000.000, pasal 27 ayat (1)",
        ),
    ],
)
def test_persons_are_found_and_laws_and_sums_are_not(said: str, found: str) -> None:
    assert labelled(said) == found


def labelled(text: str) -> str:
    """Return a text with the kind of each identifier in its place."""
    for found in reversed(IDENTIFIERS.find(text)):
        text = f"{text[: found.start]}[{found.kind}]{text[found.end :]}"
    return text


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Apa sing dimaksud karo Bayi Berat Rendah miturut Undhang-Undhang Nomer 17 Taun 2023?", "jv"),
        ("Apa sing dikarepake karo “Bayi Berat Rendah” ing UU 17/2023?", "jv"),
        ("Apa sing dikarepaké karo Bayi Berat Rendah miturut UU nomer 17 taun 2023", "jv"),
        ("Punapa ingkang dipunmaksud kaliyan Bayi Berat Rendah miturut UU 17/2023?", "jv"),
        ("Naon anu dimaksud ku Bayi Berat Rendah nurutkeun Undang-Undang Nomor 17 Taun 2023?", "su"),
        ("Naon nu dimaksud ku “Bayi Berat Rendah” dina UU 17/2023?", "su"),
    ],
)
def test_what_a_law_means_by_a_term_is_asked_alike_in_every_language(question: str, language: str) -> None:
    reader = reader_for(PACK, NATION)
    indonesian = reader.ask(
        "Apa yang dimaksud dengan Bayi Berat Rendah menurut Undang-Undang Nomor 17 Tahun 2023?", "id"
    )
    asked = reader.ask(question, language)
    assert asked.defined == indonesian.defined == "Bayi Berat Rendah"
    assert [mention.doc_id for mention in asked.mentions] == ["UU-17-2023"]
    assert set(indonesian.terms) <= set(asked.terms)
    assert analyser_for("id", PACK).terms(asked.forms[0]) == analyser_for("id", PACK).terms(indonesian.forms[0])


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Apa tegesé akte?", "jv"),
        ("apa tegese akte", "jv"),
        ("Akte kuwi apa?", "jv"),
        ("Apa sing diarani akte?", "jv"),
        ("Naon ari akte?", "su"),
        ("Ari akte téh naon?", "su"),
        ("naon hartina akte?", "su"),
    ],
)
def test_the_meaning_of_a_word_is_asked_with_and_without_the_marks_of_letters(question: str, language: str) -> None:
    assert reader_for(PACK, NATION).ask(question, language).defined.casefold() == "akte"


@pytest.mark.parametrize(
    ("question", "language"),
    [("Anakku umur pira oleh gawe KTP?", "jv"), ("Kuring kudu mawa naon ka Disdukcapil?", "su")],
)
def test_another_question_asks_for_no_meaning(question: str, language: str) -> None:
    assert reader_for(PACK, NATION).ask(question, language).defined == ""


@pytest.mark.parametrize(
    ("before", "text", "searched"),
    [
        ("Bayi saya baru lahir, lapor ke mana?", "Dan untuk orang yang meninggal?", " saya baru , lapor ke mana?"),
        ("Bayi saya baru lahir, lapor ke mana?", "kalau bayinya meninggal?", "Bayi saya baru lahir, lapor ke mana?"),
        ("KTP saya hilang, lapor ke mana?", "kalau stnk?", " saya hilang, lapor ke mana?"),
        ("Umur berapa boleh bikin SIM A?", "kalau SIM C?", "Umur berapa boleh bikin SIM A?"),
        ("Berapa lama cuti melahirkan?", "kalau cuti haid?", "Berapa lama cuti ?"),
        ("How do I report a birth?", "And a marriage?", "How do I report a ?"),
        ("Yen ana bayi lair, kudu lapor kapan?", "Yen bapakku seda?", "Yen ana  , kudu lapor kapan?"),
        ("Orok kakara lahir, iraha kudu dilaporkeun?", "Mun kawin?", " kakara , iraha kudu dilaporkeun?"),
        ("Orok kakara lahir, iraha kudu dilaporkeun?", "Mun telat?", "Orok kakara lahir, iraha kudu dilaporkeun?"),
    ],
)
def test_a_thing_that_takes_the_place_of_another_is_known_in_each_language(
    before: str, text: str, searched: str
) -> None:
    assert load_question_patterns(PACK).without_replaced(before, text) == searched


@pytest.mark.parametrize(
    ("language", "said", "dies"),
    [
        ("jv", "BPJS kula pejah", False),
        ("jv", "BPJSku wis mati", False),
        ("jv", "SIM kula sampun pejah, kados pundi?", False),
        ("jv", "listrik pejah", False),
        ("jv", "pajeg motor mati rong taun", False),
        ("su", "BPJS abdi paéh", False),
        ("su", "KTP paeh kudu kumaha", False),
        ("su", "listrik geus paeh ti isuk", False),
        ("jv", "simbah kula pejah", True),
        ("jv", "BPJS wong mati", True),
        ("su", "bapa kuring paeh", True),
        ("su", "pamajikan maot, BPJS na kumaha", True),
    ],
)
def test_papers_and_power_that_die_are_no_death(language: str, said: str, dies: bool) -> None:
    _, gloss, expansion = WORDING.read(said, language)
    assert ("meninggal" in gloss) == dies
    assert any("kematian" in phrase for phrase in expansion.phrases) == dies
