# SPDX-License-Identifier: Apache-2.0
"""What a citizen is told of the law's life: the newest text, and never an old one as if it held."""

from __future__ import annotations

import pytest

from daulat.assistant import Answer, open_assistant
from daulat.assistant.citing import at_article
from daulat.assistant.evidence import Evidence, gather_evidence
from daulat.assistant.order import in_order
from daulat.assistant.quoting import Quoted, quotation
from daulat.assistant.sentence import Marked
from daulat.assistant.types import Citation
from daulat.knowledge.legal import PassageStatus, RelationBook
from daulat.knowledge.release import Release
from daulat.knowledge.types import Document, Hit, Passage, Relation
from daulat.language import Phrases, Said

from .acts import LANGUAGES, build_acts
from .conftest import ALWAYS, NAMES, Asked, judged_by

DAY = "31 Desember 2022"  # the coverage date of the regulations in the pack


def cited(answer: Answer, article: str) -> Citation:
    return next(each for each in answer.citations if each.passage_id.partition("#")[0] == article)


@pytest.mark.parametrize(
    ("question", "newer", "words"),
    [
        ("Berapa lama kelahiran harus dilaporkan?", "UU-24-2013:pasal-27", "60 (enam puluh) hari sejak kelahiran"),
        ("Siapa yang melaporkan kematian?", "UU-24-2013:pasal-44", "ketua rukun tetangga"),
        ("Who must report a death?", "UU-24-2013:pasal-44", "ketua rukun tetangga"),
    ],
)
def test_births_and_deaths_are_answered_from_the_amending_act(ask, question, newer, words):
    answer = ask(question)
    assert answer.citations[0].passage_id.startswith(f"{newer}#")
    assert answer.citations[0].status == "in_force"
    assert words in answer.citations[0].quote
    older = {newer.replace("UU-24-2013", "UU-23-2006")}
    assert not older & {each.passage_id.partition("#")[0] for each in answer.citations}


def test_an_old_article_asked_for_by_its_number_is_answered_by_the_newer_text(ask):
    answer = ask("Siapa yang wajib melaporkan kematian menurut pasal 44 UU 23/2006?")
    assert cited(answer, "UU-24-2013:pasal-44").status == "in_force"
    assert all("pasal-44#43" not in each.passage_id for each in answer.citations)


def test_the_old_age_of_marriage_is_shown_only_with_what_changed_it(ask):
    answer = ask("Perkawinan hanya diizinkan jika pihak pria mencapai umur berapa?")
    old = cited(answer, "UU-1-1974:pasal-7")
    assert old.status == "amended"
    assert "Undang-Undang Nomor 16 Tahun 2019" in old.successor
    before = answer.text[: old.start]
    assert "sudah diubah dengan Undang-Undang Nomor 16 Tahun 2019" in before
    assert "aturan yang berlaku tidak dapat dikutip di sini" in before
    assert before.rstrip().endswith("bukan lagi aturan yang berlaku")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (
            "umur berapa boleh nikah?",
            "Catatan kumpulan ini, bukan kutipan: Perkawinan hanya diizinkan apabila pria dan wanita sudah berumur 19"
            " tahun. (UU 16/2019 Pasal I)",
        ),
        (
            "what is the minimum age for marriage?",
            "A note of this collection, not a quotation: Both must be 19 years old to marry. (UU 16/2019 Pasal I)",
        ),
    ],
)
def test_what_holds_instead_of_a_text_that_is_not_here_is_told_as_a_note_with_its_source(ask, question, words):
    answer = ask(question)
    assert answer.text.index(words) < cited(answer, "UU-1-1974:pasal-7").start
    assert all(words not in each.quote for each in answer.citations)


@pytest.mark.parametrize(
    ("question", "missing", "note"),
    [
        (
            "Apa isi Pasal 35 UU 23/2006?",
            "Naskahnya tidak ada dalam kumpulan ini.",
            "Catatan kumpulan ini, bukan kutipan: Pengadilan tidak mengabulkan permohonan pencatatan perkawinan",
        ),
        (
            "What does Pasal 35 UU 23/2006 say?",
            "Its text is not in this collection.",
            "A note of this collection, not a quotation: Courts do not grant requests to register marriages",
        ),
    ],
)
def test_what_another_act_adds_to_law_in_force_is_told_beside_it(ask, question, missing, note):
    answer = ask(question)
    law = cited(answer, "UU-23-2006:pasal-35")
    assert (law.status, law.standing) == ("in_force", "current")
    before = answer.text[: law.start]
    assert before.index("Surat Edaran Mahkamah Agung Nomor 2 Tahun 2023") < before.index(f"{missing}\n\n{note}")


