# SPDX-License-Identifier: Apache-2.0
"""A service on one's own machine, and the page of somebody else in the same browser: neither read nor written to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from ..web.conftest import chromium
from .conftest import run

# Both names lead to this machine: the one to a stranger's site, the other, once it was looked up anew, to the service.
NAMES = "--host-resolver-rules=MAP stranger.example 127.0.0.1, MAP rebound.example 127.0.0.1"
HAND_IN = """async base => {
    const form = new FormData();
    form.append("purpose", "batch");
    form.append("file", new Blob(["{}"]), "forged.jsonl");
    // A page of another site never reads the answer; that what it sent was taken is what counts.
    await fetch(base + "/v1/files", {method: "POST", body: form, mode: "no-cors"}).catch(() => {});
}"""
READ = """async () => { const answer = await fetch("/v1/files"); return [answer.status, await answer.text()]; }"""


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium, in which two names of strangers lead here."""
    with chromium(NAMES) as browser:
        yield browser


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[int]:
    """The port of a site of somebody else."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<!doctype html><title>Elsewhere</title>")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_strangers_page_neither_hands_in_a_file_nor_reads_one(browser, stranger, start, tmp_path):
    run(tmp_path, "init", "EE")
    service = start(tmp_path, "--only", "gateway")
    service.wait()
    page = browser.new_page(bypass_csp=True)  # a stranger's page allows itself everything
    page.goto(f"http://stranger.example:{stranger}/")
    page.evaluate(HAND_IN, service.url)
    assert json.loads(service.get("/v1/files"))["data"] == []
    page.goto(f"http://rebound.example:{urlsplit(service.url).port}/")
    status, text = page.evaluate(READ)
    assert (status, json.loads(text)["error"]["code"]) == (421, "wrong_host")
    page.goto(f"{service.url}/v1/models")  # under its own name it is there
    assert page.evaluate(READ)[0] == 200
    page.evaluate(HAND_IN, service.url)
    assert [each["filename"] for each in json.loads(service.get("/v1/files"))["data"]] == ["forged.jsonl"]
