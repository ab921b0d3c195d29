# SPDX-License-Identifier: Apache-2.0
"""Large bodies, a few at a time, so that memory has a bound: a request in; its body, or a word to come back, out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from daulat.gateway._asgi import BODY_LIMIT_BYTES, LEAST_KIB_PER_S, Message, Request
from daulat.gateway.errors import BodyTooSlow, Overloaded

AT_ONCE = 4
PATIENCE_S = 120.0
# What comes slower may have to make room: the largest body would not be there by the end of patience.
BRISK_KIB_PER_S = 256
# By then an ordinary body is there, of the size that JSON may have, at the least rate.
ORDINARY_S = BODY_LIMIT_BYTES / (LEAST_KIB_PER_S * 1024)


class Uploads:
    """The bodies that are being taken in now, at most `AT_ONCE`; no project has all of the places.

    Where all are taken, one that comes slowly makes room for another project: of those that hold more than theirs
    would, and of those that have had their time, the slowest.

    Parameters
    ----------
    ordinary_s : float
        The time that each has beyond the first seconds, however slow, while its project holds no more than others.
    """

    def __init__(self, ordinary_s: float = ORDINARY_S) -> None:
        self._open: list[_Arriving] = []
        self._ordinary_s = ordinary_s

    @asynccontextmanager
    async def body(self, request: Request, limit_bytes: int, project: str) -> AsyncIterator[bytes]:
        """Give the body of a request of a project; its place is another's at the end of the block.

        Raises
        ------
        Overloaded
            If too many are being taken in, of all or of this project.
        BodyTooLarge, BodyTooSlow
            As `Request.body`; too slow is also one whose place another project needs.
        WrongMediaType
            If it is packed.
        """
        await request.require_unpacked()
        self._make_room(project)
        place = _Arriving(request, project)
        self._open.append(place)
        try:
            yield await place.body(limit_bytes)
        finally:
            if place in self._open:
                self._open.remove(place)

    def _make_room(self, project: str) -> None:
        """Raise `Overloaded` where there is no place, and none that a slow one would have to give up."""
        held = Counter(place.project for place in self._open)
        if held[project] < AT_ONCE - 1:
            if held.total() < AT_ONCE:
                return
            others = (place for place in self._open if place.project != project)
            more = held[project] + 1
            if slow := [each for each in others if each.is_slow(0 if held[each.project] > more else self._ordinary_s)]:
                slowest = min(slow, key=_Arriving.rate)
                self._open.remove(slowest)
                slowest.make_room()
                return
        raise Overloaded(
            f"{held.total()} large bodies are being taken in already",
            why="Each is held in memory until it is put away.",
            fix="try again after the seconds in `Retry-After`.",
            code="overloaded",
        )


class _Arriving:
    """A body that has a place: whose it is, since when, and how much of it is there."""

    def __init__(self, request: Request, project: str) -> None:
        self.project = project
        self._request, self._receive = msgspec.structs.replace(request, receive=self._next), request.receive
        self._loop = asyncio.get_running_loop()
        self._began, self._bytes = self._loop.time(), 0
        self._clock: asyncio.Timeout | None = None  # while it arrives, and so can be ended

    async def body(self, limit_bytes: int) -> bytes:
        """Take it in; errors as `Request.body`."""
        request = self._request
        try:
            async with asyncio.timeout(None) as self._clock:
                return await request.body(limit_bytes, request.body_timeout_s, PATIENCE_S)
        except TimeoutError:
            raise BodyTooSlow(
                f"{self.rate() / 1024:.3g} KiB/s of the body arrived while others waited for its place",
                why=f"{AT_ONCE} large bodies are taken in at once; where more come, the slowest makes room.",
                fix="send it again, and where the connection is slow, in smaller parts and one after another.",
                code="request_timeout",
            ) from None
        finally:
            self._clock = None

    def is_slow(self, allowed_s: float) -> bool:
        """Say whether it still arrives so long after its first seconds, and slowly."""
        late_s = self._loop.time() - self._began - self._request.body_timeout_s
        return self._clock is not None and late_s > allowed_s and self.rate() < BRISK_KIB_PER_S * 1024

    def rate(self) -> float:
        """Return how fast it has come so far, bytes per second."""
        return self._bytes / max(self._loop.time() - self._began, 1e-3)

    def make_room(self) -> None:
        """End it."""
        if self._clock is not None:
            self._clock.reschedule(self._loop.time())

    async def _next(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        return message
