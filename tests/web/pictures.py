# SPDX-License-Identifier: Apache-2.0
"""Takes the pictures of the page that the docs show, of a running service: `python -m tests.web.pictures ADDRESS`.

Reads nothing but the page; writes docs/images/*.png.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from .conftest import CHROMIUM_FLAGS, ask

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
BIRTH = "Bayi saya baru lahir, kapan paling lambat harus dilaporkan?"


def start(page: Page) -> None:
    """The page as it greets."""


def citizen(page: Page) -> None:
    """A question and its answer, quoted."""
    ask(page, BIRTH)


def source(page: Page) -> None:
    """The passage behind the answer."""
    ask(page, BIRTH)
    page.locator("a.source").first.click()
    page.locator(".sheet .chapter, .sheet .as-of").first.wait_for()


def passage(page: Page) -> None:
    """The passage in its document."""
    source(page)
    page.locator(".sheet a.primary").click()
    page.locator("mark#quote").wait_for()


PICTURES = (
    (start, "desktop", "light"),
    (start, "phone", "dark"),
    (citizen, "phone", "light"),
    (citizen, "desktop", "light"),
    (citizen, "desktop", "dark"),
    (source, "phone", "light"),
    (passage, "desktop", "dark"),
)


def take(address: str) -> None:
    """Take every picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        for scene, device, scheme in PICTURES:
            size = PHONE if device == "phone" else DESKTOP
            context = browser.new_context(
                viewport=size,  # type: ignore[arg-type]
                color_scheme=scheme,  # type: ignore[arg-type]
                locale="id-ID",
                reduced_motion="reduce",
                device_scale_factor=2 if device == "phone" else 1,
            )
            page = context.new_page()
            page.goto(address)
            scene(page)
            page.wait_for_timeout(500)
            page.screenshot(path=IMAGES / f"{scene.__name__}-{device}{'-dark' if scheme == 'dark' else ''}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1])
