# SPDX-License-Identifier: Apache-2.0
"""No caller chooses what an engine fetches: pictures and recordings travel on as bytes, or not at all.

The engine here is as eager as any: it opens every address that stands where vLLM, SGLang, llama.cpp or Infinity would
look one up. The server inside the network notes who comes.
"""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import ScriptedServer, status

from daulat.gateway.errors import BadRequest
from daulat.gateway.proxy import read_asked
from daulat.models import RemoteEngine

ROUTES = {"chat": "chat/completions", "embeddings": "embeddings", "rerank": "rerank", "speech": "audio/speech"}
DATA = "data:image/png;base64,iVBORw0KGgo="
ANSWER = {"choices": [{"index": 0, "message": {"content": "A cat."}}], "usage": {"prompt_tokens": 9}}


def said(*parts):
    return {"messages": [{"role": "system", "content": "Look."}, {"role": "user", "content": list(parts)}]}


# Where an address may stand: the route, and a body with `url` in its place.
PLACES = {
    "image": ("chat", lambda url: said({"type": "image_url", "image_url": {"url": url, "detail": "auto"}})),
    "image as a text": ("chat", lambda url: said({"type": "image_url", "image_url": url})),
    "image without a type": ("chat", lambda url: said({"image_url": url})),
    "video": ("chat", lambda url: said({"type": "video_url", "video_url": {"url": url}})),
    "audio": ("chat", lambda url: said({"type": "audio_url", "audio_url": {"url": url}})),
    "input_audio": ("chat", lambda url: said({"type": "input_audio", "input_audio": {"data": url, "format": "wav"}})),
    "input_image": ("chat", lambda url: said({"type": "input_image", "image_url": url})),
    "input_file": ("chat", lambda url: said({"type": "input_file", "file_url": url})),
    "file": ("chat", lambda url: said({"type": "file", "file": {"file_data": url}})),
    "among texts": ("chat", lambda url: said({"type": "text", "text": "what is"}, {"image": url}, "this?")),
    "result of a tool": (
        "chat",
        lambda url: {"messages": [{"role": "tool", "content": [{"type": "image_url", "image_url": {"url": url}}]}]},
    ),
    "written twice": ("chat", lambda url: {"messages": [], **said({"image_url": {"url": url}})}),
    "field of its own": ("chat", lambda url: {"messages": [{"role": "user", "content": "a"}], "image": url}),
    "embedding of a picture": ("embeddings", lambda url: {"input": [{"text": "cat", "image": url}]}),
    "embedding, alone": ("embeddings", lambda url: {"input": {"image": url}}),
    "embedding of a conversation": ("embeddings", lambda url: said({"image_url": {"url": url}}) | {"input": []}),
    "embedding beside a conversation": ("embeddings", lambda url: {"messages": [], "input": [{"image": url}]}),
    "embedding by modality": ("embeddings", lambda url: {"modality": "image", "input": [url]}),
    "reranked picture": ("rerank", lambda url: {"query": "cat", "documents": [{"image": url}]}),
    "reranked parts": (
        "rerank",
        lambda url: {"query": "a", "documents": {"content": [{"type": "image_url", "image_url": {"url": url}}]}},
    ),
    "query by picture": ("rerank", lambda url: {"query": [{"image_url": {"url": url}}], "documents": ["cat"]}),
    "voice to imitate": ("speech", lambda url: {"input": "Hello", "ref_audio": url}),
    "voice in a list": ("speech", lambda url: {"input": "Hello", "references": [{"audio": url}]}),
}  # fmt: skip
ELSEWHERE = [
    "http://{inside}/", "https://{inside}/", "HTTP://{inside}/", " http://{inside}/", "\thttp://{inside}/",
    "ht\ntp://{inside}/", "//{inside}/", "ftp://{inside}/", "file:///etc/passwd", "/etc/passwd", "../secret.png",
    "data:@{inside}/", "data:text/plain,http://{inside}/", "data:/../../etc/x.png", "data:image/png;base64,../a.png",
]  # fmt: skip


