# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: outcomes of requests to one engine in; whether it may be asked now, and how much of it, out.

    closed ──(5 failures in a row, or half of the last 20)──▶ open ──(after 5 s, then 10, 20 ... 60)──▶ half-open
      ▲                                                                                                   │
      └──(the trial went well; its share grows over 30 s)───────── one request at a time is the trial ◀───┘

Holds no clock: `now` is monotonic seconds, as its owner reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Position = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When to stop asking, and how to begin again.

    Attributes
    ----------
    in_a_row : int
        Failures one after another that open it.
    window, window_failures : int
        Of the last so many requests, so many failures open it too.
    open_s, longest_open_s : float
        How long it stays open the first time; twice as long each time after that, up to the longest.
    slow_start_s : float
        How long an engine that came back takes to its full share.
    first_share : float
        Its share at the beginning of that time.
    """

    in_a_row: int = 5
    window: int = 20
    window_failures: int = 10
    open_s: float = 5.0
    longest_open_s: float = 60.0
    slow_start_s: float = 30.0
    first_share: float = 0.1


class Breaker:
    """The breaker before one engine.

    Examples
    --------
    >>> breaker = Breaker(BreakerSettings(in_a_row=2, open_s=5.0))
    >>> for _ in range(2):
    ...     breaker.began(0.0)
    ...     breaker.failed(0.0)
    >>> breaker.allows(4.0), breaker.allows(5.0), breaker.position
    (False, True, 'half-open')
    """

    __slots__ = ("_bits", "_opened", "_reopens_at", "_row", "_seen", "_settings", "_trial", "position", "recovered_at")

    def __init__(self, settings: BreakerSettings | None = None) -> None:
        self._settings = settings or BreakerSettings()
        self.position: Position = "closed"
        self.recovered_at = float("-inf")
        self._row = self._bits = self._seen = self._opened = 0
        self._reopens_at = 0.0
        self._trial = False

    def allows(self, now: float) -> bool:
        """Say whether a request may be sent now; an open breaker becomes half-open when its time is over."""
        if self.position == "closed":
            return True
        if self.position == "open":
            if now < self._reopens_at:
                return False
            self.position, self._trial = "half-open", False
        return not self._trial

    def wait_s(self, now: float) -> float:
        """Return the seconds until a request may be sent again."""
        return max(0.0, self._reopens_at - now) if self.position == "open" else 0.0

    def began(self, now: float) -> None:  # noqa: ARG002 - every event has its time
        """Note that a request was sent."""
        if self.position == "half-open":
            self._trial = True

    def succeeded(self, now: float) -> None:
        """Note a request that went well. An open breaker waits for its own trial, whatever began before."""
        self._row = 0
        if self.position == "half-open":
            self.position, self.recovered_at = "closed", now
            self._bits = self._seen = self._opened = 0
            self._trial = False
        elif self._bits:
            self._push(0)

    def failed(self, now: float) -> None:
        """Note a request that failed."""
        if self.position == "open":
            return
        self._row += 1
        self._push(1)
        if (
            self.position == "half-open"
            or self._row >= self._settings.in_a_row
            or (self._seen >= self._settings.window and self._bits.bit_count() >= self._settings.window_failures)
        ):
            self._open(now)

    def abandoned(self) -> None:
        """Note a request that says nothing of the engine, such as one whose caller left."""
        self._trial = False

    def share(self, now: float) -> float:
        """Return the part of its full share that an engine gets which came back lately, in (0, 1]."""
        since = now - self.recovered_at
        settings = self._settings
        if since >= settings.slow_start_s:
            return 1.0
        return settings.first_share + (1 - settings.first_share) * max(0.0, since) / settings.slow_start_s

    def _push(self, failed: int) -> None:
        window = self._settings.window
        self._bits = ((self._bits << 1) | failed) & ((1 << window) - 1)
        self._seen = min(window, self._seen + 1)

    def _open(self, now: float) -> None:
        settings = self._settings
        self.position, self._trial = "open", False
        self._reopens_at = now + min(settings.longest_open_s, settings.open_s * 2**self._opened)
        self._opened = min(self._opened + 1, 16)
        self._row = self._bits = self._seen = 0
