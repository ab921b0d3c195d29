# SPDX-License-Identifier: Apache-2.0
"""Why a question was answered or not: a question in; the best passage, how surely it answers, what it lacks, out.

For who keeps the sources, never for a citizen: it asks the same judge as an answer does and tells what that weighed. It
changes no answer, and keeps nothing of a question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daulat.assistant.answerable import names_another_law
from daulat.assistant.assistant import Assistant
from daulat.assistant.judging import Prepared
from daulat.assistant.types import Question
from daulat.assistant.words import WORD

Decision = Literal["at once", "ruled elsewhere", "nothing found", "another law", "no such article", "rule", "weighed"]


@dataclass(frozen=True, slots=True)
class Why:
    """What decided about a question.

    Parameters
    ----------
    decided_by : str
        Without a search, by an act that is not here, by there being nothing, by what the question names, by a rule, or
        by weighing.
    probability, threshold : float
        How surely the best passage answers, and from which probability it may.
    passage_id, title, heading : str
        Of the best passage; empty where there is none.
    missing : tuple of str
        Words of the question that stand neither in it, nor in its heading or title, in its own words' forms.
    """

    decided_by: Decision
    probability: float = 0.0
    threshold: float = 0.0
    passage_id: str = ""
    title: str = ""
    heading: str = ""
    missing: tuple[str, ...] = ()


def explain(assistant: Assistant, question: Question) -> Why:
    """Judge a question again and tell why it was answered or not. Slow: as a search is.

    Parameters
    ----------
    assistant : Assistant
    question : Question
        As it was asked; its turns before count.
    """
    question = assistant.understood(question)
    language = assistant.listener.language(question)
    if assistant.immediate.answer(question, language, assistant.immediate.danger(question, language)):
        return Why("at once")
    prepared = assistant.judge.prepare(question, language)
    if assistant.elsewhere.ruling(prepared.asked):
        return Why("ruled elsewhere", threshold=prepared.threshold)
    if not prepared.evidence:
        return Why("nothing found", threshold=prepared.threshold)
    best = prepared.evidence[0]
    return Why(
        _decision(assistant, prepared),
        round(prepared.probability, 3),
        prepared.threshold,
        best.passage.passage_id,
        best.document.title,
        best.passage.heading or "",
        _missing(assistant, prepared),
    )


def _decision(assistant: Assistant, prepared: Prepared) -> Decision:
    if assistant.searcher.lacks_article(prepared.asked):
        return "no such article"
    if names_another_law(prepared.hits, prepared.asked):
        return "another law"
    return "rule" if prepared.probability == 1 else "weighed"


def _missing(assistant: Assistant, prepared: Prepared) -> tuple[str, ...]:
    best, reader = prepared.evidence[0], assistant.searcher.reader
    spoken = best.language or assistant.languages[0]
    held = set(reader.terms(spoken, f"{best.document.title} {best.passage.heading or ''}\n{best.passage.text}"))
    words = dict.fromkeys(match[0] for match in WORD.finditer(prepared.asked.text))
    terms = {word: set(reader.terms(spoken, word)) for word in words}
    return tuple(word for word, own in terms.items() if own and not own & held)
