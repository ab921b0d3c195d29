# SPDX-License-Identifier: Apache-2.0
"""A picture that is sent as bytes fits where its operator has made room, for callers who bring a key."""

import asyncio

import pytest
from scripted_server import status

PNG = b"iVBORw0KGgo" + b"A" * 1_500_001
BODY = (
    b'{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":'
    b'{"url":"data:image/png;base64,%b"}}]}]}' % PNG
)
ANSWER = {"id": "a", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 1}}
CHAT = "/v1/chat/completions"
KEY = "authorization: Bearer daulat_sk_anything\r\n"


async def test_a_large_picture_travels_byte_for_byte_where_there_is_room(start, remote, engine_server):
    engine_server.answers(status(200, ANSWER))
    async with start(remote, body_limit_bytes=2_000_000) as gateway:
        answer = await gateway.ask(BODY, headers=KEY)
    assert answer.status == 200
    assert engine_server.requests[0][2] == BODY
    assert gateway.books.calls[0].prompt_bound < 20_000  # a picture, not a million and a half letters


@pytest.mark.parametrize(("limit", "headers"), [(2_000_000, ""), (1_048_576, KEY), (1_400_000, KEY)])
async def test_without_room_or_a_key_a_large_body_is_refused_before_it_is_read(start, remote, limit, headers):
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{headers}"
    async with start(remote, body_limit_bytes=limit) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(f"{head}content-length: {len(BODY)}\r\n\r\n".encode())
        async with asyncio.timeout(20):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413")
        writer.close()
