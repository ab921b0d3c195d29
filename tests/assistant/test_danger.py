# SPDX-License-Identifier: Apache-2.0
"""Danger is heard from the pack alone, and told as the assistant tells it once there is official text."""

from dataclasses import replace

import pytest

from daulat.assistant import LONGEST_QUESTION, Question, open_danger

from .acts import LANGUAGES
from .conftest import NAMES


@pytest.fixture(scope="module")
def danger(pack):
    return open_danger(pack, LANGUAGES, names=NAMES)


@pytest.mark.parametrize(
    "text",
    ["Saya mau bunuh diri", "I want to kill myself", "Anak saya tidak bernapas, tolong!", "Tulung, omahku kobong!"],
)
def test_whom_to_call_is_told_without_a_release_as_the_assistant_tells_it(danger, judging, text):
    told = judging(text)
    assert told.mode == "notice"
    assert told.is_urgent
    assert told.call
    assert [told.text[start:end].count("\n") + 1 for start, end in told.listed] == [len(told.call)]
    assert danger.heard(Question(text)) == replace(told, as_of="", release="")


@pytest.mark.parametrize("text", ["Berapa lama cuti melahirkan?", "Halo", "", "a" * (LONGEST_QUESTION + 1)])
def test_what_is_no_emergency_is_left_to_the_assistant(danger, text):
    assert danger.heard(Question(text)) is None


def test_a_language_that_was_chosen_is_spoken(danger):
    assert danger.heard(Question("I want to kill myself", language="id")).language == "id"


def test_where_nobody_is_declared_the_number_is_not_made_up():
    answer = open_danger(None, ("en",)).heard(Question("I want to kill myself"))
    assert (answer.call, answer.listed) == ((), ())
    assert answer.is_urgent
    assert not any(letter.isdigit() for letter in answer.text)
