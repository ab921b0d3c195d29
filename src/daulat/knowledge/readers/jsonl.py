# SPDX-License-Identifier: Apache-2.0
"""Ready passages: a file of JSON lines, plain or gzipped, in; a record or a fault for each line, out.

This is the one format that brings its own passages, so it gives records where the other readers give blocks. It
streams, keeps nothing, and stops at the limit of unpacked bytes.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from daulat.knowledge.readers.base import Limits, ReadingError, without_controls

_LINE_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number from 1, and its record or what is wrong with it."""

    number: int
    record: dict[str, Any] | None
    fault: str = ""


def read_lines(path: Path, limits: Limits) -> Iterator[Line]:
    """Yield the lines of a file of JSON objects.

    Raises
    ------
    ReadingError
        If the file cannot be opened, its gzip stream is damaged, it is UTF-16, or it unpacks to more than
        `limits.unpacked_bytes`. Lines already yielded stand.
    """
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    unpacked = 0
    try:
        with path.open("rb") as raw:
            stream = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
            reader = io.BufferedReader(stream)
            for number in range(1, 2**62):
                line = reader.readline(_LINE_BYTES)
                if not line:
                    return
                unpacked += len(line)
                if unpacked > limits.unpacked_bytes or len(line) == _LINE_BYTES:
                    raise ReadingError(
                        f"{path.name} line {number}: unpacks to more than the limit",
                        fix="Check the file; split it if it is as it should be.",
                    )
                if number == 1:
                    line = _first_line(path, line)
                if line.strip():
                    yield _line(number, line, decode)
    except (OSError, EOFError, zlib.error) as error:
        raise ReadingError(
            f"{path.name} is damaged or cannot be opened: {error}", fix="Fetch the file again and compare its checksum."
        ) from error


def _first_line(path: Path, line: bytes) -> bytes:
    """Return the first line without the mark that some programs put before UTF-8."""
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ReadingError(f"{path.name} is UTF-16; JSON lines are UTF-8", fix="Save it as UTF-8.")
    return line.removeprefix(codecs.BOM_UTF8)


def _line(number: int, line: bytes, decode: Any) -> Line:
    try:
        record = decode(line)
        told = {key: without_controls(value) if isinstance(value, str) else value for key, value in record.items()}
        return Line(number, told)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Line(number, None, f"not a JSON object: {error}")
