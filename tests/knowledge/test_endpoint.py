# SPDX-License-Identifier: Apache-2.0
"""What an endpoint says is read within bounds of time and size, from nowhere else, and never told on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "reranker"))

from stand_in import StandIn, standing_in

from daulat.knowledge.encoder import RemoteEncoder
from daulat.knowledge.endpoint import Endpoint, NotAnsweredError, is_plain_address
from daulat.knowledge.errors import EncoderError


@pytest.fixture
def server() -> Iterator[StandIn]:
    with standing_in() as server:
        yield server


def endpoint(server: StandIn, *, patience_s: float = 20.0, limit_bytes: int = 100) -> Endpoint:
    return Endpoint(server.base_url + "/x", "a-key", patience_s, limit_bytes)


def test_a_reply_comes_back_as_it_is(server: StandIn) -> None:
    server.reply = lambda _: (200, b'{"a": 1}')
    assert endpoint(server).post(b"{}") == b'{"a": 1}'
    assert server.keys == ["Bearer a-key"]


def test_a_reply_is_read_no_further_than_its_bound(server: StandIn) -> None:
    server.reply = lambda _: (200, b"x" * 5_000_000)
    with pytest.raises(NotAnsweredError, match="more than 100 bytes"):
        endpoint(server).post(b"{}")
    server.reply = lambda _: (200, b"x" * 100)
    assert len(endpoint(server).post(b"{}")) == 100


def test_an_encoder_that_sends_without_end_is_left(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daulat.knowledge.encoder.remote._MOST_BYTES", 1_000)
    server.reply = lambda _: (200, b" " * 5_000)
    with pytest.raises(EncoderError, match="answered with more than 1,000 bytes"):
        RemoteEncoder(server.base_url, "m").queries(["a"])


def test_a_reply_that_trickles_in_is_late_as_a_whole(server: StandIn) -> None:
    server.reply, server.drip_s = lambda _: (200, b"x" * 100), 0.1  # each byte in time, all of them in ten seconds
    with pytest.raises(NotAnsweredError, match="was not reached"):
        endpoint(server, patience_s=0.5).post(b"{}")


def test_no_redirect_is_followed(server: StandIn) -> None:
    server.reply = lambda _: (307, b"")
    with pytest.raises(NotAnsweredError, match="answered with status 307"):
        endpoint(server).post(b"{}")
    assert len(server.asked) == 1


def test_no_proxy_of_the_environment_is_asked(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    server.reply = lambda _: (200, b"{}")
    assert endpoint(server).post(b"{}") == b"{}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/v1",
        "host:80/v1",
        "http://me:secret@host/v1",
        "http://host/?key=1",
        "http://host:99999/v1",
        "http://[::1/v1",
        "",
    ],
)
def test_only_plain_addresses_are_used(url: str) -> None:
    assert not is_plain_address(url)
