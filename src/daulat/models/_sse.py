# SPDX-License-Identifier: Apache-2.0
"""Server-sent events: bytes come in as the network cuts them, the `data` of whole events goes out.

Follows the WHATWG event-stream format for what engines use: `data` lines, comments, any of the three line ends, a
leading byte-order mark. It never holds more than `limit` bytes of one event, nor guesses at an event that did not end.
"""

from __future__ import annotations

_BOM = b"\xef\xbb\xbf"


class EventTooLargeError(ValueError):
    """One event outgrew the limit."""


class EventDecoder:
    r"""Cut a byte stream into events, whatever the pieces it arrives in.

    Parameters
    ----------
    limit : int
        Most bytes that one event may take.

    Examples
    --------
    >>> decoder = EventDecoder()
    >>> decoder.feed(b'data: {"a"')
    []
    >>> decoder.feed(b': 1}\n\ndata: [DONE]\n\n')
    ['{"a": 1}', '[DONE]']
    """

    def __init__(self, limit: int = 1 << 20) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._at_start = True
        self._skip_line_feed = False

    def feed(self, chunk: bytes) -> list[str]:
        """Take the next bytes; return the data of every event that they complete.

        Raises
        ------
        EventTooLargeError
            If an event, finished or not, is larger than the limit.
        """
        self._buffer += chunk
        if self._at_start and not self._drop_bom():
            return []
        events = []
        while (line := self._next_line()) is not None:
            if line:
                self._take_field(line)
            elif self._data:
                events.append(b"\n".join(self._data).decode("utf-8", errors="replace"))
                self._data.clear()
                self._data_bytes = 0
            if self._data_bytes > self._limit:
                raise EventTooLargeError
        if self._data_bytes + len(self._buffer) > self._limit:
            raise EventTooLargeError
        return events

    def _drop_bom(self) -> bool:
        """Return whether the start is decided: a mark may itself arrive in pieces."""
        if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer):
            return False
        if self._buffer.startswith(_BOM):
            del self._buffer[: len(_BOM)]
        self._at_start = False
        return True

    def _next_line(self) -> bytes | None:
        if self._skip_line_feed and self._buffer:
            # A carriage return ended the last line at once; its line feed may come in a later piece.
            if self._buffer[0] == 0x0A:
                del self._buffer[0]
            self._skip_line_feed = False
        ends = [end for end in (self._buffer.find(b"\n"), self._buffer.find(b"\r")) if end >= 0]
        if not ends:
            return None
        end = min(ends)
        line = bytes(self._buffer[:end])
        self._skip_line_feed = self._buffer[end] == 0x0D
        del self._buffer[: end + 1]
        return line

    def _take_field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._data.append(value)
            self._data_bytes += len(value)
