# SPDX-License-Identifier: Apache-2.0
"""Two engines for one call: a hedge asks a second when the first is late, a cascade when the first was not good enough.

In: a call with its first target. Out: a target whose engine asks both and says in `answered_by` who answered, so that
the account goes on with that one. The other is ended here; what it did is told to the account, which books it apart.
Neither reads more of an answer than its verifier does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec

from daulat.errors import DaulatError
from daulat.gateway.attempts import Attempt, Attempts, asker_of
from daulat.gateway.errors import status_of
from daulat.gateway.ports import Call, CallUsage, Grant, Target
from daulat.gateway.routing.seats import Lane
from daulat.models import (
    ChatRequest,
    Delta,
    EngineError,
    EngineRefused,
    Forwarding,
    Pieces,
    Whole,
    forwarding,
)

_LEFT = CallUsage(status=499, code="hedge_lost")
_read_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Places(Protocol):
    """What these engines need of the router."""

    def spare(self, lane: Lane, besides: Target) -> Target | None:
        """Take a free place beside a target, if there is one."""
        ...

    async def step(self, lane: Lane, call: Call, grant: Grant, why: str) -> Target:
        """Take a place on a lane."""
        ...

    def ended(self, target: Target, usage: CallUsage, error: DaulatError | None, by: str = "") -> None:
        """Give a place back."""
        ...


def together(places: Places, lane: Lane, call: Call, grant: Grant, target: Target) -> Target:
    """Return the target that asks a second engine where a lane says so, and the same one where its engine cannot."""
    if forwarding(target.engine) is None:
        return target
    if lane.steps:
        cascade = CascadeEngine(places, lane, call, grant, target)
        return replace(target, engine=cascade, together=cascade)
    hedged = HedgedEngine(places, lane, target, asker_of(call, grant))
    return replace(target, engine=hedged, together=hedged, hedge_after_s=lane.hedge_after_s)


class _Both:
    """What both have in common: to everybody else they are their first engine; `daulat.gateway.attempts.Together`."""

    attempts: Attempts

    def __init__(self, places: Places, lane: Lane, first: Target) -> None:
        self._places, self._lane, self._first = places, lane, first
        self.answered_by: Target | None = None
        self.has_place = True
        self.name = first.engine.name

    def upstream_id(self, model_id: str) -> str:
        """Return the first server's own name of a model."""
        return _forwarding(self._first).upstream_id(model_id)

    async def models(self) -> list[str]:
        """List the models of the first."""
        return await self._first.engine.models()

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Answer with the first alone."""
        return self._first.engine.stream(request)

    async def is_healthy(self) -> bool:
        """Say whether the first is."""
        return await self._first.engine.is_healthy()

    async def close(self) -> None:
        """Do nothing: the engines are others'."""


@dataclass(slots=True)
class _Begun:
    """A stream that was opened, with its first piece."""

    stack: AsyncExitStack
    pieces: Pieces
    first: bytes | None
    is_told: bool = False

    async def read(self) -> bytes | None:
        """Return the next piece, or None at the end."""
        if not self.is_told:
            self.is_told = True
            return self.first
        return await self.pieces.read()


