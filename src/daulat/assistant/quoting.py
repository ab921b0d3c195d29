# SPDX-License-Identifier: Apache-2.0
"""The answer by quotation: evidence in; the official text itself, introduced, marked and dated, out.

No language model takes part. Every word between the quotation marks stands in the source; what is ours are whole
sentences in the asker's language around it. Each citation's marker `[n]` stands in the text, and the citation says
where.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from daulat.assistant.types import Citation, Spoken
from daulat.language import Phrases, Said

# What programs that show Markdown would take for a link, a picture or markup: `[…](…)`, `[…]: …` and `<…`.
_MARKUP = re.compile(r"(?<=\])(?=[(:\[])|(?<=<)(?=[A-Za-z/!?])")


def inert(text: str) -> str:
    """Part with a space what would become a link, a picture or markup where the answer is shown as Markdown.

    A document's words are quoted, and never followed: a picture would tell its host who asks.

    Examples
    --------
    >>> inert("![x](https://evil.example/a.png) [2019] UKSC 5 <img src=x> 3 < 5")
    '![x] (https://evil.example/a.png) [2019] UKSC 5 < img src=x> 3 < 5'
    """
    return _MARKUP.sub(" ", text)


def inert_span(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Return where the characters of a span of a text stand once it is `inert`.

    Examples
    --------
    >>> inert_span("see [1](2): <b>now</b>", (7, 18)), inert("see [1](2): <b>now</b>")[8:20]
    ((8, 20), '(2): < b>now')
    """
    start, end = span
    parted = [found.start() for found in _MARKUP.finditer(text)]
    return start + sum(at <= start for at in parted), end + sum(at < end for at in parted)


@dataclass(frozen=True, slots=True)
class Quoted:
    """One passage to quote: its citation, how a person would cite it, what must be said of its standing, whether it is
    old text that is quoted as history only, and what holds instead, if that is known."""

    citation: Citation
    label: str
    warning: Sequence[Said] = ()
    is_history: bool = False
    now: Said | None = None


@dataclass(slots=True)
class Page:
    """Text being put together in `language`, with the citations whose markers stand in it, the stretches of it that are
    in another language, and those that list offices."""

    language: str
    text: str = ""
    citations: list[Citation] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    listed: list[tuple[int, int]] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add a paragraph."""
        self.text += ("\n\n" if self.text else "") + text

    def say(self, *sentences: Said) -> None:
        """Add a paragraph of our own sentences."""
        for place, said in enumerate(sentences):
            if place:
                self.text += " " + said.text
            else:
                self.add(said.text)
            self._note(len(self.text) - len(said.text), said.language)

    def introduce(self, citation: Citation, said: Said) -> None:
        """Add a sentence as a paragraph, with the marker of a citation at its end, before its colon."""
        before = said.text.rstrip()
        colon = ":" if before.endswith(":") else ""
        before = before.removesuffix(":")
        self.add(before)
        marker = f"[{len(self.citations) + 1}]"
        start = len(self.text) + (1 if before else 0)
        self.text += (" " if before else "") + marker + colon
        self._note(start - len(before) - (1 if before else 0), said.language)
        self.citations.append(replace(citation, start=start, end=start + len(marker)))

    def list_offices(self, offices: str) -> None:
        """Add a list of offices as a paragraph."""
        self.add(offices)
        self.listed.append((len(self.text) - len(offices), len(self.text)))

    def close_with(self, said: Said, offices: str) -> None:
        """Add a list of offices right under the sentence that leads to it; both are noted as the list."""
        start = len(self.text) + (2 if self.text else 0)
        self.say(said)
        self.text += "\n" + offices
        self.listed.append((start, len(self.text)))

    def open_with(self, said: Said, offices: str = "") -> None:
        """Put a sentence of our own, and a list of offices, before all that stands on the page."""
        first = Page(self.language)
        first.say(said)
        if offices:
            first.list_offices(offices)
        moved = len(first.text) + (2 if self.text else 0)
        self.text = first.text + ("\n\n" if self.text else "") + self.text
        self.citations = [replace(each, start=each.start + moved, end=each.end + moved) for each in self.citations]
        self.spoken = [
            *first.spoken,
            *(replace(each, start=each.start + moved, end=each.end + moved) for each in self.spoken),
        ]
        self.listed = [*first.listed, *((start + moved, end + moved) for start, end in self.listed)]

    def _note(self, start: int, language: str) -> None:
        if language != self.language:
            self.spoken.append(Spoken(start, len(self.text), language))


def quotation(quoted: Sequence[Quoted], phrases: Phrases, *, opening: Sequence[Said], closing: Sequence[Said]) -> Page:
    """Write an answer from quotations.

    Parameters
    ----------
    quoted : sequence of Quoted
        The first answers; the others are worth reading beside it.
    phrases : Phrases
        Of the asker's language.
    opening, closing : sequences of Said
        Sentences to say before and after.

    Returns
    -------
    Page
        Text and citations, each citation with the place of its marker.
    """
    page = Page(phrases.language)
    for sentence in opening:
        page.say(sentence)
    told = set[Said]()
    for place, item in enumerate(quoted):
        if warning := [said for said in item.warning if said not in told]:
            page.say(*warning)
            told.update(warning)
        if item.now and item.now not in told:
            page.say(item.now)
            told.add(item.now)
        key = "quote_history" if item.is_history else "quote_intro" if place == 0 else "quote_also"
        page.introduce(item.citation, phrases.say(key, citation=inert(item.label)))
        page.add("\n".join(f"> {line}" if line.strip() else ">" for line in inert(item.citation.quote).splitlines()))
    for sentence in closing:
        page.say(sentence)
    return page
