# SPDX-License-Identifier: Apache-2.0
"""Vectors that travel with a pack: 8-bit rows and their keys in, one small file out, and back.

A seed has a line that says what it is; where it keeps fewer components than the encoder has, the mean and the principal
components of its vectors (Jolliffe 2002, Principal Component Analysis); then one record a text, sorted by key: half the
key, one scale, and as many bits a component as its maker chose. Whoever opens it gets 8-bit rows of full width again.
It keeps no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.index.bits import narrow, pack_bits, unpack_bits
from daulat.knowledge.index.vectors import Int8, quantise

_MAGIC = b"daulat vectors 3"
_HEADER = np.dtype([("magic", "S16"), ("dimensions", "<u4"), ("kept", "<u4"), ("bits", "<u4")])


def short_key(key: bytes) -> int:
    """Return the half of a key that a seed keeps."""
    return int.from_bytes(key[:8], "little")


def seed_dimensions(path: Path) -> int:
    """Return the width of the vectors of a seed; 0 for a file that is none."""
    with path.open("rb") as file:
        return _shape(file)[0]


def _shape(file: BinaryIO) -> tuple[int, int, int]:
    head = file.read(_HEADER.itemsize)
    if len(head) < _HEADER.itemsize or not head.startswith(_MAGIC):
        return 0, 0, 0
    [(_, dimensions, kept, bits)] = np.frombuffer(head, _HEADER).tolist()
    return dimensions, kept, bits


def _record(kept: int, bits: int) -> np.dtype[np.void]:
    return np.dtype([("key", "<u8"), ("scale", "<f2"), ("row", "u1", (kept * bits // 8,))])


def read_seed(path: Path) -> NDArray[np.void]:
    """Return the records of a seed: key uint64, scale float16, row int8[d]."""
    with path.open("rb") as file:
        dimensions, kept, bits = _shape(file)
        axes = np.fromfile(file, "<f2", (kept + 1) * dimensions if kept < dimensions else 0)
        kind = _record(kept, bits)
        held = np.fromfile(file, np.uint8)
    whole_bytes = len(held) // kind.itemsize * kind.itemsize
    records = np.frombuffer(held[:whole_bytes].tobytes(), kind)
    rows, scales = unpack_bits(records["row"], bits), records["scale"]
    if kept < dimensions:
        mean, basis = np.split(axes.astype(np.float32).reshape(kept + 1, dimensions), [1])
        whole = (rows.astype(np.float32) * scales.astype(np.float32)[:, None]) @ basis + mean
        rows, scales = quantise(whole / np.maximum(np.linalg.norm(whole, axis=1, keepdims=True), 1e-12))
    wide = np.empty(len(records), [("key", "<u8"), ("scale", "<f2"), ("row", "i1", (dimensions,))])
    wide["key"], wide["scale"], wide["row"] = records["key"], scales, rows
    return wide


def write_seed(
    path: Path,
    keys: Sequence[bytes],
    rows: Int8,
    scales: NDArray[np.float16],
    *,
    bits: int = 8,
    kept: int | None = None,
) -> int:
    """Write a seed, sorted by key: a pack's file changes only where a text did. Return how many vectors it holds.

    Parameters
    ----------
    path : Path
    keys : sequence of bytes
        Of each vector, from `daulat.knowledge.index.cache.key_of`; each is written once.
    rows, scales : int8[n, d], float16[n]
        What `VectorCache.read` returns for the keys.
    bits : int
        A component, 2 to 8.
    kept : int, optional
        Principal components; all by default, without a turn. Times `bits` a multiple of 8.
    """
    shorts, first = np.unique(np.array([short_key(key) for key in keys], np.uint64), return_index=True)
    rows, scales = rows[first], scales[first]
    dimensions = rows.shape[1]
    kept = kept or dimensions
    axes = np.empty(0, np.float16)
    if kept < dimensions:
        whole = rows.astype(np.float32) * scales.astype(np.float32)[:, None]
        mean = whole.mean(axis=0)
        _, found = np.linalg.eigh(np.cov(whole.T))
        basis = found.T[::-1][:kept].astype(np.float16)  # those of most variance first
        axes = np.concatenate([mean.astype(np.float16)[None], basis])
        turned = (whole - axes[0].astype(np.float32)) @ basis.T.astype(np.float32)
        rows, scales = quantise(turned)
    if bits < 8:
        rows, scales = narrow(rows, scales, bits)
    records = np.empty(len(shorts), _record(kept, bits))
    records["key"], records["scale"], records["row"] = shorts, scales, pack_bits(rows, bits)
    head = np.array([(_MAGIC, dimensions, kept, bits)], _HEADER)
    path.write_bytes(head.tobytes() + axes.tobytes() + records.tobytes())
    return len(shorts)
