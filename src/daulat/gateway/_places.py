# SPDX-License-Identifier: Apache-2.0
"""How many connections are open at once: whoever comes and goes tells it, and it closes one where there are too many.

Closed is the one that has waited longest for a request, or has longest been sending the head of one; never one whose
answer is being made. So connections that somebody holds for nothing give way to those that ask.
"""

from __future__ import annotations

import resource
from collections import OrderedDict
from typing import Protocol

_MANY_FILES = 1 << 20


class Closable(Protocol):
    """A connection, or what stands for it."""

    def close(self) -> None:
        """Close it."""
        ...


def most_connections() -> int:
    """Return how many connections this process may hold.

    Half of the files that the system lets it have open: a call that is passed on to an engine takes another one, and
    the database and the official text need some.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (_MANY_FILES if files == resource.RLIM_INFINITY else files) // 2


class Places:
    """The places of a server's connections.

    Parameters
    ----------
    most : int
        How many there are.

    Examples
    --------
    >>> class Named(str):
    ...     def close(self):
    ...         print("closes", self)
    >>> places, first, second, third = Places(2), Named("first"), Named("second"), Named("third")
    >>> places.enter(first), places.enter(second), places.is_busy(first), places.enter(third)
    closes second
    (None, None, None, None)
    """

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0
        self._idle: OrderedDict[Closable, None] = OrderedDict()

    def enter(self, connection: Closable) -> None:
        """Take a place; where there is none, whoever has been idle longest leaves, and that may be the newcomer."""
        self._idle[connection] = None
        self._taken += 1
        if self._taken > self._most:
            self._idle.popitem(last=False)[0].close()

    def is_busy(self, connection: Closable) -> None:
        """Note that a connection has asked something."""
        self._idle.pop(connection, None)

    def is_idle(self, connection: Closable) -> None:
        """Note that a connection has its answer."""
        self._idle[connection] = None

    def leave(self, connection: Closable) -> None:
        """Give a place back: once for each `enter`, also where the connection was closed from here."""
        self._idle.pop(connection, None)
        self._taken -= 1