class HedgedEngine(_Both):
    """Asks a second engine when the first has not begun to answer in time; whoever begins first answers."""

    def __init__(self, places: Places, lane: Lane, first: Target, by: str) -> None:
        super().__init__(places, lane, first)
        self._by = by

    async def send(self, path: str, body: bytes, content_type: str = "application/json") -> Whole:
        """Send a request, perhaps twice, and return the first whole answer; errors as `Forwarding.send`."""

        def ask(target: Target) -> Coroutine[Any, Any, Whole]:
            return _forwarding(target).send(path, self._body(body, target), content_type)

        whole: Whole = await self._race(ask)
        return whole

    @asynccontextmanager
    async def open(self, path: str, body: bytes) -> AsyncIterator[Pieces]:
        """Send a request, perhaps twice, and give the stream that begins first; errors as `Forwarding.open`."""

        async def begin(target: Target) -> _Begun:
            stack = AsyncExitStack()
            try:
                pieces = await stack.enter_async_context(_forwarding(target).open(path, self._body(body, target)))
                return _Begun(stack, pieces, await pieces.read())
            except BaseException:
                await stack.aclose()
                raise

        begun = await self._race(begin)
        async with begun.stack:
            yield begun

    def _body(self, body: bytes, target: Target) -> bytes:
        return _under(body, self.upstream_id(self._first.model), target)

    async def _race(self, ask: Any) -> Any:
        """Ask the first, and after the time of the lane the second; return what comes first."""
        asked = [asyncio.ensure_future(ask(self._first))]
        spare: Target | None = None
        winner: asyncio.Future[Any] | None = None
        try:
            await asyncio.wait(asked, timeout=self._lane.hedge_after_s)
            if not asked[0].done():
                spare = self._places.spare(self._lane, self._first)
            if spare is not None:
                self.attempts.asks(spare)
                asked.append(asyncio.ensure_future(ask(spare)))
                await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            if not any(map(_went_well, asked)):  # the one that is done has failed: then the other is waited for
                await asyncio.wait(asked)
            winner = next((one for one in reversed(asked) if _went_well(one)), asked[0])
            if winner is not asked[0]:
                self.answered_by = spare
            return winner.result()
        finally:
            for one in asked:
                if one is not winner:
                    await _stop(one)
            if spare is not None:
                lost = 0 if self.answered_by is not None else 1
                self._end((self._first, spare)[lost], asked[lost])

    def _end(self, target: Target, asked: asyncio.Future[Any]) -> None:
        """Give the place of the slower one back, and tell what it did: the other was given, or nobody."""
        error = asked.exception() if asked.done() and not asked.cancelled() else None
        if isinstance(error, DaulatError):
            self._places.ended(target, CallUsage(status=status_of(error), code=error.code), error, self._by)
            if isinstance(error, EngineError) and error.was_read:
                self.attempts.discards(Attempt(target, "broke_off", "hedge: broke off", error=error))
            return
        self._places.ended(target, _LEFT, None)
        came = asked.result() if _went_well(asked) else None
        self.attempts.discards(Attempt(target, "lost", "hedge: lost", came.body if isinstance(came, Whole) else None))


class CascadeEngine(_Both):
    """Asks the small model first, and the next larger one when a verifier says that the answer will not do."""

    def __init__(self, places: Places, lane: Lane, call: Call, grant: Grant, first: Target) -> None:
        super().__init__(places, lane, first)
        self._call, self._grant = call, grant

    async def send(self, path: str, body: bytes, content_type: str = "application/json") -> Whole:
        """Send a request to one model after another, and return the first answer that passes, or that of the last."""
        target, name = self._first, self.upstream_id(self._first.model)
        for lane in self._lane.steps:  # those after the first
            error: DaulatError | None = None
            try:
                whole = await _forwarding(target).send(path, _under(body, name, target), content_type)
            except EngineRefused:
                raise
            except EngineError as failed:
                fault, error = "could not answer", failed
                if failed.was_read:
                    self.attempts.discards(Attempt(target, "broke_off", "cascade: broke off", error=failed))
            else:
                fault = self._lane.verify(body, whole.body) if self._lane.verify is not None else ""
                if not fault:
                    return whole
                why = f"cascade: rejected by the verifier, {fault}"
                self.attempts.discards(Attempt(target, "rejected", why, whole.body))
            # Given back before the next is waited for: the small model must not stand idle until a large one is free.
            self.has_place = False
            usage = CallUsage(status=200 if error is None else status_of(error))
            self._places.ended(target, usage, error, asker_of(self._call, self._grant))
            onward = await self._places.step(lane, self._call, self._grant, f"cascade: {target.model} {fault}")
            self.answered_by, self.has_place = onward, True
            target = onward
            self.attempts.asks(onward)
        return await _forwarding(target).send(path, _under(body, name, target), content_type)

    @asynccontextmanager
    async def open(self, path: str, body: bytes) -> AsyncIterator[Pieces]:
        """Give a stream of the first model: what is not whole cannot be verified."""
        async with _forwarding(self._first).open(path, body) as pieces:
            yield pieces


def _forwarding(target: Target) -> Forwarding:
    engine = forwarding(target.engine)
    assert engine is not None
    return engine


def _under(body: bytes, name: str, target: Target) -> bytes:
    """Return a body under the name by which a target's server knows the model."""
    own = _forwarding(target).upstream_id(target.model)
    if own == name:
        return body
    return msgspec.json.encode(_read_fields(body) | {"model": msgspec.Raw(msgspec.json.encode(own))})


def _went_well(asked: asyncio.Future[Any]) -> bool:
    return asked.done() and not asked.cancelled() and asked.exception() is None


async def _stop(asked: asyncio.Future[Any]) -> None:
    """Cancel what is not done, and close a stream that was opened and is not wanted."""
    if not asked.done():
        asked.cancel()
        await asyncio.wait((asked,))
    if _went_well(asked) and isinstance(asked.result(), _Begun):
        await asked.result().stack.aclose()
