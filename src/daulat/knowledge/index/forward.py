# SPDX-License-Identifier: Apache-2.0
"""The terms of every passage in order: analysed clauses in, term numbers on disk, read by row.

Ranking looks at which terms of a question a passage holds, where, and how close together; analysing some eighty
passages anew for each question would take most of its time. Terms are numbered by first appearance from 1; 0 parts
clauses. It never changes once written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.index.vectors import mapped

BREAK = 0


class ForwardWriter:
    """Collects the terms of passages, one row after another."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count(1).__next__)
        self._rows: list[NDArray[np.uint32]] = []

    def add(self, clauses: Iterable[Sequence[str]]) -> None:
        """Add the next row."""
        number, flat = self._numbers.__getitem__, list[int]()
        for clause in clauses:
            if clause:
                flat.extend(map(number, clause))
                flat.append(BREAK)
        self._rows.append(np.array(flat, np.uint32))

    def write(self, folder: Path) -> None:
        """Write the three files of a `ForwardIndex` into an existing folder."""
        offsets = np.zeros(len(self._rows) + 1, np.uint64)
        offsets[1:] = np.cumsum([len(row) for row in self._rows], dtype=np.uint64)
        np.save(folder / "terms.npy", np.concatenate(self._rows) if self._rows else np.empty(0, np.uint32))
        np.save(folder / "term_offsets.npy", offsets)
        (folder / "vocabulary.json").write_bytes(msgspec.json.encode(list(self._numbers)))


class ForwardIndex:
    """Reads the terms of passages.

    Parameters
    ----------
    folder : Path
        Where `ForwardWriter.write` wrote.

    Raises
    ------
    ValueError
        If the files do not belong together.
    """

    def __init__(self, folder: Path) -> None:
        self._terms = mapped(folder / "terms.npy")
        self._offsets = mapped(folder / "term_offsets.npy")
        if len(self._terms) != int(self._offsets[-1]):
            raise ValueError(f"terms.npy holds {len(self._terms)} terms, not {self._offsets[-1]}")
        words = msgspec.json.decode((folder / "vocabulary.json").read_bytes(), type=list[str])
        self._numbers = {word: number for number, word in enumerate(words, 1)}

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @property
    def average_terms(self) -> float:
        """Mean number of terms of a passage."""
        return len(self._terms) / max(len(self._offsets) - 1, 1)

    def number(self, term: str) -> int:
        """Return the number of a term; -1 for one that no passage holds."""
        return self._numbers.get(term, -1)

    @property
    def size(self) -> int:
        """Number of different terms."""
        return len(self._numbers)

    def all_numbers(self) -> NDArray[np.uint32]:
        """Return the term numbers of all passages, one passage after another."""
        return self._terms

    def numbers(self, row: int) -> NDArray[np.uint32]:
        """Return the term numbers of a passage in order, each clause ended by 0: uint32[n]."""
        return self._terms[int(self._offsets[row]) : int(self._offsets[row + 1])]

    def several(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return the term numbers of several passages, one after another, and which of the rows each belongs to."""
        places, owners = runs(self._offsets, rows)
        return self._terms[places], owners

    def that_hold(self, numbers: Collection[int], rows: range) -> NDArray[np.int64]:
        """Return which of neighbouring rows hold every one of some terms, counted from the first; none for no term."""
        offsets = self._offsets[rows.start : rows.stop + 1].astype(np.int64)
        terms = self._terms[offsets[0] : offsets[-1]]
        held = np.full(len(rows), bool(numbers))
        for number in numbers:
            places = np.flatnonzero(terms == number) + offsets[0]
            held &= np.bincount(np.searchsorted(offsets, places, side="right") - 1, minlength=len(rows)) > 0
        return np.flatnonzero(held)

    def row(self, row: int) -> list[int]:
        """Return the same as a list."""
        terms: list[int] = self.numbers(row).tolist()
        return terms


def runs(offsets: NDArray[Any], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of all that belongs to some rows, and which of the rows each belongs to.

    Parameters
    ----------
    offsets : integer[n + 1]
        Where what belongs to a row begins, and at the end the number of places.
    rows : int64[m]

    Examples
    --------
    >>> [each.tolist() for each in runs(np.array([0, 2, 5]), np.array([1, 0]))]
    [[2, 3, 4, 0, 1], [0, 0, 0, 1, 1]]
    """
    firsts = offsets[rows].astype(np.int64)
    counts = offsets[rows + 1].astype(np.int64) - firsts
    owners = np.repeat(np.arange(len(rows)), counts)
    return np.arange(len(owners)) + (firsts - np.cumsum(counts) + counts)[owners], owners
