# SPDX-License-Identifier: Apache-2.0
"""An engine behind an OpenAI-compatible address: vLLM, SGLang, llama.cpp's server, Ollama, GPUStack.

A `ChatRequest` comes in and is sent as one streamed chat completion; its events go out as `Delta`, reasoning kept apart
from the answer. Or the bytes of a request come in, and the bytes of its answer go out unread. The address is the
operator's own and is used as declared: no redirect is followed, no proxy is asked. It never retries, never logs, and
never repeats what a server says in an error, which may quote the prompt, to anybody but the caller.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import replace
from typing import Self
from urllib.parse import urlsplit

import msgspec

from daulat.models._connection import ConnectionFailedError, Connections, Reply
from daulat.models._wire import (
    AnswerReader,
    BrokenStreamError,
    ErrorBody,
    decode_error,
    decode_models,
    encode_request,
    explain_refusal,
    is_refusal,
    name_error,
)
from daulat.models.engine import ChatRequest, Delta, Pieces, Whole
from daulat.models.errors import (
    EngineError,
    EngineInterrupted,
    EngineOverloaded,
    EngineRefused,
    EngineUnavailable,
    ModelsError,
)

_MOST_ERROR_BYTES = 64 * 1024
_MOST_LIST_BYTES = 4 << 20
_LIST_TIMEOUT_S = 5.0
# The largest answer that is taken whole: 2,048 vectors of 4,096 numbers, written out, are some 90 MB.
_MOST_ANSWER_BYTES = 128 << 20
_EVENT_STREAM = "text/event-stream"


class RemoteEngine:
    """Sends requests to one OpenAI-compatible server.

    Parameters
    ----------
    base_url : str
        Up to and including the version, e.g. ``http://10.0.0.5:8000/v1``.
    name : str
        What the operator calls this engine.
    api_key : str
        Sent as a bearer token; empty sends none.
    patience_s : float
        Longest silence, in seconds, before the first byte and between two.
    connect_timeout_s : float
        Longest wait for a connection, in seconds.
    names : mapping of str to str
        The ids that callers use, and the server's own name of each. Empty: callers use the server's names.

    Raises
    ------
    ModelsError
        If `base_url` is not a plain http or https address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str = "remote",
        api_key: str = "",
        patience_s: float = 120.0,
        connect_timeout_s: float = 5.0,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._base_url = _checked(base_url)
        self._names = dict(names or {})
        authorization = f"Bearer {api_key}" if api_key else ""
        self._connections = Connections(self._base_url, authorization, patience_s, connect_timeout_s)

    async def models(self) -> list[str]:
        """List the models that the server lists, by the ids that callers use.

        Raises
        ------
        EngineUnavailable
            If the server is not reached or does not answer with a list of models.
        """
        return self.named(await self.served())

    async def served(self) -> list[str]:
        """List the models that the server lists, by its own names, of others than this engine's too.

        Raises
        ------
        EngineUnavailable
            As `models`.
        """
        try:
            async with asyncio.timeout(_LIST_TIMEOUT_S):
                try:
                    reply = await self._connections.request("/models", None)
                except ConnectionFailedError as error:
                    raise self._unreached(error) from error
                try:
                    body = await _read(reply, _MOST_LIST_BYTES)
                finally:
                    self._connections.give_back(reply)
            if reply.status != 200:
                raise self._status_error(reply, body)
            return [entry.id for entry in decode_models(body).data]
        except (ConnectionFailedError, TimeoutError, msgspec.DecodeError) as error:
            raise self._unavailable(f"did not list its models ({type(error).__name__})") from error

    def named(self, served: Sequence[str]) -> list[str]:
        """Return which of the models that a server lists are this engine's, by the ids that callers use."""
        return [id for id, name in self._names.items() if name in served] if self._names else list(served)

    def shares_server_with(self, other: RemoteEngine) -> bool:
        """Say whether another engine asks the same server over the same connections."""
        return self._connections is other._connections

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield the answer as it comes. Closing the iterator closes the connection, and the server stops.

        Raises
        ------
        EngineUnavailable
            If the server is not reached, is silent for longer than `patience_s`, or fails before it begins.
        EngineOverloaded
            If it answers 429 or 503.
        EngineRefused
            If it answers another 4xx.
        EngineInterrupted
            If the stream breaks off, falls silent or stops making sense before the answer is finished.
        """
        request = replace(request, model=self.upstream_id(request.model))
        answer = AnswerReader()
        try:
            async with self.open("/chat/completions", encode_request(request)) as pieces:
                while not answer.done and (piece := await _next_piece(pieces, answer)) is not None:
                    for delta in answer.feed(piece):
                        yield delta
                for delta in answer.end():
                    yield delta
        except BrokenStreamError as error:
            raise self._interrupted(str(error), was_answered=error.was_answered) from error

    def beside(self, name: str, names: Mapping[str, str]) -> Self:
        """Return an engine for other models of the same server, under a name of its own, over the same connections."""
        other = copy(self)
        other.name, other._names = name, dict(names)
        return other

    def upstream_id(self, model_id: str) -> str:
        """Return the server's own name of a model."""
        return self._names.get(model_id, model_id)

    async def send(self, path: str, body: bytes, content_type: str = "application/json") -> Whole:
        """Send a request and return its whole answer, unread.

        Raises
        ------
        EngineUnavailable, EngineOverloaded, EngineRefused
            As `stream`.
        EngineInterrupted
            If the answer breaks off.
        """
        try:
            reply = await self._connections.request(path, body, content_type)
        except ConnectionFailedError as error:
            raise self._unreached(error) from error
        try:
            if reply.status != 200:
                raise self._status_error(reply, await _read(reply, _MOST_ERROR_BYTES))
            answer = reply.whole() or await _read(reply, _MOST_ANSWER_BYTES + 1)
        except ConnectionFailedError as error:
            raise self._interrupted(str(error)) from error
        finally:
            self._connections.give_back(reply)
        if len(answer) > _MOST_ANSWER_BYTES:
            raise self._interrupted("an answer larger than any that is taken whole", was_answered=True)
        return Whole(answer, reply.headers.get("content-type", "application/octet-stream"))

    @asynccontextmanager
    async def open(self, path: str, body: bytes) -> AsyncIterator[Pieces]:
        """Send a request and give its answer as it comes, unread; leaving the block closes the connection.

        Raises
        ------
        EngineUnavailable, EngineOverloaded, EngineRefused
            As `stream`.
        """
        try:
            reply = await self._connections.request(path, body, "application/json")
        except ConnectionFailedError as error:
            raise self._unreached(error) from error
        try:
            if reply.status != 200:
                raise self._status_error(reply, await _read(reply, _MOST_ERROR_BYTES))
            media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != _EVENT_STREAM:
                what = f"answered with `{media_type[:40]}` where a stream of events was asked for"
                raise self._unavailable(what, was_answered=True)
            yield _Pieces(self._interrupted, reply)
        except ConnectionFailedError as error:
            raise self._interrupted(str(error)) from error
        finally:
            self._connections.give_back(reply)

    async def is_healthy(self) -> bool:
        """Say whether the server lists its models now."""
        try:
            await self.models()
        except EngineError:
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def _status_error(self, reply: Reply, body: bytes) -> EngineError:
        try:
            told = decode_error(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            told = ErrorBody()
        status, named = reply.status, name_error(told.error)
        what = f"engine `{self.name}` answered {status}" + (f" ({named})" if named else "")
        if status in (429, 503):
            return EngineOverloaded(
                what,
                why="It takes no more requests for now.",
                fix="Send the request again later, or declare another engine for this model.",
                code="models.engine.overloaded",
                retry_after_s=_seconds(reply.headers.get("retry-after")),
            )
        if status in (401, 403):
            fix = "Check the key that `key_from` names."
            return self._unavailable(f"answered {status}: it wants another key", fix=fix)
        if is_refusal(status, told):
            code, said = explain_refusal(told)
            return EngineRefused(
                what,
                why="The same request would be refused again.",
                fix="Check the model id, the length of the conversation and the options.",
                code=code,
                status=400 if status == 500 else status,
                said=said,
            )
        # 502 and 504 are a proxy's, which says that the engine is gone.
        return self._unavailable(what.removeprefix(f"engine `{self.name}` "), was_answered=status not in (502, 504))

    def _unreached(self, error: ConnectionFailedError) -> EngineUnavailable:
        return self._unavailable(f"did not answer: {error}", was_read=error.was_read)

    def _unavailable(
        self, what: str, *, fix: str = "", was_read: bool = False, was_answered: bool = False
    ) -> EngineUnavailable:
        return EngineUnavailable(
            f"engine `{self.name}` {what}",
            why="The request did not begin; no text was lost.",
            fix=fix or "Check that its server runs and is reached from here; nation.yaml says where it should be.",
            code="models.engine.unavailable",
            was_read=was_read,
            was_answered=was_answered,
        )

    def _interrupted(self, what: str, *, was_answered: bool = False) -> EngineInterrupted:
        """Make the error of an answer that broke off; `what` says how."""
        return EngineInterrupted(
            f"engine `{self.name}` broke off: {what}",
            why="The text so far stands, but the answer is not complete.",
            fix="Ask again; if it happens often, read the engine's own log.",
            code="models.engine.interrupted",
            was_answered=was_answered,
        )


class _Pieces:
    """The answer of one request, as it comes."""

    __slots__ = ("_interrupted", "_reply")

    def __init__(self, interrupted: Callable[[str], EngineInterrupted], reply: Reply) -> None:
        self._interrupted = interrupted
        self._reply = reply

    async def read(self) -> bytes | None:
        """Return the next piece, or None at the end."""
        try:
            return await self._reply.read()
        except ConnectionFailedError as error:
            raise self._interrupted(str(error)) from error


async def _next_piece(pieces: Pieces, answer: AnswerReader) -> bytes | None:
    try:
        return await pieces.read()
    except EngineInterrupted:
        # The answer was whole; how the connection ended after it is no concern of the reader.
        if answer.has_finished:
            return None
        raise


async def _read(reply: Reply, limit: int) -> bytes:
    """Read at most `limit` bytes of a body."""
    first = await reply.read()
    if first is None or (reply.complete and not reply.has_more):
        return (first or b"")[:limit]
    body = bytearray(first)
    while len(body) < limit and (piece := await reply.read()) is not None:
        body += piece
    return bytes(body[:limit])


def _seconds(header: str | None) -> float | None:
    """Read `Retry-After` when it counts seconds; a date is not worth a clock here."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme in ("http", "https") and parts.hostname and not (parts.username or parts.query or parts.fragment):
        return base_url.rstrip("/")
    raise ModelsError(
        "an engine's url is not a plain http or https address",
        why="Requests would go nowhere, or a password in the address would reach logs.",
        fix="Write it like http://10.0.0.5:8000/v1 and put the key in an environment variable named by `key_from`.",
        code="models.engine.url",
    )
