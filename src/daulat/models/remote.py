# SPDX-License-Identifier: Apache-2.0
"""An engine behind an OpenAI-compatible address: vLLM, SGLang, llama.cpp's server, Ollama, GPUStack.

A `ChatRequest` comes in and is sent as one streamed chat completion; its events go out as `Delta`, reasoning kept apart
from the answer. Or the bytes of a request come in, and the bytes of its answer go out unread. The address is the
operator's own and is used as declared: no redirect is followed, no proxy is asked. It never retries, never logs, and
never repeats what a server says in an error, which may quote the prompt, to anybody but the caller.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.request import RequestBuilder
from pyreqwest.response import Response

from daulat.models._wire import (
    AnswerReader,
    BrokenStreamError,
    ErrorBody,
    decode_error,
    decode_models,
    encode_request,
    explain_refusal,
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
_LIST_TIMEOUT = timedelta(seconds=5)
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
    reasoning_open : bool
        The model's template already writes ``<think>``, so that its text begins inside the block.

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
        reasoning_open: bool = False,
    ) -> None:
        self.name = name
        self._base_url = _checked(base_url)
        self._api_key = api_key
        self._names = dict(names or {})
        self._patience = timedelta(seconds=patience_s)
        self._connect_timeout = timedelta(seconds=connect_timeout_s)
        self._reasoning_open = reasoning_open
        self._client: Client | None = None

    async def models(self) -> list[str]:
        """List the models that the server lists, by the ids that callers use.

        Raises
        ------
        EngineUnavailable
            If the server is not reached or does not answer with a list of models.
        """
        try:
            async with self._builder("GET", "/models").timeout(_LIST_TIMEOUT).build_streamed() as response:
                body = await _read(response, _MOST_LIST_BYTES)
                if response.status != 200:
                    raise self._status_error(response, body)
                served = [entry.id for entry in decode_models(body).data]
                return [id for id, name in self._names.items() if name in served] if self._names else served
        except (PyreqwestError, msgspec.DecodeError) as error:
            raise self._unavailable(f"did not list its models ({type(error).__name__})") from error

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
        builder = self._builder("POST", "/chat/completions").header("content-type", "application/json")
        request = replace(request, model=self.upstream_id(request.model))
        # Without this limit the client waits to fill its buffer, and the first token comes seconds late.
        sent = builder.body_bytes(encode_request(request)).streamed_read_buffer_limit(1).build_streamed()
        answer = AnswerReader(reasoning_open=self._reasoning_open)
        began = False
        try:
            async with sent as response:
                await self._check(response)
                began = True
                while not answer.done and (piece := await self._next_piece(response, answer)) is not None:
                    for delta in answer.feed(piece):
                        yield delta
                for delta in answer.end():
                    yield delta
        except BrokenStreamError as error:
            raise self.interrupted(str(error)) from error
        except PyreqwestError as error:
            kind = type(error).__name__
            raise (self.interrupted(kind) if began else self._unavailable(f"did not answer ({kind})")) from error

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
        builder = self._builder("POST", path).header("content-type", content_type).body_bytes(body)
        began = False
        try:
            async with builder.build_streamed() as response:
                if response.status != 200:
                    raise self._status_error(response, await _read(response, _MOST_ERROR_BYTES))
                began = True
                answer = await _read_whole(response)
                if answer is None:
                    raise self.interrupted("an answer larger than any that is taken whole")
                return Whole(answer, response.get_header("content-type") or "application/octet-stream")
        except PyreqwestError as error:
            kind = type(error).__name__
            raise (self.interrupted(kind) if began else self._unavailable(f"did not answer ({kind})")) from error

    @asynccontextmanager
    async def open(self, path: str, body: bytes) -> AsyncIterator[Pieces]:
        """Send a request and give its answer as it comes, unread; leaving the block closes the connection.

        Raises
        ------
        EngineUnavailable, EngineOverloaded, EngineRefused
            As `stream`.
        """
        builder = self._builder("POST", path).header("content-type", "application/json").body_bytes(body)
        began = False
        try:
            async with builder.streamed_read_buffer_limit(1).build_streamed() as response:
                await self._check(response)
                began = True
                yield _Pieces(self, response)
        except PyreqwestError as error:
            kind = type(error).__name__
            raise (self.interrupted(kind) if began else self._unavailable(f"did not answer ({kind})")) from error

    async def is_healthy(self) -> bool:
        """Say whether the server lists its models now."""
        try:
            await self.models()
        except EngineError:
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def _builder(self, method: str, path: str) -> RequestBuilder:
        if self._client is None:
            self._client = (
                ClientBuilder()
                .follow_redirects(False)
                .no_proxy()
                .connect_timeout(self._connect_timeout)
                .read_timeout(self._patience)
                # Servers of this kind hang up on an idle connection after 5 s (uvicorn, vLLM); we let go first.
                .pool_idle_timeout(timedelta(seconds=4))
                .build()
            )
        builder = self._client.request(method, self._base_url + path)
        return builder.bearer_auth(self._api_key) if self._api_key else builder

    async def _check(self, response: Response) -> None:
        if response.status != 200:
            raise self._status_error(response, await _read(response, _MOST_ERROR_BYTES))
        media_type = (response.get_header("content-type") or "").partition(";")[0].strip().lower()
        if media_type != _EVENT_STREAM:
            raise self._unavailable(f"answered with `{media_type[:40]}` where a stream of events was asked for")

    async def _next_piece(self, response: Response, answer: AnswerReader) -> bytes | None:
        try:
            chunk = await response.body_reader.read_chunk()
        except PyreqwestError:
            # The answer was whole; how the connection ended after it is no concern of the reader.
            if answer.has_finished:
                return None
            raise
        return None if chunk is None else bytes(chunk)

    def _status_error(self, response: Response, body: bytes) -> EngineError:
        try:
            told = decode_error(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            told = ErrorBody()
        status, named = response.status, name_error(told.error)
        what = f"engine `{self.name}` answered {status}" + (f" ({named})" if named else "")
        if status in (429, 503):
            return EngineOverloaded(
                what,
                why="It takes no more requests for now.",
                fix="Send the request again later, or declare another engine for this model.",
                code="models.engine.overloaded",
                retry_after_s=_seconds(response.get_header("retry-after")),
            )
        if status in (401, 403):
            fix = "Check the key that `api_key_env` names."
            return self._unavailable(f"answered {status}: it wants another key", fix=fix)
        if 400 <= status < 500:
            code, said = explain_refusal(told)
            return EngineRefused(
                what,
                why="The same request would be refused again.",
                fix="Check the model id, the length of the conversation and the options.",
                code=code,
                status=status,
                said=said,
            )
        return self._unavailable(what.removeprefix(f"engine `{self.name}` "))

    def _unavailable(self, what: str, *, fix: str = "") -> EngineUnavailable:
        return EngineUnavailable(
            f"engine `{self.name}` {what}",
            why="The request did not begin; no text was lost.",
            fix=fix or "Check that its server runs and is reached from here; nation.yaml says where it should be.",
            code="models.engine.unavailable",
        )

    def interrupted(self, what: str) -> EngineInterrupted:
        """Make the error of an answer that broke off; `what` says how."""
        return EngineInterrupted(
            f"engine `{self.name}` broke off: {what}",
            why="The text so far stands, but the answer is not complete.",
            fix="Ask again; if it happens often, read the engine's own log.",
            code="models.engine.interrupted",
        )


class _Pieces:
    """The answer of one request, as it comes."""

    __slots__ = ("_engine", "_read_chunk")

    def __init__(self, engine: RemoteEngine, response: Response) -> None:
        self._engine = engine
        self._read_chunk = response.body_reader.read_chunk

    async def read(self) -> bytes | None:
        """Return the next piece, or None at the end."""
        try:
            chunk = await self._read_chunk()
        except PyreqwestError as error:
            raise self._engine.interrupted(type(error).__name__) from error
        return None if chunk is None else bytes(chunk)


async def _read_whole(response: Response) -> bytes | None:
    """Read a whole body, or nothing where it is too large. A length that is declared is held by the client below."""
    declared = response.get_header("content-length")
    if declared is not None and declared.isdigit() and int(declared) <= _MOST_ANSWER_BYTES:
        return bytes(await response.bytes())
    body = await _read(response, _MOST_ANSWER_BYTES + 1)
    return body if len(body) <= _MOST_ANSWER_BYTES else None


async def _read(response: Response, limit: int) -> bytes:
    """Read at most `limit` bytes of a body."""
    body = bytearray()
    while len(body) < limit and (chunk := await response.body_reader.read_chunk()) is not None:
        body += bytes(chunk)
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
        fix="Write it like http://10.0.0.5:8000/v1 and put the key in an environment variable named by `api_key_env`.",
        code="models.engine.url",
    )
