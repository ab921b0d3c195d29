# SPDX-License-Identifier: Apache-2.0
"""The account of one call: admitted, sent to one engine after another until one answers, settled exactly once.

In: what a request asks for, and how each attempt went. Out: a grant, targets, and at the end one `CallUsage` for the
router, the ledger and the observer. Whatever ends a call, an error or a caller that left, it is settled. What engines
did within it and nobody was given is booked before that, each attempt apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from functools import lru_cache

import msgspec

from daulat.disconnect import ClientGone
from daulat.errors import DaulatError
from daulat.gateway._asgi import Header, Request
from daulat.gateway.attempts import Attempt, Together, asker_of
from daulat.gateway.defaults import FirstRouter
from daulat.gateway.errors import status_of
from daulat.gateway.metering import Outcome
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Call, CallUsage, Grant, Router, Target
from daulat.gateway.proxy.asked import Asked
from daulat.gateway.proxy.usage import Counts, counts_of
from daulat.gateway.schema import ChatCompletionChunk, CompletionUsage
from daulat.models import Engine, EngineError, EngineInterrupted, EngineOverloaded, EngineUnavailable

CLIENT_GONE = 499  # nginx's number for a caller that left; it never travels
Chunks = AsyncGenerator[ChatCompletionChunk, None]

_read_members = msgspec.json.Decoder(dict[str, dict[str, int]]).decode

RETRIED = (EngineUnavailable, EngineOverloaded, EngineInterrupted)


class Account:
    """One call from its admission to its end.

    Attributes
    ----------
    call, grant
        What was asked, and on whose account.
    target : Target or None
        Who answers now.
    tried : list of Target
        Who could not.
    noted : bool
        The meter counts this call elsewhere.
    """

    __slots__ = (
        "_asked", "_clock", "_first_s", "_is_idle", "_is_kept", "_parts", "_router", "_settled", "_started",
        "_together", "call", "grant", "noted", "target", "tried",
    )  # fmt: skip

    def __init__(self, parts: Parts, call: Call, grant: Grant, started: float) -> None:
        self._parts = parts
        self._router: Router = parts.routing()
        self._clock = parts.clock
        self._started = started
        self._first_s: float | None = None
        self._settled = False
        self._is_kept = False
        self._is_idle = False  # what the target did is booked already, as in vain
        self._together: Together | None = None
        self._asked: dict[str, float] = {}  # when each model was sent the request
        self.call = call
        self.grant = grant
        self.target: Target | None = None
        self.tried: list[Target] = []
        self.noted = bool(call.service)

    async def route(self) -> Target:
        """Choose who answers next, and note that it was asked.

        Raises
        ------
        DaulatError
            If there is nobody.
        """
        target = await self._router.choose(self.call, self.grant, self.tried)
        self._router.began(target)
        self.target = target
        self._is_idle = False
        self._together = target.together
        if target.together is not None:
            target.together.attempts = self
        self._asked[target.model] = self._clock()
        return target

    def asks(self, target: Target) -> None:
        """Note that a further engine is asked from now on; see `daulat.gateway.attempts.Attempts`."""
        self._asked[target.model] = self._clock()

    def discards(self, attempt: Attempt) -> None:
        """Book apart what an engine did that nobody will be given; see `daulat.gateway.attempts.Attempts`."""
        self._follow()
        target, error = attempt.target, attempt.error
        self._is_idle |= self.target is not None and self.target.model == target.model
        counts, estimated = counts_of(self.call, attempt)
        was_stopped = error is None and attempt.answer is None
        status, code = (CLIENT_GONE if was_stopped else 200, "") if error is None else _ending(error)
        usage = self._usage(counts, status, code, target)
        usage = msgspec.structs.replace(
            usage,
            duration_s=usage.engine_s,
            reason=f"{attempt.why}; {target.reason}",
            estimated=estimated,
            discarded=attempt.discarded,
        )
        usage = self._parts.observer.measure(self.call, self.grant, target, usage)
        self.grant.discard(usage)
        self._parts.observer.discarded(self.call, self.grant, usage)

    def failed(self, error: DaulatError, tokens: tuple[int, int] | None = None) -> bool:
        """Note that the target could not answer; return whether another may be asked.

        `tokens`: what it had read and written, where that can be estimated better than from the call.
        """
        self._follow()
        if not isinstance(error, RETRIED) or self.target is None:
            return False
        self._broke_off(error, tokens)
        target, self.target = self.target, None
        if self._has_place:
            usage = self._usage(None, status_of(error), error.code, target)
            self._router.ended(target, usage, error, asker_of(self.call, self.grant))
        self.tried.append(target)
        return True

    def _broke_off(self, error: BaseException, tokens: tuple[int, int] | None = None) -> None:
        """Book apart what the target did before an error, if it may have done anything."""
        if self.target is not None and not self._is_idle and isinstance(error, EngineError) and error.was_read:
            self.discards(Attempt(self.target, "broke_off", "broke off", error=error, tokens=tokens))

    def first(self) -> None:
        """Note the first piece of the answer; a whole one comes at once and says nothing of how soon it began."""
        self._follow()
        if self._first_s is None and self.target is not None:
            now = self._clock()
            self._first_s = now - self._started
            if self.call.stream:
                self._router.first_token(self.target, now - self._asked[self.target.model])

    def _follow(self) -> None:
        """Go on with who answers, where one engine asked another: a hedge, a cascade."""
        if self._together is None or self.target is None:
            return
        onward = self._together.answered_by
        if onward is not None and onward is not self.target:
            self.target, self._is_idle = onward, False

    @property
    def _has_place(self) -> bool:
        """The place of the target is still to be given back."""
        return self._together is None or self._together.has_place

    @property
    def has_begun(self) -> bool:
        """The first piece of the answer was seen."""
        return self._first_s is not None

    def kept(self) -> None:
        """Note that the answer was kept from an earlier request: its engine is not asked and draws nothing."""
        assert self.target is not None
        self._router.ended(self.target, CallUsage(status=CLIENT_GONE), None)
        self._router = FirstRouter(self._parts.engines)
        self._is_kept = True
        self.target = replace(self.target, reason=f"kept; {self.target.reason}")

    def headers(self) -> list[Header]:
        """Return the headers that say who answers, and why."""
        target = self.target
        if target is None:
            return []
        return [
            (b"x-daulat-engine", header_text(target.engine.name)),
            (b"x-daulat-route-reason", header_text(target.reason)),
        ]

    def measured(self, counts: Counts | None, pieces: int = 0) -> CallUsage:
        """Return what a call that went well comes to, with its energy; not yet booked."""
        usage = self._usage(counts, 200, "", self.target, pieces)
        if self.target is None or self._is_kept:
            return usage
        return self._parts.observer.measure(self.call, self.grant, self.target, usage)

    def annotation(self, usage: CallUsage) -> bytes:
        """Return the JSON members to add to the answer's usage."""
        if self.target is None:
            return b""
        return self._parts.observer.annotate(self.call, self.grant, self.target, usage)

    def settle(self, usage: CallUsage, error: DaulatError | None = None) -> None:
        """Book the call; what comes after the first time is passed over."""
        if self._settled:
            return
        self._settled = True
        self._follow()
        if self.target is not None and self._has_place:
            self._router.ended(self.target, usage, error, asker_of(self.call, self.grant))
        self.grant.settle(usage)
        self._parts.observer.finished(self.call, self.grant, self.target, usage)
        if not self.noted:
            self._parts.meter.note(_outcome(usage.status), usage.duration_s * 1000)

    def fail(self, error: BaseException, pieces: int = 0, counts: Counts | None = None) -> None:
        """Book a call that an error ended, or its caller, after so many pieces of an answer."""
        if self._settled:
            return
        self._follow()
        status, code = _ending(error)
        usage = self._usage(counts, status, code, self.target, pieces)
        if self.target is not None and (usage.prompt_tokens or usage.completion_tokens):
            usage = self._parts.observer.measure(self.call, self.grant, self.target, usage)
        else:
            self._broke_off(error)
        self.settle(usage, error if isinstance(error, DaulatError) else None)

    def _usage(
        self, counts: Counts | None, status: int, code: str, target: Target | None, pieces: int = 0
    ) -> CallUsage:
        now = self._clock()
        # An engine that was cut off has read the prompt; one that never began has not.
        has_read = (pieces or status == CLIENT_GONE) and target is not None and not self._is_idle
        read = self.call.prompt_tokens if counts is None and has_read else 0
        return CallUsage(
            prompt_tokens=read if counts is None else counts.prompt_tokens or 0,
            completion_tokens=pieces if counts is None else counts.completion_tokens or 0,
            reasoning_tokens=0 if counts is None else counts.reasoning_tokens,
            cached_tokens=0 if counts is None else counts.cached_tokens,
            time_to_first_token_s=self._first_s,
            duration_s=now - self._started,
            status=status,
            code=code,
            engine="" if target is None else target.engine.name,
            model="" if target is None else upstream_id(target.engine, target.model),
            place="" if target is None else target.place,
            reason="" if target is None else target.reason,
            declared="" if target is None else target.model,
            engine_s=0.0 if target is None else now - self._asked[target.model],
            estimated=counts is None and (read > 0 or pieces > 0),
        )


