# SPDX-License-Identifier: Apache-2.0
"""The answer by quotation: evidence in; the official text itself, introduced, marked and dated, out.

No language model takes part. Every word between the quotation marks stands in the source; what is ours are whole
sentences in the asker's language around it. Each citation's marker `[n]` stands in the text, and the citation says
where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from daulat.assistant.types import Citation
from daulat.language import Phrases


@dataclass(frozen=True, slots=True)
class Quoted:
    """One passage to quote: its citation, how a person would cite it, what must be said of its standing, and whether it
    is old text that is quoted as history only."""

    citation: Citation
    label: str
    warning: str = ""
    is_history: bool = False


@dataclass(slots=True)
class Page:
    """Text being put together, with the citations whose markers stand in it."""

    text: str = ""
    citations: list[Citation] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add a paragraph."""
        self.text += ("\n\n" if self.text else "") + text

    def mark(self, citation: Citation, before: str, after: str) -> None:
        """Add a paragraph with the marker of a citation between two texts."""
        self.add(before)
        marker = f"[{len(self.citations) + 1}]"
        start = len(self.text) + (1 if before else 0)
        self.text += (" " if before else "") + marker + after
        self.citations.append(replace(citation, start=start, end=start + len(marker)))


def quotation(quoted: Sequence[Quoted], phrases: Phrases, *, opening: Sequence[str], closing: Sequence[str]) -> Page:
    """Write an answer from quotations.

    Parameters
    ----------
    quoted : sequence of Quoted
        The first answers; the others are worth reading beside it.
    phrases : Phrases
        Of the asker's language.
    opening, closing : sequences of str
        Sentences to say before and after.

    Returns
    -------
    Page
        Text and citations, each citation with the place of its marker.
    """
    page = Page()
    for sentence in opening:
        page.add(sentence)
    for place, item in enumerate(quoted):
        if item.warning:
            page.add(item.warning)
        key = "quote_history" if item.is_history else "quote_intro" if place == 0 else "quote_also"
        intro = phrases.get(key, citation=item.label).rstrip()
        colon = ":" if intro.endswith(":") else ""
        page.mark(item.citation, intro.removesuffix(":"), colon)
        page.add("\n".join(f"> {line}" if line.strip() else ">" for line in item.citation.quote.splitlines()))
    for sentence in closing:
        page.add(sentence)
    return page
