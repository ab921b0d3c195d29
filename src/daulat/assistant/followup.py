# SPDX-License-Identifier: Apache-2.0
"""A follow-up made self-contained: a question and the turns before it in, what to search for out.

"And for twins?" is searched with what the turns before it were about. What those asked for (when, how many) is left
out, for that was answered; the words of the new question weigh most, and articles that were cited before come behind
others. The words of earlier answers are never searched: they are ours, not the asker's. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from daulat.assistant.types import Question, Turn
from daulat.knowledge.legal import find_citations
from daulat.knowledge.search import Asked, Reader
from daulat.knowledge.types import Hit

_FEW_TERMS = 2  # a question with fewer content words than this leans on what was said before
_FEW_WORDS = 2
_FURTHEST = 3  # turns that a follow-up leans on at most
_BEFORE = 0.8  # weight of a word of the turns before, beside 1 of the question's own
_SAID = 1.0  # score that a passage loses that was cited before


@dataclass(frozen=True, slots=True)
class Thread:
    """What a question goes on from.

    Parameters
    ----------
    before : tuple of str
        What the asker said in the turns that it leans on, oldest first; empty for a question that stands alone.
    said : frozenset of (str, str)
        Articles that were cited in answer: document id and number.
    """

    before: tuple[str, ...] = ()
    said: frozenset[tuple[str, str]] = frozenset()

    def searched(self, text: str, language: str, reader: Reader) -> str:
        """Return the question together with what it leans on."""
        about = [reader.questions.without_kind(each, language) for each in self.before]
        return " ".join([text, *about])

    def dwell(self, asked: Asked, own: Asked) -> Asked:
        """Return the forms of the whole with the words of the question's own weighing most."""
        terms = {term: weight if term in own.terms else _BEFORE * weight for term, weight in asked.terms.items()}
        return replace(asked, terms=terms)

    def moved_on(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return hits with the articles that were cited before behind others that are nearly as good."""
        moved = [
            replace(hit, score=hit.score - _SAID)
            if (hit.passage.doc_id, hit.passage.article or "") in self.said
            else hit
            for hit in hits
        ]
        return sorted(moved, key=lambda hit: -hit.score)


@dataclass(frozen=True, slots=True)
class Threads:
    """Tells what a question goes on from.

    Parameters
    ----------
    reader : Reader
        Of the country; knows which openings refer back.
    is_known : callable
        Whether any text of the release holds a term.
    matters : callable
        What a question is about by its own words; see `Contacts.matters`.
    """

    reader: Reader
    is_known: Callable[[str], bool]
    matters: Callable[[str], Sequence[str]]

    def thread(self, question: Question, language: str) -> Thread:
        """Return the turns that a question leans on."""
        asked = [turn.text for turn in question.history if turn.role == "user" and turn.text.strip()]
        before: list[str] = []
        text = question.text
        while asked and len(before) < _FURTHEST and self._leans(text, asked[-1], language):
            text = asked.pop()
            before.insert(0, text)
        return Thread(tuple(before), self._said(question.history)) if before else Thread()

    def _leans(self, text: str, previous: str, language: str) -> bool:
        asked = self.reader.ask(text, language)
        if asked.mentions:
            return False
        known = [term for term in asked.order if self.is_known(term)]
        refers_back = self.reader.questions.refers_back(text, language)
        if asked.order and not known and not refers_back:
            return False  # nothing that any text speaks of
        matters = set(self.matters(text))
        if matters and matters.isdisjoint(self.matters(previous)):
            return False  # another matter
        return refers_back or len(known) < _FEW_TERMS or len(text.split()) <= _FEW_WORDS

    def _said(self, history: Sequence[Turn]) -> frozenset[tuple[str, str]]:
        if self.reader.legal is None:
            return frozenset()
        ours = [line for turn in history if turn.role == "assistant" for line in turn.text.splitlines()]
        spoken = "\n".join(line for line in ours if not line.startswith(">"))
        named = find_citations(spoken, self.reader.legal)
        return frozenset((each.doc_id, each.article) for each in named if each.doc_id and each.article)
