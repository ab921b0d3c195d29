# SPDX-License-Identifier: Apache-2.0
"""The conversation in a real browser, against the real gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from .answers import BIRTH_SENTENCE
from .conftest import ask
from .stage import BREAKS_AFTER

Open = Callable[..., Page]
Seen = Callable[[], dict[str, Any]]
NOBODY_KNOWS = (
    "Belum diperiksa di sini apakah teks ini masih berlaku. Tanyakan kepada instansi yang berwenang sebelum memakainya."
)
BABY = "Bayi saya baru lahir, kapan harus dilaporkan?"


def requests_to(seen: Seen, path: str) -> list[dict[str, Any]]:
    return [request for request in seen()["requests"] if request["path"].startswith(path)]


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


def test_who_gets_an_answer_shared_learns_what_a_status_that_nobody_knows_means(open_page: Open) -> None:
    page = open_page()
    page.evaluate("navigator.share = async (parcel) => { window.shared = parcel; }")
    ask(page, "belum tentu")
    page.get_by_role("button", name="Bagikan").click()
    shared = page.evaluate("window.shared.text")
    assert shared.count("(Status belum diketahui)") == 2
    assert shared.count(NOBODY_KNOWS) == 1


def test_a_stream_that_dropped_goes_on_where_it_stopped(open_page: Open, seen: Seen) -> None:
    page = open_page(allow="ERR_")
    ask(page, f"putus: {BABY}")
    expect(page.locator("figure.quote mark")).to_have_text(BIRTH_SENTENCE)
    said = page.locator(".said > p").inner_text()
    assert said.count("Menurut") == 1
    assert said.endswith("Pasal 27 1:")
    resumed = requests_to(seen, "/v1/streams/")
    assert int(resumed[0]["headers"]["last-event-id"]) <= BREAKS_AFTER
    assert len(requests_to(seen, "/v1/chat/completions")) == 1


def test_a_reader_can_stop_an_answer_and_ask_again(open_page: Open, seen: Seen) -> None:
    page = open_page()
    page.fill("#question", "macet")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("Menurut")
    page.get_by_role("button", name="Hentikan").click()
    expect(page.locator(".turn")).to_contain_text("Dihentikan. Jawaban belum lengkap.")
    expect(page.locator("#question")).to_be_focused()
    ask(page, BABY)
    expect(page.locator("figure.quote")).to_have_count(1)
    assert seen()["cancelled"] == 1


def test_a_page_that_is_loaded_again_takes_up_its_answer(open_page: Open) -> None:
    page = open_page(allow="ERR_")
    page.fill("#question", "macet")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("Menurut")
    page.reload()
    expect(page.locator(".said")).to_have_text("Menurut Undang-Undang Nomor")
    page.get_by_role("button", name="Hentikan").click()
    expect(page.locator(".turn")).to_contain_text("Dihentikan.")


def test_the_conversation_stays_in_this_tab_and_can_be_cleared(open_page: Open) -> None:
    page = open_page()
    ask(page, BABY)
    page.reload()
    expect(page.locator("figure.quote mark")).to_have_text(BIRTH_SENTENCE)
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Hapus percakapan").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_follow_up_takes_along_no_more_than_it_needs(open_page: Open, seen: Seen) -> None:
    page = open_page()
    for question in ("satu", "dua", "tiga", "empat"):
        ask(page, question)
    sent = json.loads(requests_to(seen, "/v1/chat/completions")[-1]["body"])
    told = [message["content"] for message in sent["messages"] if message["role"] == "user"]
    assert told == ["dua", "tiga", "empat"]
    assert all(len(message["content"]) <= 600 for message in sent["messages"])
    assert sent["model"] == "id/public-services"
    assert "metadata" not in sent


def test_a_language_chosen_by_name_goes_along_with_the_question(open_page: Open, seen: Seen) -> None:
    page = open_page("/?lang=su")
    expect(page.locator("html")).to_have_attribute("lang", "su")
    page.fill("#question", "Lamun pindah imah kudu lapor ka saha?")
    page.keyboard.press("Enter")
    expect(page.locator(".mode")).to_have_text("Dicutat tina naskah resmi")
    assert json.loads(requests_to(seen, "/v1/chat/completions")[-1]["body"])["metadata"] == {"language": "su"}
    expect(page.locator("figcaption a")).to_have_attribute("href", re.compile("lang=su#quote$"))


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


def test_what_became_of_a_law_is_shared_without_words_that_answer_nothing(open_page: Open) -> None:
    page = open_page()
    page.evaluate("navigator.share = async (parcel) => { window.shared = parcel; }")
    ask(page, "nasib")
    page.get_by_role("button", name="Bagikan").click()
    shared = page.evaluate("window.shared.text")
    assert "sudah dicabut. [1]" in shared
    assert "Perkawinan hanya diizinkan" not in shared


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


def test_citations_are_wide_enough_for_a_finger(open_page: Open) -> None:
    page = open_page()
    ask(page, "cuti")
    for link in page.locator("a.cite").all():
        box = link.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_a_thumb_that_asked_is_not_given_the_keyboard_over_its_answer(open_page: Open) -> None:
    page = open_page(has_touch=True, is_mobile=True)
    page.fill("#question", BABY)
    button = page.get_by_role("button", name="Tanyakan", exact=True)
    button.tap()
    page.locator('.answer[aria-busy="false"]').wait_for()
    expect(button).to_be_focused()


def test_the_field_stays_labelled_and_gives_its_width_to_the_words(open_page: Open) -> None:
    page = open_page(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    field = page.locator("#question")
    expect(field).to_have_attribute("enterkeyhint", "enter")  # which makes a new line, on a touch keyboard
    ask(page, BABY)
    expect(field).to_have_attribute("placeholder", "Pertanyaan berikutnya")
    field.fill("Kalau terlambat bagaimana?")
    field.press("Enter")
    assert field.input_value().endswith("\n")
    words, button = field.bounding_box(), page.get_by_role("button", name="Tanyakan", exact=True).bounding_box()
    assert words is not None
    assert button is not None
    assert button["y"] >= words["y"] + words["height"]
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Hapus percakapan").click()
    expect(field).to_have_attribute("placeholder", "")


@pytest.mark.parametrize("language", ["id", "jv", "su", "en"])
def test_languages_stand_in_one_row_under_names_of_one_form(open_page: Open, language: str) -> None:
    page = open_page(f"/?lang={language}", viewport={"width": 320, "height": 640})
    links = page.locator(".languages a")
    expect(links).to_have_text(["Indonesia", "English", "Jawa", "Sunda"])
    assert len({box["y"] for link in links.all() if (box := link.bounding_box())}) == 1
    header = page.locator("header.top").bounding_box()
    assert header is not None
    assert header["height"] <= 84


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


def test_text_that_verification_replaced_is_not_shown_any_more(open_page: Open) -> None:
    page = open_page()
    ask(page, "cuti, ganti")
    expect(page.locator(".said")).to_have_text("Sudah diperiksa.")
    expect(page.locator("a.cite")).to_have_count(0)


def test_a_screen_reader_hears_whole_sentences(open_page: Open) -> None:
    page = open_page()
    page.evaluate(
        """() => {
            window.heard = [];
            new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(
                (node) => window.heard.push(node.textContent)))).observe(
                document.querySelector('[data-announce]'), {childList: true});
        }"""
    )
    ask(page, "Berapa lama cuti melahirkan?")
    expect(page.locator("[data-announce]")).to_contain_text("Jawaban lengkap. Sumber: 2")
    heard = page.evaluate("window.heard")
    assert heard[0] == "Mencari dalam teks resmi …"
    assert heard[1].startswith("Pekerja perempuan mendapat istirahat 1,5 bulan sebelum dan 1,5 bulan sesudah")
    assert "".join(heard).count("Pekerja perempuan") == 1
    assert len(heard) <= 8
    expect(page.locator("[data-announce]")).to_have_attribute("aria-live", "polite")
    # Who reads on from the field does not meet the answer a second time.
    expect(page.locator("[data-announce]")).to_have_text("", timeout=10_000)


def test_low_data_asks_once_and_loads_an_article_only_when_told(open_page: Open, seen: Seen) -> None:
    page = open_page()
    page.get_by_label("Tampilan").click()
    page.get_by_label("Hemat data").check()
    page.keyboard.press("Escape")
    ask(page, "Berapa lama cuti melahirkan?")
    assert json.loads(requests_to(seen, "/v1/chat/completions")[0]["body"])["stream"] is False
    page.locator("a.cite").first.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("mark")).to_be_visible()
    assert requests_to(seen, "/v1/passages/") == []
    sheet.get_by_role("button", name="Tampilkan pasal lengkap").click()
    expect(sheet).to_contain_text("BAB X PERLINDUNGAN")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-data", "low")


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


@pytest.mark.parametrize("reader", [{"color_scheme": "dark"}, {"theme": "dark"}, {}], ids=str)
def test_paper_is_light_and_keeps_the_mark_whatever_the_screen_is(open_page: Open, reader: dict[str, str]) -> None:
    theme = reader.pop("theme", "")
    page = open_page(**reader)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    ask(page, "beberapa")
    page.emulate_media(media="print", **reader)  # type: ignore[arg-type]
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


@pytest.mark.parametrize("size", ["normal", "large", "larger"])
def test_the_answer_can_be_read_beside_the_field_in_every_size_of_text(open_page: Open, size: str) -> None:
    page = open_page(viewport={"width": 320, "height": 640})
    page.evaluate("size => { document.documentElement.dataset.text = size; }", size)
    ask(page, BABY)
    page.evaluate("scrollTo(0, 0)")
    line = page.locator(".said p").first.bounding_box()
    composer = page.locator("form.composer").bounding_box()
    assert line is not None
    assert composer is not None
    three_lines = 3 * page.locator(".said p").first.evaluate("node => parseFloat(getComputedStyle(node).lineHeight)")
    assert line["y"] + min(line["height"], three_lines) <= min(composer["y"], 640)


@pytest.mark.parametrize(
    ("code", "message"),
    [("loading", "Teks resmi sedang disiapkan."), ("no_official_text", "Belum ada teks resmi yang dimuat")],
)
def test_what_keeps_the_texts_away_is_told_as_it_is(open_page: Open, code: str, message: str) -> None:
    page = open_page(allow="503")
    body = json.dumps({"error": {"code": code}})
    page.route("**/v1/chat/completions", lambda route: route.fulfill(status=503, body=body))
    ask(page, BABY)
    expect(page.locator(".turn .notice")).to_contain_text(message)


@pytest.mark.parametrize(
    ("status", "message"), [(429, "Banyak orang sedang bertanya."), (503, "Layanan belum dapat menjawab.")]
)
def test_a_refusal_is_a_calm_sentence_and_can_be_tried_again(open_page: Open, status: int, message: str) -> None:
    page = open_page(allow=str(status))
    page.route("**/v1/chat/completions", lambda route: route.fulfill(status=status, body="{}"))
    ask(page, BABY)
    expect(page.locator(".turn .notice")).to_contain_text(message)
    page.unroute("**/v1/chat/completions")
    page.get_by_role("button", name="Tanyakan lagi").click()
    expect(page.locator("figure.quote")).to_have_count(1)
    expect(page.locator(".turn")).to_have_count(1)


def test_a_reader_without_a_network_is_told_and_keeps_the_page(open_page: Open) -> None:
    page = open_page(allow="ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    expect(page.locator(".composer [role=status]")).to_have_text(
        "Anda sedang luring. Isi halaman ini tetap dapat dibaca."
    )
    ask(page, BABY)
    expect(page.locator(".turn .notice")).to_contain_text("Anda sedang luring.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Tanyakan lagi").click()
    expect(page.locator("figure.quote")).to_have_count(1)


@pytest.mark.parametrize(
    ("question", "message"), [("", "Silakan tulis pertanyaan"), ("a" * 2001, "paling banyak 2000")]
)
def test_an_empty_or_endless_question_is_answered_beside_the_field(
    open_page: Open, seen: Seen, question: str, message: str
) -> None:
    page = open_page()
    page.fill("#question", question)
    page.get_by_role("button", name="Tanyakan", exact=True).click()
    expect(page.locator(".composer [role=status]")).to_contain_text(message)
    expect(page.locator("#question")).to_be_focused()
    assert requests_to(seen, "/v1/chat/completions") == []