class Inside:
    """A server that callers must not reach; `seen` counts those who came."""

    def __init__(self) -> None:
        self.seen = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._note, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc_info):
        self._server.close()

    async def _note(self, reader, writer):
        self.seen += 1
        writer.close()


class EagerEngine(ScriptedServer):
    """A server that opens every address in a request before it answers."""

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(re.search(r"content-length: (\d+)", head, re.IGNORECASE)[1])
        body = await reader.readexactly(length)
        self.requests.append((head, {}, body))
        for host, port in re.findall(r"//([\d.]+):(\d+)", json.dumps(json.loads(body)).replace("\\/", "/")):
            _, opened = await asyncio.open_connection(host, int(port))
            opened.close()
        writer.write(status(200, ANSWER))
        writer.close()


@pytest.fixture
async def inside():
    async with Inside() as server:
        yield server


@pytest.fixture
async def eager():
    async with EagerEngine() as server:
        yield server


@pytest.mark.parametrize("place", PLACES)
async def test_an_address_never_reaches_an_engine_nor_what_it_names(place, start, inside, eager):
    route, write = PLACES[place]
    async with start(RemoteEngine(eager.base_url, name="eager")) as gateway:
        answer = await gateway.ask({"model": "m", **write(f"http://{inside.address}/")}, f"/v1/{ROUTES[route]}")
    error = answer.json["error"]
    assert (answer.status, error["code"], error["type"]) == (400, "address_refused", "invalid_request_error")
    assert "data:" in error["fix"]
    assert error["param"]
    assert inside.address not in answer.body.decode()  # it may hold a token
    assert (eager.requests, inside.seen) == ([], 0)
    assert not gateway.books.calls  # and nothing was reserved


async def test_the_eager_engine_would_have_gone_there(start, inside, eager):
    """What the tests above rest on: the same engine, asked in words alone, opens what it finds."""
    async with start(RemoteEngine(eager.base_url, name="eager")) as gateway:
        await gateway.ask({"model": "m", "messages": [{"role": "user", "content": f"see http://{inside.address}/"}]})
    assert inside.seen == 1


def escaped(text: str, which: list[bool]) -> str:
    """Write a JSON text with some letters as escapes."""
    letters = zip(text, (which * len(text))[: len(text)], strict=True)
    return "".join(
        f"\\u{ord(letter):04x}" if hide else "\\/" if letter == "/" else json.dumps(letter)[1:-1]
        for letter, hide in letters
    )


def written(value, which: list[bool]) -> str:
    """Write a value as JSON whose names and texts are partly escaped."""
    if isinstance(value, dict):
        members = (f'"{escaped(name, which)}": {written(each, which)}' for name, each in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(each, which) for each in value) + "]"
    return f'"{escaped(value, which)}"' if isinstance(value, str) else json.dumps(value)


flags = st.lists(st.booleans(), min_size=1, max_size=12)


@given(st.sampled_from(sorted(PLACES)), st.sampled_from(ELSEWHERE), flags)
def test_no_way_of_writing_it_hides_an_address(place, url, which):
    route, write = PLACES[place]
    url = url.format(inside="10.0.0.1")
    if place in ("field of its own", "voice in a list") or "://" in url:
        body = {"model": "m", **write(url)}
    else:
        body = {"model": "m", **write(f"http://10.0.0.1/{url}")}
    with pytest.raises(BadRequest) as caught:
        read_asked(written(body, which).encode(), ROUTES[route])
    assert caught.value.code == "address_refused"


@given(st.sampled_from(sorted(set(PLACES) - {"embedding by modality"})), flags)
def test_bytes_pass_wherever_they_stand_and_as_they_were_written(place, which):
    route, write = PLACES[place]
    body = written({"model": "m", **write(DATA)}, which).encode()
    asked = read_asked(body, ROUTES[route])
    assert asked.addresses == ()
    assert json.loads(asked.body_for("m")) == json.loads(body)


