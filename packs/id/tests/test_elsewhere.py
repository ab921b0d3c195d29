# SPDX-License-Identifier: Apache-2.0
"""Crimes that only the criminal code rules on are told to be its, and none that an act of the pack answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daulat.language import rulings_for, wording_for
from daulat.nation.packs import Pack

HERE = Path(__file__).parent
ROOT = HERE.parent / "daulat_id"
PACK = Pack("ID", "daulat-id", "0", ROOT)
RULINGS = rulings_for(PACK, wording_for(PACK))
LINES = (HERE / "test_elsewhere_questions.tsv").read_text(encoding="utf-8").splitlines()
QUESTIONS = [tuple(line.split("\t")) for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize(("language", "article", "question"), QUESTIONS)
def test_a_crime_is_told_to_be_the_codes_where_no_act_here_rules_on_it(language, article, question):
    found = RULINGS.of(question, language)
    assert (f"{found.doc_id} {found.article}".strip() if found else "-") == article


def test_no_everyday_question_that_a_text_here_answers_is_told_to_be_anothers():
    taken = []
    for path in sorted((ROOT / "everyday").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            asked = [(text, tag) for tag, texts in row["asks"].items() for text in texts] if row["passages"] else []
            taken += [text for text, tag in asked if RULINGS.of(text, tag)]
    assert not taken
