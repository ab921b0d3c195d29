# SPDX-License-Identifier: Apache-2.0
"""Vectors that travel with a pack: 8-bit rows and their keys in, one small file out, and back.

Vectors are turned to their principal components (Jolliffe 2002, Principal Component Analysis), rounded to one step and
packed component by component, so that components that hardly vary cost hardly a bit: as many steps as a byte can hold
stand in one, and the bytes get the codes of Huffman (1952), within 3 % of what their frequencies allow. A general
compressor looks for repeats, of which there are none: bzip2 took 16 % more. A finer step keeps more: of 20,806
segments of law 0.004 takes half of their 8-bit rows, and their mean cosine with what they were is 0.9997. What only
points at texts, as everyday questions do, bears a coarser one; docs/design/search.md has figures. Whoever opens a seed
gets its keys at once, and 8-bit rows of full width once one is asked for. It keeps no text.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.errors import KnowledgeError
from daulat.knowledge.index.vectors import Int8, quantise

_MAGIC = b"daulat vectors 6"
_HEADER = np.dtype([("magic", "S16"), ("dimensions", "<u4"), ("count", "<u4"), ("step", "<f4")])
_MOST = 127
_COLUMN = np.dtype([("most", "u1"), ("bytes", "<u4")])

T = TypeVar("T")


def short_key(key: bytes) -> int:
    """Return the half of a key that a seed keeps."""
    return int.from_bytes(key[:8], "little")


def seed_dimensions(path: Path) -> int:
    """Return the width of the vectors of a seed; 0 for a file that is none."""
    with path.open("rb") as file:
        return _shape(file.read(_HEADER.itemsize))[0]


def _shape(head: bytes) -> tuple[int, int, float]:
    if len(head) < _HEADER.itemsize or not head.startswith(_MAGIC):
        return 0, 0, 0.0
    [(_, dimensions, count, step)] = np.frombuffer(head, _HEADER).tolist()
    return dimensions, count, step


class _Packed(NamedTuple):
    """Vectors as a seed has them: mean and components float16[d + 1, d], and int8[d, n] of the step, by component."""

    axes: NDArray[np.float16]
    step: float
    columns: Int8


class Seed:
    """A seed on disk. To unpack those of a pack takes seconds, to read their keys none.

    Parameters
    ----------
    path : Path

    Raises
    ------
    KnowledgeError
        If the file is cut short or damaged; what is packed is looked at when `records` are.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = self._whole(path.read_bytes)
        self.keys: NDArray[np.uint64] = self._whole(lambda: _keys(self._held))

    @cached_property
    def packed(self) -> _Packed:
        """The vectors as they are packed."""
        return self._whole(lambda: _packed(self._held))

    @cached_property
    def records(self) -> NDArray[np.void]:
        """The records, in the order of the keys: key uint64, scale float16, row int8[d]."""
        return _records(self.keys, self.packed)

    def _whole(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except (ValueError, OverflowError, OSError, zlib.error) as error:
            raise KnowledgeError(
                f"{self._path} is a file of vectors that is cut short or damaged ({error})",
                why="Its texts would be compared by other texts' vectors.",
                fix="Install the pack again; or remove the file, and the vectors are computed here.",
                code="knowledge.vectors",
            ) from error


def _keys(held: bytes) -> NDArray[np.uint64]:
    return np.frombuffer(held, "<u8", _shape(held[: _HEADER.itemsize])[1], _HEADER.itemsize)


def _packed(held: bytes) -> _Packed:
    dimensions, count, step = _shape(held[: _HEADER.itemsize])
    at = _HEADER.itemsize + _keys(held).nbytes
    axes = np.frombuffer(held, "<f2", (dimensions + 1) * dimensions, at).reshape(-1, dimensions)
    about = np.frombuffer(held, _COLUMN, dimensions, at := at + axes.nbytes)
    at += about.nbytes
    columns = np.empty((dimensions, count), np.int8)
    for column, (most, size) in zip(columns, about.tolist(), strict=True):
        column[:] = _column(held[at : at + size], most, count)
        at += size
    return _Packed(axes, step, columns)


def _pack_column(column: Int8) -> tuple[int, bytes]:
    """Return the largest step of a component, at least 1, and its steps as bytes."""
    most = max(int(np.abs(column).max(initial=0)), 1)
    digits = _digits(most)
    whole = np.zeros((-(-len(column) // len(digits[0])), len(digits[0])), np.int64)
    whole.reshape(-1)[: len(column)] = column.astype(np.int64) + most
    values = whole @ (2 * most + 1) ** np.arange(len(digits[0]))
    packing = zlib.compressobj(memLevel=9, strategy=zlib.Z_HUFFMAN_ONLY)
    return most, packing.compress(values.astype(np.uint8).tobytes()) + packing.flush()


def _column(held: bytes, most: int, count: int) -> Int8:
    return _digits(most)[np.frombuffer(zlib.decompress(held), np.uint8)].reshape(-1)[:count]


def _digits(most: int) -> Int8:
    """Return the steps that stand in each value of a byte, int8[256, m], m being as many as fit."""
    base = 2 * max(most, 1) + 1
    values = np.arange(256)[:, None]
    return (values // base ** np.arange(int(math.log(256, base))) % base - most).astype(np.int8)


def _records(keys: NDArray[np.uint64], packed: _Packed) -> NDArray[np.void]:
    axes = packed.axes.astype(np.float32)
    whole = packed.columns.T.astype(np.float32) * np.float32(packed.step) @ axes[1:] + axes[0]
    rows, scales = quantise(whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12))
    wide = np.empty(len(keys), [("key", "<u8"), ("scale", "<f2"), ("row", "i1", (axes.shape[1],))])
    wide["key"], wide["scale"], wide["row"] = keys, scales, rows
    return wide


def write_seed(
    path: Path, keys: Sequence[bytes], rows: Int8, scales: NDArray[np.float16], *, step: float, kept: Seed | None = None
) -> int:
    """Write a seed, sorted by key: a pack's file changes only where a text did. Return how many vectors it holds.

    Parameters
    ----------
    path : Path
    keys : sequence of bytes
        Of each vector, from `daulat.knowledge.index.cache.key_of`; each is written once.
    rows, scales : int8[n, d], float16[n]
        What `VectorCache.read` returns for the keys: vectors of unit length.
    step : float
        To which their components are rounded, above 0; coarser where a component would not fit 8 bits.
    kept : Seed, optional
        What it holds of these keys goes over as it is, rounded no second time, and the others are turned and rounded as
        it is. Where it holds less than half of them, all are turned anew.
    """
    shorts, first = np.unique(np.array([short_key(key) for key in keys], np.uint64), return_index=True)
    whole = rows[first].astype(np.float32) * scales[first].astype(np.float32)[:, None]
    before = kept.keys if kept else np.empty(0, np.uint64)
    _, here, there = np.intersect1d(shorts, before, assume_unique=True, return_indices=True)
    held = kept.packed if kept and 2 * len(here) > len(shorts) else None
    axes = held.axes if held else _axes(whole)
    turned = (whole - axes[0].astype(np.float32)) @ axes[1:].T.astype(np.float32)
    step = held.step if held else max(step, float(np.abs(turned).max(initial=0.0)) / _MOST)
    columns = np.rint(turned / step).clip(-_MOST, _MOST).astype(np.int8).T
    if held:
        columns[:, here] = held.columns[:, there]
    head = np.array([(_MAGIC, rows.shape[1], len(shorts), step)], _HEADER)
    packed = [_pack_column(column) for column in columns]
    about = np.array([(most, len(part)) for most, part in packed], _COLUMN)
    path.write_bytes(b"".join([part.tobytes() for part in (head, shorts, axes, about)] + [part for _, part in packed]))
    return len(shorts)


def _axes(whole: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return the mean of vectors, and below it their principal components, those of most variance first."""
    mean = (whole.sum(axis=0) / max(len(whole), 1)).astype(np.float16)
    centred = whole - mean.astype(np.float32)
    _, found = np.linalg.eigh(centred.T @ centred)
    return np.vstack([mean, found.T[::-1].astype(np.float16)])
