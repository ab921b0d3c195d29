# SPDX-License-Identifier: Apache-2.0
"""A server that speaks /rerank in both forms, and /embeddings, from a function of the test: no model, the real wire.

The form of vLLM, Infinity, llama.cpp and others: `{results: [{index, relevance_score, document}]}`, best first. That of
text-embeddings-inference, for a body with `texts`: `[{index, score}]`, best first.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[dict[str, Any]], tuple[int, bytes]]


class StandIn(ThreadingHTTPServer):
    """The server. `relevance` scores one text; `reply`, where it is set, answers instead; `drip_s` waits between bytes.

    `asked` holds the body of each request with its path, `keys` what it was authorised with.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.relevance: Callable[[str, str], float] = lambda question, text: float(len(text))
        self.reply: Reply | None = None
        self.drip_s = 0.0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def answer(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        if self.reply is not None:
            return self.reply(asked)
        if "input" in asked:
            vectors = [
                {"index": n, "embedding": [float(len(text)), *[1.0] * 63]} for n, text in enumerate(asked["input"])
            ]
            return 200, json.dumps({"data": vectors}).encode()
        texts = asked.get("documents", asked.get("texts"))
        found = sorted(((self.relevance(asked["query"], text), n) for n, text in enumerate(texts)), reverse=True)
        if "texts" in asked:
            return 200, json.dumps([{"index": n, "score": score} for score, n in found]).encode()
        results = [{"index": n, "relevance_score": score, "document": {"text": texts[n]}} for score, n in found]
        reply = {"id": "rerank-1", "model": asked["model"], "results": results, "usage": {"total_tokens": 1}}
        return 200, json.dumps(reply).encode()


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked | {"path": self.path})
        self.server.keys.append(self.headers["authorization"])
        status, body = self.server.answer(asked)
        self.send_response(status)
        if status in range(300, 400):
            self.send_header("location", self.server.base_url + "/elsewhere")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try:
            for piece in [body[at : at + 1] for at in range(len(body))] if self.server.drip_s else [body]:
                self.wfile.write(piece)
                time.sleep(self.server.drip_s)
        except OSError:
            pass  # whoever asked has left

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """Run a server for as long as the block."""
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
