# SPDX-License-Identifier: Apache-2.0
"""A fetch ends, whatever the server does: it goes on while something comes, and gives up on one that leads it on."""

from __future__ import annotations

import re
import shutil
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from daulat.models import Door, Fetcher, Order, WeightsStore, parse_source, pull
from daulat.models.errors import SourceError, SourceUnreachable, WeightsError

Answer = Callable[[BaseHTTPRequestHandler, int], None]
LOCAL = Door(allow_loopback=True, read_timeout_s=5)


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, list[int]]]:
    """Serve with a script, which is told from where on the file is wanted; give the address and what was wanted."""
    wanted: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            found = re.fullmatch(r"bytes=(\d+)-", self.headers["range"] or "")
            wanted.append(int(found[1]) if found else 0)
            with suppress(OSError):  # the fetcher has left
                answer(self, wanted[-1])

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/file.gguf", wanted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def begin(handler: BaseHTTPRequestHandler, status: int, **headers: object) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def drips(handler: BaseHTTPRequestHandler, start: int) -> None:
    """Give one byte at a time of a very large file."""
    begin(
        handler, 206 if start else 200, content_length=10**9 - start, content_range=f"bytes {start}-{10**9 - 1}/{10**9}"
    )
    handler.wfile.write(b"G")


def loops(handler: BaseHTTPRequestHandler, start: int) -> None:
    """Give a part, and never the rest."""
    if start:
        begin(handler, 416, content_length=0)
        return
    begin(handler, 200, content_length=1_000_000)
    handler.wfile.write(b"a" * 1_000)


def endless(handler: BaseHTTPRequestHandler, _start: int) -> None:
    """Give without end, and say nothing of the size."""
    begin(handler, 200, transfer_encoding="chunked")
    while True:
        handler.wfile.write(b"100000\r\n" + b"a" * 0x100000 + b"\r\n")


def test_a_server_that_gives_a_byte_at_a_time_is_given_up_after_some_pauses(tmp_path: Path) -> None:
    paused: list[float] = []
    with serving(drips) as (url, wanted), pytest.raises(SourceUnreachable):
        Fetcher(door=LOCAL, pause=paused.append).fetch(parse_source(url), tmp_path / "part")
    assert wanted == [0, 1, 2, 3, 4]
    assert paused == [1, 2, 4]


def test_a_server_that_never_goes_on_is_given_up_at_its_second_refusal(tmp_path: Path) -> None:
    paused: list[float] = []
    with serving(loops) as (url, wanted), pytest.raises(SourceError, match="each time no part"):
        Fetcher(door=LOCAL, pause=paused.append).fetch(parse_source(url), tmp_path / "part")
    assert wanted == [0, 1_000, 0, 1_000]


def test_a_file_of_unknown_size_leaves_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**10, 10**10 - 10**9, 10**9))
    with serving(endless) as (url, _), pytest.raises(WeightsError, match="does not say how much"):
        Fetcher(door=LOCAL).fetch(parse_source(url), tmp_path / "part")
    assert (tmp_path / "part").stat().st_size < 10**7


def test_no_more_is_fetched_than_the_file_is_known_to_have(tmp_path: Path) -> None:
    with serving(endless) as (url, _):
        order = Order("tiny", (parse_source(url),), sha256="0" * 64, bytes=5_000_000)
        with pytest.raises(WeightsError, match="larger than it may be"):
            pull(order, WeightsStore(tmp_path), fetcher=Fetcher(door=LOCAL))
