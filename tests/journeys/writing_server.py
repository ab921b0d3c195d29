# SPDX-License-Identifier: Apache-2.0
"""A model server that copies: it answers any prompt with the first sentence of the first passage in it, and its mark.

Real HTTP in the form of the OpenAI API; what it says always stands in the text, so what keeps it from citizens is a
gate and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PASSAGE = re.compile(r'<passage id="(P1)"[^>]*>\n(.*?)\n</passage>', re.DOTALL)


class Copying(ThreadingHTTPServer):
    """Listens on a free port of this machine; `asked` holds what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where its API begins."""
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Copying

    def do_GET(self) -> None:
        self._send("application/json", json.dumps({"object": "list", "data": [{"id": "writer"}]}))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked)
        found = PASSAGE.search(asked["messages"][-1]["content"])
        assert found is not None
        sentence = re.split(r"(?<=[a-z)])[.;]\s|\n", found[2] + "\n")
        said = next(each for each in sentence if len(each.split()) > 4)
        text = f"{re.sub(r'^[(0-9a-z]+[).] ', '', said).rstrip('.')} [{found[1]}]."
        events = [
            {"choices": [{"index": 0, "delta": {"content": text}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": {"prompt_tokens": 700, "completion_tokens": 40, "total_tokens": 740}},
        ]
        named = {"id": "1", "object": "chat.completion.chunk", "model": "writer"}
        lines = [json.dumps(named | each) for each in events]
        self._send("text/event-stream", "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]))

    def _send(self, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def copying_server() -> Iterator[Copying]:
    """Give a server that runs for as long as the block lasts."""
    server = Copying()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
