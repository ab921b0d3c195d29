# SPDX-License-Identifier: Apache-2.0
"""The credit that one worker holds of one counter: plain whole numbers, changed on the event loop and nowhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass

from daulat.gateway.quota.counters import Claim, Reading
from daulat.gateway.quota.model import METRICS, Limit

# A worker keeps at most this share of a limit as credit that nobody has asked for yet.
SHARE = 64
UNBOUNDED = 2**60


class Credit:
    """What a worker holds of one limit in one period.

    Attributes
    ----------
    free, reserved : int
        Credit that a call may reserve, and credit that calls in progress have reserved; neither is ever below 0.
    spent : int
        Settled since the lease began; never falls.
    elsewhere : int
        What other workers held when the row was last read.
    awaited : bool
        A call that waits for another credit needs this one too: it is not given back meanwhile.
    rest, overdraft : object, int
        What the call has reserved that was let in with all that was left, and what it may come to beyond that, told
        to the store as held; None and 0 where none such is in progress.
    until : float
        The monotonic second after which it may not be reserved from without asking the store again.
    """

    __slots__ = (
        "_is_outdated",
        "_rate",
        "_target",
        "_told",
        "awaited",
        "elsewhere",
        "ends_s",
        "free",
        "least",
        "limit",
        "low",
        "overdraft",
        "reading",
        "reading_at",
        "reserved",
        "rest",
        "spent",
        "start_s",
        "taken",
        "until",
        "wanted",
    )

    def __init__(self, limit: Limit, start_s: int, ends_s: int) -> None:
        self.limit, self.start_s, self.ends_s = limit, start_s, ends_s
        self.free = self.reserved = self.spent = 0
        self.until = self.reading_at = -math.inf
        self.reading: Reading | None = None
        self.taken = self.low = self.elsewhere = 0
        self.wanted = self.least = 0
        self.awaited = False
        self.rest: object = None
        self.overdraft = 0
        self._rate = 0.0
        self._target = 0
        self._told = (0, 0)
        self._is_outdated = False  # what the store answers to the last claim is not to be believed

    def ask(self, shortfall: int) -> None:
        """Note that a call waits for this much more."""
        self.least = min(self.least, shortfall) if self.wanted else shortfall
        self.wanted += shortfall

    def is_refused(self, shortfall: int, since: float) -> bool:
        """Say whether the store has said, since a moment, that there is less than a call still needs."""
        return self.reading is not None and self.reading_at >= since and self.reading.available < shortfall

    @property
    def left(self) -> int:
        """What the store had left for everybody when it was last read; below 0 where more was spent than there was."""
        return 0 if self.reading is None else self.reading.available

    @property
    def is_busy(self) -> bool:
        """Calls in progress have reserved some of it, here or at other workers."""
        return self.reserved > 0 or self.elsewhere > 0

    def leaves_rest(self, least: int) -> bool:
        """Say whether one call may have all that is left: nobody else holds any, nothing is owed, and it is enough."""
        return self.rest is None and self.elsewhere <= 0 <= self.left and self.free + self.left >= least

    def begin_rest(self, reserved: object, overdraft: int) -> None:
        """Note that a call has all that is left, and may come to so much more."""
        self.rest, self.overdraft = reserved, overdraft

    def end_rest(self) -> None:
        """Note that this call is over: what the store said meanwhile counted all that it might have come to."""
        self.rest, self.overdraft = None, 0
        self.reading_at, self._is_outdated = -math.inf, True

    def claim(self, elapsed_s: float) -> Claim | None:
        """Say what stands, give back what is not needed, and ask for more where it runs low; None: nothing to say.

        Parameters
        ----------
        elapsed_s : float
            Since the last claim, in seconds: what was taken meanwhile is the rate that credit is kept for.
        """
        self._rate = max(self.taken / max(elapsed_s, 0.05), self._rate / 2)
        self.taken = 0
        self._target = target = min(self.limit.amount // SHARE, int(self._rate))
        self.low = target // 2
        need, want, self.wanted, self.least = self.least, self.wanted, 0, 0
        awaited, self.awaited = self.awaited, False
        if want:
            want += target
        elif self.free < self.low:
            want = target - self.free
        elif self.free > 2 * target and not awaited:
            self.free = target
        keep = self.free + self.reserved + self.overdraft
        if not want and not keep and self._told == (self.spent, keep):
            return None
        self._told, self._is_outdated = (self.spent, keep), False
        return Claim(self.limit, self.start_s, self.spent, keep, need, want)

    def apply(self, reading: Reading, kept: int, at: float, until: float) -> None:
        """Take what was granted beside what was kept; remember what the row said, and when."""
        self.free += reading.granted
        self.elsewhere = reading.leased - kept - reading.granted
        if reading.granted:
            self.unsaid()
        self.reading, self.until = reading, until
        self.reading_at = -math.inf if self._is_outdated else at

    def lift(self) -> None:
        """Stop limiting: the limit is no longer there."""
        self.free, self.until, self.low = UNBOUNDED, math.inf, 0

    def unsaid(self) -> None:
        """Forget what was told: it may not have been heard."""
        self._told = (-1, -1)

    def hand_on(self, following: Credit) -> None:
        """Have as much wanted for the coming period as is kept in this one."""
        following._rate = self._rate * 2
        following.wanted = self._target

    def retire(self) -> None:
        """Let go of all that no call in progress has reserved, and ask for nothing more."""
        self.free = 0
        self.wanted = self.least = self.taken = 0
        self._rate = 0.0

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to say of it."""
        return not self.reserved and self._told == (self.spent, 0)


@dataclass(slots=True)
class Slot:
    """The place of a limit in a worker: its credit in this period, and in the next once that is near."""

    limit: Limit
    metric: int
    credit: Credit | None = None
    following: Credit | None = None

    @classmethod
    def of(cls, limit: Limit) -> Slot:
        """Make the place of a limit."""
        return cls(limit, METRICS.index(limit.metric))
