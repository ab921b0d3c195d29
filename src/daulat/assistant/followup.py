# SPDX-License-Identifier: Apache-2.0
"""A follow-up made self-contained: a question and the turns before it in, what to search for out.

"And for twins?" is searched with what the turns before it were about. What those asked for (when, how many) is left
out, for that was answered, and so is a thing whose place another takes ("And for a death?" after a birth); the words
of the new question weigh most, and articles that were cited before come behind others. The words of earlier answers
are never searched: they are ours, not the asker's. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from daulat.assistant.types import Question, Turn
from daulat.knowledge.legal import LawMention, Titles, find_citations
from daulat.knowledge.search import Asked, Reader
from daulat.knowledge.types import Hit

_FEW_TERMS = 2  # a question with fewer content words than this leans on what was said before
_FEW_WORDS = 2
_WHOLE_TERMS = 3  # with as many, a question is whole, whatever it opens with
_SHORT = 7  # words of a question that names no matter of its own and may lean
_COMMON = 0.005  # of passages hold a word that says little of what a question is about
# By how much surer an answer must be with the turns before than without: a question that opens as one that goes on, one
# that names another topic too, and a short one that names none.
_LEANS, _LEAD_BACK, _LEAD_SHORT, _LEAD_OTHER, _ALONE = -1.0, 0.0, 0.1, 0.4, 2.0
_FURTHEST = 3  # turns that a follow-up leans on at most
_BEFORE = 0.5  # weight of a word of the turns before, beside 1 of the question's own
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
    lead : float or None
        By how much surer an answer with them must be than one without; None where there is nothing to compare.
    """

    before: tuple[str, ...] = ()
    said: frozenset[tuple[str, str]] = frozenset()
    lead: float | None = None

    def searched(self, text: str, language: str, reader: Reader) -> str:
        """Return the question together with what it leans on."""
        turns = [*self.before, text]
        about = [
            reader.questions.without_kind(reader.questions.without_replaced(each, " ".join(turns[at:])), language)
            for at, each in enumerate(self.before, 1)
        ]
        return " ".join([text, *about])

    def dwell(self, asked: Asked, own: Asked) -> Asked:
        """Return the forms of the whole with the words of the question's own weighing most."""
        terms = {term: weight if term in own.terms else _BEFORE * weight for term, weight in asked.terms.items()}
        return replace(asked, terms=terms)

    def has_said(self, hit: Hit) -> bool:
        """Say whether the article of a hit was cited before."""
        return (hit.passage.doc_id, hit.passage.article or "") in self.said

    def moved_on(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return hits with the articles that were cited before behind others that are nearly as good."""
        moved = [replace(hit, score=hit.score - _SAID) if self.has_said(hit) else hit for hit in hits]
        return sorted(moved, key=lambda hit: -hit.score)


@dataclass(frozen=True, slots=True)
class Threads:
    """Tells what a question goes on from.

    Parameters
    ----------
    reader : Reader
        Of the country; knows which openings refer back.
    share : callable
        The share of passages of the release that hold a term.
    matters : callable
        What a question is about by its own words; see `Contacts.matters`.
    titles : Titles
        Of the laws that a turn may name.
    """

    reader: Reader
    share: Callable[[str], float]
    matters: Callable[[str], Sequence[str]]
    titles: Titles = field(default_factory=dict)

    def thread(self, question: Question, language: str) -> Thread:
        """Return the turns that a question leans on."""
        asked = [turn.text for turn in question.history if turn.role == "user" and turn.text.strip()]
        before: list[str] = []
        text = question.text
        first = lead = self._lead(text, asked[-1], language) if asked else _ALONE
        while lead != _ALONE:
            text = asked.pop()
            before.insert(0, text)
            lead = self._lead(text, asked[-1], language) if asked and len(before) < _FURTHEST else _ALONE
        if not before:
            return Thread()
        return Thread(tuple(before), self._said(question.history), first if first > _LEANS else None)

    def in_law(self, asked: Asked, history: Sequence[Turn]) -> Asked:
        """Return a question that names an article alone with the law that the conversation named last."""
        if not asked.mentions or any(mention.doc_id or mention.title_words for mention in asked.mentions):
            return asked
        law = self._law_before(history)
        if law is None:
            return asked
        return replace(asked, mentions=tuple(replace(law, article=each.article) for each in asked.mentions))

    def _law_before(self, history: Sequence[Turn]) -> LawMention | None:
        """Return the law that a turn named last: by the asker's own words, else one of those in the answer to them."""
        for place in range(len(history) - 1, -1, -1):
            if history[place].role == "user":
                asked = [law for law in self._named(history[place].text) if law.doc_id]
                answered = [law for turn in history[place + 1 : place + 2] for law in self._named(_ours(turn))]
                if asked:
                    return asked[-1]
                if told := [law for law in answered if law.doc_id]:
                    return replace(told[0], candidates=tuple(dict.fromkeys(law.doc_id for law in told)))
        return None

    def _named(self, text: str) -> list[LawMention]:
        return find_citations(text, self.reader.legal, self.titles) if self.reader.legal else []

    def _lead(self, text: str, previous: str, language: str) -> float:
        """Return by how much surer an answer that leans on the turn before must be than one that does not."""
        asked = self.reader.ask(text, language)
        if asked.mentions:
            return _ALONE
        shares = [self.share(term) for term in asked.order]
        known = sum(share > 0 for share in shares)
        refers_back = self.reader.questions.refers_back(text, language)
        if asked.order and not known and not refers_back:
            return _ALONE  # nothing that any text speaks of
        matters = set(self.matters(text))
        if matters and matters.isdisjoint(self.matters(previous)) and not self._replaces(text, previous, language):
            return _ALONE  # another matter
        few = known < _FEW_TERMS or len(text.split()) <= _FEW_WORDS
        if few or (refers_back and known < _WHOLE_TERMS):
            return _LEANS
        own = asked.topics[:1]  # the surest
        if refers_back and known == len(shares):
            goes_over = own and own[0] not in self.reader.ask(previous, language).topics
            return _LEAD_OTHER if goes_over else _LEAD_BACK
        is_short = len(text.split()) <= _SHORT and min(shares) >= _COMMON
        return _LEAD_SHORT if is_short and not own else _ALONE

    def _replaces(self, text: str, previous: str, language: str) -> bool:
        """Say whether all that a question names is a thing of the kind of one before: the same is asked of it."""
        beside = self.reader.questions.only_replaces(text, previous)
        return beside is not None and not any(map(self.share, self.reader.ask(beside, language).order))

    def _said(self, history: Sequence[Turn]) -> frozenset[tuple[str, str]]:
        named = self._named("\n".join(_ours(turn) for turn in history if turn.role == "assistant"))
        return frozenset((each.doc_id, each.article) for each in named if each.doc_id and each.article)


def _ours(turn: Turn) -> str:
    """Return an answer without what it quotes."""
    return "\n".join(line for line in turn.text.splitlines() if not line.startswith(">"))
