# SPDX-License-Identifier: Apache-2.0
"""The terms of every passage in order: analysed clauses in, term numbers on disk, read by row.

Ranking looks at which terms of a question a passage holds, where, and how close together; analysing some eighty
passages anew for each question would take most of its time. Terms are numbered by first appearance from 1; 0 parts
clauses. It never changes once written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

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

    def row(self, row: int) -> list[int]:
        """Return the same as a list."""
        terms: list[int] = self.numbers(row).tolist()
        return terms
