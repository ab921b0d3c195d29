# SPDX-License-Identifier: Apache-2.0
"""In which languages the texts of a release are: a question's language in; whose rules its words are read by, out.

Words of one language that are stemmed by the rules of another are found nowhere. It recognises no language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from daulat.knowledge.types import Document
from daulat.language import primary


class SpokenTexts:
    """The languages of some documents.

    Parameters
    ----------
    documents : iterable of Document
    default : str
        BCP 47 tag of a question that names no language.

    Examples
    --------
    >>> texts = [Document(name, name, language=language) for name, language in (("a", "et"), ("b", "et"), ("c", "ru"))]
    >>> [SpokenTexts(texts, "et").of(language) for language in ("ru", "en", "")]
    ['ru', 'et', 'et']
    """

    def __init__(self, documents: Iterable[Document], default: str) -> None:
        self._default = default
        self._held = Counter(primary(document.language) for document in documents if document.language)

    def of(self, language: str) -> str:
        """Return the language itself where there are texts in it, else that of most; empty where none says its own."""
        own = primary(language or self._default)
        return own if own in self._held else max(self._held, key=lambda each: self._held[each], default="")