@given(st.recursive(st.text(max_size=8), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner)))
def test_an_address_is_found_beside_and_below_anything(around):
    for value in ({"image_url": "http://10.0.0.1/", "x": around}, {"x": [around, {"y": {"url": "http://10.0.0.1/"}}]}):
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": [value]}]}).encode()
        with pytest.raises(BadRequest, match="not the bytes themselves"):
            read_asked(body, "chat/completions")


@pytest.mark.parametrize("twice", ['"url": "%s", "url": "http://10.0.0.1/"', '"url": "http://10.0.0.1/", "url": "%s"'])
def test_of_a_name_that_stands_twice_both_values_are_judged(twice):
    head, part = '{"model": "m", "messages": ', '{"type": "image_url", "image_url": {' + twice % DATA + "}}"
    for body in (
        head + '[{"role": "user", "content": [' + part + "]}]}",
        head + '[{"role": "user", "content": [' + part + ']}], "messages": []}',
        head + '[{"role": "user", "content": [' + part + '], "content": "a"}]}',
    ):
        with pytest.raises(BadRequest, match="not the bytes themselves"):
            read_asked(body.encode(), "chat/completions")


@pytest.mark.parametrize(
    "fields",
    [
        said({"type": "text", "text": "see http://10.0.0.1/ and image_url"}),
        said("http://10.0.0.1/", {"type": "input_text", "text": "file:///etc/passwd"}),
        {"messages": [{"role": "user", "content": '{"image_url": "http://10.0.0.1/"}'}]},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "open", "arguments": '{"url": "http://10.0.0.1/"}'}}]}],
         "tools": [{"type": "function", "function": {"name": "open", "parameters": {
             "type": "object", "properties": {"url": {"default": "http://10.0.0.1/"}, "image": {"const": "a"}}}}}]},
        {"messages": [{"role": "assistant", "content": [{"type": "text", "text": "a", "annotations": [
            {"type": "url_citation", "url_citation": {"url": "https://law.example/1", "title": "Law"}}]}],
            "annotations": [{"type": "url_citation", "url_citation": {"url": "https://law.example/1"}}]}]},
        {"messages": [], "documents": [{"title": "Law", "url": "https://law.example/1", "text": "..."}]},
        {"messages": [], "user": "https://id.example/people/1", "stop": ["http://"], "metadata": {"url": "https://a.b/"}},
        {"messages": [], "response_format": {"type": "json_schema", "json_schema": {
            "name": "a", "schema": {"$schema": "https://json-schema.org/draft/2020-12/schema"}}}},
        {"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}], "modalities": ["text", "audio"],
         "audio": {"voice": "alloy", "format": "wav"}},
        said({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}),
    ],
)  # fmt: skip
def test_words_links_and_descriptions_are_nobodys_addresses(fields):
    body = json.dumps({"model": "m", **fields}).encode()
    assert read_asked(body, "chat/completions").body_for("m") == body


@pytest.mark.parametrize("field", ["bootstrap_host", "kv_transfer_params", "bootstrap\\u005fport"])
def test_no_caller_leads_an_engine_to_another_machine(field):
    body = '{"model": "m", "messages": [], "' + field + '": {"remote_host": "10.0.0.1"}}'
    with pytest.raises(BadRequest) as caught:
        read_asked(body.encode(), "chat/completions")
    assert caught.value.code == "unsupported_field"


@pytest.mark.parametrize("part", [{"a": "b"}, []])
def test_a_request_of_very_many_parts_is_refused_before_it_holds_others_up(part):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": [part] * 20_001}]}).encode()
    with pytest.raises(BadRequest) as caught:
        read_asked(body, "chat/completions")
    assert caught.value.code == "too_many_parts"
