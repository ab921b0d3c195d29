# SPDX-License-Identifier: Apache-2.0
"""What a passage holds beside its article: a passage and a place in; which article stands there, and its span, out.

Some transcriptions are cut where no article ends: the heading of the next part hangs on, the next point of an amending
act, or a whole article more. Ids of passages stay as the source gives them; a citation names what it quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from daulat.knowledge.cutting.segments import Span
from daulat.knowledge.legal.rules import LegalRules, Merged
from daulat.knowledge.types import Passage


def span_of_article(text: str, answer: Span, rules: LegalRules | None) -> Span:
    """Return the span of the article that holds an answer: both are characters of the text, white space included."""
    if rules is None or rules.merged is None:
        return 0, len(text)
    start = 0
    for found in _openings(text, answer[0], rules.merged):
        start = found.end("article")
    hangs_on = rules.merged.ends.search(text, answer[1])
    return start, hangs_on.start() if hangs_on else len(text)


def cuts_of(passage: Passage, rules: LegalRules | None) -> tuple[int, ...]:
    """Return where something begins in a passage that is not of the article before it, in characters, ascending.

    The passage's first stretch is the article's own; nothing is cut in a passage that is no article.
    """
    if rules is None or rules.merged is None or not passage.article:
        return ()
    merged = rules.merged
    found = (*merged.article.finditer(passage.text), *merged.ends.finditer(passage.text))
    return tuple(sorted({each.start() for each in found} - {0}))


def without_heading(text: str, answer: Span, rules: LegalRules | None) -> Span:
    """Return an answer without the heading of another article that it begins with, where a text was cut elsewhere."""
    if rules is None or rules.merged is None:
        return answer
    start = answer[0]
    while found := rules.merged.article.search(text, start, answer[1]):
        if text[start : found.start()].strip():
            break
        start = found.end("article")
    while start < answer[1] and text[start].isspace():
        start += 1
    return (start, answer[1]) if start < answer[1] else answer


def article_at(passage: Passage, place: int, rules: LegalRules | None) -> Passage:
    """Return the passage as the article that stands at a place in it.

    Parameters
    ----------
    passage : Passage
        Of a regulation.
    place : int
        Characters from its beginning.
    rules : LegalRules, optional
        Of the country; without them, or where no other article begins before the place, the passage comes back.
    """
    if rules is None or rules.merged is None or passage.section != "body" or not passage.article:
        return passage
    number = ""
    for found in _openings(passage.text, place, rules.merged):
        number = rules.number(found["article"])
    elucidation = rules.merged.elucidation.search(passage.text, 0, place)
    if number and elucidation:
        return replace(passage, article=number, section="elucidation")
    # Only the elucidation begins again at article 1; a smaller number in the body is a reference or a misread digit.
    return replace(passage, article=number) if _count(number) > _count(passage.article) else passage


def _openings(text: str, place: int, merged: Merged) -> Iterator[re.Match[str]]:
    """Find the openings of other articles before a place."""
    return takewhile(lambda found: found.end("article") <= place, merged.article.finditer(text))


def _count(number: str) -> int:
    digits = number.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return int(digits) if digits.isdecimal() else 0