def test_an_old_note_that_stands_in_the_passage_of_an_article_in_force_is_old(ask):
    stored = ask.assistant.release.stored(ask.assistant.release.row_of("UU-23-2006:pasal-107#106"))
    document = ask.assistant.release.document_of(ask.assistant.release.row_of("UU-23-2006:pasal-107#106"))
    [evidence] = gather_evidence([Hit(stored.passage, document, 1.0)], ask.assistant.release)
    told = {}
    for words in ("Ketentuan tentang pindah domisili tetap bagi KTP", "dilakukan antar-umat yang berbeda agama"):
        at = at_article(evidence, stored.passage.text.index(words), ask.assistant.searcher.reader.legal)
        told[at.passage.article] = (at.passage.section, at.status.by, at.standing, len(at.status.completed_by))
    assert (evidence.status.status, evidence.standing) == ("in_force", "current")
    assert told == {"64": ("elucidation", "UU-24-2013", "history", 0), "35": ("elucidation", "", "current", 1)}


def test_what_holds_in_place_of_one_article_of_a_law_that_is_gone_is_told(ask):
    answer = ask("rumah sakit nolak pasien gawat darurat minta uang muka")
    told = answer.text[: cited(answer, "UU-36-2009:pasal-32").start]
    assert "dilarang menolak pasien atau meminta uang muka. (UU 17/2023 Pasal 174)" in told


def test_what_two_old_texts_share_is_said_once_and_each_is_called_old():
    missing = Said("The text of the newer rule is not in this collection.", "en")
    quoted = [
        Quoted(
            Citation(f"p:{article}", "d", "Act", article, "Pay 10.", "amended", "/"),
            f"Section {article}",
            warning=[Said(f"Section {article} has been amended.", "en"), missing],
            is_history=True,
        )
        for article in ("7", "9")
    ]
    text = quotation(quoted, Phrases.for_language("en", None), opening=[], closing=[]).text
    assert text.count(missing.text) == 1
    assert text.index("Section 9 has been amended.") > text.index("Section 7 has been amended.")
    assert text.count("no longer the rule in force") == 2


def test_who_is_shown_old_text_is_told_whom_to_ask_and_who_is_shown_law_in_force_is_not(ask):
    old, new = ask("Apa hak pasien atas rahasia kesehatan?"), ask("Berapa lama kelahiran harus dilaporkan?")
    assert [each.name for each in old.contacts] == ["Halo Kemenkes", "BPJS Kesehatan Care Center"]
    [(start, end)] = old.listed
    assert old.text[start:end].startswith("Anda dapat bertanya kepada:\n- Halo Kemenkes")
    assert (new.contacts, new.listed) == ((), ())


@pytest.mark.parametrize(
    ("by", "standing", "url"),
    [("UU-24-2013", "history", "/d/UU-24-2013"), ("UU-16-2019", "history", ""), ("UU-24-2013", "current", "")],
)
def test_the_act_that_changed_a_text_is_linked_where_it_is_here(ask, by, standing, url):
    passage, document = Passage("A:1", "A", 1, "body", "text"), Document("A", "Act")
    evidence = Evidence(Hit(passage, document, 1.0), passage, document, PassageStatus("amended", by=by), standing)
    citation = ask.assistant._citation(evidence, Marked((0, 4)), short=True)
    assert (bool(citation.successor), citation.successor_url) == (standing == "history", url)


def test_the_old_ages_in_the_general_elucidation_are_no_rule_in_force_either(ask):
    answer = ask(
        "Menurut penjelasan umum undang-undang perkawinan, berapa batas umur untuk kawin bagi pria dan wanita?"
    )
    old = cited(answer, "UU-1-1974:penjelasan-umum")
    assert old.status == "amended"
    assert "bukan lagi aturan yang berlaku" in answer.text[: old.start].rpartition("\n\n")[2]
    assert "Undang-Undang Nomor 16 Tahun 2019" in old.successor


def test_no_wording_is_told_the_old_ages_as_the_law(ask):
    wordings = (
        "What is the minimum age for marriage?", "How old must a bride be?", "umur berapa boleh nikah",
        "batas usia kawin", "umur pira oleh rabi?", "umur sabaraha meunang kawin?", "anak 16 tahun boleh menikah?",
    )  # fmt: skip
    told = 0
    for answer in map(ask, wordings):
        for each in answer.citations:
            if "16 (enam belas)" in each.quote and "kawin" in each.quote:
                told += 1
                assert each.status == "amended"
                assert "Nomor 16 Tahun 2019" in each.successor
                intro = answer.text[: each.start].rpartition("\n\n")[2]
                assert any(said in intro for said in ("bukan lagi", "no longer", "sanès malih", "sanés deui"))
    assert told >= len(wordings) // 2


def test_a_revoked_law_is_shown_as_history_with_its_successor(ask):
    answer = ask("Apa hak pasien atas rahasia kesehatan?")
    assert {each.status for each in answer.citations} == {"revoked"}
    assert all("Nomor 17 Tahun 2023" in each.successor for each in answer.citations)
    said = answer.text[: answer.citations[0].start]
    assert "sudah dicabut oleh Undang-Undang Nomor 17 Tahun 2023" in said
    assert "sebagai sejarah saja" in said
    assert said.rstrip().endswith("bukan lagi aturan yang berlaku")


