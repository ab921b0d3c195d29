# SPDX-License-Identifier: Apache-2.0
"""Vectors of a release: float32 rows of unit length in, 8-bit rows and binary codes on disk, nearest rows out.

Search has two steps: the Hamming distance of 384-bit codes (signs of the centred vector) keeps the nearest rows;
their 8-bit vectors give the cosine. On 60,000 rows that finds what an exact search finds (docs/design/search.md) at a
fraction of its time. Files are mapped read-only, so that many processes share one copy; codes lie word by word, so
that one pass over them reads memory in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Int8 = NDArray[np.int8]
Rows = NDArray[np.int64]
Distances = NDArray[np.uint8] | NDArray[np.uint16]

_LEAST_KEPT = 600
_FEW = 200_000  # rows that are compared bit by bit
_AT_ONCE = 32_768  # rows: the temporaries of one step stay in the cache of a core


def quantise(vectors: Float32) -> tuple[Int8, NDArray[np.float16]]:
    """Round rows to 8 bits, each with a scale of its own.

    Parameters
    ----------
    vectors : float32[n, d]

    Returns
    -------
    (int8[n, d], float16[n])
        `rows * scales[:, None]` is nearly `vectors`: every component within half a scale.
    """
    largest = np.abs(vectors).max(axis=1, initial=0.0)
    scales = np.maximum(largest / 127.0, 1e-6).astype(np.float16)
    rows = np.rint(vectors / scales.astype(np.float32)[:, None]).clip(-127, 127).astype(np.int8)
    return rows, scales


def binary_codes(vectors: Float32, centre: Float32) -> NDArray[np.uint64]:
    """Return the signs of the centred rows as bits: uint64[d / 64, n], so that each word of all rows lies together.

    Examples
    --------
    >>> binary_codes(np.eye(2, 64, dtype=np.float32), np.zeros(64, np.float32)).tolist()
    [[128, 64]]
    """
    bits = np.packbits(vectors > centre, axis=1)
    return np.ascontiguousarray(np.ascontiguousarray(bits).view("<u8").T)


def write_vectors(folder: Path, rows: Int8, scales: NDArray[np.float16]) -> None:
    """Write the four files of a `VectorIndex` into an existing folder.

    A row of zeros is a text without a vector: it does not move the centre, and no query is near to it.
    """
    total = np.zeros(rows.shape[1], np.float64)
    for part in _parts(rows, scales):
        total += part.sum(axis=0, dtype=np.float64)
    centre = (total / max(int(np.count_nonzero(rows.any(axis=1))), 1)).astype(np.float32)
    codes = [binary_codes(part, centre) for part in _parts(rows, scales)]
    np.save(folder / "vectors.npy", rows)
    np.save(folder / "scales.npy", scales)
    np.save(folder / "centre.npy", centre)
    np.save(folder / "codes.npy", np.concatenate(codes, axis=1))


def _parts(rows: Int8, scales: NDArray[np.float16]) -> Iterator[Float32]:
    """Yield the vectors in float32, part by part: all at once would take four times the file. At least one part."""
    for at in range(0, max(len(rows), 1), _AT_ONCE):
        part = rows[at : at + _AT_ONCE].astype(np.float32)
        part *= scales[at : at + _AT_ONCE].astype(np.float32)[:, None]
        yield part


class VectorIndex:
    """Finds the rows nearest in meaning.

    Parameters
    ----------
    folder : Path
        Where `write_vectors` wrote.

    Raises
    ------
    ValueError
        If the files do not belong together.
    """

    def __init__(self, folder: Path) -> None:
        self._rows: Int8 = mapped(folder / "vectors.npy")
        self._scales = np.load(folder / "scales.npy", allow_pickle=False).astype(np.float32)
        self._centre: Float32 = np.load(folder / "centre.npy", allow_pickle=False)
        self._codes: NDArray[np.uint64] = mapped(folder / "codes.npy")
        n, dimensions = self._rows.shape
        if self._codes.shape != (dimensions // 64, n) or len(self._scales) != n or len(self._centre) != dimensions:
            raise ValueError(f"the files of {n} vectors do not belong together")

    @property
    def mean_cosine(self) -> float:
        """The cosine that two rows have in the mean: what unrelated texts have in common for this encoder."""
        return float(self._centre @ self._centre)

    def __len__(self) -> int:
        return len(self._rows)

    def nearest(self, query: Float32, top_k: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Float32]:
        """Find the rows nearest to a query.

        Parameters
        ----------
        query : float32[d], unit length
        top_k : int
            How many rows at most.
        allowed : bool[n], optional
            Rows that may be returned.

        Returns
        -------
        (int64[k], float32[k])
            Rows and cosines, nearest first; ties go to the earlier row.
        """
        rows = self._candidates(query, max(_LEAST_KEPT, 8 * top_k), allowed)
        scores = self.cosines(query, rows)
        order = np.argsort(-scores, kind="stable")[:top_k]
        return rows[order], scores[order]

    def cosines(self, query: Float32, rows: Rows) -> Float32:
        """Return the cosine of the query with each of the given rows: float32[len(rows)]."""
        scores: Float32 = self._rows[rows].astype(np.float32) @ query
        scores *= self._scales[rows]
        return scores

    def _candidates(self, query: Float32, keep: int, allowed: NDArray[np.bool_] | None) -> Rows:
        """Return the `keep` allowed rows whose codes are nearest, in order; ties go to the earlier row."""
        size = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if size <= keep:
            return np.arange(size) if allowed is None else np.flatnonzero(allowed)
        code = binary_codes(query[None], self._centre)[:, 0]
        half, beyond = len(code) // 2, 64 * len(code) + 1
        if size <= _FEW or half == 0:
            distances = self._distances(code, slice(None))
            if allowed is not None:
                distances[~allowed] = beyond
            return _smallest(distances, keep)
        # Of many rows, half of the bits leave a thirty-second part; all bits decide among those.
        coarse = self._distances(code[:half], slice(None))
        if allowed is not None:
            coarse[~allowed] = beyond
        rows = _smallest(coarse, max(size // 32, keep))
        fine = coarse[rows] + self._distances(code[half:], rows, first=half)
        return rows[_smallest(fine, keep)]

    def _distances(self, code: NDArray[np.uint64], rows: Rows | slice, first: int = 0) -> NDArray[np.uint16]:
        """Return the Hamming distances of some words of the code, from word `first`, to those of `rows`."""
        words = [self._codes[first + word][rows] for word in range(len(code))]
        size, few = len(words[0]), 64 * len(code) < 255
        distances: Distances = np.zeros(size, np.uint8) if few else np.zeros(size, np.uint16)
        differing, count = np.empty(_AT_ONCE, np.uint64), np.empty(_AT_ONCE, np.uint8)
        for at in range(0, len(distances), _AT_ONCE):
            part = distances[at : at + _AT_ONCE]
            size = len(part)
            for word, bits in zip(words, code, strict=True):
                np.bitwise_xor(word[at : at + size], bits, out=differing[:size])
                np.bitwise_count(differing[:size], out=count[:size])
                part += count[:size]
        return distances.astype(np.uint16, copy=False)


def _smallest(distances: NDArray[np.uint16], keep: int) -> Rows:
    """Return where the `keep` smallest stand, in order; ties go to the earlier."""
    last = np.searchsorted(np.cumsum(np.bincount(distances)), keep)  # they are few numbers: counted, not sorted
    found = np.flatnonzero(distances <= last)
    tied = np.flatnonzero(distances[found] == last)
    return np.delete(found, tied[len(tied) - (len(found) - keep) :])


def mapped(path: Path) -> NDArray[Any]:
    """Map an array read-only, as a plain array: a slice of NumPy's own kind of map costs ten times as much."""
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return array
