# SPDX-License-Identifier: Apache-2.0
"""What one turn of an event loop writes, sent together in its next turn: a peer is then woken once for many pieces.

In: writes to do, from the loop's own thread. Out: the same writes, in the same order, one turn later. A write that
fails holds up no other. Never drops one, and never waits.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable


class Outbox:
    """Writes that wait for the next turn of a loop.

    Parameters
    ----------
    loop : AbstractEventLoop
        Whose turns count.

    Examples
    --------
    >>> import asyncio
    >>> async def two() -> list[str]:
    ...     outbox, sent = Outbox(asyncio.get_running_loop()), []
    ...     outbox.put(lambda: sent.append("first"))
    ...     outbox.put(lambda: sent.append("second"))
    ...     assert not sent
    ...     await asyncio.sleep(0)
    ...     return sent
    >>> asyncio.run(two())
    ['first', 'second']
    """

    __slots__ = ("_due", "loop")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.loop = loop
        self._due: deque[Callable[[], None]] = deque()

    def put(self, write: Callable[[], None]) -> None:
        """Have something written in the next turn."""
        if not self._due:
            self.loop.call_soon(self._send)
        self._due.append(write)

    def _send(self) -> None:
        due = self._due
        try:
            while due:
                due.popleft()()
        finally:
            if due:  # one failed, which its loop tells of; the others go on
                self.loop.call_soon(self._send)
