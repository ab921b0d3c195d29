# SPDX-License-Identifier: Apache-2.0
"""Forwarding one call: an account and a request's bytes in; the engine's answer, whole or as it comes, out.

An engine that could not begin is passed over for the next that the router names, as long as the caller has seen
nothing. After that an error ends the stream with an event that says so. A caller that leaves cancels the engine.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec

from daulat.disconnect import ClientGone
from daulat.errors import DaulatError
from daulat.gateway._asgi import SECURITY_HEADERS, Header, Request, Send, send_bytes
from daulat.gateway.errors import BadRequest, defect, envelope
from daulat.gateway.parts import Parts
from daulat.gateway.ports import CallUsage, Target
from daulat.gateway.proxy.account import Account, open_account, settled
from daulat.gateway.proxy.asked import CHAT, Asked, read_asked
from daulat.gateway.proxy.events import EventTap
from daulat.gateway.proxy.flows import Flow, Flows
from daulat.gateway.proxy.media import with_data
from daulat.gateway.proxy.thinking import split_whole
from daulat.gateway.proxy.usage import (
    NOT_JSON,
    Counts,
    add_to_usage,
    guessed_completion,
    read_usage,
    read_usage_of_json,
)
from daulat.models import EngineInterrupted, EngineRefused, Forwarding, Pieces, Whole, forwarding

JSON = b"application/json"
# How long the end of a connection may take after the end of the answer, so that it can be used again.
DRAIN_S = 0.5

_STREAM_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),  # nginx would hold the first words back
    *SECURITY_HEADERS,
)


class Proxy:
    """Passes calls on to engines.

    Parameters
    ----------
    parts : Parts
        Who admits, routes and observes.
    flows : Flows
        Where the calls are kept that are passing through.
    """

    def __init__(self, parts: Parts, flows: Flows | None = None) -> None:
        self._parts = parts
        self.flows = flows or Flows()

    async def forward(self, request: Request, send: Send, route: str, body: bytes) -> None:
        """Read, admit, route, answer and settle one request whose body is JSON and whose engine forwards.

        `route` is the path after the version, e.g. ``embeddings``.

        Raises
        ------
        DaulatError
            If nothing was sent to the caller yet.
        """
        asked = read_asked(body, route, may_fetch=self._parts.media is not None)
        account = await open_account(self._parts, request, asked)
        if asked.addresses:
            asked = await self.with_media(asked, account)
        target = await self.route(account)
        if forwarding(target.engine) is None:
            error = BadRequest(
                f"the engine of this model does not serve /v1/{route}",
                why="It runs inside this process and holds conversations only.",
                fix="use POST /v1/chat/completions, or another model.",
                code="unsupported_route",
                param="model",
            )
            account.fail(error)
            raise error
        await self.answer(request, send, asked, account)

    async def route(self, account: Account) -> Target:
        """Choose the first target of an account, which is settled if there is none."""
        try:
            return await account.route()
        except BaseException as error:
            account.fail(error)
            raise

    async def with_media(self, asked: Asked, account: Account) -> Asked:
        """Return a request with the bytes of what it names by address; its account is settled if they cannot be had."""
        assert self._parts.media is not None  # or the request had been refused
        with settled(account):
            fetched = await self._parts.media.fetch(asked.addresses)
            body = with_data(asked.body, asked.addresses, fetched)
        return msgspec.structs.replace(asked, body=body, addresses=())

    async def answer(self, request: Request, send: Send, asked: Asked, account: Account) -> None:
        """Answer a routed request, whole or as a stream, and settle it."""
        flow = Flow(self.flows, request)
        try:
            with flow:
                if asked.stream:
                    await self._stream(request, send, asked, account, flow)
                else:
                    await self._whole(request, send, asked, account, flow)
        except asyncio.CancelledError as error:
            account.fail(error)
            if not flow.cancelled_here():
                raise
            raise flow.farewell or ClientGone from None
        except BaseException as error:
            account.fail(error)
            raise

    async def _whole(self, request: Request, send: Send, asked: Asked, account: Account, flow: Flow) -> None:
        answers = self._parts.answers
        kept = answers.find(account.call, account.grant, asked.body) if answers else None
        if kept is None:
            body, kind, counts, written = await self._ask(asked, account)
        else:
            account.kept()
            body, kind = kept, JSON
            counts, written = read_usage(body)
        account.first()
        usage = account.measured(counts) if counts or kept else _guessed(account, asked, body)
        if answers and kept is None:
            answers.keep(account.call, account.grant, asked.body, body)
        if counts is not None:
            body = add_to_usage(body, written, account.annotation(usage))
        account.settle(usage)
        headers = [(b"content-type", kind), (b"x-request-id", request.request_id.encode()), *account.headers()]
        flow.hands_over()
        await send_bytes(send, 200, body, headers)

    async def _ask(self, asked: Asked, account: Account) -> _Read:
        """Ask one engine after another until one answers."""
        while True:
            engine, target = _engine_of(account)
            try:
                whole = await engine.send(
                    "/" + asked.route, asked.body_for(engine.upstream_id(target.model), target.output_limit)
                )
                return _read_whole(whole, asked)
            except DaulatError as error:
                await self._next(account, error)

    async def _next(self, account: Account, error: DaulatError) -> None:
        """Go on to the next target, or raise the error of the last where there is none."""
        if account.has_begun or not account.failed(error):
            raise error
        try:
            await account.route()
        except DaulatError:
            raise error from None

    async def _stream(self, request: Request, send: Send, asked: Asked, account: Account, flow: Flow) -> None:
        while True:
            pump = _Pump(request, send, asked, account, flow)
            try:
                await pump.run()
                return
            except DaulatError as error:
                if not pump.started:
                    await self._next(account, error)
                    continue
                account.fail(error, pump.tap.events, pump.tap.counts)
                await pump.break_off(error)
                return
            except asyncio.CancelledError as error:
                account.fail(error, pump.tap.events, pump.tap.counts)
                if flow.farewell is None or not pump.started:
                    raise
                flow.cancelled_here()
                await pump.break_off(flow.farewell)
                return
            except Exception as error:
                account.fail(error, pump.tap.events, pump.tap.counts)
                if not pump.started:
                    raise
                await pump.break_off(defect(error, request.request_id))
                return


class _Pump:
    """Carries the events of one stream from its engine to its caller."""

    __slots__ = ("_account", "_asked", "_flow", "_request", "_send", "_usage", "started", "tap")

    def __init__(self, request: Request, send: Send, asked: Asked, account: Account, flow: Flow) -> None:
        self._request = request
        self._send = send
        self._asked = asked
        self._account = account
        self._flow = flow
        self._usage: CallUsage | None = None
        self.started = False
        self.tap = EventTap(keep_usage=asked.include_usage, think=asked.route == CHAT, choices=asked.choices)

    async def run(self) -> None:
        """Carry the whole stream and settle it.

        Raises
        ------
        DaulatError
            If the engine does not begin, or breaks off.
        """
        engine, target = _engine_of(self._account)
        body = self._asked.body_for(engine.upstream_id(target.model), target.output_limit)
        tap, flow, send = self.tap, self._flow, self._send
        async with engine.open("/" + self._asked.route, body) as pieces:
            while not tap.done:
                piece = await pieces.read()
                out = tap.finish() if piece is None else tap.feed(piece)
                if not out:
                    continue
                if not self.started:
                    await self._start()
                if tap.usage_event:
                    out = self._annotated(out)
                if tap.done:
                    self._account.settle(self._usage or self._account.measured(tap.counts, tap.events))
                flow.hands_over()
                await send({"type": "http.response.body", "body": out, "more_body": not tap.done})
                flow.sending_since = 0.0
                if tap.failure is not None:
                    raise tap.failure
            if piece is not None:
                await _drain(pieces)

    async def _start(self) -> None:
        self.started = True
        self._account.first()
        named = (b"x-request-id", self._request.request_id.encode())
        headers = [*_STREAM_HEADERS, named, *self._account.headers()]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    def _annotated(self, out: bytes) -> bytes:
        """Add what is known of energy and cost to the usage, if its event is among those that are sent now."""
        event, self.tap.usage_event = self.tap.usage_event, b""
        self._usage = self._account.measured(self.tap.counts, self.tap.events)
        before, found, after = out.rpartition(event)
        if not found:
            return out
        return before + add_to_usage(event, read_usage(event)[1], self._account.annotation(self._usage)) + after

    async def break_off(self, error: DaulatError) -> None:
        """End a stream that has begun with an event that says why."""
        event = b"data: " + msgspec.json.encode(envelope(error)) + b"\n\n"
        await self._send({"type": "http.response.body", "body": event})


# A whole answer: its body, its kind, and what its engine counted with how that is written.
_Read = tuple[bytes, bytes, Counts | None, bytes]


def _read_whole(whole: Whole, asked: Asked) -> _Read:
    """Read of a whole answer what has to be known of it.

    Raises
    ------
    EngineInterrupted
        If it says that it is JSON, and is not.
    """
    body, kind = whole.body, whole.content_type.encode("latin-1", "replace")
    if not kind.startswith(JSON):
        return body, kind, None, b""  # sound, for one
    try:
        if asked.route == CHAT:
            body = split_whole(body)
        return body, kind, *read_usage_of_json(body)
    except NOT_JSON:
        raise EngineInterrupted(
            "the engine answered with JSON that is none",
            why="Nobody could read it, so it was kept from you.",
            fix="ask again; if it happens often, read the engine's own log.",
            code="models.engine.interrupted",
            was_answered=True,
        ) from None


def _guessed(account: Account, asked: Asked, body: bytes) -> CallUsage:
    """Return what a whole answer comes to whose engine did not count: the prompt as estimated, and its words."""
    written = guessed_completion(body, asked.route, asked.max_tokens)
    return msgspec.structs.replace(account.measured(Counts(account.call.prompt_tokens, written)), estimated=True)


async def _drain(pieces: Pieces) -> None:
    """Read to the end of the connection, so that it can be used again; but wait for nobody."""
    with suppress(TimeoutError, EngineInterrupted):
        async with asyncio.timeout(DRAIN_S):
            while await pieces.read() is not None:
                pass


def _engine_of(account: Account) -> tuple[Forwarding, Target]:
    """Return the engine that answers now.

    Raises
    ------
    EngineRefused
        If the router chose, after another had failed, one that does not forward.
    """
    target = account.target
    assert target is not None
    engine = forwarding(target.engine)
    if engine is None:
        raise EngineRefused(
            f"engine `{target.engine.name}` does not take this request",
            why="It runs inside this process and holds conversations only.",
            fix="ask again.",
            code="models.engine.refused",
            status=503,
        )
    return engine, target
