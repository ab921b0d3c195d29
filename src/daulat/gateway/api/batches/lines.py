# SPDX-License-Identifier: Apache-2.0
"""The lines of an input file: pieces of it in; lines that can be worked off, or what is wrong with them, out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from daulat.gateway._decode import fault_of
from daulat.gateway.api.batches.schema import BatchFault, Flags, InputLine

MOST_LINES = 50_000
MOST_LINE_BYTES = 1 << 20
_MOST_FAULTS = 100

_read_line = msgspec.json.Decoder(InputLine).decode
_read_flags = msgspec.json.Decoder(Flags).decode


@dataclass(slots=True)
class LineReader:
    r"""Reads one input file.

    Attributes
    ----------
    endpoint : str
        The one path that every line has to name.
    count : int
        How many lines were read.
    faults : list of BatchFault
        What is wrong, at most a hundred; an empty list says that the file can be worked off.

    Examples
    --------
    >>> reader = LineReader("/v1/embeddings")
    >>> text = b'{"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m"}}\n{"custom'
    >>> [line.custom_id for line in reader.feed(text)], [line.custom_id for line in reader.end()]
    (['a'], [])
    >>> [(fault.code, fault.line) for fault in reader.faults]
    [('invalid_json_line', 2)]
    """

    endpoint: str
    count: int = 0
    faults: list[BatchFault] = field(default_factory=list)
    _held: bytes = b""
    _number: int = 0
    _seen: set[str] = field(default_factory=set)

    def feed(self, piece: bytes) -> Iterator[InputLine]:
        """Take the next piece; yield the lines that it completes."""
        *whole, self._held = (self._held + piece).split(b"\n")
        for text in whole:
            yield from self._take(text)
        if len(self._held) > MOST_LINE_BYTES:
            self._fault("line_too_long", f"a line is longer than {MOST_LINE_BYTES:,} bytes")
            self._held = b""

    def end(self) -> Iterator[InputLine]:
        """Yield the last line, if it has no line end; note if there was none at all."""
        yield from self._take(self._held)
        if not self.count and not self.faults:
            self.faults.append(BatchFault("empty_file", "the file holds no request"))

    def _take(self, text: bytes) -> Iterator[InputLine]:
        self._number += 1
        if not text.strip():
            return
        line = self._read(text)
        if line is None:
            return
        self.count += 1
        if self.count > MOST_LINES:
            if self.count == MOST_LINES + 1:
                self._fault("too_many_requests", f"a batch holds at most {MOST_LINES:,} requests")
            return
        yield line

    def _read(self, text: bytes) -> InputLine | None:
        try:
            if not text.isascii():
                text.decode()  # what is not read of a body has to be text too: it travels on
            line = _read_line(text)
            flags = _read_flags(line.body)
        except msgspec.ValidationError as error:
            what, where = fault_of(error)
            self._fault("invalid_request", f"the line is not a request: {f'`{where}`: ' if where else ''}{what}", where)
            return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._fault("invalid_json_line", "the line is not JSON in UTF-8")
            return None
        if line.url != self.endpoint:
            self._fault("mismatched_endpoint", f"every line of this batch is for {self.endpoint}", "url")
        elif line.custom_id in self._seen:
            self._fault("duplicate_custom_id", "another line has this `custom_id`", "custom_id")
        elif flags.stream:
            self._fault("unsupported_parameter", "there is nobody to stream to", "body.stream")
        else:
            self._seen.add(line.custom_id)
            return line
        return None

    def _fault(self, code: str, message: str, param: str | None = None) -> None:
        if len(self.faults) < _MOST_FAULTS:
            # What a message repeats of a line may hold a NUL, which the database does not keep.
            self.faults.append(BatchFault(code, message.replace("\0", "?"), self._number, param))
