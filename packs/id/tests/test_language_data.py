# SPDX-License-Identifier: Apache-2.0
"""The language data of this pack: complete, consistent, and true to the statutes where it claims to be."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
import yaml

from daulat.language import Phrases, abbreviations_for, analyser_for, contacts_for, wording_for
from daulat.language.wording import read_pairs
from daulat.nation.packs import Pack

ROOT = Path(__file__).parents[1] / "daulat_id"
PACK = Pack("ID", "daulat-id", "0", ROOT)
LISTS = sorted(path.name for path in (ROOT / "languages").glob("*.tsv"))
# Phrases of the glossary that no article says together and that have no word in common: two names of one thing.
OTHER_NAMES = {
    ("kuasa asuh", "memelihara dan mendidik anak"),
    ("harta peninggalan", "ahli waris"),
    ("harta peninggalan", "waris"),
    ("menyampaikan pendapat di muka umum", "unjuk rasa"),
}


@cache
def articles() -> tuple[str, ...]:
    with gzip.open(ROOT / "sources/regulations/passages.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    constitution = (ROOT / "sources/constitution/articles.jsonl").read_text(encoding="utf-8")
    texts += [json.loads(line)["text"] for line in constitution.splitlines()]
    return tuple(re.sub(r"\s+", " ", text.lower()) for text in texts)


@cache
def statutes() -> str:
    return " ".join(articles())


@cache
def articles_that_say(phrase: str) -> frozenset[int]:
    return frozenset(place for place, text in enumerate(articles()) if phrase in text)


def entries() -> Iterator[tuple[str, list[str]]]:
    """Yield what people say, and the law's phrases for it."""
    for topic in yaml.safe_load((ROOT / "glossary.yaml").read_text(encoding="utf-8"))["entries"].values():
        for said, law in topic.items():
            yield said, [part.strip() for part in law.split(";")]


def law_phrases() -> Iterator[str]:
    for _, law in entries():
        yield from law


