# SPDX-License-Identifier: Apache-2.0
"""Where an operator declares hosts, this service fetches pictures from them and hands the bytes on; nothing else."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest
from scripted_server import status

from daulat.gateway.errors import BadRequest, NotFound
from daulat.gateway.media import CALLS_AT_ONCE, MediaFetcher, declared_fetcher
from daulat.gateway.proxy.media import Address
from daulat.models import Door
from daulat.nation import bootstrap, nation_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PNG_URL = "data:image/png;base64,iVBORw0KGgo"  # how it begins in base64
ANSWER = {"choices": [{"index": 0, "message": {"content": "A cat."}}], "usage": {"prompt_tokens": 9}}


def reply(kind: str, body: bytes = PNG, *headers: str, code: int = 200) -> bytes:
    head = [
        f"HTTP/1.1 {code} X",
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        "connection: close",
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Pictures:
    """A server of pictures; `asked` counts the paths that were asked for."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.let_go = asyncio.Event()
        self.replies = {
            "/cat.png": reply("image/png"),
            "/meow.wav": reply("Audio/WAV; rate=8000", b"RIFF"),
            "/large.png": reply("image/png", bytes(60_000)),
            "/page": reply("text/html", b"<h1>secrets of the inside</h1>"),
            "/packed.png": reply("image/png", PNG, "content-encoding: gzip"),
            "/lies.png": reply("image/png").replace(b"content-length: 264", b"content-length: 900"),
            "/gone.png": reply("image/png", code=404),
            "/away": reply("text/plain", b"", "location: http://localhost:1/x.png", code=302),
            "/round": reply("text/plain", b"", "location: /round", code=302),
            "/moved": reply("text/plain", b"", "location: /cat.png", code=301),
        }

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc_info):
        self.let_go.set()
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
            self.asked[path] += 1
            if path == "/drips.png":
                writer.write(reply("image/png")[:-200])
                while not self.let_go.is_set():
                    writer.write(b"x" if path else b"")
                    await asyncio.sleep(0.1)  # the 200 bytes that are missing take 20 s
            elif path == "/silent.png":
                await self.let_go.wait()
            else:
                writer.write(self.replies[path])
        except ConnectionError:
            pass
        finally:
            writer.close()


def fetcher(*hosts: str, timeout_s: float = 10.0) -> MediaFetcher:
    door = Door(allow_loopback=True, connect_timeout_s=5, read_timeout_s=5, hosts=frozenset(hosts))
    return MediaFetcher(door, limit_bytes=50_000, limit_parts=3, timeout_s=timeout_s)


def seeing(*urls: str) -> dict:
    parts = [{"type": "image_url", "image_url": {"url": url, "detail": "low"}} for url in urls]
    text = {"type": "text", "text": f"What is at {urls[0]}?"}
    return {"model": "m", "temperature": 0.5, "messages": [{"role": "user", "content": [text, *parts]}]}


@pytest.fixture
async def pictures():
    async with Pictures() as server:
        yield server


@pytest.fixture
async def gateway(start, remote, pictures):
    media = fetcher(pictures.host)
    async with start(remote, media=media) as running:
        yield running
    media.close()


async def test_an_engine_gets_the_bytes_and_never_the_address(gateway, engine_server, pictures):
    engine_server.answers(status(200, ANSWER))
    cat, meow = f"http://{pictures.host}/cat.png", f"http://{pictures.host}/meow.wav"
    answer = await gateway.ask(seeing(cat, meow, cat))
    assert answer.status == 200
    text, *parts = json.loads(engine_server.requests[0][2])["messages"][0]["content"]
    first, second, third = (part["image_url"] for part in parts)
    assert first["url"].startswith(PNG_URL)
    assert (first, second["url"], first["detail"]) == (third, "data:audio/wav;base64,UklGRg==", "low")
    assert text["text"] == f"What is at {cat}?"  # what a person wrote is not touched
    assert pictures.asked == {"/cat.png": 1, "/meow.wav": 1}
    # As many tokens are reserved for each of three parts, which name their kind twice, as for bytes.
    assert gateway.books.calls[0].prompt_bound > 6 * 8_192


async def test_a_redirect_on_the_same_host_is_followed(gateway, engine_server, pictures):
    engine_server.answers(status(200, ANSWER))
    assert (await gateway.ask(seeing(f"http://{pictures.host}/moved"))).status == 200
    assert pictures.asked == {"/moved": 1, "/cat.png": 1}


async def test_other_routes_are_given_bytes_too(gateway, engine_server, pictures):
    engine_server.answers(status(200, {"data": []}))
    await gateway.ask({"model": "m", "input": [{"image": f"http://{pictures.host}/cat.png"}]}, "/v1/embeddings")
    assert json.loads(engine_server.requests[0][2])["input"][0]["image"].startswith(PNG_URL)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/large.png", "50,000 bytes at most"),
        ("/page", "neither a picture nor a recording"),
        ("/packed.png", "neither a picture nor a recording"),
        ("/lies.png", "was not reached"),
        ("/gone.png", "its server answered 404"),
        ("/away", "not among those that are declared"),
        ("/round", "redirects do not come to an end"),
    ],
)
async def test_what_is_no_picture_within_bounds_goes_nowhere(path, told, gateway, engine_server, pictures):
    answer = await gateway.ask(seeing(f"http://{pictures.host}{path}"))
    error = answer.json["error"]
    assert (answer.status, error["code"]) == (400, "address_not_fetched")
    assert told in error["what"]
    assert "secrets" not in answer.body.decode()
    assert engine_server.requests == []
    usage = await gateway.books.one_settled()
    assert (usage.status, usage.code, usage.prompt_tokens) == (400, "address_not_fetched", 0)


