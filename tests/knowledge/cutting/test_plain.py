# SPDX-License-Identifier: Apache-2.0
"""What a document says in its headings is not lost, and what only names a matter is no passage."""

from __future__ import annotations

from daulat.knowledge.cutting import cut_blocks
from daulat.knowledge.readers import Block


def cut(*blocks: tuple[str, int], title: str = "") -> list[tuple[str | None, str]]:
    made = [Block("heading" if level else "text", text, level) for text, level in blocks]
    return [(passage.heading, passage.text) for passage in cut_blocks(made, "doc", title=title)]


def test_a_heading_with_nothing_below_it_is_a_passage_of_its_own() -> None:
    blocks = (("T", 1), ("The fee is 30 crowns", 2), ("Duties", 2), ("Keep it.", 0), ("Last: appeals go to court", 2))
    assert cut(*blocks) == [
        ("T", "The fee is 30 crowns"),
        ("T / Duties", "Keep it."),
        ("T", "Last: appeals go to court"),
    ]


def test_a_site_its_title_and_a_word_alone_are_no_passages_beside_others() -> None:
    blocks = (("Town of X", 1), ("Dog fees", 1), ("Fees", 2), ("Pay 6.", 0), ("Contact", 2))
    assert cut(*blocks, title="Dog fees | Town of X") == [("Dog fees / Fees", "Pay 6.")]


def test_a_document_that_is_but_its_title_has_a_passage() -> None:
    assert cut(("Only a heading", 1), title="Only a heading") == [(None, "Only a heading")]


def test_a_sentence_without_spaces_is_more_than_a_word() -> None:
    assert cut(("手数料は三十クローネとします", 2), ("義務", 2), ("保管する。", 0))[0] == (
        None,
        "手数料は三十クローネとします",
    )