def placeholders(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


@pytest.mark.parametrize("language", ["id", "jv", "su"])
def test_every_phrase_is_said_in_every_language_with_the_same_placeholders(language: str) -> None:
    core = yaml.safe_load(
        (Path(__file__).parents[3] / "src/daulat/language/messages/en.yaml").read_text(encoding="utf-8")
    )
    ours = yaml.safe_load((ROOT / f"assistant/messages.{language}.yaml").read_text(encoding="utf-8"))
    assert ours.keys() == core.keys()
    assert {key: placeholders(text) for key, text in ours.items()} == {
        key: placeholders(text) for key, text in core.items()
    }


@pytest.mark.parametrize("language", ["id", "jv", "su"])
def test_no_phrase_of_the_pack_is_said_in_another_language(language: str) -> None:
    phrases = Phrases.for_language(language, PACK, fallbacks=["id"])
    ours = yaml.safe_load((ROOT / f"assistant/messages.{language}.yaml").read_text(encoding="utf-8"))
    for key, text in ours.items():
        assert phrases.get(key, **{name: f"{{{name}}}" for name in placeholders(text)}) == text


@pytest.mark.parametrize("name", LISTS)
def test_a_word_list_names_its_licence_and_says_each_thing_once(name: str) -> None:
    text = (ROOT / "languages" / name).read_text(encoding="utf-8")
    assert text.startswith("# SPDX-License-Identifier: ")
    body = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(line.count("\t") == 1 for line in body)
    pairs = list(read_pairs(text))
    assert len({local for local, _ in pairs}) > 200
    assert not [local for local, _ in pairs if local != local.lower() and name.endswith("informal.tsv")]


@pytest.mark.parametrize("name", ["id.informal.tsv", "en.lexicon.tsv", "jv.lexicon.tsv", "su.lexicon.tsv"])
def test_the_lists_written_for_this_pack_hold_400_entries(name: str) -> None:
    assert len({local for local, _ in read_pairs((ROOT / "languages" / name).read_text(encoding="utf-8"))}) >= 400


def test_the_glossary_speaks_in_the_words_of_the_statutes() -> None:
    phrases = list(law_phrases())
    missing = {phrase for phrase in phrases if phrase not in statutes()}
    assert len(phrases) > 600
    assert len(missing) / len(phrases) < 0.05, sorted(missing)


def test_the_glossary_reads_no_everyday_phrase_in_two_ways() -> None:
    said: dict[str, str] = {}
    for topic in yaml.safe_load((ROOT / "glossary.yaml").read_text(encoding="utf-8"))["entries"].values():
        for variants, law in topic.items():
            for variant in variants.split("|"):
                assert said.setdefault(variant.strip(), law) == law, variant


def test_no_entry_of_the_glossary_adds_a_number_that_nobody_said() -> None:
    # Who asks how old, how long or how much must find the article that says it, not the one that the glossary guessed.
    for said, law in entries():
        numbers = {number for phrase in law for number in re.findall(r"\d+", phrase.replace("tahun 1945", ""))}
        assert numbers <= set(re.findall(r"\d+", said)), said


def test_the_phrases_of_one_entry_belong_to_one_article_or_name_one_thing() -> None:
    terms = analyser_for("id", PACK).terms
    for said, law in entries():
        for one, other in itertools.combinations(law, 2):
            same = set(terms(one)) & set(terms(other)) or (one, other) in OTHER_NAMES
            assert same or articles_that_say(one) & articles_that_say(other), f"{said}: {one}; {other}"


@pytest.mark.parametrize(
    ("question", "says", "says_not"),
    [
        ("Berapa denda tidak pakai sabuk pengaman?", "sabuk keselamatan", "helm"),
        ("denda tidak pakai helm", "helm standar nasional indonesia", "sabuk"),
        ("lupa bawa SIM", "tidak dapat menunjukkan surat izin mengemudi", "tidak memiliki"),
        ("naik motor tidak punya SIM", "tidak memiliki surat izin mengemudi", "menunjukkan"),
        ("Hukuman menculik anak", "penculikan", "pidana pokok bagi anak"),
        ("hukuman anak apa saja", "pidana pokok bagi anak", "persetubuhan"),
        ("Guru boleh memukul murid?", "dilakukan oleh pendidik", "perlindungan profesi"),
        ("guru ditampar wali murid", "perlindungan profesi", "dilakukan oleh pendidik"),
        ("murid memukul guru", "perlindungan profesi", "dilakukan oleh pendidik"),
        ("Siapa yang bayar nafkah anak?", "biaya pemeliharaan", "tidak dipungut biaya"),
        ("cuti istri melahirkan", "isteri melahirkan", "sebelum saatnya melahirkan"),
        ("PNS mau poligami", "beristeri lebih dari seorang", "akan melakukan perceraian"),
        ("saya kerja di PT", "", "perguruan tinggi"),
        ("please answer in English", "", "bahasa indonesia wajib"),
    ],
)
def test_one_matter_is_not_read_as_its_neighbour(question: str, says: str, says_not: str) -> None:
    phrases = " ".join(wording_for(PACK).expand(question, "id").phrases)
    assert says in phrases
    assert says_not not in phrases


@pytest.mark.parametrize("language", ["id", "jv", "su", "en"])
def test_every_emergency_and_topic_leads_to_someone_in_every_language(language: str) -> None:
    contacts, notices = contacts_for(PACK), PACK.yaml("assistant", "notices.yaml")
    for category in notices["emergencies"]:
        offices = contacts.for_emergency(category, language)
        assert offices
        assert all(office.phone and office.about and office.source and office.as_of for office in offices)
    for topic in PACK.yaml("glossary.yaml")["entries"]:
        assert all(office.url for office in contacts.for_topics([topic], language))
    for matter in PACK.yaml("contacts.yaml")["matters"]:
        assert all(office.url and office.about for office in contacts.for_topics([matter], language))


def test_every_matter_knows_its_texts_and_no_word_means_two() -> None:
    matters = PACK.yaml("contacts.yaml")["matters"]
    with gzip.open(ROOT / "sources/regulations/passages.jsonl.gz", "rt", encoding="utf-8") as file:
        held = {json.loads(line)["doc_id"] for line in file}
    owner: dict[str, str] = {}
    for matter, entry in matters.items():
        for name in [*entry.get("documents", []), *(word.strip() for word in entry.get("words", "").split("|"))]:
            assert owner.setdefault(name, matter) == matter, name
        assert held.issuperset(entry.get("documents", [])), matter


@pytest.mark.parametrize(
    ("question", "office"),
    [
        ("sertifikat tanah hilang, urusnya ke mana?", "atr_bpn"),
        ("Ibu saya meninggal, gimana ngurus warisannya", "pa"),
        ("pesangonipun pinten?", "kemnaker"),
        ("what happens if I overstay my visa", "imigrasi"),
        ("Kumaha carana ngurus paspor budak?", "imigrasi"),
        ("SIM mati sehari harus bikin baru?", "korlantas"),
        ("pajeg motor telat setaun dhendhane pira", "korlantas"),
        ("pajak penghasilan karyawan berapa persen", "djp"),
        ("diteror debt collector pinjol", "ojk"),
        ("kartu sim hilang", "komdigi"),
        ("tetangga muter musik keras tengah malam bisa dilaporin?", "polisi"),
        ("ijazah ditahan perusahaan", "kemnaker"),
        ("pindah kerja ditahan denda kontrak", "kemnaker"),
        ("lagu diputer di cafe bayar royalti", "djki"),
        ("bikin pt syaratnya", "ahu"),
        ("tetangga bakar sampah", "lapor"),
        ("apartemen disewain boleh?", "lapor"),
        ("sepeda listrik di jalan raya", "korlantas"),
        ("tagihan listrik saya naik", "pln"),
        ("balik nama sertifikat brp biaya", "atr_bpn"),
        ("balik nama sertifikat warisan biayanya berapa", "atr_bpn"),
        ("tanah peninggalan ayah dijual paman tanpa izin ahli waris", "pa"),
        ("gereja kami ditolak warga", "komnas_ham"),
        ("cara klaim JHT", "bpjs_tk"),
        ("bpjs naker saya ga dibayar perusahaan", "bpjs_tk"),
        ("bpjs nunggak 2 tahun", "bpjs_kesehatan"),
        ("paket dari luar negeri kena bea masuk berapa", "bea_cukai"),
        ("caleg bagi bagi amplop", "bawaslu"),
        ("bawa kucing naik pesawat antar pulau", "karantina"),
        ("uang saya salah transfer", "bank_indonesia"),
        ("prakiraan cuaca besok", "bmkg"),
        ("daftar nikah di kua", "kemenag"),
    ],
)
def test_a_question_of_no_text_is_sent_to_the_office_of_its_matter(question: str, office: str) -> None:
    contacts = contacts_for(PACK)
    assert contacts.for_topics(contacts.matters(question, []), "id")[0].id == office


@pytest.mark.parametrize(
    "question",
    ["listrik", "sampah", "sertifikat saya", "pindah", "iuran mahal", "saya ditahan", "anak saya suka mukul temannya"],
)
def test_a_word_of_many_matters_alone_tells_none(question: str) -> None:
    assert contacts_for(PACK).matters(question, []) == []


def test_every_abbreviation_says_what_it_stands_for_also_in_english():
    data = PACK.yaml("abbreviations.yaml")["abbreviations"]
    each = [(short, one) for short, entry in data.items() for one in (entry if isinstance(entry, list) else [entry])]
    assert len(data) >= 120
    assert not [short for short, one in each if not one.get("id") or not one.get("en")]
    abbreviations_for(PACK)  # reads every entry
