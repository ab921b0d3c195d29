# SPDX-License-Identifier: Apache-2.0
"""The few pieces of HTTP that the routes share: a request, its bounded body, and a JSON response.

Raw ASGI, because a framework costs more than everything else that happens to a proxied request. Bytes come in through
`receive`, bytes go out through `send`; nothing here knows a route.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import msgspec

from daulat.disconnect import ClientGone, disconnected
from daulat.errors import DaulatError
from daulat.gateway.errors import (
    BodyTooLarge,
    BodyTooSlow,
    MethodNotAllowed,
    WrongMediaType,
    envelope,
    retry_after_s,
    status_of,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON_TYPE = b"application/json"
BODY_LIMIT_BYTES = 1024 * 1024
BODY_TIMEOUT_S = 10.0
LEAST_KIB_PER_S = 16  # of a large body: slower than that, it would hold a place that others need
_DRAINED_BYTES = 64 * 1024

# An API answer is data: never sniffed as a page, framed, cached by a proxy, or read by a page of another origin.
SECURITY_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Request(msgspec.Struct):
    """One HTTP request. `path` is percent-decoded; `rest` is what follows a route that ends in ``/``.

    `client` is the network address of the caller, `query` the part after the question mark as it was sent, and
    `body_limit_bytes` the most that is taken as JSON. Two fields are set inside this process alone: `on_behalf_of`, the
    key under which a batch was handed in, and `recorded_as`, the route under which a call is booked that another made.
    """

    method: str
    path: str
    rest: str
    headers: dict[bytes, bytes]
    receive: Receive
    request_id: str
    body_timeout_s: float = BODY_TIMEOUT_S
    client: str = ""
    body_limit_bytes: int = BODY_LIMIT_BYTES
    query: str = ""
    on_behalf_of: str = ""
    recorded_as: str = ""

    def header(self, name: bytes) -> str:
        """Return a header's text, empty where it is absent."""
        value = self.headers.get(name)
        return value.decode("latin-1").strip() if value else ""

    @property
    def credential(self) -> str:
        """The bearer token as it was sent; empty where there is none."""
        scheme, _, token = self.headers.get(b"authorization", b"").partition(b" ")
        return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""

    async def json_body(self) -> bytes:
        """Read the body, bounded in size and time.

        Raises
        ------
        WrongMediaType
            If the body is not declared as JSON, or is packed. This also closes the door that HTML forms of other
            origins could use.
        BodyTooLarge, BodyTooSlow
            If it passes the limits.
        ClientGone
            If the client left before the end of its own body.
        """
        declared = self.headers.get(b"content-type", b"")
        if declared != JSON_TYPE and declared.partition(b";")[0].strip().lower() != JSON_TYPE:
            await self._drain()
            raise WrongMediaType(
                "the body is not declared as JSON",
                why="The API reads JSON only, and other types can be sent by a foreign page without asking.",
                fix="send the header `Content-Type: application/json`.",
                code="unsupported_media_type",
            )
        await self.require_unpacked()
        return await self.body(self.body_limit_bytes, self.body_timeout_s)

    async def require_unpacked(self) -> None:
        """Refuse a body that is packed; raises `WrongMediaType`."""
        if (packed := self.headers.get(b"content-encoding", b"identity").strip().lower()) in (b"", b"identity"):
            return
        await self._drain()
        raise WrongMediaType(
            f"the body is packed ({packed.decode('latin-1')[:20]})",
            why="Bodies are read as they are sent: a small one that unpacks to a large one would fill the memory.",
            fix="send it as it is, without `Content-Encoding`.",
            code="unsupported_encoding",
        )

    async def body(self, limit_bytes: int, timeout_s: float, longest_s: float = 0.0) -> bytes:
        """Read the body whatever its type, bounded in size and time; errors as `json_body`.

        One that may take longer, up to `longest_s`, earns each second beyond `timeout_s` by what of it is there.
        """
        declared = self.headers.get(b"content-length", b"0")
        if declared.isdigit():
            _require_small(int(declared), limit_bytes)
        # Most bodies are there already, and our own server gives them at once: only one that is not starts a clock.
        whole: bytes | None = self.receive.whole() if hasattr(self.receive, "whole") else None
        if whole is None:
            return await self._awaited_body(limit_bytes, timeout_s, max(timeout_s, longest_s))
        _require_small(len(whole), limit_bytes)
        return whole

    async def _awaited_body(self, limit_bytes: int, timeout_s: float, longest_s: float) -> bytes:
        """Read a body message by message."""
        late, allowed_s = _Lateness(timeout_s), timeout_s
        body = bytearray()
        try:
            while True:
                message = await self.receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                body += message.get("body", b"")
                _require_small(len(body), limit_bytes)
                if not message.get("more_body"):
                    return bytes(body)
                allowed_s = min(timeout_s + len(body) / (LEAST_KIB_PER_S * 1024), longest_s)
                late.put_off(allowed_s)
        except asyncio.CancelledError:
            if not late.taken_back():
                raise
            raise BodyTooSlow(
                f"the body did not arrive within {allowed_s:.3g} s",
                why="A connection that waits for a body is one that others cannot use; "
                f"of a large one {LEAST_KIB_PER_S} KiB/s at least must arrive.",
                fix="send the whole body at once.",
                code="request_timeout",
            ) from None
        finally:
            late.end()

    async def _drain(self) -> None:
        """Read a small body that nobody wants: a refusal that overtakes its request is lost with the connection."""
        with suppress(BodyTooLarge, BodyTooSlow):
            await self.body(_DRAINED_BYTES, self.body_timeout_s)

    async def disconnected(self) -> None:
        """Return when the client has gone. Call only after the body was read."""
        await disconnected(self.receive)


