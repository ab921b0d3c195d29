# SPDX-License-Identifier: Apache-2.0
"""multilingual-e5-small in NumPy: texts in, unit vectors out, on any processor that NumPy knows.

Wang et al. 2024, https://arxiv.org/abs/2402.05672: a 12-layer BERT of 384 dimensions; mean pooling; inputs are
prefixed `query: ` or `passage: `. Weights are 4-bit (see `weights`). Passages are encoded here in float32 blocks,
some four times as fast a core as the C engine that travels with the weights; single questions go through that engine
where it runs, because it reads eight times less memory. Both agree to a cosine of 0.9999 (docs/design/encoder.md). With
an adapter, questions go through changed layers, here. It never downloads anything and keeps no text.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.encoder.adapter import Adapter
from daulat.knowledge.encoder.weights import Float32, Layer, Weights, read_weights

_TOKENS_AT_ONCE = 2_048  # keeps the widest activation (tokens x 1,536 float32) near 12 MB
_STEP_TOKENS = 512  # of one step, after which others may have the processor: a window
_GELU = np.float32(0.7978845608028654)  # sqrt(2 / pi)


# Work that pauses, so that it can be left or interrupted; what it made is its return value.
Steps = Generator[None, None, Float32]


class NativeEncode(Protocol):
    """The C engine: (text, is_query) -> float32[384], and how many tokens it would read."""

    def __call__(self, text: str, is_query: bool) -> Float32:
        """Encode one text."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the tokens of a text."""
        ...


class E5Encoder:
    """Encodes with multilingual-e5-small.

    Parameters
    ----------
    path : Path
        The weight file.
    native : callable, optional
        Opens the C engine on that file and returns it.

    Examples
    --------
    >>> from daulat.knowledge.encoder import bundled_weights
    >>> encoder = E5Encoder(bundled_weights())
    >>> encoder.queries(["Bagaimana mengurus akta kelahiran?"]).shape
    (1, 384)
    """

    name = "multilingual-e5-small-q4"
    dimensions = 384

    def __init__(self, path: Path, native: Callable[[Path], NativeEncode] | None = None) -> None:
        self.path = path
        self._open_native = native

    @cached_property
    def _native(self) -> NativeEncode | None:
        """The C engine: opened for the first question that no adapter turns."""
        return self._open_native(self.path) if self._open_native else None

    @cached_property
    def _weights(self) -> Weights:
        """The unpacked weights, 85 MB: read when they are first needed, not when a service starts."""
        return read_weights(self.path)

    def adapted(self, adapter: Adapter) -> AdaptedE5:
        """Return this encoder with questions turned by an adapter; passages stay as they are."""
        return AdaptedE5(self, adapter)

    def queries(self, texts: Sequence[str]) -> Float32:
        """Encode questions: float32[n, 384], rows of unit length."""
        if self._native is not None and len(texts):
            vectors: Float32 = np.stack([self._native(text, True) for text in texts])
            return vectors
        return _encode(self._weights, [f"query: {text}" for text in texts])

    def query_steps(self, texts: Sequence[str]) -> Steps:
        """Encode questions, pausing after each window or text; the generator returns what `queries` would."""
        if self._native is None or any(self.count_tokens(text) > _STEP_TOKENS for text in texts):
            return (yield from _steps(self._weights, [f"query: {text}" for text in texts], _STEP_TOKENS))
        vectors = []
        for text in texts:
            vectors.append(self._native(text, True))
            yield
        return np.stack(vectors)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a question has."""
        return (
            self._native.count_tokens(text) if self._native is not None else len(self._weights.tokenizer.encode(text))
        )

    def passages(self, texts: Sequence[str]) -> Float32:
        """Encode passages: float32[n, 384], rows of unit length."""
        return _encode(self._weights, [f"passage: {text}" for text in texts])


class AdaptedE5:
    """An `E5Encoder` whose questions go through the layers that an adapter changed.

    Its vectors of questions are those of the adapter, so its name says which; vectors of passages are the encoder's. It
    reads weights of its own: a service that encodes questions only holds them once.

    Parameters
    ----------
    encoder : E5Encoder
    adapter : Adapter
    """

    dimensions = E5Encoder.dimensions

    def __init__(self, encoder: E5Encoder, adapter: Adapter) -> None:
        self.name = f"{encoder.name}+{adapter.digest[:12]}"
        self.passages = encoder.passages
        self._path, self._adapter = encoder.path, adapter

    @cached_property
    def _weights(self) -> Weights:
        weights = read_weights(self._path)
        return replace(weights, layers=self._adapter.changed(weights.layers))

    def queries(self, texts: Sequence[str]) -> Float32:
        """Encode questions: float32[n, 384], rows of unit length."""
        return _encode(self._weights, [f"query: {text}" for text in texts])

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a question has."""
        return len(self._weights.tokenizer.encode(text))