def open_account(parts: Parts, request: Request, asked: Asked, service: str = "") -> Coroutine[None, None, Account]:
    """Admit a request and return its account; from here on it has to be settled.

    Raises
    ------
    DaulatError
        If it is not admitted.
    """
    return admitted(parts, asked.call(request, service))


async def admitted(parts: Parts, call: Call) -> Account:
    """Admit a call and return its account; from here on it has to be settled.

    Raises
    ------
    DaulatError
        If it is not admitted.
    """
    started = parts.clock()
    try:
        grant = await parts.admission.admit(call)
    except Exception as error:
        status, code = _ending(error)
        refused = CallUsage(status=status, code=code, duration_s=parts.clock() - started)
        parts.observer.finished(call, None, None, refused)
        # Whom a rule turns away says nothing of how this service is; a door that cannot be opened does.
        if status >= 500:
            parts.meter.note("failed", refused.duration_s * 1000)
        raise
    return Account(parts, call, grant, started)


def _outcome(status: int) -> Outcome:
    if status == CLIENT_GONE:
        return "left"
    return "answered" if status == 200 else "declined" if status < 500 else "failed"


def _ending(error: BaseException) -> tuple[int, str]:
    """Return the status and the code of what ended a call."""
    if isinstance(error, DaulatError):
        return status_of(error), error.code
    if isinstance(error, ClientGone | asyncio.CancelledError | GeneratorExit):
        return CLIENT_GONE, "client_gone"
    return 500, "internal_error"


