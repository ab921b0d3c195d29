# SPDX-License-Identifier: Apache-2.0
"""What a question is like: its vectors and terms in; how near the everyday questions of each passage are, out.

The nearest everyday questions by meaning and by words are compared with the question. What is near counts for the
passages that it names, a little for their neighbours, and against all of them where it names none. So does what all
questions of a passage say together (see `gathered`). Nothing here is learnt; the weights are (see
`daulat.knowledge.search.ranking`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.everyday.gathered import Together
from daulat.knowledge.everyday.index import EverydayIndex
from daulat.knowledge.index.forward import BREAK
from daulat.knowledge.index.vectors import Float32

Rows = NDArray[np.int64]
Float64 = NDArray[np.float64]

EVERYDAY_FEATURES = (
    "asked_dense",  # cosine of the nearest everyday question that names this passage, from that of any two to 1
    "asked_own",  # the same among the questions in the asker's language
    "asked_gap",  # the first, less that of the nearest question of all
    "asked_words",  # share of weighty words that the question has in common with one of them (Dice)
    "asked_words_gap",  # the same, less that of the best question of all
    "asked_vote",  # share of the near questions that name this passage, the nearer counting more
    "asked_main",  # 1 if the nearest question that names it names it first
    "asked_beside",  # share of the near questions that name a passage next to this one
    "asked_document",  # share of the near questions that name another passage of its document
    "asked_together",  # BM25 of all questions that name it as one text, of the best that the question could score
    "asked_together_gap",  # the same, less that of the best passage of all
)
_INDEX = {name: place for place, name in enumerate(EVERYDAY_FEATURES)}

_BY_MEANING, _BY_WORDS, _TOGETHER = 48, 24, 24
_NEAR = 0.4  # drawn-out cosine; of 1,113 citizens' questions to the Indonesian pack 0.99 have 0.5 or more
_NEAR_BY_WORDS = 0.6
_MOST_ALIKE = 0.95  # two questions, where all are of one matter
_WARMTH = 0.15  # of drawn-out cosine: what halves a vote is a tenth of it
_WORDS_VOTE = 0.5
_BESIDE = 2  # rows


@dataclass(frozen=True, slots=True)
class Heard:
    """What the everyday questions say.

    Parameters
    ----------
    rows : int64[n]
        Passages that near questions name, and those whose questions fit best together, ascending.
    values : float32[n, len(EVERYDAY_FEATURES)]
        Of each; neighbourhood and what all questions say together are left out (see `columns`).
    none : mapping of str to float
        How near the questions are that no source answers, and the nearest that one does.
    together : Together
        How well all questions of each passage fit.
    quoted : tuple of (int, str, float)
        Of near questions whose curators say which sentence answers: the row of the passage, how that sentence begins,
        and how near the question is, 0 to 1.
    """

    rows: Rows
    values: Float32
    none: Mapping[str, float]
    together: Together
    quoted: tuple[tuple[int, str, float], ...] = ()

    def said_of(self, row: int) -> dict[str, float]:
        """Return how the sentences of a passage begin that near questions quote, each with the nearest's nearness."""
        said: dict[str, float] = {}
        for of, begins, near in self.quoted:
            if of == row:
                said[begins] = max(near, said.get(begins, 0.0))
        return said

    def columns(self, rows: Rows, documents: NDArray[np.uint32]) -> Float32:
        """Return the features of candidates: float32[n, len(EVERYDAY_FEATURES)].

        Parameters
        ----------
        rows : int64[n]
            Ascending.
        documents : uint32[n_rows of the release]
            Document of each row.
        """
        found = np.zeros((len(rows), len(EVERYDAY_FEATURES)), np.float32)
        found[:, _INDEX["asked_gap"]] = -self.none["asked_best"]
        found[:, _INDEX["asked_words_gap"]] = -self.none["asked_best_words"]
        if len(self.rows) and len(rows):
            places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
            known = self.rows[places] == rows
            found[known] = self.values[places[known]]
            votes = self.values[:, _INDEX["asked_vote"]]
            apart = np.abs(rows[:, None] - self.rows[None, :])
            same = documents[rows][:, None] == documents[self.rows][None, :]
            found[:, _INDEX["asked_beside"]] = (votes * (same & (apart > 0) & (apart <= _BESIDE))).max(axis=1)
            found[:, _INDEX["asked_document"]] = (votes * (same & (apart > 0))).max(axis=1)
        shares = self.together.of(rows)
        found[:, _INDEX["asked_together"]] = shares
        found[:, _INDEX["asked_together_gap"]] = shares - self.together.best
        return found


