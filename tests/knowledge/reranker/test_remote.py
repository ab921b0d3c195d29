# SPDX-License-Identifier: Apache-2.0
"""Any server that speaks /rerank can be the reranker; one that misbehaves is an error in words, and a rest."""

from __future__ import annotations

import json
import logging
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stand_in import Reply, StandIn, standing_in

from daulat.knowledge.errors import RerankerError
from daulat.knowledge.reranker import REST_S, RemoteReranker, RestingReranker, open_remote, open_reranker

QUESTION = "a question that nobody may read elsewhere"
TEXTS = ["a", "ccc", "bb"]
KEY = "key-of-the-endpoint"


@pytest.fixture
def server() -> Iterator[StandIn]:
    with standing_in() as server:
        yield server


def test_a_model_is_asked_in_the_form_of_cohere_and_jina(server: StandIn) -> None:
    assert RemoteReranker(server.base_url, "m", api_key="k").scores(QUESTION, TEXTS) == [1.0, 3.0, 2.0]
    [asked] = server.asked
    assert asked == {"path": "/v1/rerank", "model": "m", "query": QUESTION, "documents": TEXTS, "top_n": 3}
    assert server.keys == ["Bearer k"]


def test_without_a_model_the_form_is_that_of_text_embeddings_inference(server: StandIn) -> None:
    assert RemoteReranker(server.base_url.removesuffix("/v1"), "").scores(QUESTION, TEXTS) == [1.0, 3.0, 2.0]
    [asked] = server.asked
    assert asked == {"path": "/rerank", "query": QUESTION, "texts": TEXTS, "truncate": True}
    assert server.keys == [None]


def test_nothing_to_order_asks_nobody(server: StandIn) -> None:
    assert RemoteReranker(server.base_url, "m").scores(QUESTION, []) == []
    assert server.asked == []


def test_logits_below_zero_and_whole_numbers_are_scores(server: StandIn) -> None:
    server.reply = lambda _: results([[0, -7.25], [1, 3], [2, -1e-9]])
    assert RemoteReranker(server.base_url, "m").scores(QUESTION, TEXTS) == [-7.25, 3.0, -1e-9]


def test_a_text_with_a_lone_surrogate_reaches_the_server(server: StandIn) -> None:
    RemoteReranker(server.base_url, "m").scores("\ud800?", ["\udfff"])
    assert (server.asked[0]["query"], server.asked[0]["documents"]) == ("??", ["?"])


