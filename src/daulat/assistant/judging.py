# SPDX-License-Identifier: Apache-2.0
"""Evidence and judgement: a question and its language in; what was found, marked, and how surely it answers, out.

A question that may go on from the turns before it is searched both ways, and the surer way is taken. Slow: some tens of
milliseconds a search, most of them the encoding of the question. It writes nothing, and keeps nothing of a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from daulat.assistant.answerable import Answerable
from daulat.assistant.citing import at_article
from daulat.assistant.defining import Defining
from daulat.assistant.evidence import Evidence, gather_evidence
from daulat.assistant.followup import Thread, Threads
from daulat.assistant.marking import Marker
from daulat.assistant.sentence import Marked
from daulat.assistant.types import Question
from daulat.knowledge.search import LONGEST_QUERY, Asked, Candidates, Filters, Searcher
from daulat.knowledge.types import Hit
from daulat.language import Meaning, Ruling

CITED = 5
OFFERED = 4  # passages that a writing model is given
LOOKED_AT = 12  # hits
_MARKED = max(CITED, OFFERED)
_AS_SURE = 0.5  # of the probability of what people asked about


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known before a word is written.

    `threshold` is the probability from which it is answered; `danger` the category of an emergency whose number is told
    before the answer, empty where there is none; `meanings` what the abbreviation stands for that is asked about;
    `ruling` the act that is not here and rules on what is asked.
    """

    question: Question
    language: str
    asked: Asked
    hits: tuple[Hit, ...]
    evidence: tuple[Evidence, ...]
    marked: tuple[Marked, ...]
    probability: float
    threshold: float
    danger: str = ""
    meanings: tuple[Meaning, ...] = ()
    ruling: Ruling | None = None

    @property
    def may_answer(self) -> bool:
        """Whether the evidence is good enough, and no act that is not here rules on the matter."""
        return bool(self.evidence) and self.probability >= self.threshold and self.ruling is None