@pytest.mark.parametrize("path", ["/drips.png", "/silent.png"])
async def test_a_slow_host_ends_with_a_word_and_frees_its_place(path, start, remote, engine_server, pictures):
    media = fetcher(pictures.host, timeout_s=3)  # long enough for all to be asked for, and for the picture at the end
    async with start(remote, media=media) as gateway:
        url = f"http://{pictures.host}{path}"
        answers = await asyncio.gather(*(gateway.ask(seeing(url)) for _ in range(CALLS_AT_ONCE + 2)))
        assert sorted({answer.status for answer in answers}) == [400, 429]  # two found no place
        assert {answer.json["error"]["code"] for answer in answers} == {"address_not_fetched", "overloaded"}
        pictures.let_go.set()
        engine_server.answers(status(200, ANSWER))
        async with asyncio.timeout(20):
            while (await gateway.ask(seeing(f"http://{pictures.host}/cat.png"))).status == 429:
                await asyncio.sleep(0.05)
    media.close()
    assert len(engine_server.requests) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "https://elsewhere.example/x", "http://localhost/x"])
async def test_a_host_that_is_not_declared_is_not_even_looked_up(url, gateway, engine_server):
    answer = await gateway.ask(seeing(url))
    assert answer.json["error"]["code"] == "address_not_fetched"
    assert "not among those that are declared" in answer.json["error"]["what"]
    assert engine_server.requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "/etc/passwd", "ftp://127.0.0.1/x", " http://127.0.0.1/"])
async def test_what_is_no_address_of_the_web_is_refused_all_the_same(url, gateway, engine_server):
    answer = await gateway.ask(seeing(url))
    assert (answer.status, answer.json["error"]["code"]) == (400, "address_refused")
    assert (engine_server.requests, gateway.books.calls) == ([], [])


async def test_an_address_in_the_place_of_base64_is_not_fetched(gateway, pictures):
    sound = {"type": "input_audio", "input_audio": {"data": f"http://{pictures.host}/meow.wav", "format": "wav"}}
    answer = await gateway.ask({"model": "m", "messages": [{"role": "user", "content": [sound]}]})
    assert (answer.json["error"]["code"], pictures.asked) == ("address_refused", {})


async def test_more_addresses_than_a_call_may_name_are_not_fetched(gateway, pictures):
    answer = await gateway.ask(seeing(*(f"http://{pictures.host}/cat.png?{number}" for number in range(4))))
    assert (answer.json["error"]["code"], pictures.asked) == ("address_not_fetched", {})


async def test_nothing_is_fetched_for_whom_is_not_let_in(gateway, pictures):
    async def turned_away(call):
        raise NotFound("no such key", why="-", fix="-", code="invalid_api_key")

    gateway.books.admit = turned_away
    answer = await gateway.ask(seeing(f"http://{pictures.host}/cat.png"))
    assert (answer.json["error"]["code"], pictures.asked) == ("invalid_api_key", {})


async def test_a_name_that_is_written_twice_is_sent_on_once(gateway, engine_server, pictures):
    engine_server.answers(status(200, ANSWER))
    body = json.dumps(seeing(f"http://{pictures.host}/cat.png")).replace('"detail"', '"url": "data:,", "detail"')
    first = await gateway.ask(body.replace("data:,", "data:image/png;base64,AAAA").encode())
    assert first.status == 200
    sent = engine_server.requests[0][2]
    assert sent.count(b'"url"') == 1
    assert b"http" not in sent.replace(b"What is at http", b"")


HERE = "messages[0].content[0].image_url.url"


async def test_a_declared_host_that_leads_inside_the_network_is_not_reached():
    door = Door(resolve=lambda host, port: ["10.0.0.1"], hosts=frozenset({"images.example.org"}))
    media = MediaFetcher(door, limit_bytes=1_000, limit_parts=1, timeout_s=5)
    with pytest.raises(BadRequest, match="not on the public network"):
        await media.fetch([Address(HERE, "https://images.example.org/a.png", True)])
    media.close()


async def test_a_declaration_opens_its_hosts_alone_and_never_this_machine(pictures):
    listen = "listen: 127.0.0.1:8080"
    text = bootstrap("EE").replace(listen, f"{listen}\n  media: {{fetch_from: [images.example.org]}}")
    media = declared_fetcher(nation_of(text).gateway.media)
    assert media is not None
    refusals = {
        f"http://{pictures.host}/cat.png": "only https addresses are fetched",
        f"https://{pictures.host}/cat.png": "its host is not among those that are declared",
        "http://images.example.org/": "only https addresses are fetched",
    }
    for url, told in refusals.items():
        with pytest.raises(BadRequest) as caught:
            await media.fetch([Address(HERE, url, True)])
        assert told in caught.value.what
    assert pictures.asked == {}
    media.close()
