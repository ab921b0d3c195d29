# SPDX-License-Identifier: Apache-2.0
"""The conversation in a real browser, against the real gateway."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from playwright.sync_api import expect

from .answers import BIRTH_SENTENCE
from .conftest import BABY, Open, Seen, ask
from .stage import BREAKS_AFTER


def requests_to(seen: Seen, path: str) -> list[dict[str, Any]]:
    return [request for request in seen()["requests"] if request["path"].startswith(path)]


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


@pytest.mark.parametrize("status", [502, 503])
def test_a_stream_that_dropped_is_asked_for_again_where_a_proxy_does_not_reach_it(open_page: Open, status: int) -> None:
    page = open_page(allow="e")  # the browser tells of the lost connection, and of what the proxy said
    away = iter([True, True])
    page.route(
        "**/v1/streams/*",
        lambda route: route.fulfill(status=status, body="<html>") if next(away, False) else route.continue_(),
    )
    ask(page, f"putus: {BABY}")
    expect(page.locator("figure.quote mark")).to_have_text(BIRTH_SENTENCE)
    assert next(away, None) is None


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
    deadline = time.monotonic() + 60
    while not seen()["cancelled"] and time.monotonic() < deadline:  # the browser tells it beside the next question
        time.sleep(0.05)
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
    page.fill("#question", "Dan kalau saya sakit")  # what is not sent yet goes with the rest
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Hapus percakapan").click()
    expect(page.locator("#question")).to_have_value("")
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


def test_a_thumb_that_asked_is_not_given_the_keyboard_over_its_answer(open_page: Open) -> None:
    page = open_page(has_touch=True, is_mobile=True)
    page.fill("#question", BABY)
    button = page.get_by_role("button", name="Tanyakan", exact=True)
    button.tap()
    page.locator('.answer[aria-busy="false"]').wait_for()
    expect(button).to_be_focused()


@pytest.mark.parametrize("size", [{"width": 320, "height": 225}, {"width": 360, "height": 400}])  # 400 %; a keyboard
def test_who_asks_by_the_button_on_a_low_screen_sees_the_answer_and_not_its_end(
    open_page: Open, size: dict[str, int]
) -> None:
    page = open_page(viewport=size)
    for question in (BABY, "cuti", "pesangon"):
        ask(page, question)
        top = page.locator(".turn").last.evaluate("(turn) => turn.getBoundingClientRect().top")
        assert 0 <= top < size["height"], question


def test_an_answer_that_was_stopped_can_be_asked_for_again(open_page: Open, seen: Seen) -> None:
    page = open_page(allow="ERR_")
    page.fill("#question", "macet")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Hentikan").click()
    expect(page.locator(".turn")).to_contain_text("Dihentikan.")
    page.get_by_role("button", name="Tanyakan lagi").click()
    expect(page.get_by_role("button", name="Hentikan")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(1)
    assert len(requests_to(seen, "/v1/chat/completions")) == 2
    page.get_by_role("button", name="Hentikan").click()


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
    # What was said is taken away some seconds later, perhaps before anybody here has looked.
    page.wait_for_function("window.heard.some((words) => words.includes('Jawaban lengkap. Sumber: 2'))")
    heard = page.evaluate("window.heard")
    assert heard[0] == "Mencari dalam teks resmi …"
    assert heard[1].startswith("Pekerja perempuan mendapat istirahat 1,5 bulan sebelum dan 1,5 bulan sesudah")
    assert "".join(heard).count("Pekerja perempuan") == 1
    assert len(heard) <= 8
    expect(page.locator("[data-announce]")).to_have_attribute("aria-live", "polite")
    # Who reads on from the field does not meet the answer a second time.
    expect(page.locator("[data-announce]")).to_have_text("")


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


def test_who_has_asked_too_often_is_told_for_how_long_to_wait(open_page: Open) -> None:
    page = open_page(allow="429")
    told = {"retry-after": "12"}
    page.route("**/v1/chat/completions", lambda route: route.fulfill(status=429, body="{}", headers=told))
    ask(page, BABY)
    expect(page.locator(".turn .notice")).to_contain_text("Silakan coba lagi dalam 12 detik.")
    expect(page.locator("[aria-live]").filter(has_text="dalam 12 detik")).to_have_count(1)


def test_what_is_being_written_stays_when_a_question_is_tried_again(open_page: Open) -> None:
    page = open_page(allow="503")
    page.route("**/v1/chat/completions", lambda route: route.fulfill(status=503, body="{}"))
    ask(page, BABY)
    expect(page.locator("#question")).to_have_value("")
    page.unroute("**/v1/chat/completions")
    page.fill("#question", "Berapa lama cuti")
    page.get_by_role("button", name="Tanyakan lagi").click()
    expect(page.locator("figure.quote")).to_have_count(1)
    expect(page.locator("#question")).to_have_value("Berapa lama cuti")


def test_a_follow_up_takes_along_whole_characters(open_page: Open, seen: Seen) -> None:
    page = open_page()
    ask(page, BABY)
    page.evaluate(
        """() => {
            const name = 'daulat.conversation';
            const [turn] = JSON.parse(sessionStorage[name] ?? '[{}]');
            addEventListener('pagehide', () => {
                sessionStorage[name] = JSON.stringify([{ ...turn, question: 'a', text: 'x'.repeat(599) + '🐟🐟' }]);
            });
        }"""
    )
    page.reload()
    ask(page, "Berapa lama cuti?")
    expect(page.locator(".turn").last.locator("a.cite").first).to_be_visible()
    sent = json.loads(requests_to(seen, "/v1/chat/completions")[-1]["body"])
    assert sent["messages"][1]["content"] == "x" * 599 + "🐟"


@pytest.mark.parametrize(
    "kept", ['{"a":1}', "null", "7", "{", "[null]", '[{"question":"a"}]', '[{"question":7,"text":"b"}]']
)
def test_what_is_kept_and_is_no_conversation_begins_a_new_one(open_page: Open, kept: str) -> None:
    page = open_page("/about")
    page.evaluate("kept => { sessionStorage['daulat.conversation'] = kept; }", kept)
    page.goto(page.url.removesuffix("about"))
    ask(page, BABY)
    expect(page.locator("figure.quote")).to_have_count(1)


def test_a_reader_without_a_network_is_told_and_keeps_the_page(open_page: Open) -> None:
    page = open_page(allow="ERR_INTERNET_DISCONNECTED")
    page.clock.install()
    page.context.set_offline(True)
    expect(page.locator(".composer [role=status]")).to_have_text(
        "Anda sedang luring. Isi halaman ini tetap dapat dibaca."
    )
    ask(page, BABY)
    expect(page.locator(".turn .notice")).to_contain_text("Anda sedang luring.")
    page.get_by_role("button", name="Tanyakan lagi").focus()
    page.context.set_offline(False)
    expect(page.locator(".composer [role=status]")).to_have_text("Anda kembali daring.")
    expect(page.locator(".turn .notice")).to_contain_text("Sambungan terputus sebelum jawaban lengkap.")
    expect(page.get_by_role("button", name="Tanyakan lagi")).to_be_focused()
    page.clock.fast_forward(5_000)
    expect(page.locator(".composer [role=status]")).to_be_empty()
    page.get_by_role("button", name="Tanyakan lagi").click()
    expect(page.locator("figure.quote")).to_have_count(1)


def test_what_was_asked_without_a_network_is_not_called_offline_after_the_page_was_loaded_again(
    open_page: Open,
) -> None:
    page = open_page(allow="ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    ask(page, BABY)
    page.context.set_offline(False)
    page.reload()
    expect(page.locator(".turn .notice")).to_contain_text("Sambungan terputus sebelum jawaban lengkap.")


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
