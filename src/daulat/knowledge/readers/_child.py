# SPDX-License-Identifier: Apache-2.0
"""Private: the process in which one hostile document is read. An order on stdin, a `Reply` on stdout."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from daulat.knowledge.readers.base import Limits, ReadingError
from daulat.knowledge.readers.guard import Reply, reader_of


class Order(msgspec.Struct):
    """Which file to read, as what, within which limits."""

    path: str
    format: str
    limits: Limits


def main() -> None:
    """Bind this process to its limits, then read."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    _bind(order.limits)
    try:
        reply = Reply(extract=reader_of(order.format)(Path(order.path), order.limits))
    except ReadingError as error:
        reply = Reply(what=error.what, fix=error.fix, retryable=error.retryable)
    sys.stdout.buffer.write(msgspec.json.encode(reply))


def _bind(limits: Limits) -> None:
    try:
        import resource
    except ImportError:  # not on Windows, where the time limit of the parent is all there is
        return
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
