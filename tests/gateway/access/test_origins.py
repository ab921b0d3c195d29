# SPDX-License-Identifier: Apache-2.0
"""What the page of another site can have a browser do: nothing that changes anything, unless a key comes with it."""

from __future__ import annotations

import asyncio
import http.client
import json
from urllib.parse import urlsplit

import pytest
from every_route import FORM, LINE, form

from daulat.gateway import create_app

FILE = form(LINE, purpose="batch")
KINDS = {"content-type": FORM}
PORTAL = "https://portal.example"
ELSEWHERE = [
    {"origin": "https://elsewhere.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://localhost:3000"},
    {"sec-fetch-site": "cross-site", "origin": PORTAL},
]
OWN = [
    {},  # a program, or an old browser
    {"origin": "http://{host}"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
    # A proxy may have written `Host` anew; what the browser says of the site still stands.
    {"sec-fetch-site": "same-origin", "origin": "https://tanya.example"},
    {"sec-fetch-site": "none"},
]


def send(base, method, path, body=None, headers=None):
    """Send one request; return status and decoded body. `{host}` in a header is the address itself."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=20)
    named = {name: value.format(host=urlsplit(base).netloc) for name, value in (headers or {}).items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    said = json.loads(response.read())
    connection.close()
    return response.status, said


@pytest.fixture
def ask_from(live_app):
    """Hand in a file at a service as a page would; return the status and code, and how many files are there then."""

    async def ask(headers, **settings):
        async with live_app(is_private=True, **settings) as base:
            status, said = await asyncio.to_thread(send, base, "POST", "/v1/files", FILE, KINDS | headers)
            _, listed = await asyncio.to_thread(send, base, "GET", "/v1/files")
            for each in listed["data"]:
                await asyncio.to_thread(send, base, "DELETE", f"/v1/files/{each['id']}")
        return status, said.get("error", {}).get("code", ""), len(listed["data"])

    return ask


@pytest.mark.parametrize("headers", ELSEWHERE)
async def test_a_page_of_another_site_hands_in_nothing_on_ones_own_machine(ask_from, headers):
    assert await ask_from(headers) == (403, "foreign_origin", 0)


@pytest.mark.parametrize("headers", OWN)
async def test_a_program_and_a_page_of_our_own_hand_in_what_they_like(ask_from, headers):
    assert await ask_from(headers) == (200, "", 1)


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site"}])
async def test_a_page_of_a_declared_origin_may(ask_from, headers):
    assert await ask_from(headers | {"origin": PORTAL}, origins=[PORTAL]) == (200, "", 1)


async def test_whoever_brings_a_key_may_from_anywhere(ask_from):
    assert await ask_from({"origin": "app://desktop", "authorization": "Bearer any"}) == (200, "", 1)


async def test_what_a_browser_adds_by_itself_is_no_key(ask_from):
    password = {"origin": "https://elsewhere.example", "authorization": "Basic YTpi"}
    assert await ask_from(password) == (403, "foreign_origin", 0)


@pytest.fixture
def form_from(fakes, serving):
    """Send the form of the page as some page would; return the status, and how often the pages were asked."""

    async def ask(headers):
        asked = []

        async def pages(scope, receive, send):
            asked.append(scope["path"])
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"{}"})

        async with serving(create_app(fakes.make_parts(web=pages))) as port:
            base = f"http://127.0.0.1:{port}"
            status, _ = await asyncio.to_thread(send, base, "POST", "/ask", "q=bayi", headers)
        return status, asked

    return ask


@pytest.mark.parametrize("headers", ELSEWHERE)
async def test_the_form_of_another_site_never_reaches_the_pages(form_from, headers):
    assert await form_from(headers) == (403, [])


@pytest.mark.parametrize("headers", OWN)
async def test_the_form_of_our_own_page_reaches_them_from_old_browsers_too(form_from, headers):
    assert await form_from(headers) == (200, ["/ask"])


@pytest.mark.parametrize("path", ["/v1/models", "/v1/files", "/", "/nothing", "/healthz"])
@pytest.mark.parametrize("host", ["rebound.example:80", "127.0.0.1.rebound.example", "10.0.0.1:8080"])
async def test_a_service_of_this_machine_alone_answers_to_no_other_name(fakes, serving, path, host):
    async with serving(create_app(fakes.make_parts(is_private=True))) as port:
        status, said = await asyncio.to_thread(send, f"http://127.0.0.1:{port}", "GET", path, None, {"host": host})
    assert (status, said["error"]["code"]) == (421, "wrong_host")
    assert host in said["error"]["what"]
    assert "gateway.public_url" in said["error"]["fix"]


@pytest.mark.parametrize("host", ["localhost:99", "127.0.0.9", "[::1]:8080"])
async def test_it_answers_to_every_name_of_this_machine(fakes, serving, host):
    async with serving(create_app(fakes.make_parts(is_private=True))) as port:
        status, _ = await asyncio.to_thread(send, f"http://127.0.0.1:{port}", "GET", "/v1/models", None, {"host": host})
    assert status == 200


async def test_a_service_that_others_reach_answers_to_any_name(fakes, serving):
    async with serving(create_app(fakes.make_parts())) as port:
        status, _ = await asyncio.to_thread(
            send, f"http://127.0.0.1:{port}", "GET", "/v1/models", None, {"host": "tanya.example"}
        )
    assert status == 200
