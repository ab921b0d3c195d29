# SPDX-License-Identifier: Apache-2.0
"""POST /v1/chat/completions, and the streams it leaves behind: a conversation in, an answer with citations out.

A model id that names a service goes to the assistant, any other to the engine that the router names: as bytes where the
engine speaks the API itself, else through `Engine.stream`. Never logs or stores a word.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from daulat.disconnect import ClientGone, unless_gone
from daulat.errors import DaulatError
from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway._chunks import (
    Chunks,
    Envelope,
    encode_chunks,
    engine_chunks,
    fold_chunks,
    metered_events,
    notice_chunks,
    service_chunks,
    settle_tally,
)
from daulat.gateway._decode import ChatCall, decode_chat, to_engine_request, to_question
from daulat.gateway.errors import BadRequest, NotReady
from daulat.gateway.links import links_base
from daulat.gateway.metering import Tally
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Assistant, Call, Target
from daulat.gateway.proxy import Account, Asked, Proxy, open_account, read_asked
from daulat.gateway.proxy.account import accounted, admitted, settled
from daulat.gateway.proxy.asked import BYTES_PER_TOKEN, CHAT, MOST_EVIDENCE, require_conversation
from daulat.gateway.proxy.usage import Counts
from daulat.gateway.schema import Deleted
from daulat.gateway.streams import Streams, stream_headers
from daulat.gateway.writing import ServiceWriter
from daulat.models import forwarding

if TYPE_CHECKING:  # a gateway without services does without the assistant
    from daulat.assistant.types import Answer, Question


# A phone that changes cells is back within seconds; a service finishes for it. A raw model is cancelled at once.
SERVICE_LINGER_S = 10.0
# What the page that needs no script is called in the ledger of usage.
PAGE = "page"
# The code of the error where the official text could not be opened; waiting opens it for nobody.
NO_OFFICIAL_TEXT = "no_official_text"
# The code of the error while it is still being opened.
STILL_LOADING = "loading"
# How long an error may still become an HTTP status before the response has to begin.
FIRST_EVENT_PATIENCE_S = 1.0


class ChatRoutes:
    """The routes of a conversation.

    Parameters
    ----------
    parts : Parts
        What answers.
    streams : Streams
        Where streams are kept for a reader that dropped.
    proxy : Proxy
        Passes calls on to engines that speak the API themselves.
    """

    def __init__(self, parts: Parts, streams: Streams, proxy: Proxy) -> None:
        self._parts = parts
        self._streams = streams
        self._proxy = proxy

    async def complete(self, request: Request, send: Send) -> None:
        """Answer a conversation, whole or as a stream."""
        body = await request.json_body()
        asked = read_asked(body, CHAT, may_fetch=self._parts.media is not None)
        service = self._parts.services.get(asked.model)
        if service is not None:
            await self._serve(request, send, asked, service)
            return
        require_conversation(asked)
        _require_no_encoder(asked.model, self._parts)
        account = await open_account(self._parts, request, asked)
        if asked.addresses:
            asked = await self._proxy.with_media(asked, account)
        target = await self._proxy.route(account)
        if forwarding(target.engine) is not None:
            await self._proxy.answer(request, send, asked, account)
        else:
            await self._run(request, send, asked, account, target)

    async def _serve(self, request: Request, send: Send, asked: Asked, service: str) -> None:
        """Answer as a service does."""
        parts = self._parts
        call = decode_chat(asked.body, request.header(b"x-daulat-language"))
        question, envelope = to_question(call, service), self._envelope(request, asked)
        entry = await _let_in(question, parts, lambda: open_account(parts, request, asked, service))
        base = links_base(request, parts.public_url)
        if not isinstance(entry, tuple):
            await self._tell(request, send, asked, notice_chunks(entry, envelope, base))
            return
        assistant, account = entry
        writer = ServiceWriter(account)
        chunks = service_chunks(question, assistant, parts.meter, envelope, base, writer)
        await self._send(request, send, asked, account, chunks, SERVICE_LINGER_S)

    async def _tell(self, request: Request, send: Send, asked: Asked, chunks: Chunks) -> None:
        """Send chunks that are there already, on nobody's account."""
        if not asked.stream:
            await send_json(send, await fold_chunks(chunks), request.request_id)
            return
        stream = self._streams.open(encode_chunks(chunks, include_usage=asked.include_usage), SERVICE_LINGER_S)
        await send({"type": "http.response.start", "status": 200, "headers": stream_headers(stream, request)})
        await stream.follow(0, request, send)

    async def _run(self, request: Request, send: Send, asked: Asked, account: Account, target: Target) -> None:
        """Answer with an engine that runs inside this process."""
        account.noted = True
        with settled(account):
            call = _under(decode_chat(asked.body, ""), target.model)
            chunks = engine_chunks(
                to_engine_request(call), target.engine, self._parts.meter, self._envelope(request, asked)
            )
            await self._send(request, send, asked, account, chunks, 0.0)

    async def _send(
        self, request: Request, send: Send, asked: Asked, account: Account, chunks: Chunks, linger_s: float
    ) -> None:
        """Send chunks as they come or folded, and settle their account when they end."""
        chunks = accounted(chunks, account)
        if not asked.stream:
            with settled(account):
                completion = await unless_gone(request.receive, fold_chunks(chunks))
            await send_json(send, completion, request.request_id, headers=tuple(account.headers()))
            return
        source = encode_chunks(chunks, include_usage=asked.include_usage)
        stream = self._streams.open(source, linger_s, lambda: account.fail(ClientGone()))
        await stream.first(FIRST_EVENT_PATIENCE_S)
        headers = stream_headers(stream, request, account.headers())
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await stream.follow(0, request, send)

    def _envelope(self, request: Request, asked: Asked) -> Envelope:
        return Envelope(f"chatcmpl-{request.request_id}", int(self._parts.wall_clock()), asked.model)

    async def resume(self, request: Request, send: Send) -> None:
        """Go on with a stream after the event that `Last-Event-ID` names, or from its beginning."""
        after = request.header(b"last-event-id") or "0"
        if not (after.isascii() and after.isdigit() and len(after) < 10):
            raise BadRequest(
                "`Last-Event-ID` is not a number",
                why="The events of a stream are numbered from 1.",
                fix="send the `id` of the last event that arrived.",
                code="invalid_last_event_id",
                param="Last-Event-ID",
            )
        stream = self._streams.find(request.rest)
        stream.since(int(after))  # a part that is gone is an error with a status, not a stream that breaks off
        await send({"type": "http.response.start", "status": 200, "headers": stream_headers(stream, request)})
        await stream.follow(int(after), request, send)

    async def cancel(self, request: Request, send: Send) -> None:
        """Stop a stream now; what holds its work is free when this returns."""
        await self._streams.find(request.rest).cancel()
        await send_json(send, Deleted(request.rest), request.request_id)


