# SPDX-License-Identifier: Apache-2.0
"""The pages over the parts of a service: who asks without script is let in as often as who asks through the API."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "gateway"))

from fakes import ScriptedAssistant, make_parts

from daulat.assistant import open_danger
from daulat.cli._pages import make_pages
from daulat.errors import DaulatError
from daulat.gateway import create_app
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.composition import DangerWatch
from daulat.gateway.metering import Meter
from daulat.nation import bootstrap, find_pack, nation_of

BUSY = {
    "en": "Many questions are coming in",
    "id": "Banyak pertanyaan sedang masuk",
    "jv": "Kathah pitakènan ingkang mlebet",
    "su": "Seueur patarosan anu nuju lebet",
}


class Visitor:
    """Somebody at a network address, before the whole service."""

    def __init__(self, app, address: str) -> None:
        self._app, self._address = app, address

    async def __call__(self, method: str, path: str, body: bytes = b"", query: str = "", **headers: str):
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        sent = []

        async def receive():
            return waiting.pop() if waiting else await asyncio.Event().wait()  # nobody hangs up

        async def send(message) -> None:
            sent.append(message)

        named = [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in ({"host": "127.0.0.1"} | headers).items()
        ]
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": named, "client": (self._address, 50_000), "scheme": "http", "http_version": "1.1",
        }  # fmt: skip
        await self._app(scope, receive, send)
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return sent[0]["status"], dict(sent[0]["headers"]), text

    async def ask_page(self, language: str = "en"):
        return await self("GET", "/ask", query="q=who+reports+a+birth", accept_language=language)


@pytest.fixture
def service():
    """A service whose citizens may ask twice a minute, and the parts that it stands on."""
    nation = nation_of(bootstrap("ID", find_pack("ID")))
    settings = AccessSettings(ZoneInfo("UTC"), is_private=True, anonymous_a_minute=2)
    parts = make_parts(
        admission=Access(settings, clock=lambda: 0.0),
        services={"id/public-services": "public-services"},
        assistant=ScriptedAssistant(),
    )
    parts.web = make_pages(nation, parts)
    app = create_app(parts)
    return lambda address: Visitor(app, address), parts


@pytest.mark.parametrize("language", sorted(BUSY))
async def test_who_asks_too_often_without_script_is_told_calmly_when_to_come_back(service, language):
    visitor, parts = service
    ask = visitor("192.0.2.1").ask_page
    assert [(await ask(language))[0] for _ in range(2)] == [200, 200]
    status, headers, text = await ask(language)
    assert status == 429
    assert headers[b"retry-after"] == b"30"  # two a minute: one every thirty seconds
    assert BUSY[language] in text
    assert f'<html lang="{language}"' in text
    assert len(parts.assistant.questions) == 2
    assert (await visitor("198.51.100.1").ask_page())[0] == 200  # another network


async def test_the_page_and_the_api_count_together(service):
    visitor, _ = service
    one = visitor("192.0.2.1")
    body = b'{"model": "id/public-services", "messages": [{"role": "user", "content": "who?"}]}'
    assert (await one("POST", "/v1/chat/completions", body, content_type="application/json"))[0] == 200
    assert (await one.ask_page())[0] == 200
    assert (await one("POST", "/v1/chat/completions", body, content_type="application/json"))[0] == 429
    assert (await one.ask_page())[0] == 429
    assert (await one("GET", "/plan"))[0] == 429


async def test_a_service_that_makes_as_many_answers_as_it_can_says_so_on_the_page(service):
    visitor, parts = service
    parts.meter = Meter(parts.meter._receipts, 0, time.monotonic)
    status, headers, text = await visitor("192.0.2.1").ask_page()
    assert (status, headers[b"retry-after"]) == (429, b"2")
    assert BUSY["en"] in text


async def test_where_no_official_text_could_be_opened_the_page_says_so_and_the_log_has_one_line(service, caplog):
    visitor, parts = service
    parts.assistant = None
    parts.readiness.fail("knowledge", DaulatError("a fault", why="-", fix="-", code="knowledge.sources"))
    status, _, text = await visitor("192.0.2.1").ask_page()
    assert status == 503
    assert "No official text is loaded" in text
    assert "in a moment" not in text
    [line] = [record for record in caplog.records if record.name == "daulat.web"]
    assert "no_official_text" in line.message
    assert line.exc_info is None


async def test_who_is_in_danger_is_heard_on_the_page_before_there_is_any_text_and_beyond_the_limit(service):
    visitor, parts = service
    parts.danger = DangerWatch(lambda: open_danger(find_pack("ID"), ("id",)))
    assistant, parts.assistant = parts.assistant, None
    parts.readiness.set("knowledge", "loading")
    one = visitor("192.0.2.1")

    async def in_danger():
        return await one("GET", "/ask", query="q=Saya+mau+bunuh+diri", accept_language="id")

    status, _, text = await in_danger()
    assert status == 200
    assert 'href="tel:119"' in text
    parts.assistant = assistant
    assert [(await one.ask_page())[0] for _ in range(3)] == [200, 200, 429]
    status, _, text = await in_danger()
    assert status == 200
    assert 'href="tel:119"' in text
