# SPDX-License-Identifier: Apache-2.0
"""Encoding many texts at once: an encoder in; the same encoder on every core, and with questions encoded ahead, out.

A service encodes one question at a time; a measurement knows all of its questions beforehand. Batches run in threads,
because NumPy lets go of the interpreter while it multiplies. Vectors of questions are rounded to 8 bits as those of
passages are, and remembered by the hash of their text. It changes no vector beyond that rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from daulat.knowledge.encoder import Adapter, AsQueries, Encoder, Float32, adapt
from daulat.knowledge.index.cache import VectorCache, key_of

_WORTH_PARTING = 8  # texts


class ParallelEncoder:
    """Runs an encoder in several threads.

    Parameters
    ----------
    encoder : Encoder
        Safe to share between threads.
    threads : int
        How many run at once, one a core.
    """

    def __init__(self, encoder: Encoder, threads: int) -> None:
        self.name, self.dimensions = encoder.name, encoder.dimensions
        self._encoder = encoder
        self._threads = max(threads, 1)

    def adapted(self, adapter: Adapter) -> Encoder:
        """Return the same, with questions turned by an adapter."""
        turned = adapt(self._encoder, adapter)
        return self if turned is self._encoder else ParallelEncoder(turned, self._threads)

    def queries(self, texts: Sequence[str]) -> Float32:
        """Encode questions: float32[n, dimensions], rows of unit length."""
        return self._parted(self._encoder.queries, texts)

    def passages(self, texts: Sequence[str]) -> Float32:
        """Encode passages: float32[n, dimensions], rows of unit length."""
        return self._parted(self._encoder.passages, texts)

    def _parted(self, encode: Callable[[Sequence[str]], Float32], texts: Sequence[str]) -> Float32:
        if len(texts) < _WORTH_PARTING or self._threads == 1:
            return encode(texts)
        # Every n-th text of the order by length: all threads get the same work.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = [order[n :: self._threads] for n in range(self._threads)]
        result = np.empty((len(texts), self.dimensions), np.float32)
        with ThreadPoolExecutor(self._threads) as pool:
            for part, rows in zip(parts, pool.map(lambda part: encode([texts[i] for i in part]), parts), strict=True):
                result[part] = rows
        return result


class PreparedEncoder:
    """An encoder that has encoded the questions of a measurement beforehand; any other text it encodes when asked.

    Parameters
    ----------
    encoder : Encoder
    cache : VectorCache
        Where vectors of questions are kept.
    """

    def __init__(self, encoder: Encoder, cache: VectorCache) -> None:
        self.name, self.dimensions = encoder.name, encoder.dimensions
        self._encoder, self._cache = encoder, cache
        self._asking = AsQueries(encoder)

    def adapted(self, adapter: Adapter) -> PreparedEncoder:
        """Return the same, with questions turned by an adapter."""
        turned = adapt(self._encoder, adapter)
        return self if turned is self._encoder else PreparedEncoder(turned, self._cache)

    def prepare(self, texts: Sequence[str]) -> Iterator[int]:
        """Encode the questions that are not known yet; yields how many are done."""
        return self._cache.fill(self._asking, texts, batch=256)

    def count_missing(self, texts: Sequence[str]) -> int:
        """Count the different questions that would have to be encoded."""
        return self._cache.count_missing(self._asking, texts)

    def queries(self, texts: Sequence[str]) -> Float32:
        """Encode questions: float32[n, dimensions], rows of unit length."""
        return np.stack([self._query(text) for text in texts])

    def passages(self, texts: Sequence[str]) -> Float32:
        """Encode passages: float32[n, dimensions], rows of unit length."""
        return self._encoder.passages(texts)

    def _query(self, text: str) -> Float32:
        key = key_of(self._asking.name, text)
        if key not in self._cache:
            encoded: Float32 = self._encoder.queries([text])[0]
            return encoded
        rows, scales = self._cache.read([key])
        vector = rows[0].astype(np.float32) * np.float32(scales[0])
        unit: Float32 = vector / np.linalg.norm(vector)
        return unit
