# SPDX-License-Identifier: Apache-2.0
"""What a passage holds beside its article: a passage and a place in; which article stands there, and its span, out.

Some transcriptions are cut where no article ends: the heading of the next part hangs on, the next point of an amending
act, or a whole article more. Ids of passages stay as the source gives them; a citation names what it quotes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from daulat.knowledge.cutting.segments import Span
from daulat.knowledge.legal.rules import LegalRules, Merged
from daulat.knowledge.types import Passage


class _Opening(NamedTuple):
    """What another article begins with: its heading, or the point of an amending act that gives it a new text."""

    start: int
    end: int
    article: str


def span_of_article(text: str, answer: Span, rules: LegalRules | None) -> Span:
    """Return the span of the article that holds an answer: both are characters of the text, white space included."""
    if rules is None or rules.merged is None:
        return 0, len(text)
    start = 0
    for opening in _openings(text, rules.merged):
        if opening.end <= answer[0]:
            start = opening.end
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
    for opening in _openings(text, rules.merged):
        if start <= opening.start and opening.end <= answer[1] and not text[start : opening.start].strip():
            start = opening.end
    while start < answer[1] and text[start].isspace():
        start += 1
    return (start, answer[1]) if start < answer[1] else answer


def is_heading(text: str, span: Span, rules: LegalRules | None) -> bool:
    """Say whether a sentence is nothing but the heading of what comes next, which hangs on where a text was cut."""
    if rules is None or rules.merged is None:
        return False
    found = rules.merged.ends.match(text, span[0])
    return found is not None and not text[found.end() : span[1]].strip()


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
    begun = [each for each in _openings(passage.text, rules.merged) if each.end <= place]
    explained = rules.merged.elucidation.search(passage.text, 0, place)
    return _named(passage, begun[-1], rules, is_explained=explained is not None) if begun else passage


def others_in(passage: Passage, rules: LegalRules | None) -> tuple[Passage, ...]:
    """Return a passage as each other article that stands in it, in order, as `article_at` does of one place."""
    if rules is None or rules.merged is None or passage.section != "body" or not passage.article:
        return ()
    explained = rules.merged.elucidation.search(passage.text)
    after = explained.end() if explained else len(passage.text)
    found = dict.fromkeys(
        _named(passage, opening, rules, is_explained=after <= opening.end)
        for opening in _openings(passage.text, rules.merged)
    )
    return tuple(each for each in found if each != passage)


def place_of(passage: Passage, article: str, rules: LegalRules | None) -> int | None:
    """Return where another article begins in the passage of an article, behind its heading; None where it does not.

    What only explains an article is not the article.
    """
    if rules is None or rules.merged is None or passage.section != "body" or not passage.article:
        return None
    if not _goes_on(article, passage.article):
        return None
    explained = rules.merged.elucidation.search(passage.text)
    body = passage.text[: explained.start()] if explained else passage.text
    openings = _openings(body, rules.merged)
    return next((each.end for each in openings if rules.number("".join(each.article.split())) == article), None)


def _named(passage: Passage, opening: _Opening, rules: LegalRules, *, is_explained: bool) -> Passage:
    """Return the passage as the article that begins at an opening in it, or as what explains that article."""
    number = rules.number("".join(opening.article.split()))
    if number and is_explained:
        return replace(passage, article=number, section="elucidation")
    return replace(passage, article=number) if _goes_on(number, passage.article or "") else passage


def _openings(text: str, merged: Merged) -> list[_Opening]:
    """Find the openings of other articles, in order."""
    points = merged.instructed.finditer(text) if merged.instructed else ()
    openings = [_Opening(*found.span(), found["article"]) for found in points]
    after = 0
    # A heading is known by the word behind it, which may be the next heading's own.
    while found := merged.article.search(text, after):
        after = found.end("article")
        openings.append(_Opening(found.start(), after, found["article"]))
    return sorted(openings)


def _goes_on(number: str, before: str) -> bool:
    """Say whether an article may follow another in the body.

    Only the elucidation begins again at article 1; a smaller number in the body is a reference or a misread digit.
    """
    return _order(number) > _order(before)


def _order(number: str) -> tuple[int, str]:
    """Order articles: 82 comes after 81A, and that after 81. What is no number comes before all."""
    found = re.fullmatch(r"(\d+)([A-Z]*)", number)
    return (int(found[1]), found[2]) if found else (0, "")
