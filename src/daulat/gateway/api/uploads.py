# SPDX-License-Identifier: Apache-2.0
"""Large bodies, a few at a time, so that memory has a bound: a request in; its body, or a word to come back, out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from daulat.gateway._asgi import Request
from daulat.gateway.errors import Overloaded

AT_ONCE = 4
PATIENCE_S = 120.0


class Uploads:
    """The bodies that are being taken in now, at most `AT_ONCE`."""

    def __init__(self) -> None:
        self._open = 0

    @asynccontextmanager
    async def body(self, request: Request, limit_bytes: int) -> AsyncIterator[bytes]:
        """Give the body of a request; its place is another's at the end of the block.

        Raises
        ------
        Overloaded
            If too many are being taken in.
        BodyTooLarge, BodyTooSlow
            As `Request.body`.
        """
        if self._open >= AT_ONCE:
            raise Overloaded(
                f"{self._open} large bodies are being taken in already",
                why="Each is held in memory until it is put away.",
                fix="try again after the seconds in `Retry-After`.",
                code="overloaded",
            )
        self._open += 1
        try:
            yield await request.body(limit_bytes, max(request.body_timeout_s, PATIENCE_S))
        finally:
            self._open -= 1
