# SPDX-License-Identifier: Apache-2.0
"""A real HTTP server on a loopback port that writes exactly the bytes a test gives it, and notes what it was sent.

An engine's server is not always honest: this one splits events anywhere, hangs, lies about lengths and dies midway.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Self

EVENT_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
SILENCE = None


def event(**fields: object) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def says(content: str = "", *, finish: str | None = None, **delta: object) -> bytes:
    if content:
        delta["content"] = content
    return event(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def counts(prompt_tokens: int, completion_tokens: int) -> bytes:
    return event(choices=[], usage={"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens})


DONE = b"data: [DONE]\n\n"


def status(code: int, body: object = None, *headers: str) -> bytes:
    data = json.dumps(body).encode()
    head = [
        f"HTTP/1.1 {code} X",
        "connection: close",
        "content-type: application/json",
        f"content-length: {len(data)}",
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + data


class ScriptedServer:
    """Answers each connection with the next script: pieces of bytes, a write each; `SILENCE` waits for good."""

    def __init__(self) -> None:
        self.scripts: list[Sequence[bytes | None]] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.hung_up = asyncio.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def answers(self, *pieces: bytes | None) -> None:
        self.scripts.append(pieces)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await _read_request(reader))
            for piece in self.scripts.pop(0):
                if piece is SILENCE:
                    await reader.read()
                    self.hung_up.set()
                else:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.001)
        except ConnectionError:
            self.hung_up.set()
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return head[0], headers, body
