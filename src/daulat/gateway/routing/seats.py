# SPDX-License-Identifier: Apache-2.0
"""What the router knows of each engine: who runs where, how many requests it holds, how the last ones went.

Counts, durations and names; in memory, in this worker, but for the counts that workers share. Nothing here chooses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

from daulat.gateway.ports import Target
from daulat.gateway.routing.board import Column
from daulat.gateway.routing.breaker import Breaker, BreakerSettings
from daulat.models import Engine
from daulat.nation.places import Rule

# The body of a request and of its answer in; what is wrong with the answer, or nothing, out.
Verifier = Callable[[bytes, bytes], str]

Level = Literal["green", "amber", "red"]

# The light looks at the last five minutes, and at most at so many requests.
WINDOW_S = 300.0
WINDOW = 256
AMBER_TTFT_S, RED_TTFT_S = 3.0, 10.0
# Above this share of failed answers among the last ones the light is red; any failure at all makes it amber.
RED_FAILED_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Declared:
    """One model on one engine, as declared. `kind` names the model for gates and sizes; `concurrency` 0: no bound;
    `retries`: how often the same address may be tried again, where a cluster stands behind it; `output_limit` 0: an
    answer may be as long as its caller and the engine let it."""

    model: str
    engine: Engine
    place: str = ""
    operator: str = ""
    kind: str = ""
    concurrency: int = 0
    probe_s: float = 10.0
    retries: int = 0
    output_limit: int = 0


@dataclass(frozen=True, slots=True)
class Vitals:
    """How one engine is. It holds `in_flight` requests of all workers, `held` of them from this one; the rest tells of
    this worker's last minutes."""

    model: str
    engine: str
    place: str
    level: Level
    position: str
    in_flight: int
    held: int
    requests: int
    failed: int
    ttft_p50_s: float | None
    ttft_p95_s: float | None


class Post:
    """One model on one engine, at work.

    Attributes
    ----------
    in_flight : int
        Requests that it holds now. With several workers: from all of them, when it was last looked at.
    column : Column
        Where several workers count together; with one worker nobody sets it.
    reachable : bool
        It answered when it was last looked at.
    paused_until : float
        It said that it is busy until then.
    """

    __slots__ = (
        "_recent", "_ttft", "breaker", "column", "concurrency", "declared", "in_flight", "lanes", "model",
        "paused_until", "reachable", "salt", "troubled",
    )  # fmt: skip

    column: Column

    def __init__(self, declared: Declared, settings: BreakerSettings | None = None) -> None:
        self.declared = declared
        self.model = declared.model
        self.concurrency = declared.concurrency or 1 << 30
        self.breaker = Breaker(settings)
        self.salt = crc32(declared.model.encode())
        self.in_flight = 0
        self.reachable = True
        self.paused_until = 0.0
        self.troubled = False  # there is something to look at before it is asked
        self.lanes: list[Lane] = []
        self._recent: deque[tuple[float, bool]] = deque(maxlen=WINDOW)
        self._ttft: deque[tuple[float, float]] = deque(maxlen=WINDOW)

    def is_up(self, now: float) -> bool:
        """Say whether it may be asked."""
        if not self.troubled:
            return True
        up = self.reachable and now >= self.paused_until and self.breaker.allows(now)
        if up and self.breaker.position == "closed" and self.breaker.share(now) >= 1.0:
            self.troubled = False
        return up

    def share(self, now: float) -> float:
        """Return the part of its full share that it gets, in (0, 1]."""
        return self.breaker.share(now) if self.troubled else 1.0

    def away_s(self, now: float) -> float:
        """Return the seconds until it may be asked again."""
        return max(0.0 if self.reachable else 5.0, self.paused_until - now, self.breaker.wait_s(now))

    def note(self, now: float, well: bool) -> None:
        """Remember how a request went."""
        self._recent.append((now, well))

    def note_ttft(self, now: float, seconds: float) -> None:
        """Remember how long the first piece of an answer took."""
        self._ttft.append((now, seconds))

    def vitals(self, now: float) -> Vitals:
        """Sum up the last minutes."""
        since = now - WINDOW_S
        outcomes = [well for at, well in self._recent if at >= since]
        times = sorted(seconds for at, seconds in self._ttft if at >= since)
        failed, p95 = outcomes.count(False), _percentile(times, 0.95)
        up = self.is_up(now)
        late = 0.0 if p95 is None else p95
        if not up or late > RED_TTFT_S or (outcomes and failed / len(outcomes) > RED_FAILED_SHARE):
            level: Level = "red"
        else:
            level = "amber" if failed or late > AMBER_TTFT_S or self.share(now) < 1.0 else "green"
        return Vitals(
            self.model, self.declared.engine.name, self.declared.place, level,
            self.breaker.position if self.reachable else "unreachable",
            self.in_flight, self.in_flight, len(outcomes), failed, _percentile(times, 0.5), p95,
        )  # fmt: skip


def _percentile(ordered: list[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 4) if ordered else None


class Seat:
    """A post on a route, with its weight there, and the targets that were made of it."""

    __slots__ = ("credit", "post", "targets", "weight")

    def __init__(self, post: Post, weight: float) -> None:
        self.post = post
        self.weight = weight
        self.credit = 0.0  # of smooth weighted round robin
        self.targets: dict[str, Target] = {}


@dataclass(slots=True, eq=False)
class Lane:
    """The seats of a route that one class of data may use, of which `note` tells in the reason of each choice.

    `steps` are the lanes of a cascade, one for each model, from small to large; `verify` decides whether to go on.
    """

    route: str
    policy: str
    seats: list[Seat]
    note: str
    hedge_after_s: float = 0.0
    steps: tuple[Lane, ...] = ()
    verify: Verifier | None = None

    @property
    def is_plain(self) -> bool:
        """One engine answers alone."""
        return not self.steps and (not self.hedge_after_s or len(self.seats) < 2)

    def target(self, seat: Seat, why: str) -> Target:
        """Return the target of a seat; made once for each reason, since thousands of calls share it."""
        target = seat.targets.get(why)
        if target is None:
            declared = seat.post.declared
            reason = f"{why}; {self.note}"
            target = Target(declared.engine, declared.model, declared.place, reason, output_limit=declared.output_limit)
            seat.targets[why] = target
        return target


@dataclass(frozen=True, slots=True)
class Route:
    """A name that stands for one or several models; in a cascade from small to large."""

    id: str
    posts: tuple[tuple[Post, float], ...]
    policy: str = "prefix"
    hedge_after_s: float = 0.0
    verify: Verifier | None = None

    def seats(self, rule: Rule) -> list[Seat]:
        """Return the seats that a rule of residency allows; there may be none."""
        return [
            Seat(post, weight)
            for post, weight in self.posts
            if rule.allows(post.declared.place, post.declared.operator)
        ]

    def lane(self, seats: list[Seat], note: str) -> Lane:
        """Make the lane of these seats, and tell their posts of it."""
        if self.policy == "cascade" and len(seats) > 1:
            steps: tuple[Lane, ...] = ()
            for seat in reversed(seats):  # each step knows those after it
                lane = Lane(self.id, "least-busy", [seat], note, steps=steps, verify=self.verify)
                seat.post.lanes.append(lane)
                steps = (lane, *steps)
            return Lane(self.id, "cascade", seats, note, steps=steps, verify=self.verify)
        lane = Lane(self.id, self.policy, seats, note, self.hedge_after_s)
        for seat in seats:
            seat.post.lanes.append(lane)
        return lane
