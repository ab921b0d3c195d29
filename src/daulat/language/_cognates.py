# SPDX-License-Identifier: Apache-2.0
"""Cognates: a word of a kindred language in; the word of the law that it is another form of, or nothing, out.

Kindred languages share most of their learned words and differ in affixes and spelling: Sundanese *kaputusan* is
Indonesian *keputusan*. A pack says how forms answer to each other; a form is taken only if the law's own vocabulary has
it, so names and unknown words stay as they are. It translates nothing.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from daulat.language.analysis import fold

_SHORTEST = 4  # letters; a shorter word is like too many others
_STEPS = 2  # rules that may follow one another


def read_vocabulary(root: Path) -> frozenset[str]:
    """Read the lower case words of the law that a pack lists in `words.txt.gz`; empty without it."""
    listed = root / "words.txt.gz"
    return frozenset(gzip.decompress(listed.read_bytes()).decode().split()) if listed.is_file() else frozenset()


class Cognates:
    """Finds cognates by rules. Safe to share.

    Parameters
    ----------
    rules : mapping of str to str
        Regular expression of a whole folded word, to its other form; all that fit are tried, in order.
    vocabulary : iterable of str
        Words of the language of the law.

    Examples
    --------
    >>> cognates = Cognates({"ka(.+)an": r"ke\\1an", "(.+)na": r"\\1"}, ["keputusan"])
    >>> cognates.of("Kaputusanana"), cognates.of("kaputusanna"), cognates.of("kana")
    (None, 'keputusan', None)
    """

    def __init__(self, rules: Mapping[str, str], vocabulary: Iterable[str]) -> None:
        self._rules = tuple((re.compile(pattern), to) for pattern, to in rules.items())
        self._vocabulary = frozenset(vocabulary)

    def of(self, word: str) -> str | None:
        """Return the cognate of a word; None for a word of the vocabulary itself and where none is found."""
        start = fold(word.casefold())
        if len(start) < _SHORTEST or not self._rules or word.casefold() in self._vocabulary:
            return None
        forms = [start]
        for _ in range(_STEPS + 1):
            known = next((form for form in forms if form in self._vocabulary), None)
            if known is not None:
                return known
            forms = [other for form in forms for other in self._others(form)]
        return None

    def _others(self, form: str) -> Iterable[str]:
        for pattern, to in self._rules:
            found = pattern.fullmatch(form)
            if found:
                other = found.expand(to)
                if len(other) >= _SHORTEST and other != form:
                    yield other
