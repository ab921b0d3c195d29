# SPDX-License-Identifier: Apache-2.0
"""Power meters: readings in watts come in; the energy of each request, by its share of power and time, goes out.

Between two readings power counts as the last one said, and is shared equally by the requests that were being answered.
What is drawn while nothing is answered belongs to nobody. A meter that does not answer gives no energy, never a guess.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from daulat.files import read_regular

READ_S = 1.0
# Longest answer whose energy can still be worked out.
REMEMBERED_S = 1800
# A reading older than this says nothing about now.
STALE_S = 10.0
_MOST_WATTS = 10_000_000.0

Read = Callable[[], Awaitable[float | None]]


class MeteredShare:
    """The energy that one request has drawn, as a sum over time of power divided by the requests in flight.

    Parameters
    ----------
    in_flight : callable
        How many requests are being answered now.

    Examples
    --------
    Two requests share 720 W for ten seconds: 1 Wh each.

    >>> share = MeteredShare(lambda: 2)
    >>> for second in range(0, 11):
    ...     share.note(float(second), 720.0)
    >>> round(share.energy_wh(0.0, 10.0), 6)
    1.0
    """

    def __init__(self, in_flight: Callable[[], int]) -> None:
        self._in_flight = in_flight
        self._times: deque[float] = deque(maxlen=REMEMBERED_S)
        self._sums: deque[float] = deque(maxlen=REMEMBERED_S)
        self._rate_w = 0.0

    def note(self, now: float, watts: float) -> None:
        """Take a reading."""
        before = self._sums[-1] + self._rate_w * (now - self._times[-1]) if self._times else 0.0
        self._times.append(now)
        self._sums.append(before)
        self._rate_w = watts / max(1, self._in_flight())

    def energy_wh(self, began: float, ended: float) -> float | None:
        """Return the share of a request that ran from `began` to `ended`; None where the meter cannot tell."""
        if not self._times or began < self._times[0] - 2 * READ_S or ended > self._times[-1] + STALE_S:
            return None
        return max(0.0, self._at(ended) - self._at(began)) / 3600

    def _at(self, when: float) -> float:
        """Return the sum at a time, in watt-seconds."""
        number = bisect_right(self._times, when) - 1
        if number < 0:
            return self._sums[0]
        if number == len(self._times) - 1:
            return self._sums[-1] + self._rate_w * (when - self._times[-1])
        span = self._times[number + 1] - self._times[number]
        part = (when - self._times[number]) / span if span else 0.0
        return self._sums[number] + part * (self._sums[number + 1] - self._sums[number])


def watts_of(text: bytes) -> float | None:
    """Read a number of watts: the number alone, or JSON with a field `watts`. None where there is none.

    >>> watts_of(b" 412.5 W"), watts_of(b'{"watts": 300}'), watts_of(b"off"), watts_of(b"-3")
    (412.5, 300.0, None, None)
    """
    try:
        value = float(text.strip().removesuffix(b"W").strip())
    except ValueError:
        try:
            value = float(msgspec.json.decode(text)["watts"])
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
            return None
    return value if 0 <= value <= _MOST_WATTS else None


def reader(source: str, base: Path) -> Read:
    """Return what reads a meter: an http address, or the path of a file."""
    return _http_reader(source) if source.startswith(("http://", "https://")) else _file_reader(base / source)


def _file_reader(path: Path) -> Read:
    async def read() -> float | None:
        try:
            return watts_of((await asyncio.to_thread(read_regular, path))[:1024])
        except OSError:
            return None

    return read


def _http_reader(url: str) -> Read:
    client = ClientBuilder().follow_redirects(False).no_proxy().timeout(timedelta(seconds=2)).build()

    async def read() -> float | None:
        try:
            response = await client.get(url).build().send()
            return watts_of(bytes(await response.bytes())[:1024]) if response.status == 200 else None
        except PyreqwestError:
            return None

    return read


async def keep_reading(read: Read, share: MeteredShare, clock: Callable[[], float]) -> None:
    """Read a meter every second until cancelled."""
    while True:
        watts = await read()
        if watts is not None:
            share.note(clock(), watts)
        await asyncio.sleep(READ_S)
