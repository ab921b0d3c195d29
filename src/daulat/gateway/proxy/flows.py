# SPDX-License-Identifier: Apache-2.0
"""The calls that are passing through now: a caller that leaves, reads too slowly, or a service that stops, ends them.

In: the task of each call. Out: its cancellation, with the reason. Looks around 20 times a second, and watches the
caller of a call that it meets a second time, so that one that is answered sooner spends nothing on that or the clock.
"""

from __future__ import annotations

import asyncio

from daulat.errors import DaulatError
from daulat.gateway._asgi import Request
from daulat.gateway.errors import Overloaded

LIMIT = 8_192
LOOK_S = 0.05
# A caller that has taken nothing for so long holds an accelerator for nobody.
PATIENCE_S = 30.0
GRACE_S = 2.0


class Flow:
    """One call that is passing through; use as a context.

    Attributes
    ----------
    gone : bool
        Its caller has left, or takes nothing.
    farewell : DaulatError or None
        Why it is ended from this side.
    sending_since : float
        When the piece that is being handed to the caller was handed over; 0 while there is none.
    was_met : bool
        It was passing through already when somebody last looked around.
    """

    __slots__ = ("_flows", "_loop", "_request", "_task", "_watcher", "farewell", "gone", "sending_since", "was_met")

    def __init__(self, flows: Flows, request: Request) -> None:
        self._flows = flows
        self._request = request
        self._watcher: asyncio.Task[None] | None = None
        self.gone = False
        self.farewell: DaulatError | None = None
        self.sending_since = 0.0
        self.was_met = False

    def __enter__(self) -> Flow:
        self._loop = self._flows.enter(self)
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._task = task
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
        self._flows.leave(self)

    def hands_over(self) -> None:
        """Note that a piece is being handed to the caller."""
        self.sending_since = self._loop.time()

    def end(self, farewell: DaulatError | None = None) -> None:
        """Cancel the call: its caller is gone, or is told why."""
        if self.gone or self.farewell is not None:
            return
        self.farewell, self.gone = farewell, farewell is None
        self._task.cancel()

    def cancelled_here(self) -> bool:
        """Say whether a cancellation came from here; it is then taken back."""
        if not self.gone and self.farewell is None:
            return False
        self._task.uncancel()
        return True

    def watch(self) -> None:
        """Watch whether the caller leaves, if nobody does yet."""
        if self._watcher is None and not self.gone:
            self._watcher = self._loop.create_task(self._until_gone())

    async def _until_gone(self) -> None:
        await self._request.disconnected()
        self._watcher = None
        self.end()


class Flows:
    """All calls that are passing through, at most `LIMIT`."""

    def __init__(self) -> None:
        self._running: set[Flow] = set()
        self._looking: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._running)

    def enter(self, flow: Flow) -> asyncio.AbstractEventLoop:
        """Let a call in; return the loop that all of them run on.

        Raises
        ------
        Overloaded
            If there are too many.
        """
        if len(self._running) >= LIMIT:
            raise Overloaded(
                f"{LIMIT} answers are passing through already",
                why="Taking on more would make everyone wait, and some in vain.",
                fix="try again after the seconds in `Retry-After`.",
                code="overloaded",
            )
        if self._loop is None:  # Python asks the system for its process each time that a loop is looked for
            self._loop = asyncio.get_running_loop()
        self._running.add(flow)
        if self._looking is None:
            self._looking = self._loop.call_later(LOOK_S, self._look)
        return self._loop

    def leave(self, flow: Flow) -> None:
        """Let a call go."""
        self._running.discard(flow)

    async def close(self, farewell: DaulatError, grace_s: float = GRACE_S) -> None:
        """Give what is passing through `grace_s` to end, then end the rest with a word."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_s
        while self._running and loop.time() < deadline:
            await asyncio.sleep(0.02)
        for flow in list(self._running):
            flow.end(farewell)
        while self._running and loop.time() < deadline + grace_s:
            await asyncio.sleep(0.02)
        if self._looking is not None:
            self._looking.cancel()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(LOOK_S, self._look) if self._running else None
        too_long_ago = loop.time() - PATIENCE_S
        for flow in list(self._running):
            if flow.was_met:
                flow.watch()
            flow.was_met = True
            if 0 < flow.sending_since < too_long_ago:
                flow.end()
