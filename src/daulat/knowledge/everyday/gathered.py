# SPDX-License-Identifier: Apache-2.0
"""What people asked of each passage, taken together: a question's terms in; how well all of that fits it, out.

A careless question has words of several: one was about a custom plate, another about being fined. The nearest holds
half of its words, those about the plate together hold all. So the questions that name a passage stand as one text, and
BM25 (Robertson and Zaragoza 2009, The Probabilistic Relevance Framework) says how well it fits; a row that no source
answers is a text of its own. What was asked often will be asked again, so length weighs little. It is made when a
release is opened, and keeps no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.index.forward import runs

Rows = NDArray[np.int64]
Float64 = NDArray[np.float64]

_K1, _B = 1.2, 0.15  # of 846 development questions the first is right for 0.89, with the usual B of 0.75 for 0.80


class Named(NamedTuple):
    """What each row of questions names. texts: int64[m], one row after another; offsets: integer[n_rows + 1]."""

    texts: Rows
    offsets: Rows

    def of(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return what several rows name, and which of these rows names each."""
        places, owners = runs(self.offsets, rows)
        return self.texts[places], owners


class Together(NamedTuple):
    """How well all questions of each passage fit one question.

    rows: int64[n], the passages that anybody asked about, ascending; shares: float64[n]; silent: the best share of what
    no source answers.
    """

    rows: Rows
    shares: Float64
    silent: float

    @property
    def best(self) -> float:
        """The best share of a passage."""
        return float(self.shares.max(initial=0.0))

    def of(self, rows: Rows) -> Float64:
        """Return the shares of passages, 0 where nobody asked: float64[n]."""
        if not len(self.rows):
            return np.zeros(len(rows))
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.shares[places], 0.0)

    def first(self, count: int) -> Rows:
        """Return the passages that fit best."""
        order = np.argsort(-self.shares, kind="stable")[:count]
        return self.rows[order[self.shares[order] > 0]]


class Gathered:
    """Questions by what they name.

    Parameters
    ----------
    numbers, rows : int64[n]
        Each term of each question, by number from 1, and the row that its question is of.
    questions : int64[q]
        The row of each question.
    named : Named
        The texts, from 0, that a row stands in.
    """

    def __init__(self, numbers: Rows, rows: Rows, questions: Rows, named: Named) -> None:
        self._named = named
        self._count = int(named.texts.max(initial=-1)) + 1
        self._sizes = np.bincount(named.of(questions)[0], minlength=self._count).astype(np.float64)
        texts, owners = named.of(rows)
        keys, times = np.unique(numbers[owners] * self._count + texts, return_counts=True)
        self._texts, self._times = (keys % max(self._count, 1)).astype(np.uint32), times.astype(np.uint32)
        terms = np.arange(int(numbers.max(initial=0)) + 2)
        self._offsets = np.searchsorted(keys, terms * self._count)

    def shares(self, weights: Mapping[int, float], unknown: float, left_out: tuple[Rows, Rows, Rows]) -> Float64:
        """Return how well each text fits a question, of the best that its terms could score: float64[n_texts], 0 to 1.

        Parameters
        ----------
        weights : mapping of int to float
            Of the question's terms by their numbers.
        unknown : float
            The weight of all its terms that nobody used before.
        left_out : (int64[n], int64[n], int64[q])
            Terms of questions that are not heard and the row of each, and the rows of these questions.
        """
        numbers, rows, questions = left_out
        sizes = self._sizes - np.bincount(self._named.of(questions)[0], minlength=self._count)
        length = _K1 * (1 - _B + _B * sizes / max(sizes.mean(), 1e-9)) if self._count else sizes
        scores, most = np.zeros(self._count), unknown * self._rarity(0)
        for number, weight in weights.items():
            start, end = self._offsets[number], self._offsets[number + 1]
            texts, times = self._texts[start:end], self._times[start:end].astype(np.float64)
            not_heard, _ = self._named.of(rows[numbers == number])
            np.subtract.at(times, np.searchsorted(texts, not_heard), 1)
            rarity = self._rarity(int((times > 0).sum()))
            scores[texts] += weight * rarity * times / (times + length[texts])
            most += weight * rarity
        return scores / (most or 1.0)

    def _rarity(self, held: int) -> float:
        return float(np.log(1 + (self._count - held + 0.5) / (held + 0.5)))
