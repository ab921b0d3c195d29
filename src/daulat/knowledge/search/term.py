# SPDX-License-Identifier: Apache-2.0
"""A term whose meaning is asked for: a text in, whether it defines or has it out.

Only the term itself is compiled for a question. What stands before and after one that is defined is compiled once for a
country, and looked for only where the term stands: as one pattern it was the dearest part of a search.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from daulat.knowledge.search.questions import QuestionPatterns

_EDGE = re.compile(r"\b")
_LONGEST_OPENING = 120  # characters before a term, from the end of the sentence before


class Term:
    """A term, in each form in which it may be defined: as written in the question, and in the law's own words.

    Examples
    --------
    >>> from daulat.knowledge.search.questions import load_question_patterns
    >>> term = Term(["birth certificate"], load_question_patterns(None))
    >>> texts = ("Birth certificate, in short BC, is a deed.", "Birth certificate book is a file.", "Birth certificate")
    >>> [(term.gap_in(text), term.share_in(text)) for text in texts]
    [(0, 1.0), (4, 0.9), (None, 0.5)]
    """

    def __init__(self, forms: Iterable[str], questions: QuestionPatterns) -> None:
        self._questions = questions
        self._forms = [(form.lower().split(), _written(form)) for form in forms]

    def share_in(self, text: str) -> float:
        """Return 1 if a text opens a definition of the term, 0.9 of one that begins so, 0.5 where it stands alone."""
        best = 0.0
        for start, end in self._places(text):
            if _EDGE.match(text, start):
                gap = self._gap(text, start, end)
                best = max(best, 0.5 if gap is None else 0.9 if gap else 1.0)
            if best == 1:
                break
        return best

    def gap_in(self, text: str) -> int | None:
        """Return how many characters more the defined term has than this one, the least where several are defined.

        None where a text defines none that begins so; 1 at least where it only lists what the thing is made of.
        """
        gaps = (self._gap(text, start, end) for start, end in self._places(text))
        return min((gap for gap in gaps if gap is not None), default=None)

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        lower = text.lower()
        for words, pattern in self._forms:
            # Most texts lack a word of the term, and looking for words is quick.
            found = pattern.search(text) if all(word in lower for word in words) else None
            while found:
                yield found.span()
                found = pattern.search(text, found.start() + 1)

    def _gap(self, text: str, start: int, end: int) -> int | None:
        patterns = self._questions
        if not patterns.defined_after.search(text, max(start - _LONGEST_OPENING, 0), start):
            return None
        found = patterns.defined_soon.match(text, end)
        if not found:
            return None
        gap = len(patterns.defined_aside.split(found["between"], 1)[0].strip())
        return max(gap, bool(found["lists"]))


def _written(form: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, form.split())) + r"\b", re.IGNORECASE)
