# SPDX-License-Identifier: Apache-2.0
"""Learnt pairs: a question's words and a sentence's in; what the one say for the other out.

Who asks `when` looks for a year or for words such as `within`. Which words go together is learnt for each language,
from questions whose answering sentence is known (`benchmarks/fit_answers.py`), and stands in the pack:
`assistant/pairs.json`. Without it, pairs say nothing. Docs: docs/concepts/answerability.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from daulat.assistant.words import WORD, ReadSentence
from daulat.knowledge.search import Asked
from daulat.language import PackFiles

SentenceKind = Literal["law", "text"]
KINDS: tuple[SentenceKind, ...] = get_args(SentenceKind)
# What a word of the question says for a sentence that holds another, or a class of words (see `pairs_of`).
Pairs = Mapping[str, Mapping[str, float]]
FILE = "assistant/pairs.json"
_FAR = 4  # words
_YEAR = re.compile(r"1\d{3}|20\d\d")


def has_learnt(pack: PackFiles | None) -> bool:
    """Say whether anything was learnt for a country's languages."""
    return pack is not None and pack.has(FILE)


def load_pairs(pack: PackFiles | None) -> dict[SentenceKind, Mapping[str, Pairs]]:
    """Return the pack's pairs, for law and for other text, by language of the passage."""
    if pack is None or not has_learnt(pack):
        return {kind: {} for kind in KINDS}
    data = json.loads(pack.path(FILE).read_text(encoding="utf-8"))
    return {kind: data[kind] for kind in KINDS}


def question_words(asked: Asked) -> frozenset[str]:
    """Return the words of a question, in the language of the law as far as it could be glossed, and their stems."""
    return frozenset(word.casefold() for word in WORD.findall(asked.forms[0])) | frozenset(asked.order)


def pairs_of(asked: Asked, sentence: ReadSentence) -> frozenset[str]:
    """Return what a sentence adds to the question, as the learnt pairs know it.

    Years, other numbers and capitalised words count by their class, stems and small words as they are. ``>`` marks what
    follows a term of the question and ``<`` what it follows; twice, a class up to four words away. Neighbours count
    together where one of them is a class.
    """
    shown = [_shown(word) for word in sentence.words]
    is_asked = [any(term in asked.terms for term in terms) for terms in sentence.terms]
    found: set[str] = set()
    for at, (own, terms) in enumerate(zip(shown, sentence.terms, strict=True)):
        if is_asked[at]:
            found.update(f"{far}<<" for far in _classes(shown[max(at - _FAR, 0) : max(at - 1, 0)]))
            found.update(f">>{far}" for far in _classes(shown[at + 2 : at + _FAR + 1]))
            continue
        found.update(terms if terms and own[0] != "<" else {own})
        if own == "<name>":
            found.update(terms)
    for (before, asked_before), (after, asked_after) in pairwise(zip(shown, is_asked, strict=True)):
        if asked_before:
            found.add(f">{after}")
        if asked_after and not asked_before:
            found.add(f"{before}<")
        if not asked_before and not asked_after and "<" in (before[0], after[0]):
            found.add(f"{before} {after}")
    return frozenset(found)


def _shown(word: str) -> str:
    """Return a word as pairs know it: its class, or itself."""
    if _YEAR.fullmatch(word):
        return "<year>"
    if word[0].isdigit():
        return "<number>"
    return "<name>" if word[0].isupper() else word.casefold()


def _classes(shown: Sequence[str]) -> set[str]:
    return {word for word in shown if word[0] == "<"}


def learnt(asked: Asked, looked: Sequence[ReadSentence], pairs: Pairs) -> NDArray[np.float64]:
    """Return what learnt pairs say for each sentence: float64[n]."""
    table: dict[str, float] = {}
    for word in question_words(asked):
        for other, weight in pairs.get(word, {}).items():
            table[other] = table.get(other, 0.0) + weight
    if not table:
        return np.zeros(len(looked))
    return np.array([sum(table.get(other, 0.0) for other in pairs_of(asked, sentence)) for sentence in looked])