@contextmanager
def settled(account: Account) -> Iterator[None]:
    """Settle an account as failed if an error leaves the block."""
    try:
        yield
    except BaseException as error:
        account.fail(error)
        raise


async def accounted(chunks: Chunks, account: Account) -> Chunks:
    """Pass on the chunks of an answer that is made inside this process, and settle its account when they end."""
    pieces, counts, usage = 0, None, None
    try:
        async with aclosing(chunks):
            async for chunk in chunks:
                if chunk.choices:
                    account.first()
                    pieces += 1
                if isinstance(chunk.usage, CompletionUsage):
                    counts = Counts(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
                    usage = account.measured(counts, pieces)
                    members = account.annotation(usage)
                    if members:
                        chunk.usage.daulat = _read_members(b"{" + members + b"}")["daulat"]
                yield chunk
    except BaseException as error:
        account.fail(error, pieces, counts)
        raise
    account.settle(usage or account.measured(counts, pieces))


def upstream_id(engine: Engine, model: str) -> str:
    """Return the name by which an engine's server knows a model."""
    name = getattr(engine, "upstream_id", None)
    return model if name is None else str(name(model))


@lru_cache(maxsize=1024)
def header_text(text: str) -> bytes:
    r"""Return a header's value: printable ASCII, whatever was declared.

    Examples
    --------
    >>> header_text("north\r\nx: 1")
    b'north??x: 1'
    """
    if text.isascii() and text.isprintable():
        return text.encode("ascii")
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text).encode("ascii")
