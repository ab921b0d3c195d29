# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: outcomes of requests to one engine in; whether it may be asked now, and how much of it, out.

    closed ──(5 failures in a row, or half of the last 20)──▶ open ──(after 5 s, then 10, 20 ... 60)──▶ half-open
      ▲                                                                                                   │
      └──(the trial went well; its share grows over 30 s)───────── one request at a time is the trial ◀───┘

No one caller opens it alone by requests that an engine answers with a failure: these count for at most half of what
opens it. Holds no clock: `now` is monotonic seconds, as its owner reads them.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
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

    __slots__ = ("_opened", "_recent", "_reopens_at", "_settings", "_trial", "position", "recovered_at")

    def __init__(self, settings: BreakerSettings | None = None) -> None:
        self._settings = settings or BreakerSettings()
        self.position: Position = "closed"
        self.recovered_at = float("-inf")
        # The last requests since the first that failed, newest first: None where it went well, else whose it was.
        self._recent: deque[str | None] = deque(maxlen=self._settings.window)
        self._opened = 0
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
        if self.position == "half-open":
            self.position, self.recovered_at = "closed", now
            self._recent.clear()
            self._opened = 0
            self._trial = False
        elif self._recent:
            self._recent.appendleft(None)

    def failed(self, now: float, by: str = "") -> None:
        """Note a request that failed; `by` names its caller where the engine itself said so, and may not be at fault.

        Such a failure ends a trial without a word on how it went.
        """
        if self.position == "open":
            return
        self._trial = False
        recent, settings = self._recent, self._settings
        recent.appendleft(by)
        row = takewhile(lambda each: each is not None, recent)
        if (
            (self.position == "half-open" and not by)
            or _weight(row, settings.in_a_row) >= settings.in_a_row
            or (
                len(recent) >= settings.window and _weight(recent, settings.window_failures) >= settings.window_failures
            )
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

    def _open(self, now: float) -> None:
        settings = self._settings
        self.position, self._trial = "open", False
        self._reopens_at = now + min(settings.longest_open_s, settings.open_s * 2**self._opened)
        self._opened = min(self._opened + 1, 16)
        self._recent.clear()


def _weight(outcomes: Iterable[str | None], needed: int) -> int:
    """Count failures, those of one caller as half of what is needed at most.

    >>> _weight(["a", "a", "a", "a", None, "b"], 5), _weight(["", "", "", ""], 5)
    (4, 4)
    """
    counts = Counter(outcomes)
    counts.pop(None, None)
    return counts.pop("", 0) + sum(min(count, (needed + 1) // 2) for count in counts.values())
