# SPDX-License-Identifier: Apache-2.0
"""What a conversation adds to a question: the law that it named, the language that it is in, and what it asks again."""

from __future__ import annotations

import pytest

from daulat.assistant import Answer
from daulat.assistant.abroad import Abroad
from daulat.assistant.listening import Listener
from daulat.language import detector_for
from daulat.nation import find_pack

from .conftest import Asked

SPOKEN = ("id", "jv", "su", "en")


@pytest.fixture(scope="module")
def listener() -> Listener:
    beside = {"in", "please", "pakai", "bahasa", "basa", "dong"}
    return Listener(detector_for(find_pack("ID")), ["id", "jv", "su", "min", "mad"], SPOKEN, beside)


def after(ask: Asked, text: str, *questions: str) -> Answer:
    """Ask after questions that were answered as they are."""
    turns: list[str] = []
    for said in questions:
        turns += [said, ask(said).text]
    return ask(text, *turns)


def test_an_article_alone_is_of_the_law_that_was_named_before(ask):
    answer = after(ask, "pasal 7?", "Apa isi pasal 6 UU 1/1974?")
    assert answer.citations[0].passage_id.startswith("UU-1-1974:pasal-7#")


def test_an_article_alone_is_of_the_law_that_the_answer_stood_on(ask):
    cited = ask("Siapa yang wajib melaporkan kematian?").citations[0]
    answer = after(ask, f"{cited.article}?", "Siapa yang wajib melaporkan kematian?")
    assert answer.citations[0].passage_id == cited.passage_id


def test_the_paragraph_that_is_asked_for_is_marked(ask):
    first = after(ask, "ayat 2?", "Apa isi pasal 44 UU 24/2013?").citations[0]
    assert first.quote[slice(*first.answer_span)].startswith("(2)")


def test_an_answer_in_another_language_is_the_answer_to_the_question_before(ask):
    before = ask("Siapa yang wajib melaporkan kematian?")
    answer = after(ask, "in English please", "Siapa yang wajib melaporkan kematian?")
    assert answer.language == "en"
    assert [each.passage_id for each in answer.citations] == [each.passage_id for each in before.citations]


@pytest.mark.parametrize("beside", [("terima kasih",), ("halo", "makasih ya"), ("pakai bahasa Jawa dong",), ("🙏",)])
def test_thanks_in_between_are_not_what_is_said_again_in_another_language(ask, beside):
    before = ask("Siapa yang wajib melaporkan kematian?")
    answer = after(ask, "in English please", "Siapa yang wajib melaporkan kematian?", *beside)
    assert (answer.mode, answer.language) == ("quotation", "en")
    assert [each.passage_id for each in answer.citations] == [each.passage_id for each in before.citations]


def test_thanks_are_said_again_in_another_language_where_nothing_else_was_said(ask):
    assert after(ask, "in English please", "terima kasih").text == ask("thanks", language="en").text


def test_whose_law_it_is_is_said_where_another_country_is_named(ask):
    assert "hukum Indonesia, bukan hukum Malaysia" in ask("Berapa usia minimal menikah di Malaysia?").text
    assert "bukan hukum" not in ask("Berapa usia minimal menikah?").text


@pytest.mark.parametrize(
    ("text", "before", "language"),
    [
        ("kalau ditolak?", ("Bagaimana cara mengurus akta kelahiran anak saya?",), "id"),
        ("How do I report the death of my father?", ("Bagaimana cara mengurus akta kelahiran?",), "en"),
        ("berapa?", ("How do I report a death?", "And my wife?"), "id"),
        ("Can I sue?", (), "en"),
        ("kalau ditolak?", ("Bagaimana cara mengurus akta kelahiran?", "pakai bahasa Jawa dong"), "jv"),
        ("bayar berapa?", ("Bagaimana cara mengurus akta kelahiran?", "in English please", "kalau telat?"), "en"),
        ("How do I report the death of my father?", ("pakai bahasa Jawa dong",), "en"),
        ("kalau telat?", ("in English please", "Berapa lama batas lapor kematian?"), "id"),
    ],
)
def test_two_words_do_not_change_the_language_of_a_conversation(
    listener: Listener, text: str, before: tuple[str, ...], language: str
) -> None:
    assert listener.language_of(text, before) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("in English please", "en"),
        ("pakai bahasa Jawa dong", "jv"),
        ("bahasa Inggris", "en"),
        ("Apakah bahasa Indonesia wajib di sekolah?", ""),
        ("English or Javanese", ""),
        ("", ""),
    ],
)
def test_a_language_is_asked_for_where_nothing_else_is(listener: Listener, text: str, language: str) -> None:
    assert listener.asked_for(text) == language


@pytest.mark.parametrize(
    ("text", "country"),
    [("cuti di Jepang", "JP"), ("presiden amerika", "US"), ("di Indonesia", ""), ("", ""), ("Malaysian food", "")],
)
def test_another_country_is_one_that_has_a_name_of_its_own(text: str, country: str) -> None:
    assert Abroad(SPOKEN, ["Indonesia"], {"amerika": "US"}).named(text) == country


@pytest.mark.parametrize(
    ("before", "text", "article"),
    [
        ("Bayi saya baru lahir, kapan harus dilaporkan?", "Dan untuk orang yang meninggal?", "UU-24-2013:pasal-44"),
        ("Bagaimana cara melaporkan kelahiran?", "Kalau pindah rumah?", "UU-23-2006:pasal-15"),
        ("How do I report a birth?", "And for a death?", "UU-24-2013:pasal-44"),
        ("Orok kakara lahir, iraha kudu dilaporkeun?", "Mun jalma maot?", "UU-24-2013:pasal-44"),
        ("Bagaimana cara melaporkan kelahiran?", "Kalau bayinya meninggal?", "UU-23-2006:pasal-33"),
    ],
)
def test_a_follow_up_that_names_another_event_is_answered_on_that_one(ask, before, text, article):
    first = ask(before)
    answer = ask(text, before, first.text)
    assert answer.citations[0].passage_id.partition("#")[0] == article
