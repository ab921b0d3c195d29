# SPDX-License-Identifier: Apache-2.0
"""Whom to call, whom to ask, and what is only said, in a real browser against the real gateway."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from .conftest import Open, ask


def test_an_answer_without_sources_says_so_and_names_whom_to_ask(open_page: Open) -> None:
    page = open_page()
    ask(page, "Siapa presiden berikutnya?")
    expect(page.locator(".mode")).to_have_text("Tidak ditemukan teks resmi yang menjawab")
    expect(page.get_by_role("link", name="1500 537")).to_have_attribute("href", "tel:1500537")
    expect(page.locator(".sources li")).to_have_count(2)
    expect(page.locator(".sources .number")).to_have_count(0)
    expect(page.locator(".near p").nth(1)).to_have_text(re.compile(r"^\(2\) "))
    expect(page.locator(".near mark")).to_have_count(0)
    page.locator(".sources a").first.click()
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Pasal 27")


@pytest.mark.parametrize("script", [True, False])
def test_whom_to_call_is_a_button_before_the_answer_and_the_answer_is_whole(open_page: Open, script: bool) -> None:
    question = "Saya dipukul, bayi saya bagaimana?"
    page = open_page("/" if script else f"/ask?q={quote(question)}", java_script_enabled=script)
    if script:
        ask(page, question)
    said = page.locator(".answer > *")
    assert [part.evaluate("node => node.className") for part in said.all()][:5] == [
        "said alarm", "contacts urgent", "mode", "said", "contacts",
    ]  # fmt: skip
    expect(said.nth(0)).to_have_text("Segera hubungi:")
    call = said.nth(1).get_by_role("link")
    expect(call).to_have_text("Telepon 112")
    expect(call).to_have_attribute("href", "tel:112")
    expect(page.locator(".answer").get_by_text("112")).to_have_count(1)
    expect(page.locator(".answer figure.quote mark")).to_have_count(1)
    expect(said.nth(4)).to_contain_text("Dinas")
    expect(page.locator(".answer").get_by_text("Anda juga dapat bertanya")).to_have_count(0)


def test_an_emergency_is_told_whom_to_call_with_a_thumb_and_nothing_else(open_page: Open) -> None:
    page = open_page(viewport={"width": 320, "height": 640})
    ask(page, "Ada orang pingsan, tolong!")
    urgent = page.locator(".urgent")
    expect(urgent.get_by_role("heading")).to_have_text("Hubungi sekarang")
    call = urgent.get_by_role("link").first
    expect(call).to_have_text("Telepon 112")
    expect(page.locator(".answer").get_by_text("Panggilan darurat")).to_have_count(1)
    expect(call).to_have_attribute("href", "tel:112")
    # An extension that is dialled as letters would be another number.
    expect(urgent.get_by_role("link").last).to_have_attribute("href", "tel:119,8")
    size, room = call.bounding_box(), urgent.bounding_box()
    assert size is not None
    assert room is not None
    assert size["height"] >= 48
    assert size["width"] >= 0.85 * room["width"]
    expect(page.locator(".as-of, .actions")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False])
def test_whom_to_ask_what_no_source_answers_stands_under_whom_to_call(open_page: Open, script: bool) -> None:
    question = "Ada orang pingsan, biaya rumah sakitnya bagaimana?"
    page = open_page("/" if script else f"/ask?q={quote(question)}", java_script_enabled=script)
    if script:
        ask(page, question)
    parts = [part for part in page.locator(".answer > *").all() if part.inner_text().strip()]
    assert [part.evaluate("node => node.className") for part in parts] == [
        "mode", "said alarm", "contacts urgent", "contacts",
    ]  # fmt: skip
    expect(page.locator(".contacts.urgent").get_by_role("link").first).to_have_attribute("href", "tel:112")
    expect(page.locator(".contacts").last).to_contain_text("Dinas")


@pytest.mark.parametrize("script", [True, False])
def test_an_emergency_is_red_also_where_no_office_is_known(open_page: Open, script: bool) -> None:
    page = open_page("/" if script else "/ask?q=tenggelam", java_script_enabled=script)
    if script:
        ask(page, "tenggelam")
    expect(page.locator(".answer")).to_have_text(
        re.compile(r"Mohon perhatikan\s*Segera hubungi nomor darurat setempat")
    )
    expect(page.locator(".answer")).to_have_attribute("data-mode", "notice")


@pytest.mark.parametrize("script", [True, False])
def test_a_greeting_is_answered_calmly_and_not_in_the_red_of_an_emergency(open_page: Open, script: bool) -> None:
    page = open_page("/" if script else "/ask?q=halo", java_script_enabled=script)
    if script:
        ask(page, "halo")
    answer = page.locator(".answer")
    expect(answer).to_have_text(re.compile(r"^\s*Halo\. Silakan bertanya tentang layanan publik\.\s*$"))
    worn = answer.evaluate(
        """node => [...node.querySelectorAll('*')].map((each) => getComputedStyle(each))
            .map(({ color, borderInlineStartWidth }) => [color, borderInlineStartWidth])"""
    )
    assert {tuple(each) for each in worn} == {("rgb(23, 33, 31)", "0px")}
