# SPDX-License-Identifier: Apache-2.0
"""The head of a GGUF file: a path comes in, a `GgufHeader` with its findings goes out.

A file of weights is data from a stranger. Its head is read here with a bound on every number before any engine maps the
file: counts, lengths, and the place of each tensor inside it. The chat template, which is a program, is parsed and
looked through, never run. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daulat.models._template import find_hostile_constructs, find_suspicious_text
from daulat.models.errors import WeightsError

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MOST_TENSORS = 100_000
_MOST_PAIRS = 10_000
_MOST_ITEMS = 4_000_000
_MOST_KEY_BYTES = 65_535
_MOST_STRING_BYTES = 4 << 20
_MOST_HEADER_BYTES = 512 << 20
_MOST_DIMENSIONS = 4
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9

Scalar = int | float | bool | str


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a file of weights says about itself, and what is wrong with it.

    `metadata` holds single values only; lists, such as the vocabulary, are checked and skipped.
    `hostile` names what no honest chat template needs; `suspicious` what a person should look at.
    """

    version: int
    tensors: int
    metadata: dict[str, Scalar]
    hostile: tuple[str, ...] = ()
    suspicious: tuple[str, ...] = ()

    @property
    def architecture(self) -> str:
        """The architecture's name, e.g. ``llama``; empty where the file names none."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def context_length(self) -> int | None:
        """The longest context, in tokens, that the model was trained for."""
        value = self.metadata.get(f"{self.architecture}.context_length")
        return value if isinstance(value, int) else None


def read_header(path: Path) -> GgufHeader:
    """Read and judge the head of a GGUF file.

    Raises
    ------
    WeightsError
        If it is another kind of file, is cut short, or claims what cannot be.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        try:
            return _Reader(file, size).header()
        except (_MalformedError, struct.error, UnicodeDecodeError) as error:
            raise WeightsError(
                f"{path.name} is not a sound GGUF file: {error}",
                why="An engine that loads it could crash or be taken over.",
                fix="Pull the weights again, from the publisher.",
                code="models.weights.format",
            ) from error


class _MalformedError(ValueError):
    """The head claims something that cannot be."""


class _Reader:
    """Reads forward only; every count is checked against a bound before it is believed."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def header(self) -> GgufHeader:
        if self._take(4) != MAGIC:
            raise _MalformedError("it does not begin with `GGUF`")
        version = self._number("<I")
        if version not in _VERSIONS:
            raise _MalformedError(f"version {version} is unknown")
        tensors = self._count(_MOST_TENSORS, "tensors")
        pairs = self._count(_MOST_PAIRS, "pairs of metadata")
        metadata: dict[str, Scalar] = {}
        templates: dict[str, str] = {}
        for _ in range(pairs):
            key = self._string(_MOST_KEY_BYTES)
            value = self._value(self._number("<I"))
            if value is None:
                continue
            if key.startswith("tokenizer.chat_template") and isinstance(value, str):
                templates[key] = value
            else:
                metadata[key] = value
        self._check_tensors(tensors, metadata)
        return GgufHeader(
            version,
            tensors,
            metadata,
            hostile=tuple(
                f"{key}: {found}" for key, text in templates.items() for found in find_hostile_constructs(text)
            ),
            suspicious=tuple(
                f"{key}: {found}" for key, text in templates.items() for found in find_suspicious_text(text)
            ),
        )

    def _check_tensors(self, tensors: int, metadata: dict[str, Scalar]) -> None:
        offsets = []
        for _ in range(tensors):
            name = self._string(_MOST_KEY_BYTES)
            dimensions = self._number("<I")
            if dimensions > _MOST_DIMENSIONS:
                raise _MalformedError(f"tensor {name[:64]!r} has {dimensions} dimensions")
            self._take(8 * dimensions)
            self._number("<I")
            offsets.append(self._number("<Q"))
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20:
            raise _MalformedError("its alignment is not a small number")
        data_start = -(-self._file.tell() // alignment) * alignment
        if offsets and data_start + max(offsets) >= self._size:
            raise _MalformedError("a tensor lies beyond the end of the file; it was cut short")

    def _value(self, kind: int) -> Scalar | None:
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind == _STRING:
            return self._string(_MOST_STRING_BYTES)
        if kind != _ARRAY:
            raise _MalformedError(f"type {kind} is unknown")
        item = self._number("<I")
        count = self._count(_MOST_ITEMS, "items of a list")
        if item in _SCALARS:
            self._skip(count * struct.calcsize(_SCALARS[item]))
        elif item == _STRING:
            for _ in range(count):
                self._skip(self._count(_MOST_STRING_BYTES, "bytes of a text"))
        else:
            raise _MalformedError("a list holds something other than numbers or texts")
        return None

    def _string(self, most: int) -> str:
        return self._take(self._count(most, "bytes of a text")).decode("utf-8")

    def _count(self, most: int, of_what: str) -> int:
        count = int(self._number("<Q"))
        if count > most:
            raise _MalformedError(f"it claims {count} {of_what}")
        return count

    def _number(self, kind: str) -> int:
        value: int = struct.unpack(kind, self._take(struct.calcsize(kind)))[0]
        return value

    def _take(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) != length:
            raise _MalformedError("it ends in the middle of its head")
        return data

    def _skip(self, length: int) -> None:
        end = self._file.tell() + length
        if end > min(self._size, _MOST_HEADER_BYTES):
            raise _MalformedError("it ends in the middle of its head")
        self._file.seek(end)
