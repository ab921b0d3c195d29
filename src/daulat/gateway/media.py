# SPDX-License-Identifier: Apache-2.0
"""Fetching pictures and recordings for callers: addresses in; their bytes as ``data:`` URLs out.

Only where an operator declares hosts (`gateway.media.fetch_from`), and only through the one door to the outside: https,
public machines, the declared hosts alone, redirects too. Bounded in bytes, number, time and how many calls at once. A
caller learns that an address was not fetched, and never what lies at it unless it is a picture or a recording. Keeps
nothing.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from daulat.gateway.errors import BadRequest, Overloaded
from daulat.gateway.proxy.media import Address
from daulat.models import Door, ModelsError
from daulat.nation import Media

CALLS_AT_ONCE = 4
_TYPE = re.compile(r"(?:image|audio|video)/[a-z0-9][a-z0-9.+-]{0,62}")
_ACCEPT = {"accept": "image/*, audio/*, video/*"}


class MediaFetcher:
    """Fetches what the addresses of one call name.

    Parameters
    ----------
    door : Door
        The way out, which knows the hosts that are declared.
    limit_bytes, limit_parts : int
        The most that one call may have fetched for it.
    timeout_s : float
        How long all of it may take.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        door: Door,
        *,
        limit_bytes: int,
        limit_parts: int,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door, self._clock = door, clock
        self._limit_bytes, self._limit_parts, self._timeout_s = limit_bytes, limit_parts, timeout_s
        # Threads of its own: a slow host holds up no other work that waits for one.
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="media")
        self._running = 0

    async def fetch(self, addresses: Sequence[Address]) -> dict[str, str]:
        """Return each address with its bytes as a ``data:`` URL.

        Raises
        ------
        BadRequest
            If one may not be fetched, cannot be, or is neither a picture nor a recording; or if they are too many, too
            large or too slow.
        Overloaded
            If as many calls as may be fetch already.
        """
        firsts = {address.url: address for address in reversed(addresses)}
        if len(firsts) > self._limit_parts:
            what = f"{len(firsts):,} addresses stand in the request, and {self._limit_parts:,} are fetched for one"
            raise _not_fetched(addresses[0], what)
        if self._running >= CALLS_AT_ONCE:
            raise Overloaded(
                "pictures and recordings are being fetched for as many calls as may be at once",
                why="Each holds memory and a connection.",
                fix="try again after the seconds in `Retry-After`, or send the bytes as `data:` URLs.",
                code="overloaded",
            )
        self._running += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, self._download_all, [*firsts.values()])
        done.add_done_callback(self._ended)  # and not when the caller stops waiting: the thread goes on until its time
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(done)
        except TimeoutError:
            raise _not_fetched(addresses[0], f"they were not here within {self._timeout_s:g} s") from None

    def close(self) -> None:
        """Let the threads end when they have done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ended(self, done: asyncio.Future[dict[str, str]]) -> None:
        self._running -= 1
        if not done.cancelled():
            done.exception()  # looked at, where nobody waits for it any more

    def _download_all(self, addresses: Sequence[Address]) -> dict[str, str]:
        until, left, fetched = self._clock() + self._timeout_s, self._limit_bytes, {}
        for address in addresses:
            kind, data = self._download(address, left, until)
            left -= len(data)
            fetched[address.url] = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
        return fetched

    def _download(self, address: Address, limit_bytes: int, until: float) -> tuple[str, bytes]:
        """Return the type and the bytes of what one address names."""
        try:
            with self._door.open(address.url, _ACCEPT) as response:
                kind = (response.get_header("content-type") or "").partition(";")[0].strip().lower()
                if response.status != 200:
                    raise _not_fetched(address, f"its server answered {response.status}")
                if not _TYPE.fullmatch(kind) or response.get_header("content-encoding"):
                    raise _not_fetched(address, "what lies there is neither a picture nor a recording")
                data = bytearray()
                while (piece := response.body_reader.read_chunk()) is not None:
                    data += bytes(piece)
                    if len(data) > limit_bytes:
                        what = f"what is fetched for one request is {self._limit_bytes:,} bytes at most"
                        raise _not_fetched(address, what)
                    if self._clock() > until:
                        raise _not_fetched(address, "it came too slowly")
        except ModelsError as error:
            raise _not_fetched(address, error.what) from None
        return kind, bytes(data)


def _not_fetched(address: Address, reason: str) -> BadRequest:
    return BadRequest(
        f"`{address.where}` was not fetched: {reason}",
        why="Only pictures and recordings of hosts that the operator declared are fetched, within bounds.",
        fix="send the bytes themselves as a `data:` URL in base64.",
        code="address_not_fetched",
        param=address.where,
    )


def declared_fetcher(media: Media) -> MediaFetcher | None:
    """Return what fetches by a declaration; None where it names no host.

    >>> declared_fetcher(Media()) is None
    True
    """
    if not media.fetch_from:
        return None
    timeout_s = media.timeout_s
    door = Door(connect_timeout_s=timeout_s, read_timeout_s=timeout_s, hosts=frozenset(media.fetch_from))
    return MediaFetcher(door, limit_bytes=media.limit_bytes, limit_parts=media.limit_parts, timeout_s=timeout_s)