def _require_no_encoder(model: str, parts: Parts) -> None:
    """Refuse the encoder of this machine by what it is: its name is listed, and no engine runs it."""
    if parts.embedder is not None and model == parts.embedder.name:
        raise BadRequest(
            f"`{model}` is an encoder and answers nothing",
            why="It turns texts into vectors, for search.",
            fix="ask it at POST /v1/embeddings; GET /v1/models tells each name's `kind`.",
            code="unsupported_model",
            param="model",
        )


def _assistant(parts: Parts) -> Assistant:
    if parts.assistant is None and "knowledge" in parts.readiness.failed():
        raise NotReady(
            "the official text could not be opened",
            why="Without it there is nothing to answer from.",
            fix="ask the operator, to whom `daulat status` says why.",
            code=NO_OFFICIAL_TEXT,
        )
    if parts.assistant is None:
        raise NotReady(
            "the official text is still being opened",
            why="Without it there is nothing to answer from.",
            fix="try again in a few seconds; GET /v1/status says what is loading.",
            code=STILL_LOADING,
        )
    return parts.assistant


async def _let_in(
    question: Question, parts: Parts, admit: Callable[[], Coroutine[None, None, Account]]
) -> tuple[Assistant, Account] | Answer:
    """Return who answers a question, and its account; where it is refused and somebody is in danger, whom to call.

    Danger is looked for here only before a refusal: whoever is let in is heard by the assistant, before it searches.

    Raises
    ------
    DaulatError
        If it is refused, and nobody is in danger.
    """
    if parts.meter.is_full and (danger := await _danger(question, parts)) is not None:
        return danger
    try:
        return _assistant(parts), await admit()
    except DaulatError:
        if (danger := await _danger(question, parts)) is None:
            raise
        return danger


async def _danger(question: Question, parts: Parts) -> Answer | None:
    """Return the notice of an emergency, counted on nobody's account."""
    answer = await parts.danger(question)
    if answer is not None:
        tally = Tally(service=question.service)
        settle_tally(tally, answer)
        parts.meter.count(tally, 0.0)
    return answer


async def answer_whole(question: Question, parts: Parts, client: str) -> Answer:
    """Answer one question as the API would, for a page that was asked without script.

    Parameters
    ----------
    question : Question
    parts : Parts
        What answers.
    client : str
        Network address of whoever asks; the page's reader has no key.

    Raises
    ------
    NotReady, Overloaded
        As the API; and whatever else keeps the assistant from answering. Danger is heard all the same.
    """
    model = next(name for name, service in parts.services.items() if service == question.service)
    size = len(question.text.encode())
    call = Call(
        model,
        PAGE,
        size // BYTES_PER_TOKEN + 1,
        size + MOST_EVIDENCE,
        client=client,
        service=question.service,
        request_id=f"req-{parts.new_id()}",
    )
    entry = await _let_in(question, parts, lambda: admitted(parts, call))
    if not isinstance(entry, tuple):
        return entry
    assistant, account = entry
    found: list[Answer] = []
    writer = ServiceWriter(account)
    with settled(account):
        async with aclosing(metered_events(question, assistant, parts.meter, writer)) as events:
            async for event in events:
                if event.answer is not None:
                    found.append(event.answer)
    account.settle(account.measured(Counts(writer.usage.prompt_tokens, writer.usage.completion_tokens)))
    return found[-1]


def _under(call: ChatCall, model: str) -> ChatCall:
    """Return a chat call under the id by which the engine's owner declared the model."""
    return (
        call
        if call.request.model == model
        else replace(call, request=msgspec.structs.replace(call.request, model=model))
    )