def results(pairs: list[list[object]]) -> tuple[int, bytes]:
    rows = [{"index": index, "relevance_score": score} for index, score in pairs]
    return 200, json.dumps({"results": rows}).encode()  # NaN and Infinity as Python and some servers write them


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (lambda asked: (500, asked["query"].encode()), "answered with status 500"),
        (lambda _: (302, b""), "answered with status 302"),
        (lambda _: (200, b""), "did not answer with scores"),
        (lambda _: (200, b"<html>"), "did not answer with scores"),
        (lambda _: (200, b"\xff\xfe"), "did not answer with scores"),
        (lambda _: (200, b"[]"), "did not answer with scores"),
        (lambda _: (200, b'{"x": ' + b"[" * 200_000), "did not answer with scores"),
        (lambda asked: (200, json.dumps({"error": {"message": asked["query"]}}).encode()), "did not answer with"),
        (lambda asked: (200, json.dumps({"results": [{"index": asked["query"]}]}).encode()), "did not answer with"),
        (lambda _: results([[0, float("nan")], [1, 1.0], [2, 1.0]]), "did not answer with scores"),
        (lambda _: (200, b'{"results": [%s]}' % b", ".join(
            b'{"index": %d, "relevance_score": 1e999}' % n for n in range(3))), "did not answer with scores|no number"),
        (lambda _: results([[0, "1.0"], [1, 1.0], [2, 1.0]]), "did not answer with scores"),
        (lambda _: results([[0, None], [1, 1.0], [2, 1.0]]), "did not answer with scores"),
        (lambda _: results([]), "did not score each of 3 texts once"),
        (lambda _: results([[0, 1.0], [1, 1.0]]), "did not score each of 3 texts once"),
        (lambda _: results([[0, 1.0], [1, 1.0], [1, 2.0]]), "did not score each of 3 texts once"),
        (lambda _: results([[0, 1.0], [1, 1.0], [3, 2.0]]), "did not score each of 3 texts once"),
        (lambda _: results([[-1, 1.0], [0, 1.0], [1, 2.0]]), "did not score each of 3 texts once"),
        (lambda _: results([[n, 1.0] for n in range(4)]), "did not score each of 3 texts once"),
        (lambda _: (200, b" " * 3_000_000), "answered with more than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_an_endpoint_that_misbehaves_is_named_and_not_quoted(server: StandIn, reply: Reply, says: str) -> None:
    server.reply = reply
    with pytest.raises(RerankerError, match=says) as caught:
        RemoteReranker(server.base_url, "m", api_key=KEY).scores(QUESTION, TEXTS)
    assert caught.value.code == "knowledge.reranker.remote"
    told = "".join(traceback.format_exception(caught.value))
    assert (QUESTION in told, KEY in told) == (False, False)


def test_one_that_is_late_is_an_error_in_words(server: StandIn) -> None:
    released = threading.Event()

    def wait(_asked: object) -> tuple[int, bytes]:
        released.wait(60)
        return 200, b""

    server.reply = wait
    try:
        with pytest.raises(RerankerError, match="was not reached"):
            RemoteReranker(server.base_url, "m", patience_s=0.2).scores(QUESTION, TEXTS)
    finally:
        released.set()


NO_ADDRESS = (
    *("ftp://host/v1", "host:80/v1", "http://me:secret@host/v1", ""),
    *("http://host:99999/v1", "http://[::1/v1", "http://%zz/v1", "http://xn--/v1"),
)


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_only_plain_addresses_are_used(url: str) -> None:
    with pytest.raises(RerankerError, match="is not the address") as caught:
        RemoteReranker(url, "m")
    assert "secret" not in str(caught.value)


def declared(url: str, model: str | None = "m", key_from: str | None = None) -> SimpleNamespace:
    return SimpleNamespace(url=url, model=model, key_from=key_from)


def test_a_declared_reranker_is_opened_with_its_key(server: StandIn) -> None:
    open_remote(declared(server.base_url, key_from="RERANKER_KEY"), {"RERANKER_KEY": "k"}).scores(QUESTION, TEXTS)
    assert server.keys == ["Bearer k"]
    with pytest.raises(RerankerError, match="RERANKER_KEY is empty"):
        open_remote(declared(server.base_url, key_from="RERANKER_KEY"), {})
    assert open_reranker(None, {}, float) is None


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def failing(_asked: object) -> tuple[int, bytes]:
    return 503, b""


def test_one_that_fails_rests_and_is_asked_again_later(server: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    clock, server.reply = Clock(), failing
    reranker = open_reranker(declared(server.base_url, key_from="KEY"), {"KEY": KEY}, clock)
    assert reranker is not None
    with caplog.at_level(logging.DEBUG):
        for _ in range(5):
            assert reranker.scores(QUESTION, TEXTS) is None
        assert len(server.asked) == 1
        clock.now += REST_S
        assert reranker.scores(QUESTION, TEXTS) is None
        assert len(server.asked) == 2
        clock.now += REST_S / 2
        assert reranker.scores(QUESTION, TEXTS) is None
        assert len(server.asked) == 2
        server.reply = None
        clock.now += REST_S / 2
        for _ in range(5):
            assert reranker.scores(QUESTION, TEXTS) == [1.0, 3.0, 2.0]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("daulat")]
    assert [("answered with status 503" in said, "answers again" in said) for said in ours] == [
        (True, False),
        (False, True),
    ]
    assert not any(word in caplog.text for word in (QUESTION, KEY, "ccc"))


def test_while_it_is_tried_again_nobody_else_waits_for_it(server: StandIn) -> None:
    clock, server.reply = Clock(), failing
    reranker = RestingReranker(RemoteReranker(server.base_url, "m", patience_s=60), clock)
    reranker.scores(QUESTION, TEXTS)
    entered, released = threading.Event(), threading.Event()

    def wait(_asked: object) -> tuple[int, bytes]:
        entered.set()
        released.wait(60)
        return 503, b""

    server.reply = wait
    clock.now += REST_S
    with ThreadPoolExecutor(1) as pool:
        try:
            tried = pool.submit(reranker.scores, QUESTION, TEXTS)
            assert entered.wait(60)
            assert [reranker.scores(QUESTION, TEXTS) for _ in range(3)] == [None] * 3
            assert len(server.asked) == 2
        finally:
            released.set()
        assert tried.result() is None


def test_one_that_is_not_there_is_a_rest_and_no_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/v1"
    assert RestingReranker(RemoteReranker(url, "m"), Clock()).scores(QUESTION, TEXTS) is None
