# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C in a pull says what is kept, and the same command goes on from there."""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from daulat.cli._pull_order import what_stays
from daulat.models import Order, parse_source

FIRST = 3 << 20  # bytes that the server sends before it says nothing more


@dataclass
class Halting:
    """A web server that sends the beginning of a file and halts; asked for the rest, it sends that."""

    data: bytes
    url: str = ""
    asked: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.headers["range"] or "")
        begun = re.fullmatch(r"bytes=(\d+)-", self.asked[-1])
        at = int(begun[1]) if begun else 0
        handler.send_response(206 if begun else 200)
        if begun:
            handler.send_header("content-range", f"bytes {at}-{len(self.data) - 1}/{len(self.data)}")
        handler.send_header("content-length", str(len(self.data) - at))
        handler.end_headers()
        handler.wfile.write(self.data[at:] if begun else self.data[:FIRST])
        if not begun:
            self.ended.wait(60)


@pytest.fixture
def halting(tiny_weights: Path) -> Iterator[Halting]:
    served = Halting(tiny_weights.read_bytes() + bytes(2 * FIRST))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.answer(self)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}/tiny.gguf"
    yield served
    served.ended.set()
    server.shutdown()
    server.server_close()


def test_an_interrupted_pull_says_what_is_kept_and_the_next_goes_on(halting: Halting, tmp_path: Path) -> None:
    pinned = ["--sha256", hashlib.sha256(halting.data).hexdigest(), "--licence", "MIT"]
    command = [sys.executable, "-m", "daulat", "models", "pull", "tiny", "--from", halting.url, *pinned]
    heard = ["env", "--default-signal=INT", *command]  # also where who began the tests has it ignored
    process = subprocess.Popen(heard, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not any(part.stat().st_size for part in tmp_path.rglob("*.part")):
        assert process.poll() is None, "it ended by itself"
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "interrupted; what was fetched is kept, and the same command goes on from there" in said

    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert len(halting.asked) == 2
    assert re.fullmatch(r"bytes=[1-9]\d*-", halting.asked[1])
    assert (tmp_path / ".daulat/models/tiny/tiny.gguf").read_bytes() == halting.data


def test_what_cannot_be_asked_for_its_rest_is_fetched_anew_and_said_so() -> None:
    for address in ("file:///media/usb/tiny.gguf", "pypi://tiny==1.0/tiny.gguf"):
        assert "the same command fetches them anew" in what_stays(Order("tiny", (parse_source(address),)))
