# SPDX-License-Identifier: Apache-2.0
"""Nobody holds the encoder: long texts are refused by its own count, others get between, and who leaves is dropped."""

from __future__ import annotations

import asyncio
import json
import threading

import numpy as np
import pytest

from daulat.gateway import create_app
from daulat.gateway.embedder import REQUEST_LIMIT_TOKENS, TEXT_LIMIT_TOKENS, ThreadedEmbedder
from daulat.gateway.errors import BadRequest
from daulat.knowledge.encoder import E5Encoder, bundled_weights

ENCODER = E5Encoder(bundled_weights())


class Windows:
    """An encoder whose texts are numbers: so many windows each. It waits at each window until it may go on."""

    name, dimensions = "windows", 64

    def __init__(self):
        self.may_go_on, self.is_at_work, self.has_ended = threading.Event(), threading.Event(), threading.Event()
        self.read = []

    def count_tokens(self, text):
        return int(text)

    def query_steps(self, texts):
        try:
            for text in texts:
                for _ in range(int(text)):
                    self.is_at_work.set()
                    assert self.may_go_on.wait(30)
                    self.read.append(text)
                    yield
            return np.ones((len(texts), self.dimensions), np.float32)
        finally:
            self.has_ended.set()


async def until(holds):
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.001)


async def test_a_short_request_has_its_turn_after_one_window_of_a_long_one():
    encoder = Windows()
    embedder = ThreadedEmbedder(encoder)
    long = asyncio.create_task(embedder.embed(["40"]))
    await until(encoder.is_at_work.is_set)
    short = asyncio.create_task(embedder.embed(["1"]))
    await asyncio.sleep(0)  # it waits for its turn now
    encoder.may_go_on.set()
    await short
    assert encoder.read.count("40") <= 3  # one before each of the three turns of the short one: count, window, end
    await long
    assert encoder.read.count("40") == 40


@pytest.mark.parametrize("path", ["embeddings", "rerank"])
async def test_who_leaves_is_not_encoded_for(fakes, serving, path):
    encoder = Windows()
    fields = {"embeddings": {"input": ["40"]}, "rerank": {"query": "1", "documents": ["40"]}}[path]
    body = json.dumps({"model": "windows"} | fields).encode()
    head = (
        f"POST /v1/{path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    async with serving(create_app(fakes.make_parts(embedder=ThreadedEmbedder(encoder)))) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        await until(encoder.is_at_work.is_set)
        writer.close()
        await writer.wait_closed()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        await reader.read()  # the server, which reads what came in order, has seen the other one leave
        writer.close()
        encoder.may_go_on.set()
        await until(encoder.has_ended.is_set)
    assert len(encoder.read) == 1


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["one", "1 " * TEXT_LIMIT_TOKENS + "1"], "text 2"),
        (["1 " * 8_000] * (REQUEST_LIMIT_TOKENS // 8_000 + 1), "together"),
    ],
)
async def test_more_tokens_than_the_encoder_takes_are_refused_before_anything_is_encoded(texts, said):
    with pytest.raises(BadRequest, match=said) as refused:
        await ThreadedEmbedder(ENCODER).embed(texts)
    assert (refused.value.status, refused.value.code) == (400, "context_length_exceeded")


class Texts:
    """An encoder that knows neither windows nor tokens, as an endpoint is."""

    name, dimensions = "texts", 64

    def __init__(self):
        self.asked = []

    def queries(self, texts):
        self.asked.append(len(texts))
        return np.array([[float(text)] * 64 for text in texts], np.float32)


async def test_an_endpoint_is_asked_for_a_few_texts_at_a_time_in_their_order():
    encoder = Texts()
    vectors, _ = await ThreadedEmbedder(encoder).embed([str(number) for number in range(130)])
    assert encoder.asked == [64, 64, 2]
    assert vectors[:, 0].tolist() == [float(number) for number in range(130)]
