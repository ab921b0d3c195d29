# SPDX-License-Identifier: Apache-2.0
"""Which section a question names where no pack says how law is cited: its words in, the section's mention out.

A text is known by its whole title and a section by the label that the text itself gives it, so "section 2 of the
parking act" is found in any language. It knows no abbreviations and never guesses at half a title.
"""

from __future__ import annotations

import re

from daulat.knowledge.legal import LawMention
from daulat.knowledge.release.reader import Release

_WORD = re.compile(r"\w+|§")
_NUMBER = re.compile(r"\d+\w*")


class Sections:
    """The sections of one release, by name.

    Parameters
    ----------
    release : Release
    """

    def __init__(self, release: Release) -> None:
        self._release = release
        titles = ((_folded(document.title), document.doc_id) for document in release.documents)
        # The longest title first: that of an amending act holds the title of the law that it amends.
        self._titles = sorted((each for each in titles if each[0].strip()), key=lambda each: -len(each[0]))

    def named(self, text: str) -> LawMention | None:
        """Return the section that a text names with the title of its document; one that the document would have, by its
        labels, and has not, as it is named; None where the text names none."""
        said = _folded(text)
        doc_id = next((doc_id for title, doc_id in self._titles if title in said), "") if _NUMBER.search(said) else ""
        if not doc_id:
            return None
        rows = self._release.rows_of_document(doc_id)
        articles = (self._release.stored(row).passage.article for row in rows)
        # A bare number is no label: "5" would be found in every question with a five in it.
        labels = {label: article for article in articles if article and _is_label(label := _folded(article))}
        for label, article in labels.items():
            if label in said:
                return LawMention(doc_id=doc_id, article=article)
        for form in {_NUMBER.sub("#", label) for label in labels}:
            if found := re.search(re.escape(form).replace(r"\#", r"\d+\w*"), said):
                return LawMention(doc_id=doc_id, article=found.group().strip())
        return None


def _is_label(folded: str) -> bool:
    return bool(_NUMBER.search(folded) and _NUMBER.sub("", folded).strip())


def _folded(text: str) -> str:
    """Return the words of a text between single spaces, so that whole words are found in it."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
