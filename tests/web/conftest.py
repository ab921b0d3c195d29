# SPDX-License-Identifier: Apache-2.0
"""A running service, a real browser, and a watch over both: a console error or a foreign request fails the test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = "axe-core@4.10.3"
PATIENCE_MS = 60_000  # a busy machine may keep a browser waiting; what is waited for has to come all the same
Open = Callable[..., Page]
Seen = Callable[[], dict[str, Any]]
BABY = "Bayi saya baru lahir, kapan harus dilaporkan?"
NOBODY_KNOWS = (
    "Belum diperiksa di sini apakah teks ini masih berlaku. Tanyakan kepada instansi yang berwenang sebelum memakainya."
)


expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of the stage: the real gateway and pages in a process of their own."""
    command = [sys.executable, "-m", "tests.web.stage"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(120)


@pytest.fixture
def seen(address: str) -> Callable[[], dict[str, Any]]:
    """What the service has seen since this test began."""

    def look() -> dict[str, Any]:
        with urlopen(f"{address}/stage") as response:
            return dict(json.load(response))

    before = look()

    def since() -> dict[str, Any]:
        now = look()
        return {
            "requests": now["requests"][len(before["requests"]) :],
            "cancelled": now["cancelled"] - before["cancelled"],
        }

    return since


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Debian's Chromium, driven by playwright."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Debian's package `chromium` is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *flags])
        yield browser
        browser.close()


# One a module: while playwright's own event loop runs in this thread, no asynchronous test could.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser as it comes."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open a page as some reader would; `allow` names console messages that the test expects."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_as(path: str = "/", *, allow: str = "", patience_ms: int = PATIENCE_MS, **reader: Any) -> Page:
        settings = {"locale": "id-ID", "viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce"} | reader
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(patience_ms)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text)
                if message.type in {"error", "warning"} and not (allow and allow in message.text)
                else None
            ),
        )
        page.on("request", lambda request: None if request.url.startswith(address) else faults.append(request.url))
        page.goto(f"{address}{path}")
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert not faults


def ask(page: Page, question: str) -> None:
    """Ask and wait until the answer is whole."""
    page.fill("#question", question)
    page.get_by_role("button", name="Tanyakan", exact=True).click()
    page.locator(".turn").last.locator('.answer[aria-busy="false"]').wait_for()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> str:
    """The source of axe-core, fetched once from npm into pytest's cache; never part of the product."""
    assert pytestconfig.cache is not None
    kept = pytestconfig.cache.mkdir("axe-core") / f"{AXE}.js"
    if not kept.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed, so axe-core cannot be fetched")
        folder = tmp_path_factory.mktemp("axe")
        done = subprocess.run([npm, "pack", AXE], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            pytest.skip(f"axe-core cannot be fetched: {done.stderr.strip()[-200:]}")
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            source = archive.extractfile("package/axe.min.js")
            assert source is not None
            mine = kept.with_name(f"{AXE}.{os.getpid()}")  # another process may be reading or fetching it too
            mine.write_bytes(source.read())
            mine.replace(kept)
    return kept.read_text("utf-8")
