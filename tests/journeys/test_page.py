# SPDX-License-Identifier: Apache-2.0
"""A citizen with a browser, on the service as it runs: a question, an answer, and the article that it stands on."""

from __future__ import annotations

from playwright.sync_api import expect

from ..web.conftest import ask, browser

__all__ = ["browser"]  # a fixture of the pages' own tests

BIRTH = "Paling lambat berapa hari kelahiran harus dilaporkan?"


def test_a_citizen_asks_and_reads_the_article(browser, service):
    context = browser.new_context(locale="id-ID", viewport={"width": 360, "height": 740})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(service.url) else faults.append(request.url))
    page.goto(service.url)
    ask(page, BIRTH)
    expect(page.locator("figure.quote mark").first).to_contain_text("60 (enam puluh) hari sejak kelahiran")
    page.locator("a.cite").first.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading")).to_have_text("Pasal 27")
    sheet.get_by_role("link", name="Buka dalam dokumennya").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pasal 27")
    context.close()
    assert not faults
