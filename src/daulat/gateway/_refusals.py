# SPDX-License-Identifier: Apache-2.0
"""What is answered where no application was asked: to what is no request, comes too slowly or has too large a head.

Whole answers as bytes, but for the headers that the server adds to each, in the envelope of every other error.
"""

from __future__ import annotations

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from daulat.gateway._asgi import SECURITY_HEADERS, Header
from daulat.gateway.errors import RequestError, envelope

HEAD_TIMEOUT_S = 10.0
HEAD_LIMIT_BYTES = 64 * 1024

NOT_HTTP = RequestError(
    "this is not a request that can be read as HTTP/1.1",
    why="Where it would end is not guessed: what follows could be taken for another request.",
    fix="send it with an HTTP library; behind a proxy, let the proxy speak HTTP/1.1 to this service.",
    code="invalid_http",
)
HEAD_TOO_LARGE = RequestError(
    f"the address and the headers together are larger than {HEAD_LIMIT_BYTES:,} bytes",
    why="Each connection holds its own in memory.",
    fix="send fewer or shorter headers; cookies are the usual cause.",
    code="headers_too_large",
)
HEAD_TOO_SLOW = RequestError(
    f"the headers did not arrive within {HEAD_TIMEOUT_S:g} s",
    why="A connection that waits for them is one that others cannot use.",
    fix="send them at once.",
    code="request_timeout",
)


def refusal(status: int, error: RequestError, server_headers: list[Header]) -> bytes:
    """Return the answer that carries an error and ends the connection.

    Examples
    --------
    >>> answer = refusal(408, HEAD_TOO_SLOW, [(b"date", b"now")])
    >>> answer.splitlines()[:2], b'"code":"request_timeout"' in answer
    ([b'HTTP/1.1 408 Request Timeout', b'date: now'], True)
    """
    body = msgspec.json.encode(envelope(error))
    headers = [
        *server_headers,
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *SECURITY_HEADERS,
    ]
    return b"%b%b\r\n%b" % (STATUS_LINE[status], b"".join(b"%b: %b\r\n" % header for header in headers), body)
