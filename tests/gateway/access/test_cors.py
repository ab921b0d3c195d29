# SPDX-License-Identifier: Apache-2.0
"""A page of a declared origin may send and read every header that the API is documented to have."""

import re
from pathlib import Path

from daulat.gateway.access.cors import with_cors

API = (Path(__file__).parents[3] / "docs/reference/api.md").read_text("utf-8")
SENT = {"x-daulat-data-class", "x-daulat-language", "x-daulat-priority", "last-event-id", "authorization"}
READ = {"x-daulat-engine", "x-daulat-route-reason", "x-daulat-stream", "x-request-id", "retry-after"}


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def headers_of(method: str) -> dict[bytes, bytes]:
    told = []

    async def send(message):
        told.extend(message.get("headers", ()))

    scope = {"type": "http", "method": method, "path": "/v1/models", "headers": [(b"origin", b"https://a.example")]}
    await with_cors(app, ["https://a.example"])(scope, None, send)
    return dict(told)


def names(value: bytes) -> set[str]:
    return set(value.decode().split(", "))


def test_every_header_of_ours_in_the_documentation_is_one_of_these():
    assert {name.lower() for name in re.findall(r"X-Daulat-[A-Za-z-]+", API)} <= SENT | READ


async def test_a_page_may_send_what_the_api_reads():
    assert names((await headers_of("OPTIONS"))[b"access-control-allow-headers"]) >= SENT


async def test_a_page_may_read_what_the_api_says():
    assert names((await headers_of("GET"))[b"access-control-expose-headers"]) >= READ
