# SPDX-License-Identifier: Apache-2.0
"""Whether a law still holds is answered by what is recorded of it, and by nothing that only sounds like it."""

from __future__ import annotations

import pytest

from daulat.assistant import Question, open_assistant
from daulat.knowledge.release import Release
from daulat.knowledge.types import Document

from .acts import LANGUAGES
from .conftest import NAMES, Asked

HEALTH, POPULATION = "Undang-Undang Nomor 36 Tahun 2009", "Undang-Undang Nomor 23 Tahun 2006"
NEW_HEALTH, JOBS = "Undang-Undang Nomor 17 Tahun 2023", "Undang-Undang Nomor 11 Tahun 2020"
OLD_CODE = "Undang-Undang Nomor 1 Tahun 1946 tentang Peraturan Hukum Pidana"
NEW_CODE = "Undang-Undang Nomor 1 Tahun 2023 tentang Kitab Undang-Undang Hukum Pidana"


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Apakah UU 36/2009 masih berlaku?", f"{HEALTH} tentang Kesehatan sudah dicabut dengan {NEW_HEALTH}"),
        ("UU Kesehatan yang terbaru apa?", f"{HEALTH} tentang Kesehatan sudah dicabut dengan {NEW_HEALTH}"),
        ("UU 23/2006 diubah dengan apa?", f"{POPULATION} tentang Administrasi Kependudukan sudah diubah dengan "),
        ("Has Law 36/2009 been repealed?", f"{HEALTH} tentang Kesehatan has been revoked by Undang-Undang Nomor 17"),
        ("Apa UU Perkawinan isih lumaku?", "Undang-Undang Nomor 16 Tahun 2019"),
        ("Apakah UU 24/2013 masih berlaku?", "tidak tercatat bahwa Undang-Undang Nomor 24 Tahun 2013"),
    ],
)  # fmt: skip
def test_what_became_of_a_law_is_told_from_the_record_with_the_law_cited(judging, question, says):
    answer = judging(question)
    assert (answer.mode, answer.answered) == ("quotation", True)
    assert says in answer.text
    first = answer.citations[0]
    assert answer.text[first.start : first.end] == "[1]"
    assert first.quote
    assert first.answer_span == (0, 0)


@pytest.mark.parametrize(
    ("law", "says"),
    [
        (JOBS, f"{JOBS} tentang Cipta Kerja sudah dicabut dengan Undang-Undang Nomor 6 Tahun 2023"),
        (NEW_HEALTH, f"tidak tercatat bahwa {NEW_HEALTH} tentang Kesehatan sudah diubah atau dicabut"),
    ],
)
def test_of_a_law_that_is_not_here_it_is_told_what_became_of_it_and_what_it_changed(judging, law, says):
    answer = judging(f"Apakah {law} masih berlaku?")
    first, _, changed = answer.text.partition("Teksnya sendiri tidak ada dalam kumpulan ini.")
    assert says in first
    told = changed.split("\n\n")[1:-1]
    assert [law in each for each in told] == [True] * len(answer.citations)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Apakah KUHP lama masih berlaku?", f"{OLD_CODE} sudah dicabut dengan {NEW_CODE}"),
        ("Apakah UU 1/1946 masih berlaku?", f"{OLD_CODE} sudah dicabut dengan {NEW_CODE}"),
        ("Is the old criminal code still in force?", f"{OLD_CODE} has been revoked by {NEW_CODE}"),
    ],
)
def test_of_a_law_that_changed_nothing_here_the_record_is_told_with_nothing_cited(judging, question, says):
    answer = judging(question)
    assert (answer.mode, answer.answered, answer.citations) == ("notice", True, ())
    assert says in answer.text
    assert answer.as_of == judging.assistant.immediate.release.as_of
    assert "yang diubahnya" not in answer.text
    assert "that it changed" not in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "Apakah UU 36/2009 masih berlaku untuk bidan desa?",  # something of its matter
        "Pasal 7 UU 1/1974 diubah dengan apa?",  # an article, which is quoted with its warning
        "Apakah KTP lama masih berlaku?",  # no law
        "Siapa yang wajib melaporkan kematian menurut UU 24/2013?",
    ],
)
def test_a_question_about_anything_else_is_searched(judging, question):
    assert judging.assistant.immediate.fates.page(Question(question), "id") is None


def test_a_service_tells_of_the_laws_that_it_answers_from(judging):
    question = "Apakah UU 36/2009 masih berlaku?"
    assert judging(question, service="health").text == judging(question).text
    assert "dicabut dengan" not in judging(question, service="civil-registry").text


@pytest.fixture(scope="module")
def with_an_empty_law(release, encoder, pack) -> Asked:
    """Ask over the acts and one more, from which no passage could be read."""
    lacking = Release(release.folder)
    citation = "Undang-Undang Nomor 7 Tahun 2021"
    lacking.documents = (*lacking.documents, Document("UU-7-2021", "Pajak", citation, services=("public-services",)))
    return Asked(open_assistant(lacking, encoder, pack, LANGUAGES, names=NAMES))


def test_of_a_law_without_a_passage_the_record_is_told_with_nothing_cited(with_an_empty_law):
    answer = with_an_empty_law("Apakah UU 7/2021 masih berlaku?")
    assert (answer.mode, answer.answered, answer.citations) == ("notice", True, ())
    assert "tidak tercatat bahwa Undang-Undang Nomor 7 Tahun 2021 sudah diubah atau dicabut" in answer.text
    assert "Teksnya sendiri tidak ada dalam kumpulan ini." in answer.text


def test_of_two_laws_the_one_that_has_passages_is_cited(with_an_empty_law):
    answer = with_an_empty_law("Apakah UU 7/2021 dan UU 36/2009 masih berlaku?")
    assert [each.doc_id for each in answer.citations] == ["UU-36-2009"]
    assert answer.text[answer.citations[0].start : answer.citations[0].end] == "[1]"


@pytest.mark.parametrize("question", ["Apa yang dimaksud pajak menurut UU 7/2021?", "Apa isi pasal 3 UU 7/2021?"])
def test_anything_else_that_is_asked_of_a_law_without_a_passage_is_declined(with_an_empty_law, question):
    assert with_an_empty_law(question).mode == "declined"
