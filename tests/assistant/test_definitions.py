# SPDX-License-Identifier: Apache-2.0
"""What a term means is answered by its definition; an inserted article is found by the law that people know."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("question", "definition"),
    [
        ("Apa itu penduduk?", "2. Penduduk adalah Warga Negara Indonesia dan Orang Asing yang bertempat tinggal"),
        ("apa yang dimaksud dengan Dokumen Kependudukan", "8. Dokumen Kependudukan adalah dokumen resmi"),
        ("Apa arti orang asing menurut UU 23 Tahun 2006?", "4. Orang Asing adalah orang bukan Warga Negara"),
        ("NIK itu apa sih?", "12. Nomor Induk Kependudukan, selanjutnya disingkat NIK, adalah nomor identitas"),
        ("apa itu NIK menurut pasal 1 UU 24/2013", "12. Nomor Induk Kependudukan, selanjutnya disingkat NIK, adalah"),
    ],
)
def test_a_term_is_answered_by_the_sentence_that_defines_it_in_the_newest_text(ask, question, definition):
    answer = ask(question)
    first = answer.citations[0]
    assert first.passage_id.startswith("UU-24-2013:pasal-1#")
    assert first.quote[slice(*first.answer_span)].startswith(definition)


@pytest.mark.parametrize("article", ["27", "79A", "95B"])
def test_an_article_that_only_the_amending_act_has_is_found_by_the_law_that_it_changes(ask, article):
    [first, *_] = ask(f"Apa isi Pasal {article} UU 23/2006?").citations
    assert first.passage_id.startswith(f"UU-24-2013:pasal-{article}#")
    assert first.answer_span == (0, len(first.quote))


def test_an_article_that_the_law_itself_has_is_not_looked_for_in_what_amends_it(ask):
    [first, *_] = ask("Apa isi Pasal 24 UU 23/2006?").citations
    assert first.passage_id.startswith("UU-23-2006:pasal-24#")


@pytest.mark.parametrize(
    ("question", "definition"),
    [
        ("What is a foreigner?", "4. Orang Asing adalah"),
        ("apa tegese wong manca", "4. Orang Asing adalah"),
        ("naon ari urang asing téh", "4. Orang Asing adalah"),
    ],
)
def test_a_term_of_another_language_is_known_by_the_law_s_word_for_it(ask, question, definition):
    first = ask(question).citations[0]
    assert first.quote[slice(*first.answer_span)].startswith(definition)


@pytest.mark.parametrize("question", ["Apa isi Pasal 95C UU 23/2006?", "bunyi pasal 58A ayat (2) UU 24/2013"])
def test_an_article_that_is_not_here_is_answered_by_no_other(judging, question):
    answer = judging(question)
    assert not answer.answered
    assert answer.citations == ()
    assert " 23 Tahun 2006" in answer.text or " 24 Tahun 2013" in answer.text
    assert "tidak ada dalam kumpulan ini" in answer.text


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("UU nomor 8 tahun 1999 tentang apa?", "Naskah Undang-Undang Nomor 8 Tahun 1999 tidak ada dalam kumpulan ini"),
        ("What does Law No. 8 of 1999 say?", "The text of Undang-Undang Nomor 8 Tahun 1999 is not in this collection"),
    ],
)
def test_a_law_that_is_not_here_is_named_where_the_answer_is_declined(judging, question, told):
    answer = judging(question)
    assert not answer.answered
    assert answer.text.startswith(told)


def test_a_wrong_number_beside_a_whole_question_leaves_it_answered(judging):
    answer = judging("Menurut Pasal 58A UU 24/2013, siapa yang wajib melaporkan kematian penduduk?")
    assert "UU-24-2013" in {each.doc_id for each in answer.citations}


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("LTSA itu apa?", "LTSA adalah singkatan dari Layanan Terpadu Satu Atap. Saya tidak menemukan"),
        ("apa sih bphtb", "BPHTB adalah singkatan dari Bea Perolehan Hak atas Tanah dan Bangunan. Saya tidak"),
        ("bphtb apaan sih", "BPHTB adalah singkatan dari Bea Perolehan Hak atas Tanah dan Bangunan. Saya tidak"),
        ("kepanjangan SP3 apa ya", "SP3 adalah singkatan dari Surat Peringatan Ketiga. Saya tidak menemukan"),
        ("what does LTSA stand for?", "LTSA stands for Layanan Terpadu Satu Atap (one-stop service for migrant"),
        ("LTSA kuwi apa?", "LTSA punika cekakan saking Layanan Terpadu Satu Atap. Kula mboten manggihaken"),
        ("LTSA teh naon?", "LTSA téh singgetan tina Layanan Terpadu Satu Atap. Abdi teu mendak"),
        ("XQZW itu apa?", "Saya tidak menemukan"),
        ("zzq4 itu apa?", "Saya tidak menemukan"),
        ("zzqtp itu apa?", "Saya tidak menemukan"),
    ],
)
def test_an_abbreviation_that_no_text_here_explains_is_spelt_out_and_never_answered_by_another(ask, question, says):
    answer = ask(question)  # answers whatever is near
    assert (answer.mode, answer.citations, answer.related) == ("declined", (), ())
    assert answer.text.startswith(says)


@pytest.mark.parametrize(
    ("question", "is_one"), [("Apa itu IGD?", True), ("Apa yang dimaksud dengan IGD menurut UU 36/2009?", False)]
)
def test_what_a_law_that_is_named_means_by_one_is_for_that_law_to_say(ask, question, is_one):
    asked = ask.assistant.searcher.ask(question, "id")
    assert asked.defined == "IGD"
    assert ask.assistant.judge.defining.is_asked(asked) is is_one


@pytest.mark.parametrize("question", ["KTP itu singkatan dari apa?", "apa itu K.T.P.?", "what does KTP stand for?"])
def test_one_that_a_text_explains_is_answered_by_what_speaks_of_it_alone(ask, release, question):
    answer = ask(question)
    assert answer.citations[0].passage_id.startswith("UU-24-2013:pasal-1#")
    texts = [release.stored(release.row_of(citation.passage_id)).passage.text for citation in answer.citations]
    assert all("tanda penduduk" in text.lower() for text in texts)


def test_what_it_stands_for_is_told_before_a_text_that_does_not_write_it(ask):
    assert ask("apa itu KITAS?").text.startswith("KITAS adalah singkatan dari Kartu Izin Tinggal Terbatas.")
    assert "singkatan" not in ask("NIK itu apa?").text


def test_an_abbreviation_is_spelt_out_where_it_stands_and_not_within_a_longer_word(judging):
    judge = judging.assistant.judge
    question = "Uang saya simpan di bank. Apa itu SIM?"
    asked = judge.searcher.ask(question, "id")
    spelt_out = "Uang saya simpan di bank. Apa itu Surat Izin Mengemudi?"
    assert list(judge.defining.spelt_out(question, asked)) == [spelt_out]
