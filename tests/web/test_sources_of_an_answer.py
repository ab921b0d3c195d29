# SPDX-License-Identifier: Apache-2.0
"""How an answer's sources are drawn, and the sheet that opens them, in a real browser against the real gateway."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from .answers import BIRTH_SENTENCE, FEES
from .conftest import BABY, NOBODY_KNOWS, Open, ask


def test_a_quotation_is_shown_as_the_official_text_with_the_answering_sentence_marked(open_page: Open) -> None:
    page = open_page()
    ask(page, BABY)
    quote = page.locator("figure.quote")
    expect(quote).to_have_count(1)
    expect(quote.locator("mark")).to_have_text(BIRTH_SENTENCE)
    expect(quote.locator("blockquote")).to_have_attribute("lang", "id")
    expect(quote.locator(".badge")).to_have_text("Berlaku")
    expect(page.locator(".mode")).to_have_text("Dikutip dari teks resmi")
    expect(page.locator(".as-of")).to_have_text("Teks sampai dengan 1 Maret 2023")


def test_further_law_stands_smaller_under_one_heading_and_only_history_keeps_its_introduction(open_page: Open) -> None:
    page = open_page()
    ask(page, "beberapa")
    expect(page.locator("figure.quote")).to_have_count(3)
    said = page.locator(".said > *")
    assert [part.evaluate("node => node.className || node.tagName") for part in said.all()] == [
        "P", "quote", "H3", "quote further", "P", "quote history", "P",
    ]  # fmt: skip
    assert [part.inner_text() for part in page.locator(".said > :is(h3, p)").all()] == [
        "Menurut Pasal 27 1:", "Lihat juga", "Bunyi pasal lama, sebagai riwayat 3:", "Sekian.",
    ]  # fmt: skip
    expect(page.locator(".further .source .number")).to_have_text("2")


@pytest.mark.parametrize("script", [True, False])
def test_law_that_was_changed_somewhere_stands_smaller_and_keeps_its_caution(open_page: Open, script: bool) -> None:
    page = open_page("/" if script else "/ask?q=berubah", java_script_enabled=script)
    if script:
        ask(page, "berubah")
    said = page.locator(".said > *")
    assert [part.evaluate("node => node.className || node.tagName") for part in said.all()] == [
        "P", "P", "quote history", "H3", "quote further", "quote further", "P",
    ]  # fmt: skip
    further = page.locator(".further")
    expect(further.nth(0).locator(".caution")).to_have_text("Undang-undang ini sudah diubah.")
    expect(further.nth(0).locator(".successor")).to_have_count(0)
    expect(further.nth(1).locator(".caution")).to_have_count(0)
    assert page.locator(".successor a").all_inner_texts() == [
        "Lihat gantinya: Undang-Undang Nomor 24 Tahun 2013 tentang Perubahan atas Undang-Undang Nomor 23 Tahun 2006 "
        "tentang Administrasi Kependudukan",
        "Baca juga: Undang-Undang Nomor 13 Tahun 2003 tentang Ketenagakerjaan",
    ]
    page.locator(".successor a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nomor 24 Tahun 2013")


@pytest.mark.parametrize("script", [True, False])
def test_a_list_is_shown_to_its_last_row_and_what_is_left_out_opens_in_place(open_page: Open, script: bool) -> None:
    page = open_page("/" if script else "/ask?q=pesangon", java_script_enabled=script)
    if script:
        ask(page, "pesangon")
    quote = page.locator("figure.quote blockquote")
    expect(quote.get_by_text("8 (delapan) tahun atau lebih")).to_be_visible()
    expect(quote.locator("summary")).to_have_text(["Baris lainnya dari naskah ini: 1"] * 2)
    left_out = quote.get_by_text("Pengusaha membayar uang pesangon.")
    expect(left_out).to_be_hidden()
    quote.locator("summary").first.click()
    expect(left_out).to_be_visible()
    page.emulate_media(media="print")
    expect(quote.get_by_text("(3) Lain.")).to_be_visible()
    expect(quote.locator("summary").first).to_be_hidden()


@pytest.mark.parametrize("script", [True, False])
def test_a_table_is_one_with_names_of_its_columns_and_the_row_that_answers_marked(
    open_page: Open, script: bool
) -> None:
    page = open_page("/" if script else "/ask?q=tarif", java_script_enabled=script)
    if script:
        ask(page, "tarif")
    table = page.locator("figure.quote").get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_text(FEES[1].split(" | "))
    expect(table.get_by_role("row")).to_have_count(len(FEES) - 1)
    expect(table.get_by_role("row").nth(8).locator("mark")).to_have_text(FEES[9].split(" | "))
    expect(table.locator("mark")).to_have_count(3)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_wide_table_scrolls_by_itself_and_is_whole_on_paper(open_page: Open) -> None:
    page = open_page("/ask?q=lebar", viewport={"width": 320, "height": 640})
    rows = page.get_by_role("region", name="Kabupaten, Kabupaten")
    beyond = "region => region.scrollWidth - region.clientWidth"
    assert rows.evaluate(beyond) > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    rows.focus()
    page.keyboard.press("ArrowRight")
    expect(rows).not_to_have_js_property("scrollLeft", 0)
    page.emulate_media(media="print")
    assert rows.evaluate(beyond) == 0


def test_a_citation_opens_the_passage_at_its_article_and_gives_the_focus_back(open_page: Open) -> None:
    page = open_page()
    ask(page, "Berapa lama cuti melahirkan?")
    mark = page.locator("a.cite").first
    mark.focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading")).to_have_text("Pasal 82")
    expect(sheet.locator(".badge")).to_have_text("Berlaku")
    expect(sheet.locator("mark")).to_contain_text("1,5 (satu setengah) bulan sebelum saatnya melahirkan")
    expect(sheet).to_contain_text("mengalami keguguran kandungan")  # the whole article, not only the quote
    expect(sheet.get_by_role("button", name="Tutup")).to_be_focused()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(mark).to_be_focused()


def test_a_citation_can_be_opened_as_soon_as_it_is_certain(open_page: Open) -> None:
    page = open_page()
    page.fill("#question", "cuti, tersendat")
    page.keyboard.press("Enter")
    expect(page.locator("a.cite")).to_have_text(["1"])
    expect(page.locator(".answer")).to_have_attribute("aria-busy", "true")
    going_on = "node => getComputedStyle(node, '::after').content"
    assert page.locator(".said").evaluate(going_on) == '""'  # a sign that it goes on
    page.locator("a.cite").click()
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Pasal 82")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Hentikan").click()
    expect(page.locator(".turn")).to_contain_text("Dihentikan.")
    assert page.locator(".said").evaluate(going_on) == "none"


def test_an_article_that_could_not_be_loaded_can_be_asked_for_again(open_page: Open) -> None:
    page = open_page(allow="ERR_FAILED")
    ask(page, BABY)
    page.route("**/v1/passages/**", lambda route: route.abort())
    page.locator("figcaption a.source").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("Pasal tidak dapat dimuat.")
    page.unroute("**/v1/passages/**")
    sheet.get_by_role("button", name="Tampilkan pasal lengkap").click()
    expect(sheet.locator(".official")).to_have_count(2)  # what hangs on to it stands apart, which the quote cannot know
    expect(sheet).not_to_contain_text("Pasal tidak dapat dimuat.")


@pytest.mark.parametrize("script", [True, False])
def test_a_source_that_is_named_again_can_be_opened_there_too(open_page: Open, script: bool) -> None:
    page = open_page("/" if script else "/ask?q=cuti", java_script_enabled=script)
    if script:
        ask(page, "cuti")
    expect(page.locator("a.cite")).to_have_text(["1", "2", "1"])
    expect(page.locator(".said")).not_to_contain_text("[1]")
    expect(page.locator(".sources .number")).to_have_text(["1", "2"])
    page.locator(".said li a.cite").click()
    expect(page.get_by_role("heading", name="Pasal 82")).to_be_visible()


def test_the_sheet_leads_to_the_sentence_in_its_document(open_page: Open) -> None:
    page = open_page()
    ask(page, BABY)
    page.locator("figcaption a.source").click()
    page.get_by_role("link", name="Buka dalam dokumennya").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pasal 27")
    expect(page.locator("mark#quote")).to_have_text(BIRTH_SENTENCE)


def test_what_hangs_on_to_an_article_stands_apart_from_it_in_the_sheet_and_in_its_document(open_page: Open) -> None:
    page = open_page()
    ask(page, BABY)
    page.locator("figcaption a.source").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator(".official")).to_have_count(2)

    def check(place: Any) -> None:
        own, apart = place.locator(".official").all()
        expect(own.locator("mark")).to_have_text(BIRTH_SENTENCE)
        expect(own).not_to_contain_text("Ketentuan ayat")
        expect(own).to_contain_text("menerbitkan Kutipan Akta Kelahiran.")
        expect(apart).to_have_class("official apart")
        expect(apart).to_have_text(re.compile("8. Ketentuan ayat .* berbunyi sebagai berikut:"))
        why = apart.evaluate("node => node.previousElementSibling.textContent")
        assert why.startswith("Bukan bagian dari pasal ini.")

    check(sheet)
    page.get_by_role("link", name="Buka dalam dokumennya").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pasal 27")
    check(page.locator("main"))


def test_the_day_of_the_texts_is_told_once_whatever_the_browser_calls_its_month(open_page: Open) -> None:
    page = open_page("/?lang=su")
    page.fill("#question", "tanggal")
    page.keyboard.press("Enter")
    page.locator('.answer[aria-busy="false"]').wait_for()
    expect(page.locator(".answer")).to_contain_text("Tina naskah hukum dugi ka 31 Désémber 2022.")
    expect(page.locator(".as-of")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False])
def test_texts_whose_standing_nobody_knows_each_say_so_and_what_that_means_is_told_once(
    open_page: Open, script: bool
) -> None:
    page = open_page("/" if script else "/ask?q=belum+tentu", java_script_enabled=script)
    if script:
        ask(page, "belum tentu")
    expect(page.locator("figcaption .badge")).to_have_text(["Status belum diketahui"] * 2)
    expect(page.locator("figcaption").first.locator(".successor")).to_have_text(NOBODY_KNOWS)
    expect(page.locator(".successor")).to_have_count(1)
    page.emulate_media(media="print")
    expect(page.locator("figcaption .badge").last).to_be_visible()
    expect(page.locator(".successor")).to_be_visible()


def test_an_old_text_is_shown_as_history_with_what_replaced_it(open_page: Open) -> None:
    page = open_page()
    ask(page, "Berapa umur boleh menikah?")
    expect(page.locator(".mode")).to_have_text("Hanya ditemukan naskah lama, yang bukan lagi hukum yang berlaku")
    expect(page.locator("figure.history .old")).to_have_text("Naskah lama")
    expect(page.locator(".answer mark")).to_have_count(0)
    assert page.locator("figure.history").evaluate("node => getComputedStyle(node).borderInlineStartStyle") == "dashed"
    expect(page.locator(".notice")).to_contain_text("telah diubah")
    expect(page.locator("figure .badge")).to_have_text("Telah diubah")
    expect(page.locator(".successor")).to_have_text("Lihat gantinya: Undang-Undang Nomor 16 Tahun 2019, Pasal 7")


@pytest.mark.parametrize("script", [True, False])
def test_what_became_of_a_law_is_told_with_its_source_and_quotes_nothing(open_page: Open, script: bool) -> None:
    page = open_page("/" if script else "/ask?q=nasib", java_script_enabled=script)
    if script:
        ask(page, "nasib")
    expect(page.locator(".said a.cite")).to_have_text("1")
    expect(page.locator(".mode, figure")).to_have_count(0)
    expect(page.locator(".sources .badge")).to_have_text("Dicabut")


def test_citations_are_wide_enough_for_a_finger(open_page: Open) -> None:
    page = open_page()
    ask(page, "cuti")
    for link in page.locator("a.cite").all():
        box = link.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_the_sheet_of_an_old_text_leads_to_the_newer_one(open_page: Open) -> None:
    page = open_page()
    ask(page, "usang")
    page.locator("a.source").click()
    newer = page.get_by_role("dialog").locator(".notice a")
    expect(newer).to_contain_text("Lihat gantinya: Undang-Undang Nomor 24 Tahun 2013")
    notes = page.get_by_role("dialog").locator(".official ~ details")  # after the text, closed, and said to be English
    expect(notes.locator("p")).to_be_hidden()
    notes.locator("summary").click()
    expect(notes.locator("p[lang=en]")).to_have_text("checked against the gazette")
    newer.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pasal 27")


def test_words_that_stand_twice_in_an_article_are_marked_where_they_were_cited(open_page: Open) -> None:
    page = open_page()
    ask(page, BABY)
    before = f"🐟 {BIRTH_SENTENCE}\n"
    page.evaluate(
        """(start) => {
            const name = 'daulat.conversation';
            const [turn] = JSON.parse(sessionStorage[name]);
            turn.citations[0].quote_start = start;
            addEventListener('pagehide', () => { sessionStorage[name] = JSON.stringify([turn]); });
        }""",
        len(before),
    )
    page.reload()

    def say_it_twice(route: Route) -> None:
        passage = route.fetch().json()
        route.fulfill(json=passage | {"text": before + passage["text"]})

    page.route("**/v1/passages/*", say_it_twice)
    page.locator("figcaption a.source").click()
    lines = page.get_by_role("dialog").locator(".official p")
    expect(lines.first).to_have_text(before.strip())
    expect(lines.first.locator("mark")).to_have_count(0)
    expect(lines.nth(1).locator("mark")).to_have_text(BIRTH_SENTENCE)


def test_text_that_verification_replaced_is_not_shown_any_more(open_page: Open) -> None:
    page = open_page()
    ask(page, "cuti, ganti")
    expect(page.locator(".said")).to_have_text("Sudah diperiksa.")
    expect(page.locator("a.cite")).to_have_count(0)