class _Lateness:
    """Cancels the running task a while from now; a fourth of the price of `asyncio.timeout`."""

    __slots__ = ("_began", "_has_come", "_loop", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._task = asyncio.current_task(loop)
        self._began, self._seconds = loop.time(), seconds
        self._timer = loop.call_later(seconds, self._come)
        self._has_come = False

    def put_off(self, seconds: float) -> None:
        """Let it come so many seconds after it was made; never sooner than was said before."""
        self._seconds = seconds

    def end(self) -> None:
        """Stop the clock."""
        self._timer.cancel()

    def taken_back(self) -> bool:
        """Say whether a cancellation came from here, and take it back."""
        if self._has_come and self._task is not None:
            self._task.uncancel()
        return self._has_come

    def _come(self) -> None:
        left = self._began + self._seconds - self._loop.time()
        if left > 0.001:
            self._timer = self._loop.call_later(left, self._come)
            return
        self._has_come = True
        if self._task is not None:
            self._task.cancel()


Route = Callable[[Request, Send], Awaitable[None]]
Routes = dict[str, dict[str, Route]]


def _require_small(size_bytes: int, limit_bytes: int) -> None:
    if size_bytes <= limit_bytes:
        return
    raise BodyTooLarge(
        f"the body is larger than {limit_bytes:,} bytes",
        why="One request may not take the memory of the others.",
        fix="send less at once: a shorter question, fewer earlier turns, fewer inputs.",
        code="request_too_large",
    )


async def send_bytes(send: Send, status: int, body: bytes, headers: list[Header]) -> None:
    """Send a whole response with the security headers of the API."""
    # Our own server takes a whole answer without being waited for; see `_uvicorn`.
    if status == 200 and hasattr(send, "whole") and send.whole(headers, body):
        return
    headers = [(b"content-length", b"%d" % len(body)), *headers, *SECURITY_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_json(
    send: Send, payload: Any, request_id: str, status: int = 200, headers: tuple[Header, ...] = ()
) -> None:
    """Send a value as JSON. Structs, dataclasses and plain values are all taken."""
    named = [(b"content-type", JSON_TYPE), (b"x-request-id", request_id.encode()), *headers]
    await send_bytes(send, status, msgspec.json.encode(payload), named)


async def send_error(send: Send, error: DaulatError, request_id: str) -> None:
    """Send an error in OpenAI's envelope, with the headers that its status asks for."""
    status = status_of(error)
    headers: list[Header] = []
    if status in (429, 503):
        headers.append((b"retry-after", str(retry_after_s(error)).encode()))
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allow).encode()))
    if status in (408, 413, 415, 501):
        headers.append((b"connection", b"close"))  # the rest of the body is not worth reading
    await send_json(send, envelope(error), request_id, status, tuple(headers))
