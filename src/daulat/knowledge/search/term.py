# SPDX-License-Identifier: Apache-2.0
"""A term whose meaning is asked for: a text in, whether it defines or has it out.

Only the term itself is compiled for a question. What stands before and after one that is defined is compiled once for a
country, and looked for only where the term stands: as one pattern it was the dearest part of a search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from daulat.knowledge.search.questions import QuestionPatterns

_EDGE = re.compile(r"\b")
_ASIDE = re.compile(r"[,(/]")  # what the defined term ends at
_LONGEST_OPENING = 120  # characters before a term, from the end of the sentence before


class Term:
    """A term, as written in the question.

    Examples
    --------
    >>> from daulat.knowledge.search.questions import load_question_patterns
    >>> term = Term("birth certificate", load_question_patterns(None))
    >>> [term.share_in(text) for text in ("1. Birth certificate is a deed.", "Get a birth certificate.", "Certificate")]
    [1.0, 0.5, 0.0]
    >>> texts = ("Birth certificate, in short BC, is a deed.", "Birth certificate book is a file.", "A certificate.")
    >>> [term.gap_in(text) for text in texts]
    [0, 4, None]
    """

    def __init__(self, words: str, questions: QuestionPatterns) -> None:
        self._questions = questions
        self._words = words.lower().split()
        written = r"\s+".join(map(re.escape, words.split()))
        self._pattern = re.compile(rf"{written}\b", re.IGNORECASE)

    def share_in(self, text: str) -> float:
        """Return 1 if a text opens a definition of the term, 0.5 if it has it as a phrase."""
        is_phrase = is_defined = False
        for start, end in self._places(text):
            is_phrase = is_phrase or _EDGE.match(text, start) is not None
            is_defined = is_defined or self._gap(text, start, end) is not None
            if is_phrase and is_defined:
                return 1.0
        return 0.5 if is_phrase else 0.0

    def gap_in(self, text: str) -> int | None:
        """Return how many characters more the defined term has than this one, the least where several are defined.

        None where a text defines none that begins so.
        """
        gaps = (self._gap(text, start, end) for start, end in self._places(text))
        return min((gap for gap in gaps if gap is not None), default=None)

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        # Most texts lack a word of the term, and looking for words is quick.
        lower = text.lower()
        if not all(word in lower for word in self._words):
            return
        found = self._pattern.search(text)
        while found:
            yield found.span()
            found = self._pattern.search(text, found.start() + 1)

    def _gap(self, text: str, start: int, end: int) -> int | None:
        before, soon = self._questions.defined_after, self._questions.defined_soon
        if not before.search(text, max(start - _LONGEST_OPENING, 0), start):
            return None
        found = soon.match(text, end)
        return len(_ASIDE.split(found["between"])[0].strip()) if found else None
