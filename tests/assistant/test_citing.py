# SPDX-License-Identifier: Apache-2.0
"""A quotation holds the sentence that answers, and a list to its end."""

from __future__ import annotations

import pytest

from daulat.assistant.citing import cut_quote
from daulat.knowledge.types import Passage

ROWS = "; ".join(f"{letter}. {years} years, {years + 1} wages" for years, letter in enumerate("abcdefgh"))
LIST = f"(2) The pay is: {ROWS}."
TEXT = f"(1) Whoever dismisses pays. {LIST} (3) No more is owed. " + "(4) " + "Other words stand here. " * 40


@pytest.mark.parametrize("short", [True, False])
def test_a_list_that_an_answer_opens_is_quoted_to_its_end(short: bool) -> None:
    start = TEXT.index("(2)")
    answer = (start, TEXT.index("c. 2 years"))
    quote = cut_quote(Passage("A:1", "A", 1, "body", TEXT), answer, None, short=short)
    assert LIST in TEXT[slice(*quote)]


def test_a_sentence_that_is_whole_is_quoted_alone_beside_the_answer() -> None:
    start = TEXT.index("(3)")
    answer = (start, start + len("(3) No more is owed."))
    assert cut_quote(Passage("A:1", "A", 1, "body", TEXT), answer, None, short=True) == answer


TABLE = "Item | Fee\nPassport | ten crowns\nPhoto | free"


@pytest.mark.parametrize("short", [True, False])
def test_a_row_is_quoted_with_the_names_of_its_columns(short: bool) -> None:
    text = f"{'Words before it. ' * 60}\n{TABLE}\n{'Words behind it. ' * 60}"
    row = text.index("Photo")
    quote = cut_quote(Passage("A:1", "A", 1, "text", text), (row, row + len("Photo | free")), None, short=short)
    assert TABLE in text[slice(*quote)]
