# SPDX-License-Identifier: Apache-2.0
"""The router: an admitted call in; the engine that answers it out, in fair order, within the rule of residency.

It learns from what it is told of each answer: how busy, how fast, how well. It knows names, sizes and classes of calls,
never their words. Nothing here touches disk or network, except `watch`, which looks after engines.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from daulat.disconnect import ClientGone
from daulat.errors import DaulatError
from daulat.gateway.ports import Call, CallUsage, Grant, Target
from daulat.gateway.routing.errors import EnginesAway, NoRoute, QueueFull
from daulat.gateway.routing.fair import FairQueue, Ticket
from daulat.gateway.routing.policy import all_free, choose_seat
from daulat.gateway.routing.residency import UNSAID, Residency
from daulat.gateway.routing.seats import Lane, Post, Route, Seat, Vitals
from daulat.gateway.routing.together import together
from daulat.models import EngineError, EngineOverloaded, EngineRefused, Gates, UnknownModel, forwarding
from daulat.nation.places import Rule

# What a call without a bound on its answer is taken to cost, in tokens, when turns are shared out.
TURN_TOKENS = 1024
BUSY_S = 1.0


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """How many calls may wait, and how long one may, in seconds."""

    limit: int = 1000
    wait_s: float = 30.0


class Waiting:
    """A call that waits for its turn in a lane; `turn` becomes its seat."""

    __slots__ = ("lane", "turn")

    def __init__(self, lane: Lane, turn: asyncio.Future[Seat]) -> None:
        self.lane, self.turn = lane, turn


class ModelRouter:
    """Chooses who answers; see `daulat.gateway.ports.Router`.

    Parameters
    ----------
    posts : sequence of Post
        Every model on its engine.
    routes : iterable of Route
        What callers may name: each model by itself, and the declared routes.
    residency : Residency
        Where each class of data may go.
    queue : QueueSettings
        How calls wait.
    gates : Gates, optional
        What a model has to have passed to write for a service in a language. None: no gate is asked.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        posts: Sequence[Post],
        routes: Iterable[Route],
        residency: Residency,
        *,
        queue: QueueSettings | None = None,
        gates: Gates | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.posts = {post.model: post for post in posts}
        self.routes = {route.id: route for route in routes}
        self._writers = Route("services", tuple((post, 1.0) for post in posts), "preferred")
        self._residency, self._gates, self._clock = residency, gates, clock
        self._settings = queue or QueueSettings()
        self._lanes: dict[tuple[str, str, str, str], Lane] = {}
        self._queue: FairQueue[Waiting] = FairQueue()
        self._left_s = 1.0  # smoothed seconds between two calls that leave engines; for `Retry-After`
        self._left_at = 0.0
        self._workers = 1

    def use_gates(self, gates: Gates) -> None:
        """Go by other gates from the next call on."""
        self._gates = gates
        self._lanes.clear()

    @property
    def waiting(self) -> int:
        """How many calls wait here for an engine."""
        return len(self._queue)

    @property
    def waiting_in_all(self) -> int:
        """How many wait in all workers."""
        return len(self._queue)

    def in_flight(self, model: str) -> int:
        """Count the requests that a model's engine holds, from all workers."""
        return self.posts[model].in_flight

    def vitals(self) -> list[Vitals]:
        """Tell how each engine is."""
        now = self._clock()
        return [post.vitals(now) for post in self.posts.values()]

    async def choose(self, call: Call, grant: Grant, tried: Collection[Target] = ()) -> Target:
        """Choose a target that was not tried, and hold a place there; wait for the call's turn where all are busy.

        Raises
        ------
        UnknownModel
            If nothing has that name.
        NoRoute
            If the rule of residency allows none of its engines, or none has passed the gate of the service.
        EnginesAway, QueueFull
            If none may be asked now; both say when to come back.
        """
        lane = self._lane(call, grant)
        if lane.steps:
            lane = self._step_of(lane, call, bool(tried))
        if not tried and not self._queue and all_free(lane.seats):  # nearly always
            seat, why = choose_seat(lane.policy, lane.seats, call.affinity, self._clock())
            seat.post.in_flight += 1
        else:
            seat, why = await self._seat(lane, call, grant, tried)
        target = lane.target(seat, why)
        if lane.is_plain or tried:
            return target
        return together(self, lane, call, grant, target)

    async def _seat(self, lane: Lane, call: Call, grant: Grant, tried: Collection[Target]) -> tuple[Seat, str]:
        """Take a place on a lane."""
        now = self._clock()
        up = self._up(lane, tried, now)
        free = self._free(up, now)
        if tried:  # it has had its turn: one more does no harm to the bound
            seat, _ = choose_seat("least-busy", free or up, 0, now)
            self._hold(seat.post, now)
            return seat, "retry"
        if free:
            seat, why = choose_seat(lane.policy, free, call.affinity, now)
            if self._take(seat.post, now):
                return seat, why
        return await self._turn(lane, call, grant), "waited"

    def _step_of(self, lane: Lane, call: Call, tried: bool) -> Lane:
        """Return where a call begins in a cascade: what cannot be verified goes to the largest model."""
        first, last = lane.steps[0], lane.steps[-1]
        post = first.seats[0].post
        if tried or call.stream or forwarding(post.declared.engine) is None or not post.is_up(self._clock()):
            return last
        return first

    def spare(self, lane: Lane, besides: Target) -> Target | None:
        """Take a place beside a target that is late, if there is a free one."""
        now = self._clock()
        free = [
            seat
            for seat in lane.seats
            if seat.post.model != besides.model and seat.post.in_flight < seat.post.concurrency and seat.post.is_up(now)
        ]
        if not free or self._queue:  # nobody is asked twice while others wait for their first time
            return None
        seat, _ = choose_seat("least-busy", free, 0, now)
        return lane.target(seat, "hedge") if self._take(seat.post, now) else None

    async def step(self, lane: Lane, call: Call, grant: Grant, why: str) -> Target:
        """Take a place on a further step of a cascade; errors as `choose`."""
        seat, _ = await self._seat(lane, call, grant, ())
        return lane.target(seat, why)

    def began(self, target: Target) -> None:
        """Note that a request was sent; its place has been held since `choose`."""

    def first_token(self, target: Target, seconds: float) -> None:
        """Note how long the first piece of an answer took."""
        post = self.posts.get(target.model)
        if post is not None:
            post.note_ttft(self._clock(), seconds)

    def ended(self, target: Target, usage: CallUsage, error: DaulatError | None, by: str = "") -> None:
        """Give the place back, and learn from how it went; whose call it was is told the breaker alone."""
        post = self.posts.get(target.model)
        if post is None:
            return
        now = self._clock()
        post.in_flight -= 1
        if (error is None and usage.status == 200) or isinstance(error, EngineRefused):
            post.breaker.succeeded(now)
            post.reachable = True
            post.note(now, True)
        elif isinstance(error, EngineOverloaded):
            post.paused_until, post.troubled = now + (error.retry_after_s or BUSY_S), True
            post.breaker.abandoned()
        elif isinstance(error, EngineError):
            post.breaker.failed(now, by if error.was_answered else "")
            post.troubled = True
            post.note(now, False)
        else:
            post.breaker.abandoned()
        self._left_s += 0.1 * (min(now - self._left_at, 60.0) - self._left_s)
        self._left_at = now
        if self._queue:
            self._dispatch(post, now)

    def tick(self) -> None:
        """Let calls go on whose engines came back by the passing of time alone."""
        now = self._clock()
        if self._queue:
            for post in self.posts.values():
                self._dispatch(post, now)

    def writers(self, service: str, language: str) -> list[str]:
        """Name the models that may write for a service in a language, in the order in which they are asked."""
        rule = self._residency.rule(UNSAID)
        if rule is None or self._gates is None:
            return []
        return [seat.post.model for seat in self._writers.seats(rule) if self._is_fit(seat, service, language)]

    def _lane(self, call: Call, grant: Grant) -> Lane:
        data_class = grant.data_class or UNSAID
        lane = self._lanes.get((call.model, data_class, call.service, call.language))
        if lane is not None:
            return lane
        route = self.routes.get(call.model) or (self._writers if call.service else None)
        if route is None:
            raise UnknownModel(
                f"no engine runs `{call.model[:100]}`",
                why="A request for it could go nowhere.",
                fix="GET /v1/models lists every name.",
                code="models.unknown",
            )
        rule = self._residency.rule(data_class)
        seats = [] if rule is None else route.seats(rule)
        if rule is None or not seats:
            raise _no_route(route, data_class, rule)
        note = f"{data_class} may go to {rule}"
        if call.service and self._gates is not None:
            seats = [seat for seat in seats if self._is_fit(seat, call.service, call.language)]
            note += f"; passed {call.service} in {call.language}"
            if not seats:
                raise _not_passed(route, call)
        lane = route.lane(seats, note)
        # Few: names of routes, classes and services are declared, and only languages with a gate come so far.
        self._lanes[call.model, data_class, call.service, call.language] = lane
        return lane

    def _is_fit(self, seat: Seat, service: str, language: str) -> bool:
        declared = seat.post.declared
        return self._gates is not None and self._gates.is_fit(declared.kind or declared.model, service, language)

    def _up(self, lane: Lane, tried: Collection[Target], now: float) -> list[Seat]:
        """Return the seats that may be asked now; at least one."""
        seats: Iterable[Seat] = lane.seats
        if tried:
            seats = _untried(seats, [target.model for target in tried])
        up = [seat for seat in seats if seat.post.is_up(now)]
        if up:
            return up
        # A server that does not answer a probe may still answer a request: when nothing else is left, it is asked.
        doubtful = [
            seat for seat in seats if not seat.post.reachable and seat.post.breaker.allows(now)
            and now >= seat.post.paused_until
        ]  # fmt: skip
        if doubtful:
            return doubtful
        raise _away(lane, now, bool(tried))

    def _free(self, seats: Sequence[Seat], now: float) -> list[Seat]:
        """Return the seats with room for one more, once those who wait have had their turn."""
        if self._queue:
            for seat in seats:
                self._dispatch(seat.post, now)
        return [seat for seat in seats if seat.post.in_flight < seat.post.concurrency]

    def _take(self, post: Post, now: float) -> bool:
        """Hold a place where there was room a moment ago; False if another worker was quicker."""
        self._hold(post, now)
        return True

    def _hold(self, post: Post, now: float) -> None:
        post.in_flight += 1
        if post.troubled:
            post.breaker.began(now)

    def _give_back(self, post: Post) -> None:
        """Give back a place whose request was never sent."""
        post.in_flight -= 1
        post.breaker.abandoned()

    def _came(self, lane: Lane) -> None:
        """Take note of a call that has begun to wait in a lane."""

    def _went(self, lane: Lane) -> None:
        """Take note of a call that no longer waits in a lane."""

    def _dispatch(self, post: Post, now: float) -> None:
        """Hand the free places of an engine to those whose turn it is."""
        while self._queue and post.in_flight < post.concurrency and post.is_up(now):
            waiting = self._next(post)
            if waiting is None:
                return
            self._hold(post, now)
            waiting.turn.set_result(next(seat for seat in waiting.lane.seats if seat.post is post))

    def _next(self, post: Post) -> Waiting | None:
        """Take the call whose turn it is at an engine; one whose caller has just left is passed over."""
        while (waiting := self._queue.pop(post.lanes)) is not None and waiting.turn.done():
            pass
        return waiting

    async def _turn(self, lane: Lane, call: Call, grant: Grant) -> Seat:
        """Wait for the turn of a call; whoever frees a place holds it for us."""
        if self.waiting_in_all >= self._settings.limit:
            raise self._full(f"{self.waiting_in_all} calls wait already")
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Seat] = loop.create_future()
        waiting = Waiting(lane, turn)
        cost = call.prompt_tokens + (call.max_tokens or TURN_TOKENS)
        ticket = self._queue.push(waiting, lane, priority=grant.priority, flow=grant.organisation, cost=cost)
        timer = loop.call_later(self._settings.wait_s, self._too_long, ticket, turn)
        self._came(lane)
        leaving = asyncio.ensure_future(call.gone()) if call.gone is not None else None
        if leaving is not None:
            leaving.add_done_callback(lambda _: None if turn.done() else turn.set_exception(ClientGone()))
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                post = turn.result().post  # the place was held for a caller that left
                self._give_back(post)
                self._dispatch(post, self._clock())
            raise
        finally:
            timer.cancel()
            if leaving is not None:
                leaving.cancel()
            self._queue.discard(ticket)
            self._went(lane)

    def _too_long(self, ticket: Ticket[Waiting], turn: asyncio.Future[Seat]) -> None:
        if not turn.done():
            self._queue.discard(ticket)
            turn.set_exception(self._full(f"this call has waited for {self._settings.wait_s:g} s"))

    def _full(self, what: str) -> QueueFull:
        estimate = self.waiting_in_all * self._left_s / self._workers
        return QueueFull(
            f"all engines are busy and {what}",
            why="Waiting on would end in a time-out, or take what others wait for.",
            fix="try again after the seconds in `Retry-After`.",
            code="queue_full",
            retry_after_s=min(max(estimate, 1.0), 60.0),
        )


