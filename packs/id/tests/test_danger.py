# SPDX-License-Identifier: Apache-2.0
"""Who is in danger is heard in four languages and sent to the right office; who only says "mati" is not alarmed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from daulat.language import contacts_for, detector_for, notices_for, wording_for
from daulat.nation.packs import Pack

HERE = Path(__file__).parent
PACK = Pack("ID", "daulat-id", "0", HERE.parent / "daulat_id")
NATION = ["id", "jv", "su", "en"]
DETECTOR, WORDING, CONTACTS = detector_for(PACK), wording_for(PACK), contacts_for(PACK)
NOTICES = notices_for(PACK, WORDING)
MESSAGES = [
    tuple(line.split("\t"))
    for line in (HERE / "test_danger_messages.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
DANGER = [(text, wanted.split(",")) for _, _, wanted, text in MESSAGES if wanted != "-"]
HARMLESS = [text for _, _, wanted, text in MESSAGES if wanted == "-"]
# Known: what is still missed, or told another office than the best, or taken for danger. A line that is heard leaves.
MISSED = {
    "nelayan belum balik dari laut sejak kemarin",
    "balita saya ga ada di rumah, sudah dicari ke mana mana",
    "anak 2 tahun masuk ember kepalanya di bawah",
    "saya ditahan agen di apartemen, paspor diambil, tidak boleh keluar",
    "bayi baru lahir badannya kuning dan lemas",
}
OTHER_OFFICE = {
    "tetangga bawa celurit mau bacok saya",
    "tukang ojek jatuh di depan saya, kepalanya berdarah",
    "anak saya diculik mantan suami",
}
ALARMED = {
    "bapak dulu pernah memukul saya waktu kecil, bisa dilaporkan sekarang?",
    "istri saya digigit anjing tetangga minta ganti rugi ke siapa",
    "anjing saya tertabrak mobil",  # or a curse, and a person was hit
}
QUESTIONS = [
    (text, wanted.split(","))
    for _, _, wanted, text in (
        line.split("\t")
        for line in (HERE / "test_danger_questions.tsv").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
]
# Known: told in another form than the right one. A line that is told rightly leaves.
OTHERWISE_TOLD = {
    "dipaksa nikah sama orang tua padahal umur 16, boleh nolak?": "answer",
    "anak dibully sampai luka di sekolah, sekolah bisa dituntut?": "answer",
    "saya dirampok tadi malam di angkot, bisa dapat ganti rugi?": "answer",
    "he punishes me by locking me in": "answer",
    "pacar ga mau tanggung jawab malah mau bunuh saya": "first",
    "saya disekap, bapak bisa lapor polisi tolong": "first",
    "orang itu ngancam bunuh saya kalau saya lapor": "first",
}
SETS = ("id", "jv", "su", "en", "second", "fourth", "fifth", "sixth")


def language_of(text: str) -> str:
    """Recognise the language as the assistant does."""
    found = DETECTOR.detect(text, NATION)
    return found.language if found.confidence >= 0.6 else "id"


def category_of(text: str) -> str | None:
    return NOTICES.emergency(text, language_of(text))


def form_of(text: str) -> str:
    """Return how a message is told: `alone`, `first` or `answer`, as `test_danger_questions.tsv` has it."""
    danger = NOTICES.danger(text, language_of(text))
    return "answer" if danger is None else "first" if danger.is_asking else "alone"


def test_the_lists_are_long_and_of_four_languages() -> None:
    assert len(DANGER) >= 200
    assert len(HARMLESS) >= 300
    assert {language for _, language, _, _ in MESSAGES} == set(NATION)


def test_of_cries_and_what_looks_like_them_many_are_of_things_papers_rules_and_the_past() -> None:
    later = [wanted for label, _, wanted, _ in MESSAGES if label == "later"]
    assert sum(wanted != "-" for wanted in later) >= 60
    assert later.count("-") >= 60


def test_who_is_in_danger_is_heard() -> None:
    assert {text for text, _ in DANGER if category_of(text) is None} == MISSED


def test_who_is_in_danger_is_sent_to_the_right_office() -> None:
    heard = ((text, category_of(text), wanted) for text, wanted in DANGER)
    assert {text for text, category, wanted in heard if category and category not in wanted} == OTHER_OFFICE


def test_a_harmless_sentence_is_not_taken_for_danger_or_a_courtesy() -> None:
    taken = {text for text in HARMLESS if category_of(text) or NOTICES.courtesy(text, language_of(text))}
    assert taken == ALARMED


@pytest.mark.parametrize(
    ("said", "language", "category", "is_asking"),
    [
        ("Anak saya tidak bernapas, bpjs nya belum aktif", "id", "medical", False),
        ("my baby is not breathing and BPJS is inactive", "en", "medical", False),
        ("Istri saya ketuban pecah, BPJS nonaktif, boleh ke RS mana?", "id", "medical", False),
        ("Tolong anak saya kejang, biaya rumah sakit gimana?", "id", "medical", True),
        ("Abdi diteunggeulan ku salaki", "su", "violence", True),
        ("Saya disiksa di kantor polisi", "id", "custody", True),
        ("Suami saya memukuli saya sekarang", "id", "violence", False),
        ("suami saya lagi mukulin saya, bisa dilaporkan?", "id", "violence", False),
        ("suami ngancam pake pisau tapi ga mukul, bisa dilaporkan?", "id", "violence", True),
        ("suami mau bunuh saya karena saya minta cerai", "id", "violence", False),
        ("suami mau bunuh saya, apa bisa minta cerai?", "id", "violence", True),
    ],
)
def test_a_question_never_silences_danger_but_may_be_answered_behind_the_number(
    said: str, language: str, category: str, is_asking: bool
) -> None:
    assert NOTICES.danger(said, language) == (category, is_asking)


def test_who_is_in_danger_is_told_the_number_alone_and_who_asks_of_it_is_answered_behind_it() -> None:
    told = ((text, form_of(text), wanted) for text, wanted in QUESTIONS)
    assert {text: form for text, form, wanted in told if form not in wanted} == OTHERWISE_TOLD


def test_no_question_about_danger_is_cut_off() -> None:
    assert not [text for text, wanted in QUESTIONS if "alone" not in wanted and form_of(text) == "alone"]


def test_who_accuses_the_police_is_not_sent_to_the_police() -> None:
    assert "polisi" not in [office.id for office in CONTACTS.for_emergency("custody", "id")]
    for question in ("polisi minta duit waktu tilang, lapor kemana", "penyiksaan oleh polisi diadukan ke mana?"):
        offices = CONTACTS.for_topics(CONTACTS.matters(question, ()), "id")
        assert [office.id for office in offices] == ["komnas_ham", "ombudsman"]


def test_who_wants_to_die_is_told_of_counsellors_and_of_an_ambulance() -> None:
    assert [office.id for office in CONTACTS.for_emergency("self_harm", "id")][:2] == ["healing119", "ambulans"]


@pytest.mark.parametrize("name", SETS)
def test_of_the_development_questions_only_those_of_people_who_were_hurt_name_a_number_first(name: str) -> None:
    lines = (HERE / "questions" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    found = [NOTICES.danger(row["question"], row["lang"]) for row in rows]
    assert {each.category for each in found if each} <= {"violence", "accident", "crime"}
    assert not any(NOTICES.courtesy(row["question"], row["lang"]) for row in rows)


@pytest.mark.parametrize(
    ("said", "language", "kind"),
    [
        ("makasih banyak infonya sangat membantu", "id", "thanks"),
        ("matur nuwun sanget", "jv", "thanks"),
        ("hatur nuhun pisan informasina", "su", "thanks"),
        ("thank you so much for your help", "en", "thanks"),
        ("kamu salah", "id", "complaint"),
        ("salah, bukan itu", "id", "complaint"),
        ("dudu kuwi", "jv", "complaint"),
        ("sanes eta", "su", "complaint"),
        ("that's not what I asked", "en", "complaint"),
        ("Siapa yang membuatmu?", "id", "maker"),
        ("kamu pakai AI apa?", "id", "maker"),
        ("sing nggawe kowe sapa", "jv", "maker"),
        ("saha nu nyieun anjeun?", "su", "maker"),
        ("who made you?", "en", "maker"),
        ("kamu salah hitung pajak saya", "id", None),
        ("siapa yang membuat akta kelahiran?", "id", None),
        ("terima kasih, tapi KTP saya bagaimana?", "id", None),
    ],
)
def test_thanks_complaints_and_who_made_you_are_understood(said: str, language: str, kind: str | None) -> None:
    assert NOTICES.courtesy(said, language) == kind


def test_a_thousand_messages_are_listened_to_in_well_under_two_seconds() -> None:
    texts = [text for text, _ in DANGER] + HARMLESS
    said = [(text, language_of(text)) for text in (texts * 2)[:1000]]
    before = time.process_time()
    for text, language in said:
        NOTICES.danger(text, language)
    assert time.process_time() - before < 2.0  # some 0.3 s on one core
