# SPDX-License-Identifier: Apache-2.0
"""What speaks for a passage: a question's forms and a candidate in, named numbers out.

Each feature has one meaning and a bounded range, so that one linear model ranks passages of laws and of any other
text, and a reader of its weights sees why a passage came first. Nothing here is learnt; the weights are (see
`ranking`).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.everyday import EVERYDAY_FEATURES
from daulat.knowledge.search.asked import Asked
from daulat.knowledge.search.questions import QuestionPatterns
from daulat.knowledge.types import Document, Passage

FEATURES = (
    "dense",  # cosine of the nearest segment with the question in the language and the words of the law
    "dense_gap",  # the same, less that of the best candidate
    "dense_own",  # the same cosine in the asker's own language (equal where it is the law's)
    "words",  # BM25 share of the best that the question's terms could score, 0 to 1
    "words_gap",  # the same, less that of the best candidate
    "cover",  # share of the question's terms, by rarity, that the passage holds
    "focus",  # the largest such share in one clause
    "title",  # share of the question's terms, by rarity, that the title holds (of other text than law, the heading too)
    "rarest",  # 1 if the question's rarest term is in passage or title
    "phrase",  # share of neighbouring terms of the question that are neighbours in the passage
    "wording",  # the largest share of one of the law's own phrases for it that stands together here
    "early",  # how early the passage speaks of the question's terms, 0 to 1
    "defines",  # 1 if the passage opens a definition of the term asked for, 0.5 if it has the term as a phrase
    "kind",  # 1 if the clause nearest to the question shows the kind of answer asked for
    "topic",  # 1 if the document is of a topic that the question touches
    "named",  # 1 if the question names this document
    "other",  # 1 if the question names documents and not this one
    "article",  # 1 if the question names this article (of this document, or of none)
    "preamble",  # 1 for a preamble
    "elucidation",  # 1 for an elucidation
    "past",  # 1 if the passage is revoked or has a newer text
    "rank",  # 1 for a statute or higher, falling with each rank below; 0 for what is no law
    "recent",  # year of the document, 0 for 1945 to 1 for 2025; 0.5 where unknown
    "long",  # logarithm of its words, 0 to 1
    "sprawl",  # how far beyond the length of any article: a stretch that could not be cut, 0 to 1
    "empty",  # 1 for a passage of hardly any words ("self-evident")
    *EVERYDAY_FEATURES,  # how near the everyday questions that name it (see `daulat.knowledge.everyday.matching`)
)
_INDEX = {name: i for i, name in enumerate(FEATURES)}
_OWN = len(FEATURES) - len(EVERYDAY_FEATURES)

_K1, _B = 1.2, 0.75  # Robertson and Zaragoza 2009, the usual values
_HARDLY_ANY = 4  # terms
_EARLY_WITHIN = 40  # terms
_STATUTE = 3  # rank of a statute, below a constitution and what stands beside it
_SPRAWL = 400  # terms
_LONG = math.log(250)


class Rarity:
    """Inverse document frequency of terms in one release, remembered."""

    def __init__(self, frequency: Callable[[str], int], size: int) -> None:
        self._frequency, self._size = frequency, max(size, 1)
        self._known: dict[str, float] = {}

    def of(self, term: str) -> float:
        """Return ln(1 + (N - n + 0.5) / (n + 0.5))."""
        known = self._known.get(term)
        if known is None:
            n = self._frequency(term)
            known = self._known[term] = math.log(1 + (self._size - n + 0.5) / (n + 0.5))
        return known


@dataclass(frozen=True, slots=True)
class Sought:
    """A question's terms, numbered and weighed for one release.

    `weights` holds rarity times weight by term number; a term that no passage holds has a negative number of its own.
    """

    weights: Mapping[int, float]
    asked: frozenset[int]
    pairs: frozenset[tuple[int, int]]
    phrases: tuple[frozenset[tuple[int, int]], ...]
    total: float
    rarest: int
    definition: re.Pattern[str] | None
    phrase: re.Pattern[str] | None

    @classmethod
    def of(cls, asked: Asked, number: Callable[[str], int], rarity: Rarity, questions: QuestionPatterns) -> Sought:
        """Number and weigh the terms of a question."""
        numbers = {term: found if (found := number(term)) > 0 else -2 - i for i, term in enumerate(asked.terms)}
        weights = {numbers[term]: weight * rarity.of(term) for term, weight in asked.terms.items()}
        defined_after, defined_by = questions.defined_after.pattern, questions.defined_by.pattern
        words = r"\s+".join(re.escape(word) for word in asked.defined.split())
        opening = rf"(?:^|[\n.;:]\s*)(?:\(?\w{{1,3}}[.)]\s*)?[\"“‘]?\s*{defined_after}[\"“‘]?{words}\b"
        return cls(
            weights=weights,
            asked=frozenset(numbers[term] for term, weight in asked.terms.items() if weight >= 1),
            pairs=frozenset(pairwise(numbers[term] for term in asked.order)),
            phrases=tuple(frozenset(pairwise(numbers[term] for term in phrase)) for phrase in asked.phrases),
            total=sum(weights.values()) or 1.0,
            rarest=max(weights, key=lambda term: weights[term]) if weights else 0,
            definition=re.compile(rf"{opening}[\"”’]?[^.;]{{0,80}}?{defined_by}", re.IGNORECASE) if words else None,
            phrase=re.compile(rf"\b{words}\b", re.IGNORECASE) if words else None,
        )


def features_of(
    asked: Asked,
    sought: Sought,
    passage: Passage,
    document: Document,
    terms: list[int],
    heading: Container[int],
    average_terms: float,
) -> NDArray[np.float32]:
    """Return the features of one candidate, without those that compare candidates (see `compare`).

    Parameters
    ----------
    terms : list of int
        Of the passage's own text, each clause ended by 0.
    heading : container of int
        Of its document's title and its heading.
    average_terms : float
        Of a passage in this release.
    """
    row = np.zeros(len(FEATURES), np.float32)
    weights, total = sought.weights, sought.total
    found = [(place, term) for place, term in enumerate(terms) if term in weights]
    counts = Counter(term for _, term in found)
    length = 1 - _B + _B * len(terms) / max(average_terms, 1.0)
    row[_INDEX["words"]] = sum(weights[t] * n / (n + _K1 * length) for t, n in counts.items()) / total
    row[_INDEX["cover"]] = sum(weights[t] for t in counts) / total
    row[_INDEX["focus"]] = _focus(terms, found, weights) / total
    row[_INDEX["title"]] = sum(w for t, w in weights.items() if t in heading) / total
    row[_INDEX["rarest"]] = float(sought.rarest in counts or sought.rarest in heading)
    neighbours = {(left, right) for (at, left), (then, right) in pairwise(found) if then == at + 1}
    if sought.pairs:
        row[_INDEX["phrase"]] = len(neighbours & sought.pairs) / len(sought.pairs)
    row[_INDEX["wording"]] = max((len(neighbours & pairs) / len(pairs) for pairs in sought.phrases), default=0.0)
    first = next((place for place, term in found if term in sought.asked), _EARLY_WITHIN)
    row[_INDEX["early"]] = 1 - min(first, _EARLY_WITHIN) / _EARLY_WITHIN
    # Most passages lack a word of the term: looking for words is a hundredth of the patterns' cost.
    lower = passage.text.lower() if sought.phrase else ""
    holds = all(word in lower for word in asked.defined.lower().split())
    if sought.phrase and sought.definition and holds and sought.phrase.search(passage.text):
        row[_INDEX["defines"]] = 1.0 if sought.definition.search(passage.text) else 0.5
    row[_INDEX["kind"]] = float(bool(asked.kind and asked.kind.found.search(passage.text)))
    row[_INDEX["topic"]] = float(bool(set(asked.topics) & set(document.services)))
    row[_INDEX["named"]], row[_INDEX["other"]], row[_INDEX["article"]] = _named(asked, passage)
    row[_INDEX["preamble"]] = float(passage.section == "preamble")
    row[_INDEX["elucidation"]] = float(passage.section in ("elucidation", "elucidation_general"))
    row[_INDEX["past"]] = float(passage.status in ("revoked", "amended") and document.rank is not None)
    row[_INDEX["rank"]] = _STATUTE / max(document.rank, _STATUTE) if document.rank else 0.0
    row[_INDEX["recent"]] = min(max((document.year - 1945) / 80, 0.0), 1.0) if document.year else 0.5
    row[_INDEX["long"]] = min(math.log1p(len(terms)) / _LONG, 1.0)
    row[_INDEX["sprawl"]] = min(max(math.log(len(terms) / _SPRAWL), 0.0) / 2, 1.0) if terms else 0.0
    row[_INDEX["empty"]] = float(len(terms) < _HARDLY_ANY)
    return row


def _focus(terms: list[int], found: list[tuple[int, int]], weights: Mapping[int, float]) -> float:
    """Return the largest weight of different terms in one clause."""
    best = 0.0
    held: set[int] = set()
    end = -1
    for place, term in found:
        if place > end:
            best = max(best, sum(weights[t] for t in held))
            held = set()
            end = terms.index(0, place)
        held.add(term)
    return max(best, sum(weights[t] for t in held))


def compare(rows: NDArray[np.float32], dense: NDArray[np.float32], own: NDArray[np.float32]) -> None:
    """Fill in the features that compare candidates, in place. rows: float32[n, len(FEATURES)]."""
    if not len(rows):
        return
    rows[:, _INDEX["dense"]], rows[:, _INDEX["dense_own"]] = dense, own
    rows[:, _INDEX["dense_gap"]] = dense - dense.max()
    words = rows[:, _INDEX["words"]]
    rows[:, _INDEX["words_gap"]] = words - words.max()


def fill_everyday(rows: NDArray[np.float32], columns: NDArray[np.float32]) -> None:
    """Fill in what everyday questions say, in place. columns: float32[n, len(EVERYDAY_FEATURES)]."""
    rows[:, _OWN:] = columns


def as_mapping(row: NDArray[np.float32]) -> Mapping[str, float]:
    """Return features by name, for people and tests."""
    return {name: round(float(value), 4) for name, value in zip(FEATURES, row, strict=True)}


def _named(asked: Asked, passage: Passage) -> tuple[float, float, float]:
    """Say whether the question names this document, only others, and this article."""
    documents = [mention for mention in asked.mentions if mention.doc_id]
    here = [m for m in documents if passage.doc_id == m.doc_id or passage.doc_id in m.candidates]
    articles = {m.article for m in (here or ([] if documents else asked.mentions)) if m.article}
    return float(bool(here)), float(bool(documents) and not here), float(passage.article in articles)
