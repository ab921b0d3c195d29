# SPDX-License-Identifier: Apache-2.0
"""How the words of a question lie in passages: term numbers in, one column for each way of looking out.

All candidates are looked at together, as arrays: a loop over the words of a hundred passages was the largest part of a
search. It knows terms by number only, and no passage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.index.forward import BREAK
from daulat.knowledge.search.asked import Asked
from daulat.knowledge.search.rarity import Rarity

Float64 = NDArray[np.float64]
Ints = NDArray[np.int64]

_K1, _B = 1.2, 0.75  # Robertson and Zaragoza 2009, the usual values
_EARLY_WITHIN = 40  # terms


@dataclass(frozen=True, slots=True)
class Sought:
    """A question's terms, numbered and weighed for one release.

    Parameters
    ----------
    numbers : int64[t], ascending
        Of the terms that some passage holds.
    weights : float64[t]
        Rarity times weight of each.
    asked : bool[t]
        Whether the term was asked, not added.
    pairs : int64[p]
        Neighbours in the question, as `place * t + place`.
    all_pairs : int
        How many neighbours the question has, those that no passage holds with them.
    phrases : tuple of (int64, int)
        The same of each of the law's own phrases.
    total : float
        Of all weights, those of terms that no passage holds with them.
    rarest : int
        Place of the rarest term; -1 where no passage holds it.
    """

    numbers: Ints
    weights: Float64
    asked: NDArray[np.bool_]
    pairs: Ints
    all_pairs: int
    phrases: tuple[tuple[Ints, int], ...]
    total: float
    rarest: int

    @classmethod
    def of(cls, asked: Asked, number: Callable[[str], int], rarity: Rarity) -> Sought:
        """Number and weigh the terms of a question."""
        weighed = {term: weight * rarity.of(term) for term, weight in asked.terms.items()}
        held = sorted((found, term) for term in asked.terms if (found := number(term)) > BREAK)
        place = {term: at for at, (_, term) in enumerate(held)}
        rarest = max(weighed, key=lambda term: weighed[term], default="")
        return cls(
            numbers=np.array([found for found, _ in held], np.int64),
            weights=np.array([weighed[term] for _, term in held]),
            asked=np.array([asked.terms[term] >= 1 for _, term in held], bool),
            pairs=_pairs(asked.order, place),
            all_pairs=len(set(pairwise(asked.order))),
            phrases=tuple((_pairs(phrase, place), len(set(pairwise(phrase)))) for phrase in asked.phrases),
            total=sum(weighed.values()) or 1.0,
            rarest=place.get(rarest, -1),
        )


def _pairs(terms: Sequence[str], place: Mapping[str, int]) -> Ints:
    held = {(place[a], place[b]) for a, b in pairwise(terms) if a in place and b in place}
    return np.array(sorted(a * len(place) + b for a, b in held), np.int64)


def word_columns(
    sought: Sought, rows: Sequence[NDArray[np.uint32]], headings: Sequence[frozenset[int]], average_terms: float
) -> Mapping[str, Float64]:
    """Return how the question lies in each passage: float64[n] by name; see `daulat.knowledge.search.features`.

    Parameters
    ----------
    sought : Sought
    rows : sequence of uint32
        Terms of each passage in order, each clause ended by `BREAK`.
    headings : sequence of frozenset of int
        Terms of each document's title and heading.
    average_terms : float
        Of a passage in this release.
    """
    n, t = len(rows), len(sought.numbers)
    lengths = np.array([len(row) for row in rows], np.int64)
    title, in_title = _titles(sought, headings)
    columns = dict.fromkeys(("words", "cover", "focus", "rarest", "phrase", "wording", "early"), np.zeros(n))
    if not t or not lengths.sum():
        return columns | {"title": title, "rarest": in_title}
    flat, starts = np.concatenate(rows), np.cumsum(lengths) - lengths
    place_of = np.full(sought.numbers[-1] + 2, -1, np.int64)  # all numbers beyond the last are as the one after it
    place_of[sought.numbers] = np.arange(t)
    at = place_of[np.minimum(flat, len(place_of) - 1)]
    places = np.flatnonzero(at >= 0)
    terms = at[places]
    owners = np.searchsorted(starts, places, side="right") - 1
    counts = np.bincount(owners * t + terms, minlength=n * t).reshape(n, t)
    spread = 1 - _B + _B * lengths / max(average_terms, 1.0)
    pairs = _neighbours(sought, places, terms, owners, n)
    first = np.full(n, _EARLY_WITHIN)
    told = sought.asked[terms]
    np.minimum.at(first, owners[told], places[told] - starts[owners[told]])
    return {
        "words": (counts / (counts + _K1 * spread[:, None])) @ sought.weights / sought.total,
        "cover": (counts > 0) @ sought.weights / sought.total,
        "focus": _focus(sought, flat, places, terms, owners, n) / sought.total,
        "title": title,
        "rarest": np.maximum(in_title, counts[:, sought.rarest] > 0) if sought.rarest >= 0 else in_title,
        "phrase": pairs(sought.pairs, sought.all_pairs),
        "wording": np.max([pairs(*phrase) for phrase in sought.phrases] or [np.zeros(n)], axis=0),
        "early": 1 - first / _EARLY_WITHIN,
    }


def _titles(sought: Sought, headings: Sequence[frozenset[int]]) -> tuple[Float64, Float64]:
    """Return the share of the question in each heading, and whether its rarest term is there. Many share a heading."""
    rarest = int(sought.numbers[sought.rarest]) if sought.rarest >= 0 else -1
    terms = list(zip(sought.numbers.tolist(), sought.weights.tolist(), strict=True))
    shares = {heading: sum(w for term, w in terms if term in heading) / sought.total for heading in set(headings)}
    return np.array([shares[heading] for heading in headings]), np.array([float(rarest in each) for each in headings])


def _focus(sought: Sought, flat: NDArray[np.uint32], places: Ints, terms: Ints, owners: Ints, n: int) -> Float64:
    """Return the largest weight of different terms in one clause of each passage."""
    clauses = np.cumsum(flat == BREAK)[places]
    _, once = np.unique(clauses * len(sought.numbers) + terms, return_index=True)
    best = np.zeros(n)
    _, heads, inverse = np.unique(clauses[once], return_index=True, return_inverse=True)
    np.maximum.at(best, owners[once][heads], np.bincount(inverse, sought.weights[terms[once]]))
    return best


def _neighbours(sought: Sought, places: Ints, terms: Ints, owners: Ints, n: int) -> Callable[[Ints, int], Float64]:
    """Return the function that tells which share of given pairs of neighbours each passage has."""
    t = len(sought.numbers)
    joined = np.flatnonzero(np.diff(places) == 1)
    held = np.unique(owners[joined] * (t * t) + terms[joined] * t + terms[joined + 1])

    def share(pairs: Ints, of: int) -> Float64:
        if not of:
            return np.zeros(n)
        wanted = np.isin(held % (t * t), pairs)
        return np.bincount(held[wanted] // (t * t), minlength=n) / of

    return share
