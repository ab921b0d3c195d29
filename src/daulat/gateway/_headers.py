# SPDX-License-Identifier: Apache-2.0
"""The headers of one request: pairs as the server read them in, one value a name out.

A header that decides who calls, where data may go or how a body is read is never heeded by half: sent twice with two
values, whoever stands before this service may have read the other one. Headers that decide nothing keep their last
value. Quotes no value in an error: it may be a key.
"""

from __future__ import annotations

from collections.abc import Sequence

from daulat.gateway._asgi import Header, Scope
from daulat.gateway.errors import BadRequest, UnknownCoding

DECIDING = frozenset({
    b"authorization", b"cookie", b"content-length", b"content-type", b"host", b"last-event-id", b"origin",
    b"sec-fetch-site", b"transfer-encoding", b"x-daulat-data-class", b"x-daulat-language", b"x-daulat-priority",
})  # fmt: skip


def read_headers(pairs: Sequence[Header]) -> dict[bytes, bytes]:
    """Return the headers by name, in lower case as the server gives them.

    Raises
    ------
    BadRequest
        If a header that decides something has two values.
    UnknownCoding
        If the body is sent in another transfer coding than `chunked`.

    Examples
    --------
    >>> read_headers([(b"host", b"a"), (b"via", b"1.1 b"), (b"via", b"1.1 c")])
    {b'host': b'a', b'via': b'1.1 c'}
    """
    headers = dict(pairs)
    if len(headers) != len(pairs):
        _require_one_value(pairs, headers)
    if b"transfer-encoding" in headers and headers[b"transfer-encoding"].strip().lower() != b"chunked":
        raise UnknownCoding(
            "the body is sent in a transfer coding that is not read here",
            why="Bodies come as they are or in chunks; packed, they would be read as something else.",
            fix="send `Transfer-Encoding: chunked` alone, or `Content-Length`.",
            code="unsupported_transfer_encoding",
            param="Transfer-Encoding",
        )
    return headers


def require_host(scope: Scope) -> None:
    """Refuse a request of HTTP/1.1 that does not name one host (RFC 9112, section 3.2); older ones need not.

    Raises
    ------
    BadRequest
        If there is no header `Host`, or more than one.
    """
    if scope.get("http_version") != "1.1":
        return
    lines = sum(name == b"host" for name, _ in scope["headers"])
    if lines != 1:
        raise BadRequest(
            f"the request has {'no' if lines == 0 else 'more than one'} header `Host`",
            why="HTTP/1.1 asks for one: whoever stands before this service may have read another.",
            fix="send `Host` once, with the name and port of the address that you call.",
            code="host_not_named_once",
            param="Host",
        )


def _require_one_value(pairs: Sequence[Header], headers: dict[bytes, bytes]) -> None:
    for name, value in pairs:
        if name in DECIDING and value.strip() != headers[name].strip():
            shown = name.decode("ascii").title()
            raise BadRequest(
                f"the header `{shown}` stands twice in the request, with two values",
                why="It decides what may be done with the request, and which of them is meant is not guessed.",
                fix="send it once; a proxy on the way may have added the other.",
                code="header_sent_twice",
                param=shown,
            )
