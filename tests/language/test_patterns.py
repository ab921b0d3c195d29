# SPDX-License-Identifier: Apache-2.0
"""Patterns: a phrase of parts is found in whatever forms its parts have, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.language import LanguageError
from daulat.language._pattern_parts import BREAK
from daulat.language._patterns import Patterns, laid_out

GROUPS = {"skip": "really | just", "not": "not | no longer", "live": "liv* | go on", "tired": "tired | {not} able"}


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("{not} able", "I am NO LONGER  able", True),
        ("{not} able", "no, longer able", False),
        ("{tired} .. {live}", "no longer able to go on", True),
        ("{tired} .. {live}", "tired, so I live", False),
        ("{tired} .. {live}", "tired of all that I have lived", False),
        ("tired of life", "tired really just of life", True),
        ("tired of life", "tired really just really of life", False),
        ("want [not | never] die", "want never die", True),
        ("want [not | never] die", "want to die", False),
        ("drown*", "she drowned", True),
        ("*drown", "adrown", True),
        ("*rown*", "drowned", True),
        ("drown", "drowned", False),
        ("^ die", "Help! Die", True),
        ("^ die", "I die", False),
        ("die $", "I die... today", True),
        ("die $", "die laughing", False),
        ("cant go on", "I can’t go on", True),
        ("self-harm", "self harm", True),
        ("gagner", "gâgner", True),
        ("死にたい*", "死にたいです", True),
        ("*死にたい*", "もう死にたいです", True),
        ("मरना चाहता", "मैं मरना चाहता हूँ", True),
    ],
)
def test_a_pattern_stands_where_its_parts_do(pattern: str, text: str, is_found: bool) -> None:
    assert bool(Patterns([(pattern, "")], GROUPS).labels(laid_out(text))) is is_found


def test_longer_patterns_win_and_what_they_cover_is_gone() -> None:
    patterns = Patterns([("sim", "card"), ("sim .. die", "expiry"), ("die", "death")])
    words = laid_out("My sim may die, I die")
    assert [found.label for found in patterns.spans(words)] == ["expiry", "death"]
    assert patterns.without(words) == [BREAK, "my", BREAK, BREAK, "i", BREAK, BREAK]


@pytest.mark.parametrize(
    ("pattern", "what", "fix"),
    [
        ("{nut} able", "the group `nut`, which there is not", "Did you mean {not}"),
        ("{xyz}", "the group `xyz`, which there is not", "Add `xyz:`"),
        ("{round}", "leads in a circle: round -> round", "none that names it"),
        ("{empty}", "the group `empty`, which is empty", "Give it words"),
        ("[a", "opens a bracket", "Write ]"),
        ("a]", "closes a bracket", "Write ["),
        ("{a", "a brace without its other half", "{name}"),
        ("[a] [b]", "may be left out as a whole", "outside of the brackets"),
        (".. a", "begins or ends with `..`", "Take it out"),
        ("a *", "has the part `*`", "drown*"),
        ("a, b", "has the part `a,`", "drown*"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused_with_what_to_do(pattern: str, what: str, fix: str) -> None:
    with pytest.raises(LanguageError) as refused:
        Patterns([(pattern, "")], {**GROUPS, "round": "a {round}", "empty": ""})
    assert what in str(refused.value)
    assert fix in str(refused.value)


@given(st.text(max_size=300))
def test_any_text_can_be_laid_out_and_searched(text: str) -> None:
    words = laid_out(text)
    assert words[0] == words[-1] == BREAK
    patterns = Patterns([("{tired} .. {live}", "a"), ("a* .. *b", "b")], GROUPS)
    labels, spans = patterns.labels(words), patterns.spans(words)
    assert {found.label for found in spans} <= set(labels)
    assert bool(spans) is bool(labels)