@dataclass(frozen=True)
class Judge:
    """Searches and judges in one release.

    Parameters
    ----------
    searcher, marker, threads
        How it finds, how it tells which sentence answers, and what a question goes on from.
    answerable : Answerable
        Decides whether the evidence is good enough.
    defining : Defining
        Tells what speaks of an abbreviation.
    """

    searcher: Searcher
    marker: Marker
    threads: Threads
    answerable: Answerable
    defining: Defining

    def prepare(self, question: Question, language: str) -> Prepared:
        """Search and judge a question, on its own or with what it goes on from."""
        thread = self.threads.thread(question, language)
        whole = self._judged(question, language, thread)
        if thread.lead is None:
            return self._prepared(question, language, whole)
        alone = self._judged(question, language, Thread())
        surer = whole if whole.probability > alone.probability + thread.lead else alone
        return self._prepared(question, language, surer)

    def _judged(self, question: Question, language: str, thread: Thread) -> _Case:
        """Search and judge; where an abbreviation is asked about, by what speaks of it, also as it is spelt out."""
        case = self._found(question, language, thread)
        asked = case.asked
        if not self.defining.is_asked(asked):
            return case
        spelt_out = self.defining.spelt_out(question.text, asked)
        found = [case, *(self._found(replace(question, text=text), language, thread) for text in spelt_out)]
        speaking = [self._speaking(each, asked) for each in found]
        best = max(speaking, key=lambda each: each.probability)
        # Where nothing speaks of it, what was asked is as it was asked; its own words tell whom to ask in either case.
        case = best if self._is_enough(best) else speaking[0]
        return case._replace(asked=replace(case.asked, text=asked.text), defines=asked)

    def _is_enough(self, case: _Case) -> bool:
        return bool(case.hits) and case.probability >= self.answerable.threshold(case.hits, case.found.heard)

    def _speaking(self, case: _Case, asked: Asked) -> _Case:
        """Leave of what was found what speaks of the abbreviation that is asked about."""
        hits = self.defining.speaking(case.hits, asked)
        if hits and hits[0] is case.hits[0]:
            return case._replace(hits=hits)
        if not hits:
            return case._replace(hits=(), mark=None, probability=0.0)
        weighed_anew = self._weigh(hits, case.asked, case.found)
        return case._replace(hits=hits, mark=weighed_anew.mark, probability=weighed_anew.probability)

    def _found(self, question: Question, language: str, thread: Thread) -> _Case:
        searcher = self.searcher
        asked = searcher.ask(_ends_of(thread.searched(question.text, language, searcher.reader)), language)
        if thread.before:
            asked = thread.dwell(asked, searcher.ask(question.text, language))
        asked = self.threads.in_law(asked, question.history)
        found = searcher.candidates(asked, Filters(services=frozenset({question.service})))
        hits = thread.moved_on(searcher.rank(found, LOOKED_AT))
        if not hits:
            return _Case(thread, asked, found, (), None, 0.0)
        surest = self._surest(hits, asked, found, thread)
        probability = 0.0 if searcher.lacks_article(asked) else surest.probability
        return _Case(thread, asked, found, surest.hits, surest.mark, probability)

    def _prepared(self, question: Question, language: str, case: _Case) -> Prepared:
        asked, found, legal = case.asked, case.found, self.searcher.reader.legal
        threshold = self.answerable.threshold(case.hits, found.heard)
        hits = self._in_order(case, threshold)
        evidence = tuple(gather_evidence(hits, self.searcher.release))
        marked = [case.mark] if case.mark and hits is case.hits else []
        marked += [self.marker.mark(asked, each, found.heard) for each in evidence[len(marked) : _MARKED]]
        evidence = tuple(at_article(item, mark.span[0], legal) for item, mark in zip(evidence, marked, strict=False))
        return Prepared(
            question,
            language,
            asked,
            hits,
            evidence,
            tuple(marked),
            case.probability,
            threshold,
            meanings=tuple(self.defining.meanings(case.defines)) if case.defines else (),
        )

    def _in_order(self, case: _Case, threshold: float) -> tuple[Hit, ...]:
        """Return the hits as they are cited: of what is answered, and by no rule, a reranker orders the first.

        Whether there is an answer was judged before, in the order that the judgement was fitted on: it takes a passage
        that is not also the nearest for a worse one, and would decline where the reranker is right.
        """
        if not threshold <= case.probability < 1 or not self.searcher.reranks(case.found):
            return case.hits
        hits = tuple(case.thread.moved_on(self.searcher.best(case.found, LOOKED_AT)))
        # It puts first what reads well, whether or not that speaks of the abbreviation.
        return self.defining.speaking(hits, case.defines) or case.hits if case.defines else hits

    def _surest(self, hits: Sequence[Hit], asked: Asked, found: Candidates, thread: Thread) -> _Weighed:
        """Return hits in the order that answers most surely.

        A document that nobody asked about yet is weighed against the best that people did ask about: it leads where it
        answers about as surely, and else makes that less sure.
        """
        known = self._weigh(hits, asked, found)
        if not 0 < known.probability < 1:
            return known
        newcomers = [each for each in self.searcher.newcomers(found, LOOKED_AT) if not thread.has_said(each[0])]
        if not newcomers:
            return known
        new = max((self._weigh(each, asked, found) for each in newcomers), key=lambda each: each.probability)
        leads, probability = weighed(known.probability, new.probability, self._enough(new, found))
        if leads and (known.hits[0].is_unheard or known.probability < self._enough(known, found)):
            # No other would answer by itself, so none is cited beside it.
            document = new.hits[0].document.doc_id
            new = new._replace(hits=tuple(hit for hit in new.hits if hit.document.doc_id == document))
        return (new if leads else known)._replace(probability=probability)

    def _enough(self, case: _Weighed, found: Candidates) -> float:
        return self.answerable.threshold(case.hits, found.heard)

    def _weigh(self, hits: Sequence[Hit], asked: Asked, found: Candidates) -> _Weighed:
        best = gather_evidence(hits[:1], self.searcher.release)[0]
        mark = self.marker.mark(asked, best, found.heard)
        return _Weighed(tuple(hits), mark, self.answerable.probability(hits, mark, asked, found.heard))


class _Case(NamedTuple):
    """What was searched for, the hits in the order that answers most surely, the first one's mark, how surely, and the
    question for an abbreviation's meaning, of which they speak; None where it asks for none."""

    thread: Thread
    asked: Asked
    found: Candidates
    hits: tuple[Hit, ...]
    mark: Marked | None
    probability: float
    defines: Asked | None = None


class _Weighed(NamedTuple):
    """Hits, the mark in the first of them, and how surely that answers."""

    hits: tuple[Hit, ...]
    mark: Marked
    probability: float


def weighed(known: float, new: float, enough: float) -> tuple[bool, float]:
    """Weigh a document that nobody asked about yet against the best of the others.

    Parameters
    ----------
    known, new : float
        How surely each answers.
    enough : float
        The probability from which the new one may.

    Returns
    -------
    (bool, float)
        Whether the new one leads, and how surely that answers which does. An old one is less sure beside a rival.

    Examples
    --------
    >>> weighed(0.6, 0.5, enough=0.35), weighed(0.9, 0.3, enough=0.35)
    ((True, 0.5), (False, 0.63))
    """
    if new >= enough and new >= _AS_SURE * known:
        return True, new
    return False, known * (1 - new)


def _ends_of(text: str) -> str:
    """Return a long story without its middle: what is asked stands at its beginning or its end."""
    half = (LONGEST_QUERY - 1) // 2
    return text if len(text) <= LONGEST_QUERY else f"{text[:half]} {text[-half:]}"
