# SPDX-License-Identifier: Apache-2.0
"""What an abbreviation means: a question for the meaning of one, and passages, in; those that speak of it out.

Few letters are like many others: what is nearest to one that no text explains is about something else, and would be
told as its meaning. It searches nothing and quotes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daulat.knowledge.search import Asked, Reader
from daulat.knowledge.types import Hit, Passage
from daulat.language import Abbreviations, Meaning, looks_short

_SHORT = 5  # letters of a word in the law's language that may be an abbreviation


@dataclass(frozen=True)
class Defining:
    """Tells which passages speak of an abbreviation.

    Parameters
    ----------
    abbreviations : Abbreviations
        Those of the country.
    reader : Reader
        Reads passages as the search does.
    """

    abbreviations: Abbreviations
    reader: Reader

    def meanings(self, asked: Asked) -> Sequence[Meaning]:
        """Return what the abbreviation stands for whose meaning is asked for."""
        return self.abbreviations.of(asked.defined)

    def is_asked(self, asked: Asked) -> bool:
        """Say whether a question asks what an abbreviation means, one that is known or one that only looks so.

        Short words in small letters are taken for one where neither spelling nor glossary knows them. What a law means
        by one that the question names is for that law to say, in whatever words.
        """
        term = asked.defined.strip()
        if any(mention.doc_id for mention in asked.mentions):
            return False
        if not term or self.meanings(asked) or looks_short(term):
            return bool(term)
        is_word = len(term) > _SHORT or not term.isalpha() or asked.language != self.abbreviations.language
        return not is_word and asked.official == term and not self.reader.wording.expand(term, asked.language).phrases

    def spelt_out(self, text: str, asked: Asked) -> Iterator[str]:
        """Yield the question with each of the abbreviation's meanings in its place, as a text would say it."""
        short = re.compile(rf"(?<!\w){re.escape(asked.defined)}(?!\w)", re.IGNORECASE)  # SIM does not stand in `simpan`
        for meaning in self.meanings(asked):
            found = short.search(text)
            if found:
                yield text[: found.start()] + (meaning.also or meaning.words)[0] + text[found.end() :]

    def speaking(self, hits: Sequence[Hit], asked: Asked) -> tuple[Hit, ...]:
        """Return the hits that speak of it: of one that is known by what it stands for, else by its own letters."""
        known = [words for meaning in self.meanings(asked) for words in meaning.words] or [asked.defined]
        return tuple(hit for hit in hits if any(self._says(hit.passage, words) for words in known))

    def _says(self, passage: Passage, words: str) -> bool:
        language = passage.language or ""
        spoken = f"{passage.heading or ''} {passage.text}"
        wanted, held = (self.reader.terms(language, text) for text in (words, spoken))
        size = len(wanted)
        return bool(size) and any(held[at : at + size] == wanted for at in range(len(held) - size + 1))
