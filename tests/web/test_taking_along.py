# SPDX-License-Identifier: Apache-2.0
"""What a reader takes along of an answer: copied, shared, printed; in a real browser against the real gateway."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import expect

from .answers import BIRTH_SENTENCE
from .conftest import BABY, NOBODY_KNOWS, Open, ask


def test_who_gets_an_answer_shared_learns_what_a_status_that_nobody_knows_means(open_page: Open) -> None:
    page = open_page()
    page.evaluate("navigator.share = async (parcel) => { window.shared = parcel; }")
    ask(page, "belum tentu")
    page.get_by_role("button", name="Bagikan").click()
    shared = page.evaluate("window.shared.text")
    assert shared.count("(Status belum diketahui)") == 2
    assert shared.count(NOBODY_KNOWS) == 1


def test_what_became_of_a_law_is_shared_without_words_that_answer_nothing(open_page: Open) -> None:
    page = open_page()
    page.evaluate("navigator.share = async (parcel) => { window.shared = parcel; }")
    ask(page, "nasib")
    page.get_by_role("button", name="Bagikan").click()
    shared = page.evaluate("window.shared.text")
    assert "sudah dicabut. [1]" in shared
    assert "Perkawinan hanya diizinkan" not in shared


def test_an_answer_can_be_copied_and_shared_with_its_sources(open_page: Open) -> None:
    page = open_page()
    page.evaluate("navigator.share = async (parcel) => { window.shared = parcel; }")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "Berapa lama cuti melahirkan?")
    page.get_by_role("button", name="Bagikan").click()
    shared = page.evaluate("window.shared.text")
    assert shared.startswith("Berapa lama cuti melahirkan?\n\nPekerja perempuan mendapat istirahat 1,5 bulan sebelum")
    assert "[1] Undang-Undang Nomor 13 Tahun 2003 tentang Ketenagakerjaan, Pasal 82 (Berlaku)\nhttp://" in shared
    assert "Teks sampai dengan 1 Maret 2023" in shared
    page.get_by_role("button", name="Salin").click()
    expect(page.locator("[role=status]").first).to_have_text("Tersalin")
    assert page.evaluate("navigator.clipboard.readText()") == shared


def test_an_address_that_was_shared_opens_the_passage_at_the_sentence_that_was_marked(open_page: Open) -> None:
    page = open_page()
    page.evaluate("navigator.share = async (parcel) => { window.shared = parcel; }")
    ask(page, BABY)
    page.get_by_role("button", name="Bagikan").click()
    shared = [line for line in page.evaluate("window.shared.text").split("\n") if line.startswith("http://")]
    assert max(map(len, shared)) < 200  # a message of a telephone shows it whole
    page.goto(shared[0])
    expect(page.locator("mark#quote")).to_have_text(BIRTH_SENTENCE)


def test_one_answer_is_printed_alone_with_the_addresses_of_its_sources(open_page: Open) -> None:
    page = open_page()
    ask(page, BABY)
    ask(page, "Berapa lama cuti melahirkan?")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Cetak").last.click()
    page.emulate_media(media="print")
    assert page.evaluate("window.printed")
    expect(page.locator(".turn").first).to_be_hidden()
    expect(page.locator(".turn").last).to_be_visible()
    expect(page.locator("form.composer")).to_be_hidden()
    after = page.locator(".source").last.evaluate("(link) => getComputedStyle(link, '::after').content")
    assert "/p/UU-24-2013%3Apasal-27%237" in after
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".turn").first).to_be_visible()


@pytest.mark.parametrize(("scheme", "theme"), [("dark", ""), ("light", "dark"), ("light", "")])
def test_paper_is_light_and_keeps_the_mark_whatever_the_screen_is(
    open_page: Open, scheme: Literal["dark", "light"], theme: str
) -> None:
    page = open_page(color_scheme=scheme)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    ask(page, "beberapa")
    page.emulate_media(media="print", color_scheme=scheme)
    drawn = page.evaluate(
        """() => {
            const style = (selector) => getComputedStyle(document.querySelector(selector));
            return [style('body').color, style('body').backgroundColor, style('.quote .badge').backgroundColor,
                ...['mark', '.further mark'].flatMap((mark) => [style(mark).textDecorationLine,
                    style(mark).textDecorationColor, style(mark).backgroundColor])];
        }"""
    )
    mark = ["underline", "rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"]
    assert drawn == ["rgb(0, 0, 0)", "rgb(255, 255, 255)", "rgb(226, 241, 230)", *mark, *mark]
