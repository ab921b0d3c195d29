# SPDX-License-Identifier: Apache-2.0
"""A real server that speaks what a download needs of Hugging Face's HTTP API: resolve, redirects, ranges; and cuts."""

from __future__ import annotations

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubServer:
    """Holds files by ``org/repository/path``; `cut_after` breaks a connection after so many bytes, once each."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut_after: list[int] = []
        self.token = ""
        self.states_hash = True
        self.requests: list[tuple[str, str, str | None, str | None]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(hub) -> type[BaseHTTPRequestHandler]:  # noqa: N805 (`self` is the handler's)
        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.answer()

            def do_GET(self) -> None:
                self.answer()

            def answer(self) -> None:
                authorization = self.headers["authorization"]
                hub.requests.append((self.command, self.path, self.headers["range"], authorization))
                resolve = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
                if resolve:
                    self.resolve(f"{resolve[1]}/{resolve[3]}", authorization)
                elif self.path.startswith("/cdn/"):
                    self.send_file(hub.files[self.path.removeprefix("/cdn/")])
                else:
                    self.reply(404)

            def resolve(self, name: str, authorization: str | None) -> None:
                if hub.token and authorization != f"Bearer {hub.token}":
                    self.reply(401)
                elif name not in hub.files:
                    self.reply(404)
                else:
                    data = hub.files[name]
                    headers = {"x-repo-commit": COMMIT, "x-linked-size": str(len(data))}
                    if hub.states_hash:
                        headers["x-linked-etag"] = f'"{hashlib.sha256(data).hexdigest()}"'
                    # The file lies on another host than the hub: `localhost` is not `127.0.0.1`.
                    place = f"http://localhost:{self.server.server_port}/cdn/{name}"
                    self.reply(302, location=place, **headers)

            def send_file(self, data: bytes) -> None:
                wanted = re.fullmatch(r"bytes=(\d+)-", self.headers["range"] or "")
                start = int(wanted[1]) if wanted else 0
                if start >= len(data) and wanted:
                    self.reply(416, **{"content-range": f"bytes */{len(data)}"})
                    return
                self.send_response(206 if wanted else 200)
                if wanted:
                    self.send_header("content-range", f"bytes {start}-{len(data) - 1}/{len(data)}")
                self.send_header("content-length", str(len(data) - start))
                self.end_headers()
                end = start + hub.cut_after.pop(0) if hub.cut_after else len(data)
                self.wfile.write(data[start:end])

            def reply(self, status: int, **headers: str) -> None:
                self.send_response(status)
                for header, value in {"content-length": "0", **headers}.items():
                    self.send_header(header, value)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        return Handler
