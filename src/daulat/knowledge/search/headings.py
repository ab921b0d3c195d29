# SPDX-License-Identifier: Apache-2.0
"""The terms above a passage: its document's title and its heading in, the numbers of their terms out.

The same few come again and again, so they are remembered, up to a bound. Safe to share between threads.
"""

from __future__ import annotations

from daulat.knowledge.release.reader import Release
from daulat.knowledge.search.asked import Reader

_REMEMBERED = 2_048


class Headings:
    """Reads the headings of one release.

    Parameters
    ----------
    release : Release
    reader : Reader
    """

    def __init__(self, release: Release, reader: Reader) -> None:
        self._release, self._reader = release, reader
        self._known: dict[tuple[int, str, str | None], frozenset[int]] = {}

    def of(self, ordinal: int, heading: str, language: str | None) -> frozenset[int]:
        """Return the terms of a document's title and of a heading, which may be in another language than it."""
        key = (ordinal, heading, language)
        known = self._known.get(key)
        if known is None:
            document = self._release.documents[ordinal]
            parts = [(document.language, f"{document.title} {heading}")]
            if language:
                parts = [(document.language, document.title), (language, heading)]
            terms = (term for spoken, text in parts for term in self._reader.terms(spoken, text))
            known = frozenset(map(self._release.terms.number, terms)) - {-1}
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = known
        return known
