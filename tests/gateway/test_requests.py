# SPDX-License-Identifier: Apache-2.0
"""However a request is written, the application is told the same of it: its path, its query, and its whole body."""

import asyncio
import json

import pytest

from daulat.gateway._asgi import Request, send_bytes
from daulat.gateway._headers import read_headers
from daulat.gateway._uvicorn import plain_path

BODY = b'{"question": "when?"}' * 40
HEAD = b"host: x\r\nconnection: close\r\n"


async def tell(scope, receive, send):
    """Answer with what the request was."""
    request = Request(scope["method"], scope["path"], "", read_headers(scope["headers"]), receive, "id")
    body = await request.body(1 << 20, 10.0)
    told = {
        "path": scope["path"],
        "raw": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "version": scope["http_version"],
        "body": body.decode(),
    }
    await send_bytes(send, 200, json.dumps(told).encode(), [(b"content-type", b"application/json")])


async def told(port, *pieces):
    """Send a request in pieces, with time between for the server to take each; return what the application was told."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.02)
    async with asyncio.timeout(30):
        whole = await reader.read()
    writer.close()
    return json.loads(whole.rpartition(b"\r\n\r\n")[2])


@pytest.mark.parametrize(
    ("target", "path", "raw", "query"),
    [
        ("/", "/", "/", ""),
        ("/v1/models", "/v1/models", "/v1/models", ""),
        ("/v1/models/a.b-c_d", "/v1/models/a.b-c_d", "/v1/models/a.b-c_d", ""),
        ("/v1/models?after=1&x=%20", "/v1/models", "/v1/models", "after=1&x=%20"),
        ("/v1/models/caf%C3%A9", "/v1/models/café", "/v1/models/caf%C3%A9", ""),
        ("/v1/models/a%2Fb", "/v1/models/a/b", "/v1/models/a%2Fb", ""),
        ("/v1/models/a:b~c", "/v1/models/a:b~c", "/v1/models/a:b~c", ""),
        ("/" + "long" * 100, "/" + "long" * 100, "/" + "long" * 100, ""),
        ("http://elsewhere/v1/models?a=b", "/v1/models", "/v1/models", "a=b"),
    ],
)
@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_the_path_that_is_asked_for_is_told_as_it_is_meant(serving, target, path, raw, query, version):
    async with serving(tell) as port:
        request = await told(port, f"GET {target} HTTP/{version}\r\n".encode() + HEAD + b"\r\n")
    assert request == {"path": path, "raw": raw, "query": query, "version": version, "body": ""}


@pytest.mark.parametrize(
    "pieces",
    [
        (b"content-length: %d\r\n\r\n" % len(BODY) + BODY,),
        (b"content-length: %d\r\n\r\n" % len(BODY), BODY),
        (b"content-length: %d\r\n\r\n" % len(BODY), BODY[:100], BODY[100:]),
        (b"transfer-encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",),
        (b"transfer-encoding: chunked\r\n\r\na\r\n" + BODY[:10], b"\r\n%x\r\n" % (len(BODY) - 10) + BODY[10:],
         b"\r\n0\r\n\r\n"),
        (b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(BODY), BODY),
        (b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY,),
    ],
)  # fmt: skip
async def test_the_whole_body_is_told_however_it_comes(serving, pieces):
    async with serving(tell) as port:
        first, *others = pieces
        request = await told(port, b"POST /v1/chat HTTP/1.1\r\n" + HEAD + first, *others)
    assert request["body"] == BODY.decode()


async def test_two_requests_at_once_keep_their_bodies_apart(serving):
    async with serving(tell) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, end in ((1, b""), (2, b"connection: close\r\n")):
            writer.write(b"POST /%d HTTP/1.1\r\nhost: x\r\n%bcontent-length: 5\r\n\r\nbody%d" % (number, end, number))
        async with asyncio.timeout(30):
            whole = await reader.read()
        writer.close()
    answers = [json.loads(each.partition(b"\r\n\r\n")[2]) for each in whole.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [(each["path"], each["body"]) for each in answers] == [("/1", "body1"), ("/2", "body2")]


def test_what_is_more_than_a_plain_path_is_left_to_the_server():
    for target in (
        b"",
        b"*",
        b"//host/v1",
        b"/a?b",
        b"/a#b",
        b"/a%20",
        b"/caf\xc3\xa9",
        b"http://a/b",
        b"/a b",
        b"/" + b"a" * 300,
    ):
        assert plain_path(target) is None
