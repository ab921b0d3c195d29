# SPDX-License-Identifier: Apache-2.0
"""The report in a real browser: every chart drawn, nothing asked of anybody, nothing that axe finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.web.conftest import axe, browser

from daulat.nation import Nation, Pack
from daulat.plan import Document
from daulat.plan.report import load_words, write_report

__all__ = ["axe", "browser"]

# Every rule runs; of what passes, which is nearly all of 15,000 elements, no account is made, nor a selector of any.
AXE_RUN = """async (left_out) =>
  (await axe.run({exclude: left_out}, {resultTypes: ['violations'], selectors: false})).violations.map(
    (one) => [one.id, one.nodes.map((node) => node.html).slice(0, 3)])"""

# Tables of public prices name their source in each row; in all others a cell with a digit needs a link.
NUMBERS_WITHOUT_SOURCE = """() => {
  const opens = (cell) => [...cell.querySelectorAll('a[href^="#"]')].some(
    (one) => document.getElementById(one.getAttribute('href').slice(1)));
  const without = []; let numbers = 0;
  const tables = [...document.querySelectorAll('table:not(.prices)')];
  for (const table of tables) {
    const linked = new Set();
    for (const row of table.tHead.rows) {
      let at = 0;
      for (const cell of row.cells) {
        for (let n = 0; n < cell.colSpan; n++, at++) if (opens(cell)) linked.add(at);
      }
    }
    for (const row of table.tBodies[0].rows) {
      for (const cell of [...row.cells].slice(1)) {
        if (!/[0-9]/.test(cell.textContent)) continue;
        numbers++;
        if (!opens(row.cells[0]) && !linked.has(cell.cellIndex)) without.push(cell.textContent);
      }
    }
  }
  return {tables: tables.length, numbers, without: without.slice(0, 20)};
}"""


@pytest.fixture(scope="module")
def report(document: Document, nation: Nation, pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("plan")
    write_report(document, load_words(pack, nation.language_tags), folder)
    return folder.as_uri()


@pytest.fixture
def read(browser: Browser, report: str) -> Iterator[Any]:
    contexts, faults = [], []

    def open_as(name: str = "report.en.html", **reader: Any) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | reader))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("request", lambda one: None if one.url.startswith((report, "data:")) else faults.append(one.url))
        page.goto(f"{report}/{name}")
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert not faults


@pytest.mark.parametrize(
    ("name", "width"),
    [("report.en.html", 320), ("report.en.html", 1280), ("report.html", 320), ("report.jv.html", 320)],
)
def test_every_chart_is_drawn_and_nothing_runs_over_the_edge(read: Any, name: str, width: int) -> None:
    page = read(name, viewport={"width": width, "height": 900})
    exhibits = page.locator("figure.exhibit")
    assert exhibits.count() >= 20
    for place in range(exhibits.count()):
        box = exhibits.nth(place).locator("svg.drawing:visible")
        assert box.count() == 1  # the wide or the narrow one
        size = box.bounding_box()
        assert size is not None
        assert size["width"] > 200
        assert size["height"] > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_asked_of_anybody(read: Any, report: str) -> None:
    page = read()
    asked = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert [one for one in asked if not one.startswith("data:")] == []


# All rows of all tables once in light and once in dark; elsewhere three of each, for the rest of them look as these do.
FURTHER_ROWS = ["tbody > tr:nth-child(n + 4)"]


@pytest.mark.parametrize(
    ("name", "width", "scheme", "left_out"),
    [
        ("report.html", 360, "light", []),
        ("report.html", 360, "dark", FURTHER_ROWS),
        ("report.en.html", 1280, "light", FURTHER_ROWS),
        ("report.en.html", 1280, "dark", []),
    ],
)
def test_axe_finds_nothing(read: Any, axe: str, name: str, width: int, scheme: str, left_out: list[str]) -> None:
    page = read(name, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(axe)
    assert page.evaluate(AXE_RUN, left_out) == []


def test_dark_is_dark(read: Any) -> None:
    def ground(page: Page) -> int:
        text = str(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        return sum(int(one) for one in text.removeprefix("rgb(").removesuffix(")").split(","))

    assert ground(read(color_scheme="light")) > 600
    assert ground(read(color_scheme="dark")) < 150


def test_a_number_opens_its_source(read: Any) -> None:
    page = read()
    page.get_by_role("link", name="Source of Cost of a million tokens, built").click()
    trace = page.locator("#s-cost_per_mtok")
    trace.wait_for()  # the closed details around it opened
    assert "present value of building" in trace.inner_text()
    trace.get_by_role("link", name="money.discount_rate").click()
    page.locator("#s-money-discount_rate").wait_for()


def test_every_number_of_every_table_opens_its_source(read: Any) -> None:
    """By a link in the head of its row, or in the head or the line of sources of its column."""
    page = read()
    found = page.evaluate(NUMBERS_WITHOUT_SOURCE)
    # A table for each chart, and those of parties, of control by scenario and by rule, and of all results.
    assert found["tables"] == page.locator("figure.exhibit").count() + 4
    assert found["numbers"] > 1000
    assert found["without"] == []
    for table in ("cost-years", "breakdown", "tornado-cost-per-mtok", "ownership"):
        exhibit = page.locator(f"#{table}")
        exhibit.locator("details.table > summary").click()
        link = exhibit.locator("table a").first
        link.click()
        page.locator(str(link.get_attribute("href"))).wait_for()


def test_the_languages_lead_to_each_other(read: Any) -> None:
    page = read("report.html")
    assert page.evaluate("document.documentElement.lang") == "id"
    page.get_by_role("link", name="English").click()
    assert page.evaluate("document.documentElement.lang") == "en"


def test_on_paper_the_charts_stand_and_the_links_do_not(read: Any, tmp_path: Path) -> None:
    page = read()
    page.emulate_media(media="print")
    assert page.locator("svg.drawing:visible").count() == page.locator("figure.exhibit").count()
    assert not page.locator("nav.contents").is_visible()
