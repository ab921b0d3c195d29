# SPDX-License-Identifier: Apache-2.0
"""A draft: verified sentences in, as a model writes them; what to tell of them, with numbered citations, out.

It judges nothing: sentences that did not stand never come here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from daulat.assistant.evidence import Evidence
from daulat.assistant.quoting import Page
from daulat.assistant.types import AnswerEvent, Citation
from daulat.assistant.verify import Verdict
from daulat.assistant.vocabulary import Vocabulary
from daulat.assistant.writing import Offered


@dataclass(frozen=True, slots=True)
class Material:
    """What a model may write from.

    Parameters
    ----------
    language : str
        Of the passages, BCP 47.
    vocabulary : Vocabulary
        By which sentences about them are checked.
    offered : tuple of Offered
        As the model sees them, best first.
    evidence, citations : mappings
        The passages and their citations, by the id that was minted for each.
    """

    language: str
    vocabulary: Vocabulary
    offered: tuple[Offered, ...]
    evidence: Mapping[str, Evidence]
    citations: Mapping[str, Citation]


class Draft:
    """The page that a model writes: its citations numbered in the order in which they are first made.

    Parameters
    ----------
    language : str
        That is written, BCP 47.
    citations : mapping of str to Citation
        By the id that the model cites.
    """

    def __init__(self, language: str, citations: Mapping[str, Citation]) -> None:
        self.page = Page(language)
        self._citations = citations
        self._numbers: dict[str, int] = {}

    @property
    def cited(self) -> tuple[str, ...]:
        """The ids that were cited, in the order of their numbers."""
        return tuple(self._numbers)

    def add(self, verdict: Verdict) -> Iterator[AnswerEvent]:
        """Put a sentence that stands on the page; yield what is new of it: its text, then its citations."""
        page, before, known = self.page, len(self.page.text), len(self.page.citations)
        page.text += (" " if page.text else "") + verdict.text
        for mark in verdict.cited:
            is_new = mark not in self._numbers
            number = self._numbers.setdefault(mark, len(self._numbers) + 1)
            start = len(page.text) + 1
            page.text += f" [{number}]"
            if is_new:
                page.citations.append(replace(self._citations[mark], start=start, end=len(page.text)))
        yield AnswerEvent("text", text=page.text[before:])
        for citation in page.citations[known:]:
            yield AnswerEvent("citation", citation=citation)
