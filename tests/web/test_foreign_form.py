# SPDX-License-Identifier: Apache-2.0
"""The page's form without script: our own page asks by it under every name, and a page of another site does not."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response

from .conftest import chromium

# All of them lead to the service. Browsers tell of the site over TLS and on this machine; elsewhere only of the origin.
NAMES = "--host-resolver-rules=MAP tanya.example 127.0.0.1, MAP stranger.example 127.0.0.1"
FORM = '<form method="post" action="{address}/ask"><input name="q" value="bayi"><button>Look</button></form>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, in which two more names lead here."""
    with chromium(NAMES) as browser:
        yield browser


def send(page: Page, button: str) -> Response:
    """Press what sends a form; return what comes back."""
    with page.expect_navigation() as going:
        page.click(button)
    return going.value


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "tanya.example"])
def test_our_own_form_asks_without_script_under_every_name(browser, address, name):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"http://{name}:{urlsplit(address).port}/")
    page.fill("textarea[name=q]", "bayi")
    answered = send(page, ".composer button")
    assert answered.status == 200
    assert answered.request.method == "POST"
    assert page.locator("blockquote").count() > 0


@pytest.mark.parametrize("name", ["127.0.0.1", "tanya.example"])
def test_the_form_of_another_site_asks_nothing(browser, address, name):
    page = browser.new_page(bypass_csp=True)  # a stranger's page allows itself everything
    port = urlsplit(address).port
    page.goto(f"http://stranger.example:{port}/about")
    page.set_content(FORM.format(address=f"http://{name}:{port}"))
    refused = send(page, "button")
    assert (refused.status, refused.json()["error"]["code"]) == (403, "foreign_origin")