def hear(
    index: EverydayIndex,
    queries: Sequence[Float32],
    terms: Mapping[str, float],
    language: str,
    allowed: NDArray[np.bool_] | None = None,
    within: NDArray[np.bool_] | None = None,
) -> Heard | None:
    """Compare a question with the everyday questions; None where none of them is near.

    What is heard are shares: of three questions about dogs one is always the nearest to a question about a passport.
    So a question that is near to none is searched as where nobody asked at all.

    Parameters
    ----------
    index : EverydayIndex
    queries : sequence of float32[d]
        Of the question's forms; none where there is no encoder.
    terms : mapping of str to float
        Of the question, with their weights.
    language : str
        Of the question, primary tag.
    allowed : bool[n], optional
        Everyday questions that may be heard.
    within : bool[n_rows of the release], optional
        Passages that may answer: a question that only others answer is one that no source answers here.
    """
    near = [index.vectors.nearest(query, _BY_MEANING, allowed)[0] for query in queries]
    near.append(index.lexical.search(terms, _BY_WORDS)[0])
    found: Rows = np.unique(np.concatenate(near))
    if allowed is not None:
        found = found[allowed[found]]
    if not len(found):
        return None
    cosines = [index.vectors.cosines(query, found) for query in queries] or [np.zeros(len(found), np.float32)]
    unrelated = min(index.vectors.mean_cosine, _MOST_ALIKE)
    dense = np.clip((np.max(cosines, axis=0).astype(np.float64) - unrelated) / (1 - unrelated), 0, 1)
    words = _overlaps(index, terms, found)
    if dense.max() < _NEAR and words.max() < _NEAR_BY_WORDS:
        return None
    weight = dense + _WORDS_VOTE * words
    votes = np.exp((weight - weight.max()) / _WARMTH)
    votes /= votes.sum()
    own = np.where(index.languages[found] == language, dense, 0.0)
    together = index.fit_together(terms, allowed, within)
    return _by_passage(index, _Near(found, dense, own, words, votes), together, within)


@dataclass(frozen=True, slots=True)
class _Near:
    """Everyday questions and how near they are: each float64[n]."""

    questions: Rows
    dense: Float64
    own: Float64
    words: Float64
    votes: Float64


def _by_passage(index: EverydayIndex, near: _Near, together: Together, within: NDArray[np.bool_] | None) -> Heard:
    """Gather what near questions say by the passages that they name."""
    named, owner = index.targets_of(index.row_of[near.questions])
    if within is not None:
        named, owner = named[within[named]], owner[within[named]]
    counts = np.bincount(owner, minlength=len(near.questions))
    first = np.diff(owner, prepend=-1) > 0
    rows = np.union1d(named.astype(np.int64), together.first(_TOGETHER))
    place = np.searchsorted(rows, named)
    values = np.zeros((len(rows), len(EVERYDAY_FEATURES)), np.float32)
    for name, column in (("asked_dense", near.dense), ("asked_own", near.own), ("asked_words", near.words)):
        np.maximum.at(values[:, _INDEX[name]], place, column[owner].astype(np.float32))
    values[:, _INDEX["asked_vote"]] = np.bincount(place, near.votes[owner], len(rows))
    # The nearest comes last of its passage, so what it says stays.
    nearest_last = np.lexsort((near.dense[owner], place))
    values[place[nearest_last], _INDEX["asked_main"]] = first[nearest_last]
    values[:, _INDEX["asked_gap"]] = values[:, _INDEX["asked_dense"]] - near.dense.max()
    values[:, _INDEX["asked_words_gap"]] = values[:, _INDEX["asked_words"]] - near.words.max()
    silent = counts == 0
    none = {
        "asked_best": float(near.dense.max()),
        "asked_best_words": float(near.words.max()),
        "asked_lead": float(near.dense.max() - near.dense[silent].max(initial=0.0)),
        "asked_agree": float(values[:, _INDEX["asked_vote"]].max(initial=0.0)),
        "none_dense": float(near.dense[silent].max(initial=0.0)),
        "none_words": float(near.words[silent].max(initial=0.0)),
        "none_vote": float(near.votes[silent].sum()),
        "asked_together": together.best,
        "none_together": together.silent,
    }
    return Heard(rows, values, none, together, tuple(_quoted(index, near)))


def _quoted(index: EverydayIndex, near: _Near) -> Iterator[tuple[int, str, float]]:
    for row, nearness in zip(index.row_of[near.questions].tolist(), near.dense.tolist(), strict=True):
        for begins, passage in itertools.product(index.rows[row].quote, index.targets(row).tolist()):
            yield passage, begins, nearness


def _overlaps(index: EverydayIndex, terms: Mapping[str, float], found: Rows) -> Float64:
    """Return Dice's share of common terms, by rarity among everyday questions: float64[len(found)]."""
    numbers = {term: index.terms.number(term) for term in terms}
    weights = {numbers[term]: weight * index.rarity(numbers[term]) for term, weight in terms.items()}
    total = sum(weight * index.rarity(numbers[term]) for term, weight in terms.items())
    rarities = index.rarities(index.terms.several(found)[0])
    shares = np.zeros(len(found))
    for at, question in enumerate(found.tolist()):
        held = set(index.terms.row(question)) - {BREAK}
        common = sum(weights[number] for number in held if number in weights)
        shares[at] = 2 * common / ((total + sum(map(rarities.__getitem__, held))) or 1.0)
    return shares
