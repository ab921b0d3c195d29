# SPDX-License-Identifier: Apache-2.0
"""HTTP for the pages: an ASGI scope in, a `Request`; a `Response` in, ASGI messages out.

Adds the security headers, an entity tag and compression to everything; a script or a style sheet, which is no page,
gets those that concern it. Never reads a cookie and never sets one.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from daulat.disconnect import ClientGone

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_LIMIT_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0
COMPRESS_FROM_BYTES = 512
HTML = "text/html; charset=utf-8"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

SECURITY_HEADERS = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    # A question may stand in the address of a shared link; no other site may learn it. With no-referrer our own form
    # would be sent with `Origin: null`, and without TLS nothing would tell it from that of another site.
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
)


# A part of a page: what else is said above concerns documents, and would be a third of what a phone loads.
_PARTS = ("text/css", "text/javascript")
_OF_PARTS = (("cross-origin-resource-policy", "same-origin"), ("x-content-type-options", "nosniff"))


class BodyTooLargeError(Exception):
    """The form is larger than `BODY_LIMIT_BYTES`; answered with 413."""


class BodyTooSlowError(Exception):
    """The form did not arrive in time; answered with 408."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read whole. Repeated fields keep their last value; names of headers are in lower case; `client` is
    the network address that it came from."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)
    client: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What to send back. `compressed` is `body` in the gzip format, where that was made before."""

    body: bytes
    status: int = 200
    media_type: str = HTML
    cache: str = "private, no-cache"
    headers: tuple[tuple[str, str], ...] = ()
    compressed: bytes = b""


def _fields(raw: bytes) -> dict[str, str]:
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))


async def _read_body(headers: dict[str, str], receive: Receive) -> bytes:
    """Read a form; one that says that it is too large is refused before it is read."""
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > BODY_LIMIT_BYTES:
        raise BodyTooLargeError
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT_BYTES:
            raise BodyTooLargeError
    return bytes(body)


async def read_request(scope: Scope, receive: Receive, timeout_s: float = BODY_TIMEOUT_S) -> Request:
    """Read a request with its form, if it carries one.

    Raises
    ------
    BodyTooLargeError
        If the body is larger than `BODY_LIMIT_BYTES`.
    BodyTooSlowError
        If it has not arrived whole after `timeout_s`.
    ClientGone
        If the browser went away meanwhile.
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        async with asyncio.timeout(timeout_s):
            body = await _read_body(headers, receive) if scope["method"] == "POST" else b""
    except TimeoutError:
        raise BodyTooSlowError from None
    is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return Request(
        method=scope["method"],
        path=scope["path"],
        headers=headers,
        query=_fields(scope.get("query_string", b"")),
        form=_fields(body) if is_form else {},
        client=(scope.get("client") or ("",))[0],
    )


def gzipped(body: bytes, level: int = 9) -> bytes:
    """Compress to the gzip format, the same bytes for the same input.

    Examples
    --------
    >>> zlib.decompress(gzipped(b"Pasal 27"), wbits=31)
    b'Pasal 27'
    """
    engine = zlib.compressobj(level, wbits=31)
    return engine.compress(body) + engine.flush()


def accepted_encodings(header: str) -> set[str]:
    """Name the encodings that an Accept-Encoding header allows.

    Examples
    --------
    >>> sorted(accepted_encodings("gzip, br;q=0.8, zstd;q=0"))
    ['br', 'gzip']
    """
    accepted = set()
    for item in header.split(","):
        name, _, parameters = item.strip().partition(";")
        if name and parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            accepted.add(name.strip().lower())
    return accepted


def _encode(request: Request, response: Response) -> tuple[str, bytes]:
    if "gzip" not in accepted_encodings(request.headers.get("accept-encoding", "")):
        return "", response.body
    if response.compressed:
        return "gzip", response.compressed
    if response.media_type.startswith("text/html") and len(response.body) >= COMPRESS_FROM_BYTES:
        return "gzip", gzipped(response.body, level=6)
    return "", response.body


async def send_response(request: Request, response: Response, send: Send) -> None:
    """Send a response with its security headers: compressed where the browser takes it, 304 where it has it."""
    encoding, body = _encode(request, response)
    # Weak, since the compressed and the plain form share it.
    tag = f'W/"{hashlib.sha256(response.body).hexdigest()[:16]}"'
    status = response.status
    if status == 200 and request.headers.get("if-none-match") == tag:
        status, body = 304, b""
    is_part = response.media_type.startswith(_PARTS)
    headers = [
        ("content-type", response.media_type),
        ("cache-control", response.cache),
        ("vary", "Accept-Encoding" if is_part else "Accept-Encoding, Accept-Language, Save-Data"),
        ("etag", tag),
        *(_OF_PARTS if is_part else SECURITY_HEADERS),
        *response.headers,
    ]
    if encoding and body:
        headers.append(("content-encoding", encoding))
    if status != 304:
        headers.append(("content-length", str(len(body))))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})
