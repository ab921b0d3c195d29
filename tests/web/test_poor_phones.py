# SPDX-License-Identifier: Apache-2.0
"""A poor phone: few and small requests, nothing that moves under the thumb, nothing typed that is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import BABY, Open, ask
from .visitor import Visitor

PHONE = {"has_touch": True, "is_mobile": True}
CONNECTIONS = 6  # that a browser opens to one host over HTTP/1.1
ACTIVE = "document.activeElement.id || document.activeElement.textContent"


async def test_what_the_first_view_needs_comes_in_two_rounds_of_a_browsers_connections() -> None:
    _, _, home = await Visitor()("/")
    needed = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:js|css))"', home.decode()))
    assert len(needed) <= 2 * CONNECTIONS, sorted(needed)


@pytest.mark.parametrize("name", ["page.css", "chat.js"])
async def test_a_part_of_a_page_does_not_carry_what_concerns_pages(name: str) -> None:
    visit = Visitor()
    _, _, home = await visit("/")
    path = next(each for each in re.findall(r'"(/static/[^"]+)"', home.decode()) if each.endswith(name))
    _, headers, _ = await visit(path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["vary"] == "Accept-Encoding"  # a cache between needs no copy for each language
    assert sum(len(f"{key}: {value}\r\n") for key, value in headers.items()) < 400


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_moves_when_the_scripts_arrive(open_page: Open, width: int) -> None:
    def places(page: Page) -> list[object]:
        return [page.locator(each).bounding_box() for each in (".brand", ".languages", "#question", ".examples")]

    size = {"width": width, "height": 740}
    early = open_page("/about", allow="ERR_FAILED", viewport=size)
    early.route(re.compile(r"/(chat|display)\.js$"), lambda route: route.abort())
    early.goto(early.url.removesuffix("about"))
    late = open_page(viewport=size)
    expect(late.locator("daulat-display")).to_be_visible()
    assert places(early) == places(late)
    without = open_page(viewport=size, java_script_enabled=False)
    expect(without.locator("daulat-display")).to_be_hidden()


def test_what_was_typed_is_there_after_the_page_was_loaded_again(open_page: Open) -> None:
    page = open_page()
    page.fill("#question", "Bayi saya baru")
    page.reload()
    expect(page.locator("#question")).to_have_value("Bayi saya baru")
    page.get_by_role("link", name="English").click()
    expect(page.locator("#question")).to_have_value("Bayi saya baru")
    page.go_back()
    ask(page, BABY)
    page.reload()
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator("#question")).to_have_value("")
    assert page.evaluate("sessionStorage['daulat.draft']") is None


@pytest.mark.parametrize(("reader", "place"), [({}, "question"), (PHONE, "Tanyakan")])
def test_who_chose_an_example_goes_on_from_the_next_question(
    open_page: Open, reader: dict[str, bool], place: str
) -> None:
    page = open_page(**reader)
    page.locator(".examples a").first.focus()
    page.keyboard.press("Enter")
    page.locator(".answer[aria-busy=false]").wait_for()
    assert page.evaluate(ACTIVE) == place


def test_asking_again_with_a_thumb_leaves_the_keyboard_away(open_page: Open) -> None:
    page = open_page(allow="ERR_INTERNET_DISCONNECTED", **PHONE)
    page.context.set_offline(True)
    ask(page, BABY)
    page.context.set_offline(False)
    page.get_by_role("button", name="Tanyakan lagi").tap()
    page.locator(".answer[aria-busy=false] figure.quote").wait_for()
    assert page.evaluate(ACTIVE) == "Tanyakan"


def test_the_number_to_call_does_not_stand_behind_the_field(open_page: Open) -> None:
    page = open_page(viewport={"width": 320, "height": 520}, **PHONE)
    ask(page, "Ada orang pingsan di depan rumah tetangga, tolong, harus bagaimana ini?")
    call = page.locator(".urgent a").first
    assert call.evaluate(
        """link => {
            const { left, right, bottom } = link.getBoundingClientRect();
            return document.elementFromPoint((left + right) / 2, bottom - 1) === link;
        }"""
    )
