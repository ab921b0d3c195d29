# SPDX-License-Identifier: Apache-2.0
"""A paragraph or a point of an article: the question that names it in; where it stands in the article's text, out.

How a language says "paragraph 3, letter b" is data of `legal.yaml`; that law writes them "(3)" and "b." is common to
all.
It never looks an article up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from daulat.knowledge.cutting.segments import Span
from daulat.knowledge.legal.rules import LegalRules

# An item opens a line or follows the end of one; "paragraph (3)" in a sentence refers to it.
_PARAGRAPH = re.compile(r"(?:^|(?<=\n)|(?<=[.;:_]\s)|(?<=[.;:_]))\s*\((?P<label>\d{1,2}[a-z]?)\)(?=\s)")
_POINT = re.compile(r"(?:^|(?<=\n)|(?<=[;:,.]\s))\s*(?P<label>[a-z])[.)](?=\s)")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an article: the number of a paragraph, the letter of a point; empty where none is named."""

    paragraph: str = ""
    point: str = ""

    def __bool__(self) -> bool:
        """Whether anything is named."""
        return bool(self.paragraph or self.point)


NO_PART = Part()


def named_part(text: str, rules: LegalRules) -> Part:
    """Return the part of an article that a text names first."""
    found = [pattern.search(text) if pattern else None for pattern in (rules.paragraph, rules.point)]
    paragraph, point = (match[1].casefold() if match else "" for match in found)
    return Part(paragraph, point)


def span_of_part(text: str, part: Part) -> Span | None:
    """Return where a part stands in the text of its article, label and all; None where it has no such part.

    Examples
    --------
    >>> text = "(1) A fee is due. (2) Free are, under paragraph (1):\\na. the poor;\\nb. the old. (3) No more."
    >>> [text[slice(*span_of_part(text, part))] for part in (Part("3"), Part("2", "b"))]
    ['(3) No more.', 'b. the old.']
    >>> span_of_part(text, Part("4")) is None
    True
    """
    start, end = 0, len(text)
    for label, items in ((part.paragraph, _PARAGRAPH), (part.point, _POINT)):
        if label:
            opened = list(items.finditer(text, start, end))
            place = next((place for place, item in enumerate(opened) if item["label"] == label), None)
            if place is None:
                return None
            after = opened[place + 1].start() if place + 1 < len(opened) else end
            start, end = opened[place].start("label"), after
            start -= text[start - 1] == "("
    stretch = text[start:end]
    return start + len(stretch) - len(stretch.lstrip()), start + len(stretch.rstrip())


def paragraph_around(text: str, place: int) -> Span | None:
    """Return the numbered paragraph that a character stands in, its list with it; None where it stands in none.

    Examples
    --------
    >>> text = "(1) Paid are: a. one wage; b. two wages. (2) No more."
    >>> text[slice(*paragraph_around(text, 20))]
    '(1) Paid are: a. one wage; b. two wages. '
    """
    opened = [found.start("label") - 1 for found in _PARAGRAPH.finditer(text)]
    begun = [each for each in opened if each <= place]
    after = [each for each in opened if each > place]
    return (begun[-1], after[0] if after else len(text)) if begun else None