def _untried(seats: Iterable[Seat], models: Sequence[str]) -> list[Seat]:
    """Return the seats that were not tried; where there is none, those behind which another replica may answer."""
    fresh = [seat for seat in seats if seat.post.model not in models]
    return fresh or [seat for seat in seats if models.count(seat.post.model) <= seat.post.declared.retries]


def _no_route(route: Route, data_class: str, rule: Rule | None) -> NoRoute:
    stand = ", ".join(sorted({post.declared.place or "a place nobody declared" for post, _ in route.posts}))
    return NoRoute(
        f"`{data_class[:40]}` data may not go to any engine of `{route.id}`",
        why="The nation has no rule for this class of data, and without a rule there is no route."
        if rule is None
        else f"By the rule of residency it may go to {rule}; these engines stand in {stand}.",
        fix="use another model, or send data of a class that may go there, named in `X-Daulat-Data-Class`.",
        code="no_route",
        param="model",
    )


def _not_passed(route: Route, call: Call) -> NoRoute:
    return NoRoute(
        f"no model of `{route.id}` has passed the gate of `{call.service}` in `{call.language[:40]}`",
        why="Before it has, the official text itself answers.",
        fix="measure one: `daulat bench answers --model ID --gates .daulat/gates/ID.json`.",
        code="no_route",
    )


def _away(lane: Lane, now: float, tried: bool) -> EnginesAway:
    wait_s = min((seat.post.away_s(now) for seat in lane.seats), default=5.0)
    return EnginesAway(
        f"no {'other ' if tried else ''}engine of `{lane.route}` can be asked now",
        why="The last requests to each of them failed, or they said that they are busy.",
        fix="try again after the seconds in `Retry-After`; GET /v1/status says how each engine is.",
        code="engines_away",
        retry_after_s=max(1.0, wait_s),
    )
