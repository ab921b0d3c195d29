# SPDX-License-Identifier: Apache-2.0
"""POST /v1/responses: a request in; a response, whole or as events, out. Keeps neither."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from daulat.gateway._asgi import JSON_TYPE, SECURITY_HEADERS, Header, Message, Request, Route, Send, send_bytes
from daulat.gateway.api.inner import Kept, inner_request
from daulat.gateway.api.responses.asked import named_as_asked, read_request, to_chat
from daulat.gateway.api.responses.chunks import read_chat
from daulat.gateway.api.responses.schema import Response, ResponseRequest
from daulat.gateway.api.responses.writer import ResponseWriter
from daulat.gateway.errors import NotFound
from daulat.gateway.parts import Parts
from daulat.gateway.proxy.media import require_bytes
from daulat.models import EventDecoder

CHAT_PATH = "/v1/chat/completions"
_MOST_EVENT_BYTES = 4 << 20
_BROKEN = {"code": "models.engine.interrupted", "message": "the stream ended before the answer did", "param": None}


class ResponsesRoute:
    """The routes of responses.

    Parameters
    ----------
    parts : Parts
        Which models are services.
    chat : Route
        Answers chat completions.
    """

    def __init__(self, parts: Parts, chat: Route) -> None:
        self._parts = parts
        self._chat = chat

    async def create(self, request: Request, send: Send) -> None:
        """Answer a request."""
        body = await request.json_body()
        asked, others = read_request(body)
        if not isinstance(asked.input, str):
            # Refused here by the name that its caller knows it by; all else is judged where the chat is read, and a
            # schema there is none's address: those that clients write name their dialect by one.
            items = msgspec.json.encode({"input": asked.input})
            require_bytes(items, is_conversation=True, may_fetch=self._parts.media is not None)
        if asked.model not in self._parts.services and self._parts.router is None:
            self._parts.engines.engine_for(asked.model)  # nobody has it, and that is the first thing to say
        chat = to_chat(asked, others, is_service=asked.model in self._parts.services)
        inner = inner_request(request, CHAT_PATH, chat, "responses")
        writer = ResponseWriter(self._beginning(request, asked))
        if asked.stream:
            with named_as_asked():
                await self._chat(inner, _Translating(writer, send).send)
            return
        kept = Kept()
        with named_as_asked():
            await self._chat(inner, kept.send)
        headers = [(b"content-type", JSON_TYPE), (b"x-request-id", request.request_id.encode()), *_ours(kept.headers)]
        for _event in (*writer.take(read_chat(kept.body)), *writer.end()):
            pass  # the whole is what remains of them
        await send_bytes(send, 200, msgspec.json.encode(writer.response), headers)

    async def show(self, request: Request, send: Send) -> None:  # noqa: ARG002
        """Say that no response is kept.

        Raises
        ------
        NotFound
            Always.
        """
        raise NotFound(
            "no response of that id is kept",
            why="Questions and answers are not kept here.",
            fix="keep the response that POST /v1/responses gave.",
            code="response_not_stored",
            param="response_id",
        )

    def _beginning(self, request: Request, asked: ResponseRequest) -> Response:
        text = msgspec.to_builtins(asked.text) if asked.text else {}
        form = {key: value for key, value in (text.get("format") or {"type": "text"}).items() if value is not None}
        reasoning = {"effort": asked.reasoning.effort if asked.reasoning else None, "summary": None}
        return Response(
            id=f"resp_{request.request_id}",
            created_at=int(self._parts.wall_clock()),
            model=asked.model,
            status="in_progress",
            output=[],
            instructions=asked.instructions,
            max_output_tokens=asked.max_output_tokens,
            metadata=asked.metadata or {},
            parallel_tool_calls=asked.parallel_tool_calls is not False,
            reasoning=reasoning,
            temperature=asked.temperature,
            text={"format": form},
            tool_choice=asked.tool_choice or "auto",
            tools=asked.tools or [],
            top_p=asked.top_p,
            user=asked.user,
        )


class _Translating:
    """Takes the stream of a chat completion and sends that of a response."""

    def __init__(self, writer: ResponseWriter, send: Send) -> None:
        self._writer = writer
        self._send = send
        self._events = EventDecoder(_MOST_EVENT_BYTES)
        self._fault: dict[str, Any] | None = None

    async def send(self, message: Message) -> None:
        """Take one message of the chat route."""
        if message["type"] == "http.response.start":
            await self._start(message)
            return
        data = message.get("body", b"")
        out = b":\n\n" if data.startswith(b":") else b""  # a sign of life while nothing is said
        for event in self._events.feed(data):
            if event.strip() != "[DONE]":
                out += self._take(event)
        more = bool(message.get("more_body"))
        if not more:
            out += self._end()
        if out or not more:
            await self._send({"type": "http.response.body", "body": out, "more_body": more})

    async def _start(self, message: Message) -> None:
        named = [(name, value) for name, value in message["headers"] if name in (b"x-request-id", b"x-accel-buffering")]
        headers: list[Header] = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            *named,
            *_ours(message["headers"]),
            *SECURITY_HEADERS,
        ]
        await self._send({"type": "http.response.start", "status": message["status"], "headers": headers})
        await self._send({"type": "http.response.body", "body": _encoded(self._writer.begin()), "more_body": True})

    def _take(self, event: str) -> bytes:
        chat = read_chat(event.encode())
        if chat.error is not None:
            self._fault = chat.error
            return b""
        return _encoded(self._writer.take(chat))

    def _end(self) -> bytes:
        if self._fault is None and self._writer.finished:
            return _encoded(self._writer.end())
        return _encoded(self._writer.fail(self._fault or _BROKEN))


def _encoded(events: Iterable[dict[str, Any]]) -> bytes:
    # Each is encoded as it is made: the response in it goes on growing.
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (event["type"].encode(), msgspec.json.encode(event)) for event in events
    )


def _ours(headers: Iterable[Header]) -> list[Header]:
    """Return the headers that say who answered; a stream in this shape cannot be taken up again."""
    return [(name, value) for name, value in headers if name.startswith(b"x-daulat-") and name != b"x-daulat-stream"]
