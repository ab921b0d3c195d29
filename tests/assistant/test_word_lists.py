# SPDX-License-Identifier: Apache-2.0
"""A list by which a model's sentences are checked is read whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from daulat.assistant.errors import AssistantError
from daulat.assistant.word_lists import load_word_lists, read_word_lists
from daulat.nation import Pack

FAULTY = """\
format: 1
languages:
  xa:
    senses:
      must: "shall"
      mustnt: "shall not"
    passive: "(be"
    value: {one: 1}
    times: {hundred: many}
"""


def test_all_faults_of_a_file_are_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / "verification.yaml"
    path.write_text(FAULTY)
    with pytest.raises(AssistantError, match="has 4 faults") as caught:
        read_word_lists(path)
    told = str(caught.value)
    assert [f"line {line}: " in told for line in (6, 7, 8, 9)] == [True] * 4
    assert "`mustnt`; did you mean `must_not`?" in told
    assert "did you mean `values`?" in told


@pytest.mark.parametrize("text", ["", "format: 1\n", "format: 2\nlanguages: {}\n", "[]\n", "languages: [a]\n"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "verification.yaml"
    path.write_text(text)
    with pytest.raises(AssistantError, match="fault"):
        read_word_lists(path)


def test_a_packs_lists_stand_beside_the_cores(pack: Pack) -> None:
    found = load_word_lists(pack)
    assert found["jv"].into == "id"
    assert found["en"] == load_word_lists(None)["en"]
