# SPDX-License-Identifier: Apache-2.0
"""Vectors of a release: float32 rows of unit length in, 8-bit rows and binary codes on disk, nearest rows out.

Search has two steps: the Hamming distance of 384-bit codes (signs of the centred vector) keeps the nearest rows;
their 8-bit vectors give the cosine. On 60,000 rows that finds what an exact search finds (docs/design/search.md) at a
fraction of its time. Files are mapped read-only, so that many processes share one copy.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Int8 = NDArray[np.int8]
Rows = NDArray[np.int64]

_LEAST_KEPT = 600


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
    """Return the signs of the centred rows as bits: uint64[n, d / 64]."""
    bits = np.packbits(vectors > centre, axis=1)
    return np.ascontiguousarray(bits).view(np.uint64)


def write_vectors(folder: Path, rows: Int8, scales: NDArray[np.float16]) -> None:
    """Write the four files of a `VectorIndex` into an existing folder."""
    vectors = rows.astype(np.float32) * scales.astype(np.float32)[:, None]
    centre = (
        vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        if len(vectors)
        else np.zeros(rows.shape[1], np.float32)
    )
    np.save(folder / "vectors.npy", rows)
    np.save(folder / "scales.npy", scales)
    np.save(folder / "centre.npy", centre)
    np.save(folder / "codes.npy", binary_codes(vectors, centre))


class VectorIndex:
    """Finds the rows nearest in meaning.

    Parameters
    ----------
    folder : Path
        Where `write_vectors` wrote.
    """

    def __init__(self, folder: Path) -> None:
        self._rows: Int8 = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        self._scales = np.load(folder / "scales.npy", allow_pickle=False).astype(np.float32)
        self._centre: Float32 = np.load(folder / "centre.npy", allow_pickle=False)
        self._codes: NDArray[np.uint64] = np.load(folder / "codes.npy", mmap_mode="r", allow_pickle=False)

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
        if allowed is not None:
            pool = np.flatnonzero(allowed)
            if len(pool) <= keep:
                return pool
            codes = self._codes[pool]
        else:
            pool = None
            if len(self._codes) <= keep:
                return np.arange(len(self._codes))
            codes = self._codes
        code = binary_codes(query[None], self._centre)[0]
        distances = np.zeros(len(codes), np.uint16)
        for word in range(codes.shape[1]):  # column by column keeps the temporary small
            distances += np.bitwise_count(codes[:, word] ^ code[word])
        found = np.sort(np.argpartition(distances, keep)[:keep])
        return found if pool is None else pool[found]
