# SPDX-License-Identifier: Apache-2.0
"""Large bodies, a few at a time, so that memory has a bound: a request in; its body, or a word to come back, out."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from daulat.gateway._asgi import Request
from daulat.gateway.errors import Overloaded

AT_ONCE = 4
PATIENCE_S = 120.0


class Uploads:
    """The bodies that are being taken in now, at most `AT_ONCE`; no project has all of the places."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @asynccontextmanager
    async def body(self, request: Request, limit_bytes: int, project: str) -> AsyncIterator[bytes]:
        """Give the body of a request of a project; its place is another's at the end of the block.

        Raises
        ------
        Overloaded
            If too many are being taken in, of all or of this project.
        BodyTooLarge, BodyTooSlow
            As `Request.body`.
        """
        held = self._open.total()
        if held >= AT_ONCE or self._open[project] >= AT_ONCE - 1:
            raise Overloaded(
                f"{held} large bodies are being taken in already",
                why="Each is held in memory until it is put away.",
                fix="try again after the seconds in `Retry-After`.",
                code="overloaded",
            )
        self._open[project] += 1
        try:
            yield await request.body(limit_bytes, request.body_timeout_s, PATIENCE_S)
        finally:
            self._open[project] -= 1
            self._open += Counter()  # forgets who holds none
