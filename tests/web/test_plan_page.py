# SPDX-License-Identifier: Apache-2.0
"""The page of sliders, in a real browser over the real planner, and as a plain form without script."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

STATIC = Path(__file__).parents[2] / "src" / "daulat" / "web" / "static"
REPORT = Path(__file__).parents[2] / "src" / "daulat" / "plan" / "report" / "templates" / "report.css"
AXE_RUN = """async () =>
  (await axe.run({resultTypes: ['violations'], selectors: false})).violations.map(
    (one) => [one.id, one.nodes.map((node) => node.html).slice(0, 3)])"""
PATIENCE_MS = 90_000  # the planner gives way to whatever else this machine does
ENGLISH = "/plan?lang=en&scenario=national"
CEILING = "s.demand.adoption_ceiling"


@pytest.fixture(scope="module", autouse=True)
def planner(address: str) -> None:
    """Start the planner: on a busy machine its process takes longer than a browser waits."""
    for path in ("/plan", ENGLISH):
        with urlopen(f"{address}{path}", timeout=120) as answer:
            answer.read()


def move(page: Page, name: str, key: str, times: int = 1) -> None:
    slider = page.locator(f'input[name="{name}"]')
    slider.focus()
    for _ in range(times):
        slider.press(key)
    expect(page.locator("#plan-status")).to_contain_text("Worked out", timeout=PATIENCE_MS)
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")


def tile(page: Page, name: str) -> str:
    return page.locator(f'[data-tile="{name}"] b').inner_text()


def test_a_slider_that_is_moved_by_the_keyboard_moves_numbers_charts_and_tables(open_page: Callable[..., Page]) -> None:
    page = open_page(ENGLISH, patience_ms=PATIENCE_MS)
    before = (
        tile(page, "site_power_mw"),
        page.locator("#chart-site-power-mw svg").inner_html(),
        page.locator("#chart-site-power-mw tbody").text_content(),
    )
    move(page, CEILING, "End")
    after = (
        tile(page, "site_power_mw"),
        page.locator("#chart-site-power-mw svg").inner_html(),
        page.locator("#chart-site-power-mw tbody").text_content(),
    )
    assert float(after[0]) > float(before[0])  # more people use it
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert page.locator(f'input[name="{CEILING}"]').get_attribute("aria-valuetext").endswith("share")


def test_the_page_says_that_it_stands_at_one_site_where_the_plan_would_choose_them(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(ENGLISH, patience_ms=PATIENCE_MS)
    expect(page.locator("#results")).to_contain_text("This plan chooses its sites. Here all of it stands at one")


def test_the_table_on_the_page_says_what_the_marks_of_its_chart_say(open_page: Callable[..., Page]) -> None:
    page = open_page(ENGLISH, patience_ms=PATIENCE_MS)
    move(page, CEILING, "Home")
    marks = page.locator("#chart-site-power-mw circle title").all_text_contents()
    rows = [row.split("\t") for row in page.locator("#chart-site-power-mw tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent).join('\\t'))"
    )]  # fmt: skip
    assert marks == [f"Site power: {middle} ({low}–{high})" for _, low, middle, high in rows]


def test_only_what_was_touched_is_sent(open_page: Callable[..., Page], seen: Callable[[], dict[str, Any]]) -> None:
    page = open_page(ENGLISH, patience_ms=PATIENCE_MS)
    move(page, CEILING, "ArrowRight", 2)
    asked = [json.loads(one["body"]) for one in seen()["requests"] if one["path"] == "/v1/plans"]
    assert [list(one["changes"]) for one in asked] == [["demand.adoption_ceiling"]] * len(asked)
    assert asked[-1]["scenario"] == "national"


def test_the_page_works_without_script(open_page: Callable[..., Page]) -> None:
    page = open_page(ENGLISH, patience_ms=PATIENCE_MS, java_script_enabled=False)
    before = tile(page, "site_power_mw")
    page.locator(f'input[name="{CEILING}"]').focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="Work it out").click()
    assert float(tile(page, "site_power_mw")) > float(before)
    assert page.locator("figure svg.drawing").count() == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(open_page: Callable[..., Page], axe: str, scheme: str, width: int) -> None:
    page = open_page(
        ENGLISH, patience_ms=PATIENCE_MS, color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True
    )
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    page.evaluate(axe)
    assert page.evaluate(AXE_RUN) == []
    for size in ("normal", "larger"):
        page.evaluate("size => { document.documentElement.dataset.text = size; }", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, size


def test_hostile_values_in_the_address_are_left_out(open_page: Callable[..., Page]) -> None:
    page = open_page(
        "/plan?lang=en&scenario=../../etc/passwd&s.demand.adoption_ceiling=nan&s.x.y=1&s.=%3Cscript%3E",
        patience_ms=PATIENCE_MS,
    )
    assert tile(page, "people") if page.locator('[data-tile="people"]').count() else tile(page, "capex_usd")
    assert page.locator("#plan-fault").is_hidden()


def test_a_value_out_of_its_range_is_told_and_the_plan_stands(open_page: Callable[..., Page]) -> None:
    page = open_page("/plan?lang=en&scenario=national&s.demand.adoption_ceiling=35", patience_ms=PATIENCE_MS)
    assert "35" in page.locator("#plan-fault").inner_text()
    assert tile(page, "capex_usd")


def test_the_page_in_the_nations_language_says_that_nobody_reviewed_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/plan?lang=id", patience_ms=PATIENCE_MS)
    assert page.locator("h1").inner_text() == "Bagaimana jika?"
    assert page.get_by_text("belum diperiksa oleh penutur asli").is_visible()


def test_what_the_page_loads_is_light_and_loaded_only_there(address: str) -> None:
    home = urlopen(Request(address)).read().decode()
    assert "plan.js" not in home
    assert "plan.css" not in home
    page = urlopen(Request(f"{address}{ENGLISH}")).read().decode()
    total = 0
    for path in {*re.findall(r'(?:src|href)="(/static/[^"]+)"', page)}:
        with urlopen(Request(f"{address}{path}", headers={"Accept-Encoding": "gzip"})) as answer:
            total += len(answer.read())
    assert total < 100_000


def test_the_style_of_the_page_knows_every_class_of_its_drawings(open_page: Callable[..., Page]) -> None:
    page = open_page(ENGLISH, patience_ms=PATIENCE_MS)
    used = page.eval_on_selector_all("figure svg [class]", "nodes => nodes.flatMap((node) => [...node.classList])")
    style = (STATIC / "plan.css").read_text("utf-8")
    assert {name for name in used if f".{name}" not in style} == set()
