# SPDX-License-Identifier: Apache-2.0
"""Metering: what was asked of this process and how it went, in counts and durations, never in words.

`Meter.admit` lets an answer in or turns it away, and leaves a receipt when it ends, however it ends. `Meter.pulse`
tells `/v1/status` the truth about the last answers. Holds numbers only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from daulat.gateway.errors import Overloaded
from daulat.gateway.ports import Receipts
from daulat.gateway.status_schema import Pulse
from daulat.ledger import Receipt

WINDOW = 512

# `notice`: the service's own words, to a greeting or about a danger; `left`: its caller did not wait for the end.
Outcome = Literal["answered", "declined", "notice", "failed", "left"]


@dataclass(slots=True)
class Tally:
    """What one answer adds up to, filled in while it is made."""

    service: str = ""
    model: str = ""
    language: str = ""
    mode: str = "unfinished"
    answered: bool = False
    citations: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    release: str = ""
    finished: bool = False
    left: bool = False


class Meter:
    """Counts answers, bounds how many are made at once, and hands receipts on.

    Parameters
    ----------
    receipts : Receipts
        Where receipts go.
    limit : int
        How many answers may be in the making at once.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, receipts: Receipts, limit: int, clock: Callable[[], float]) -> None:
        self._receipts = receipts
        self._limit = limit
        self._clock = clock
        self._in_progress = 0
        self._answers = 0
        self._recent: deque[tuple[float, Outcome]] = deque(maxlen=WINDOW)

    @property
    def is_full(self) -> bool:
        """As many answers as the limit allows are in the making."""
        return self._in_progress >= self._limit

    @contextmanager
    def admit(self, tally: Tally) -> Iterator[Tally]:
        """Let one answer in; on leaving, count it and put its receipt.

        Raises
        ------
        Overloaded
            If as many answers as the limit allows are in the making.
        """
        if self.is_full:
            raise Overloaded(
                f"{self._in_progress} answers are being made already",
                why="Taking on more would make everyone wait, and some in vain.",
                fix="try again after the seconds in `Retry-After`.",
                code="overloaded",
            )
        self._in_progress += 1
        started = self._clock()
        try:
            yield tally
        except (asyncio.CancelledError, GeneratorExit):
            tally.left = True
            raise
        finally:
            self._in_progress -= 1
            self.count(tally, (self._clock() - started) * 1000)

    def count(self, tally: Tally, duration_ms: float) -> None:
        """Count an answer and put its receipt; also of one that needed no letting in, such as an emergency's notice."""
        self.note(_outcome(tally), duration_ms)
        self._receipts.put(receipt(tally, duration_ms))

    def note(self, outcome: Outcome, duration_ms: float) -> None:
        """Count an answer; one that was let in elsewhere has its row in the ledger of usage, and no receipt here."""
        self._answers += 1
        self._recent.append((duration_ms, outcome))

    def pulse(self) -> Pulse:
        """Sum up the last answers: how many, how they ended, and how long they took in milliseconds."""
        durations = sorted(duration for duration, _ in self._recent)
        outcomes = [outcome for _, outcome in self._recent]
        return Pulse(
            answers=self._answers,
            answered=outcomes.count("answered"),
            declined=outcomes.count("declined"),
            failed=outcomes.count("failed"),
            in_progress=self._in_progress,
            p50_ms=_percentile(durations, 0.50),
            p95_ms=_percentile(durations, 0.95),
            notices=outcomes.count("notice"),
            left=outcomes.count("left"),
        )


def _outcome(tally: Tally) -> Outcome:
    """Say how an answer ended."""
    if not tally.finished:
        return "left" if tally.left else "failed"
    if tally.answered:
        return "answered"
    return "notice" if tally.mode == "notice" else "declined"


def receipt(tally: Tally, duration_ms: float) -> Receipt:
    """Turn a tally into the receipt that the ledger keeps."""
    return Receipt(
        service=tally.service,
        language=tally.language,
        mode=tally.mode,
        answered=tally.answered,
        citations=tally.citations,
        prompt_tokens=tally.prompt_tokens,
        completion_tokens=tally.completion_tokens,
        model=tally.model,
        release_id=tally.release,
        duration_ms=duration_ms,
    )


def _percentile(ordered: list[float], share: float) -> float | None:
    """Return the nearest-rank percentile of ascending numbers, or None where there are none."""
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