def _encode(weights: Weights, texts: Sequence[str]) -> Float32:
    """Encode texts with their prefixes, without a pause."""
    steps = _steps(weights, texts, _TOKENS_AT_ONCE)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            vectors: Float32 = end.value
            return vectors


def _steps(weights: Weights, texts: Sequence[str], at_once: int) -> Steps:
    """Encode texts with their prefixes, each as the mean over its windows, weighted by their tokens.

    Pauses after each batch of windows of at most `at_once` tokens.
    """
    room = weights.positions - 2
    windows: list[tuple[int, list[int]]] = []
    for row, text in enumerate(texts):
        ids = weights.tokenizer.encode(text)
        windows.extend((row, ids[at : at + room]) for at in range(0, max(len(ids), 1), room))
    windows.sort(key=lambda window: len(window[1]))  # like lengths share one attention call
    out = np.zeros((len(texts), weights.position.shape[1]), np.float32)
    for batch in _batches(windows, at_once):
        means = _forward(weights, [ids for _, ids in batch])
        for (row, ids), mean in zip(batch, means, strict=True):
            out[row] += max(len(ids), 1) * mean
        yield
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), np.float32(1e-12))
    return out


def _forward(weights: Weights, batch: Sequence[Sequence[int]]) -> Float32:
    lengths = np.array([len(ids) + 2 for ids in batch])
    tokens = np.concatenate([[weights.bos, *ids, weights.eos] for ids in batch]).astype(np.int64)
    x = weights.words(tokens)
    x += np.concatenate([weights.position[:n] for n in lengths])
    _normalise(x, weights.norm, weights.epsilon)
    ends = np.cumsum(lengths)
    for layer in weights.layers:
        x = _layer(x, layer, ends - lengths, lengths, weights)
    return np.stack([x[end - n : end].mean(axis=0) for end, n in zip(ends, lengths, strict=True)])


def _batches(windows: list[tuple[int, list[int]]], at_once: int) -> Iterator[list[tuple[int, list[int]]]]:
    batch: list[tuple[int, list[int]]] = []
    tokens = 0
    for window in windows:
        size = len(window[1]) + 2
        if batch and tokens + size > at_once:
            yield batch
            batch, tokens = [], 0
        batch.append(window)
        tokens += size
    if batch:
        yield batch


def _layer(
    x: Float32, layer: Layer, starts: NDArray[np.int64], lengths: NDArray[np.int64], weights: Weights
) -> Float32:
    qkv = x @ layer.qkv
    qkv += layer.qkv_bias
    attended = _attention(qkv, starts, lengths, weights.heads)
    y: Float32 = attended @ layer.out
    y += layer.out_bias
    y += x
    _normalise(y, layer.norm1, weights.epsilon)
    z: Float32 = _gelu(y @ layer.up + layer.up_bias) @ layer.down
    z += layer.down_bias
    z += y
    _normalise(z, layer.norm2, weights.epsilon)
    return z


def _attention(qkv: Float32, starts: NDArray[np.int64], lengths: NDArray[np.int64], heads: int) -> Float32:
    """Attend inside each text. qkv: float32[tokens, 3 H]; texts of equal length are done in one call."""
    hidden = qkv.shape[1] // 3
    size = hidden // heads
    scale = np.float32(size**-0.5)
    out = np.empty((qkv.shape[0], hidden), np.float32)
    first = 0
    while first < len(lengths):
        n = int(lengths[first])
        last = first
        while last < len(lengths) and lengths[last] == n:
            last += 1
        rows = slice(int(starts[first]), int(starts[last - 1]) + n)
        q, k, v = qkv[rows].reshape(last - first, n, 3, heads, size).transpose(2, 0, 3, 1, 4)
        scores = np.matmul(q, k.transpose(0, 1, 3, 2))
        scores *= scale
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        out[rows] = np.matmul(scores, v).transpose(0, 2, 1, 3).reshape(-1, hidden)
        first = last
    return out


def _gelu(x: Float32) -> Float32:
    """Apply GELU, tanh form, in place (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415)."""
    inner = x * x
    inner *= np.float32(0.044715)
    inner += np.float32(1.0)
    inner *= x
    inner *= _GELU
    np.tanh(inner, out=inner)
    inner += np.float32(1.0)
    inner *= x
    inner *= np.float32(0.5)
    return inner


def _normalise(x: Float32, norm: tuple[Float32, Float32], epsilon: float) -> None:
    """Layer normalisation in place over the last axis."""
    x -= x.mean(axis=-1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1])
    x /= np.sqrt(variance + np.float32(epsilon))
    x *= norm[0]
    x += norm[1]
