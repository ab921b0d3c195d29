# SPDX-License-Identifier: Apache-2.0
"""Vectors that were computed before: the text's hash in, its 8-bit vector out, on disk.

An append-only file of fixed records (16 bytes of key, one float16 scale, d int8), so that a kill loses at most the
batch in hand and a torn last record is dropped at the next opening. The key is the SHA-256 of the encoder's name and
the text: a changed text or another encoder never finds an old vector. A pack may bring a seed, which is only read: see
`daulat.knowledge.index.seed`. It keeps no text.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from daulat.knowledge.encoder import Encoder
from daulat.knowledge.index.seed import Seed, seed_dimensions, short_key
from daulat.knowledge.index.vectors import Int8, quantise

KEY_BYTES = 16

_Places = dict[bytes | int, tuple[int, int]]  # the block that holds a vector, and its place there


def record_type(dimensions: int) -> np.dtype[np.void]:
    """Return the layout of one record."""
    return np.dtype([("key", f"S{KEY_BYTES}"), ("scale", "<f2"), ("row", "i1", (dimensions,))])


def key_of(encoder: str, text: str) -> bytes:
    """Return the key of a text for an encoder.

    Examples
    --------
    >>> key_of("e5", "a") == key_of("e5", "a"), key_of("e5", "a") == key_of("e6", "a")
    (True, False)
    """
    digest = hashlib.sha256(encoder.encode() + b"\0" + text.encode("utf-8", "surrogatepass")).digest()[:KEY_BYTES]
    # NumPy's fixed byte strings drop trailing zero bytes; a key must not end in one.
    return digest[:-1] + bytes([digest[-1] | 1])


class VectorStore(Protocol):
    """Where a build gets its vectors from: a `VectorCache`, or a choice from one."""

    def count_missing(self, encoder: Encoder, texts: Sequence[str]) -> int:
        """Count the different texts that would have to be encoded."""
        ...

    def fill(self, encoder: Encoder, texts: Sequence[str]) -> Iterator[int]:
        """Encode the texts that are not here yet; yields how many are done."""
        ...

    def read(self, keys: Sequence[bytes]) -> tuple[Int8, NDArray[np.float16]]:
        """Return rows and scales: int8[n, d], float16[n]; a row of zeros is a text without a vector."""
        ...


class VectorCache:
    """Remembers vectors across builds.

    Parameters
    ----------
    path : Path
        The file to append to; made when the first vector is added.
    dimensions : int
        Width of a vector.
    seeds : sequence of Path
        Further files, read only: what `write_seed` wrote, e.g. the vectors that a pack ships, or another cache.
    """

    def __init__(self, path: Path, dimensions: int, seeds: Sequence[Path] = ()) -> None:
        self._path = path
        self._type = record_type(dimensions)
        if path.is_file() and path.stat().st_size % self._type.itemsize:
            with path.open("ab") as file:
                self._drop_torn_record(file)
        self._sources = (*seeds, path)
        self._blocks: list[NDArray[np.void] | Seed] = []

    @cached_property
    def _places(self) -> _Places:
        """Where each vector is, by key; of seeds, by half of it. Read when a text is asked for: a build that finds
        nothing changed asks for none."""
        places: _Places = {}
        for source in self._sources:
            if source.is_file():
                self._map(source, places)
        return places

    def _map(self, source: Path, places: _Places) -> None:
        width = seed_dimensions(source)
        if width:
            if width == self._type["row"].shape[0]:
                seed = Seed(source)
                self._remember(seed, seed.keys, places)
            return
        count = source.stat().st_size // self._type.itemsize
        if count > 0:
            records = np.memmap(source, dtype=self._type, mode="r", shape=(count,))
            self._remember(records, records["key"], places)

    def _place(self, key: bytes) -> tuple[int, int] | None:
        return self._places.get(key) or self._places.get(short_key(key))

    def __contains__(self, key: bytes) -> bool:
        return self._place(key) is not None

    def __len__(self) -> int:
        return len(self._places)

    def read(self, keys: Sequence[bytes]) -> tuple[Int8, NDArray[np.float16]]:
        """Return the rows and scales of keys that are all present: int8[n, d], float16[n]."""
        rows = np.empty((len(keys), self._type["row"].shape[0]), np.int8)
        scales = np.empty(len(keys), np.float16)
        places = np.array([self._place(key) for key in keys], np.int64).reshape(-1, 2)
        for number in np.unique(places[:, 0]):
            here = np.flatnonzero(places[:, 0] == number)
            block = self._blocks[number]
            records = (block.records if isinstance(block, Seed) else block)[places[here, 1]]
            rows[here], scales[here] = records["row"], records["scale"]
        return rows, scales

    def fill(self, encoder: Encoder, texts: Sequence[str], *, batch: int = 64) -> Iterator[int]:
        """Encode the texts that are not here yet and store each batch durably; yields how many are done.

        Raises
        ------
        EncoderError
            If the encoder fails; what it had returned before is kept.
        """
        missing: dict[bytes, str] = {}
        for text in texts:
            key = key_of(encoder.name, text)
            if key not in self:
                missing.setdefault(key, text)
        # Like lengths together: a batch costs as much as its longest text.
        items = sorted(missing.items(), key=lambda item: len(item[1]))
        for at in range(0, len(items), batch):
            part = items[at : at + batch]
            rows, scales = quantise(encoder.passages([text for _, text in part]))
            self._append([key for key, _ in part], rows, scales)
            yield at + len(part)

    def count_missing(self, encoder: Encoder, texts: Sequence[str]) -> int:
        """Count the different texts that would have to be encoded."""
        return len({key for text in texts if (key := key_of(encoder.name, text)) not in self})

    def _append(self, keys: Sequence[bytes], rows: Int8, scales: NDArray[np.float16]) -> None:
        places = self._places  # read before the file has what is added
        records = np.empty(len(keys), self._type)
        records["key"], records["row"], records["scale"] = keys, rows, scales
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            self._drop_torn_record(file)
            file.write(records.tobytes())
            file.flush()
            os.fsync(file.fileno())
        self._remember(records, records["key"], places)

    def _drop_torn_record(self, file: BinaryIO) -> None:
        """Cut off what a kill or a full disk left of a record, once no other process is writing."""
        fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
        size = os.fstat(file.fileno()).st_size
        if size % self._type.itemsize:
            os.ftruncate(file.fileno(), size - size % self._type.itemsize)

    def _remember(self, records: NDArray[np.void] | Seed, keys: NDArray[Any], places: _Places) -> None:
        self._blocks.append(records)
        block = len(self._blocks) - 1
        for place, key in enumerate(keys.tolist()):
            places[key] = (block, place)
