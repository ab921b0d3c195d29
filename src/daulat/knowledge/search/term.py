# SPDX-License-Identifier: Apache-2.0
"""A term whose meaning is asked for: a text in, whether it defines or has it out.

Only the term itself is compiled for a question. What stands before and after one that is defined is compiled once for a
country, and looked for only where the term stands: as one pattern it was the dearest part of a search.
"""

from __future__ import annotations

import re

from daulat.knowledge.search.questions import QuestionPatterns

_EDGE = re.compile(r"\b")
_LONGEST_OPENING = 120  # characters before a term, from the end of the sentence before


class Term:
    """A term, as written in the question.

    Examples
    --------
    >>> from daulat.knowledge.search.questions import load_question_patterns
    >>> term = Term("birth certificate", load_question_patterns(None))
    >>> [term.share_in(text) for text in ("1. Birth certificate is a deed.", "Get a birth certificate.", "Certificate")]
    [1.0, 0.5, 0.0]
    """

    def __init__(self, words: str, questions: QuestionPatterns) -> None:
        self._questions = questions
        self._words = words.lower().split()
        written = r"\s+".join(map(re.escape, words.split()))
        self._pattern = re.compile(rf"{written}\b", re.IGNORECASE)

    def share_in(self, text: str) -> float:
        """Return 1 if a text opens a definition of the term, 0.5 if it has it as a phrase."""
        # Most texts lack a word of the term, and looking for words is quick.
        lower = text.lower()
        if not all(word in lower for word in self._words):
            return 0.0
        is_phrase = is_defined = False
        found = self._pattern.search(text)
        while found and not (is_phrase and is_defined):
            start, end = found.span()
            is_phrase = is_phrase or _EDGE.match(text, start) is not None
            is_defined = is_defined or self._is_defined(text, start, end)
            found = self._pattern.search(text, start + 1)
        return (1.0 if is_defined else 0.5) if is_phrase else 0.0

    def _is_defined(self, text: str, start: int, end: int) -> bool:
        before, soon = self._questions.defined_after, self._questions.defined_soon
        opens = before.search(text, max(start - _LONGEST_OPENING, 0), start)
        return opens is not None and soon.match(text, end) is not None
