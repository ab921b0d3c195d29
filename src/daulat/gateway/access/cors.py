# SPDX-License-Identifier: Apache-2.0
"""Which pages of other origins may call the API from a browser: those that the nation declares, and no others.

An app and the declared origins in; the same app out where there are none, so that it costs nothing. Cookies never
travel: a foreign page calls with a key, never as the person who looks at it.
"""

from __future__ import annotations

from collections.abc import Collection

from daulat.gateway._asgi import ASGIApp, Header, Message, Receive, Scope, Send

_METHODS = b"GET, POST, PUT, DELETE"
# What the API reads of a request, and what OpenAI's clients send of themselves.
_HEADERS = (
    b"authorization, content-type, last-event-id, traceparent, x-daulat-data-class, x-daulat-language,"
    b" x-daulat-priority, x-stainless-arch, x-stainless-helper-method, x-stainless-lang, x-stainless-os,"
    b" x-stainless-package-version, x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version,"
    b" x-stainless-timeout, openai-beta, openai-organization, openai-project"
)
_EXPOSED = b"content-disposition, retry-after, x-request-id, x-daulat-engine, x-daulat-route-reason, x-daulat-stream"
_KEPT_S = b"600"


def with_cors(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """Let pages of these origins call the API.

    Parameters
    ----------
    app : ASGI app
        The gateway.
    origins : collection of str
        As browsers send them: ``https://host``. Only the API's paths below ``/v1/`` are opened, and not administration.
    """
    if not origins:
        return app
    allowed = frozenset(origin.encode("latin-1").lower() for origin in origins)

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        origin = next((value for name, value in scope.get("headers", ()) if name == b"origin"), b"")
        is_open = path.startswith("/v1/") and not path.startswith("/v1/admin/")
        if not is_open or origin.lower() not in allowed:
            await app(scope, receive, send)
            return
        named: list[Header] = [(b"access-control-allow-origin", origin), (b"vary", b"origin")]
        if scope["method"] == "OPTIONS":
            rules = [
                (b"access-control-allow-methods", _METHODS),
                (b"access-control-allow-headers", _HEADERS),
                (b"access-control-max-age", _KEPT_S),
                (b"content-length", b"0"),
            ]
            await send({"type": "http.response.start", "status": 204, "headers": named + rules})
            await send({"type": "http.response.body", "body": b""})
            return

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *named, (b"access-control-expose-headers", _EXPOSED)]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, opened)

    return answering
