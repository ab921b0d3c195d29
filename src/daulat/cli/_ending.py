# SPDX-License-Identifier: Apache-2.0
"""What ends a service: signals in; an order to end, and then one to hurry, out.

SIGINT, SIGTERM and SIGHUP never end the process themselves, however often they come: what it has started, a database
above all, would go on without it. Only SIGKILL does, and the next start clears up behind that.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from daulat.cli import EXIT_INTERRUPTED


class Ending:
    """The orders that a service waits for: `stop` with the first signal, `hurry` with the next.

    Parameters
    ----------
    on_hurry : callable
        Called with every signal after the first, to cut short what the first let end.
    led : bool
        Another process leads this one. A terminal sends SIGINT and SIGHUP to both of them; this one then waits for the
        SIGTERM of its leader, so that it is not told twice.
    """

    def __init__(self, on_hurry: Callable[[], None], *, led: bool = False) -> None:
        self.stop = asyncio.Event()
        self._on_hurry = on_hurry
        self._was_interrupted = False
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if led and number is not signal.SIGTERM:
                loop.add_signal_handler(number, _heed_not)  # not SIG_IGN, which what is started here would inherit
            else:
                loop.add_signal_handler(number, self._told, number)

    @property
    def exit_code(self) -> int:
        """The exit code of a process that was told to end so."""
        return EXIT_INTERRUPTED if self._was_interrupted else 0

    def _told(self, number: signal.Signals) -> None:
        self._was_interrupted |= number is signal.SIGINT
        if self.stop.is_set():
            self._on_hurry()
        self.stop.set()


def _heed_not() -> None:
    pass
