# SPDX-License-Identifier: Apache-2.0
"""The answer by quotation: every quote stands in its source, every marker in its place, in any order of asking."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daulat.assistant import Answer, AnswerEvent, Assistant, AssistantError, Question
from daulat.assistant.judging import _ends_of
from daulat.knowledge.cutting import sentences
from daulat.knowledge.release import Release
from daulat.knowledge.search import LONGEST_QUERY
from daulat.knowledge.types import passage_path

DEATH = "Siapa yang melaporkan kematian?"
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_true_to_its_sources(answer: Answer, release: Release) -> None:
    """Check what holds for every answer: exact quotes, fitting spans and markers, and no change of the law unsaid."""
    assert answer.answered == bool(answer.citations)
    for each in (*answer.citations, *answer.related):
        row = release.row_of(each.passage_id)
        assert row is not None
        assert release.stored(row).passage.text[each.quote_start :].startswith(each.quote)
        start, end = each.answer_span
        assert 0 <= start < end <= len(each.quote)
    for number, each in enumerate(answer.citations, 1):
        assert answer.text[each.start : each.end] == f"[{number}]"
        assert each.status not in {"amended", "revoked"} or each.successor in answer.text


def told(events: list[AnswerEvent]) -> str:
    return "".join(event.text for event in events)


@few
@given(data=st.data())
def test_every_quote_stands_in_its_source_whatever_is_asked(ask, release, data):
    passage = release.stored(data.draw(st.integers(0, len(release) - 1))).passage
    start, end = data.draw(st.sampled_from(sentences(passage.text, "id")))
    events = ask.events(passage.text[start:end])
    answer = events[-1].answer
    assert_true_to_its_sources(answer, release)
    assert told(events) == answer.text


def test_the_marked_sentence_is_the_one_that_answers(ask):
    first = ask(DEATH).citations[0]
    assert first.quote[slice(*first.answer_span)].startswith("(1) Setiap kematian wajib dilaporkan oleh ketua rukun")


def test_a_citation_gives_the_one_address_that_its_passage_has(ask):
    first = ask(DEATH).citations[0]
    assert first.url == passage_path(first.passage_id)


def test_a_citation_follows_its_marker(ask):
    text = ""
    told_of = []
    for event in ask.events(DEATH):
        text += event.text
        if event.citation:
            told_of.append(event.citation)
            assert text[event.citation.start : event.citation.end] == f"[{len(told_of)}]"
        if event.answer:
            assert tuple(told_of) == event.answer.citations
    assert len(told_of) > 1


@pytest.mark.parametrize(
    ("question", "language", "own"),
    [
        ("Lamun aya nu maot kudu lapor ka saha?", "su", "Naskah resmina ngan aya dina basa Indonesia"),
        ("Bayi lair kudu dilaporke pirang dina?", "jv", "Naskah resminipun namung wonten ing basa Indonesia"),
        ("Who must report a death?", "en", "The official text is in Indonesian only"),
    ],
)
def test_a_question_in_another_language_gets_a_sentence_in_it_and_the_text_as_it_stands(ask, question, language, own):
    answer = ask(question)
    assert answer.language == language
    assert answer.text.startswith(own)
    assert {each.language for each in answer.citations} == {"id"}


def test_a_chosen_language_outweighs_the_recognised_one(ask):
    assert ask(DEATH, language="jv-ID").language == "jv"


def test_a_follow_up_is_understood_from_the_question_before(ask):
    follow_up = "Kalau di luar negeri?"
    alone, after = ask(follow_up), ask(follow_up, DEATH, "Menurut Pasal 44 ...")
    assert "UU-23-2006:pasal-45#44" in [each.passage_id for each in after.citations]
    assert alone.citations[0].passage_id != after.citations[0].passage_id


@pytest.mark.parametrize("said", ["asdf qwerty", "makasih ya min", "oke"])
def test_what_asks_for_nothing_does_not_get_the_last_answer_again(judging, said):
    assert not judging(said, DEATH, judging(DEATH).text).answered


def test_another_matter_is_not_read_as_going_on(ask):
    assert ask("Kalau paspor?", DEATH, "...").citations == ask("Kalau paspor?").citations


def test_a_follow_up_to_a_follow_up_leans_on_the_question_that_stands_alone(ask):
    answer = ask("Kalau di luar negeri?", DEATH, "...", "terus gimana?", "...")
    assert "UU-23-2006:pasal-45#44" in [each.passage_id for each in answer.citations]


def test_the_end_of_a_long_story_is_searched_to_its_last_letter():
    story = "Saya tinggal bersama nenek di desa. " * 200 + "kapan bayarnya"
    kept = _ends_of(story)
    assert (len(kept) <= LONGEST_QUERY, kept[-8:]) == (True, "bayarnya")


def test_a_long_story_is_understood_by_its_end(ask):
    story = "Saya tinggal bersama nenek di desa. " * 200
    cited = [
        each.passage_id for each in ask(f"{story}{DEATH} Siapa melaporkan kematian, ketua rukun tetangga?").citations
    ]
    assert "UU-24-2013:pasal-44#9" in cited


def test_a_new_question_is_not_coloured_by_the_one_before(ask):
    new = "Berapa lama kelahiran harus dilaporkan oleh penduduk?"
    assert ask(new, DEATH, "...").citations == ask(new).citations


def test_the_words_of_our_own_answers_are_never_searched(ask):
    said = "Menurut Pasal 57 Undang-Undang Nomor 36 Tahun 2009: rahasia kondisi kesehatan pribadi"
    assert ask("Kalau di luar negeri?", DEATH, said) == ask("Kalau di luar negeri?", DEATH, "...")


def test_the_same_question_gets_the_same_answer(ask):
    assert ask(DEATH) == ask(DEATH)


def test_a_stream_can_be_closed_after_its_first_piece(ask):
    async def leave_early() -> AnswerEvent:
        async with aclosing(ask.assistant.stream(Question(DEATH))) as events:
            return await anext(events)

    assert asyncio.run(leave_early()).kind == "text"


async def test_an_answer_that_breaks_off_is_an_error_that_teaches(ask):
    class BreakingOff(Assistant):
        async def stream(self, question, writer_for=None):
            yield AnswerEvent("text", text="Half a sen")

    with pytest.raises(AssistantError, match="broke off") as raised:
        await BreakingOff(**vars(ask.assistant)).answer(Question(DEATH))
    assert raised.value.fix


def test_a_nation_that_names_english_is_understood_in_english(ask):
    """Named by the nation and by the assistant, English once shared its probability with itself and was never sure."""
    declaring = type(ask)(replace(ask.assistant, languages=(*ask.assistant.languages, "en")))
    assert declaring("My father died last week, who has to report his death?").language == "en"
