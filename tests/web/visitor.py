# SPDX-License-Identifier: Apache-2.0
"""A visitor without a browser: a request into the pages as an ASGI application, what comes back out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from .answers import ScriptedAssistant, SmallLibrary
from .stage import build_web


class Visitor:
    """Sends one request at a time into the application."""

    def __init__(self) -> None:
        self.assistant = ScriptedAssistant(SmallLibrary())
        self.web = build_web(self.assistant, SmallLibrary())

    async def __call__(
        self, path: str, method: str = "GET", query: str = "", body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        sent: list[Any] = []
        raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": raw}

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.web(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])

    async def post(self, **form: str) -> tuple[int, dict[str, str], bytes]:
        kind = "application/x-www-form-urlencoded"
        return await self("/ask", "POST", body=urlencode(form).encode(), content_type=kind)