def test_what_revoked_a_law_is_said_once_and_of_each_of_its_texts_that_it_is_an_old_one(ask):
    answer = ask("Apa hak pasien?")
    of_law = [each for each in answer.citations if each.doc_id == "UU-36-2009"]
    assert len(of_law) > 1
    said = "Nomor 36 Tahun 2009 tentang Kesehatan sudah dicabut oleh Undang-Undang Nomor 17 Tahun 2023"
    assert answer.text.count(said) == 1
    for each in of_law:
        assert "bukan lagi aturan yang berlaku" in answer.text[: each.start].rpartition("\n\n")[2]


@pytest.mark.parametrize("question", ["Berapa lama kelahiran harus dilaporkan?", "Apa hak pasien atas rahasia?"])
def test_an_answer_says_up_to_which_day_its_sources_go(ask, question):
    answer = ask(question)
    assert answer.as_of == "2022-12-31"
    assert DAY in answer.text


def test_law_that_holds_comes_before_law_that_does_not(ask):
    standing = [each.status for each in ask("Berapa usia minimal menikah?").citations]
    assert standing == sorted(standing, key=lambda status: status != "in_force")


@pytest.mark.parametrize(("score", "leads"), [(1.5, "B"), (0.5, "A")])
def test_an_old_text_is_put_behind_what_changed_it_and_not_behind_law_on_another_matter(score, leads):
    def evidence(doc_id, score, by=""):
        passage, document = Passage(f"{doc_id}:1", doc_id, 1, "body", "text"), Document(doc_id, "")
        status = PassageStatus("revoked", by=by) if by else PassageStatus("in_force")
        return Evidence(Hit(passage, document, score), passage, document, status, "history" if by else "current")

    found = [evidence("A", 2.0, by="B"), evidence("C", 1.9), evidence("B", score)]
    assert in_order([(each, Marked((0, 4))) for each in found])[0][0].document.doc_id == leads


def test_an_article_that_says_the_age_leads_before_the_general_part_that_retells_it(ask):
    answer = ask("What is the minimum age for marriage?")
    assert [each.passage_id.split("#")[0] for each in answer.citations[:2]] == [
        "UU-1-1974:pasal-7",
        "UU-1-1974:penjelasan-umum",
    ]
    assert "Both must be 19 years old to marry" in answer.text


@pytest.fixture(scope="module")
def repealed_tomorrow(tmp_path_factory: pytest.TempPathFactory, pack, encoder) -> Asked:
    """An assistant over acts of which one is to be revoked and an article of another to be changed, both later."""
    book = RelationBook(
        changes={
            "UU-1-1974": (Relation("revoked_by", "UU-9-2027", "Keluarga", "2028-01-01", source="UU 9/2027"),),
            "UU-23-2006": (Relation("amended_by", "UU-8-2027", "NIK", "2027-07-01", ("33",), source="UU 8/2027"),),
        }
    )
    release = Release(build_acts(tmp_path_factory.mktemp("later"), pack, encoder, book))
    return Asked(judged_by(open_assistant(release, encoder, pack, LANGUAGES, names=NAMES), ALWAYS))


@pytest.mark.parametrize(
    ("question", "language", "words"),
    [
        (
            "Perkawinan adalah sah apabila dilakukan menurut apa?",
            "id",
            "Mulai 1 Januari 2028, Undang-Undang Nomor 1 Tahun 1974 tentang Perkawinan dicabut oleh Undang-Undang Nomor"
            " 9 Tahun 2027 tentang Keluarga; sampai saat itu tetap seperti adanya.",
        ),
        ("Perkawinan adalah sah apabila dilakukan menurut apa?", "jv", "Wiwit 1 Januari 2028, "),
        ("Perkawinan adalah sah apabila dilakukan menurut apa?", "su", "Ti 1 Januari 2028, "),
        ("Perkawinan adalah sah apabila dilakukan menurut apa?", "en", "From January 1, 2028, "),
        ("Lahir mati dilaporkan paling lambat berapa hari?", "id", "Mulai 1 Juli 2027, Pasal 33 Undang-Undang"),
        ("Apakah UU 1/1974 masih berlaku?", "id", "Mulai 1 Januari 2028, Undang-Undang Nomor 1 Tahun 1974"),
    ],
)
def test_a_change_that_is_decided_for_a_later_day_is_told_and_the_law_holds_until_then(
    repealed_tomorrow, ask, question, language, words
):
    answer, before = repealed_tomorrow(question, language=language), ask(question, language=language)
    assert answer.text.count(words) == 1
    assert words not in before.text
    assert [(each.passage_id, each.status) for each in answer.citations] == [
        (each.passage_id, each.status) for each in before.citations
    ]
