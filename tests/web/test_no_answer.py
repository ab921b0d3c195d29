# SPDX-License-Identifier: Apache-2.0
"""What a page says that cannot answer: no question or too long a one, texts that load or are damaged, no such page."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from daulat.assistant.types import Question
from daulat.knowledge.errors import ReleaseError
from daulat.web import Standing

from .answers import SmallLibrary
from .stage import build_web
from .visitor import Visitor


class EmptyLibrary(SmallLibrary):
    """The library while there is none."""

    def documents(self) -> list[Any]:
        return []


@pytest.fixture(scope="module")
def visit() -> Visitor:
    return Visitor()


async def test_no_question_leads_back_to_the_start(visit: Visitor) -> None:
    status, headers, _ = await visit.post(q=" \r\n\t ")
    assert (status, headers["location"]) == (303, "/")


@pytest.mark.parametrize("length", [2001, 100_000])
async def test_a_question_that_is_too_long_is_declined_calmly(visit: Visitor, length: int) -> None:
    status, _, body = await visit.post(q="a" * length)
    assert status == 413
    assert b"paling banyak 2000 huruf" in body


async def test_a_question_that_is_too_long_stays_in_its_field_to_be_shortened(visit: Visitor) -> None:
    _, _, body = await visit.post(q="Apakah <saya> boleh? " * 100)
    assert b">Apakah &lt;saya&gt; boleh? Apakah" in body
    assert b'<form class="composer" method="post" action="/ask">' in body


@pytest.mark.parametrize(("query", "said"), [("", "sedang dimuat"), ("find=uu+13", "sedang dimuat")])
async def test_while_the_texts_are_loading_no_page_says_that_there_are_none(query: str, said: str) -> None:
    visit = Visitor()
    visit.web = build_web(visit.assistant, EmptyLibrary(), standing=Standing(loading=True))
    page = (await visit("/sources", query=query))[2].decode()
    assert said in page
    assert "Belum ada teks" not in page
    assert "Dokumen ditemukan" not in page
    assert "Tidak ada judul" not in page


@pytest.mark.parametrize("path", ["/p/UU-24-2013:pasal-27#7", "/d/UU-24-2013", "/sources"])
@pytest.mark.parametrize(
    ("standing", "said", "comes_back"),
    [(Standing(loading=True), "sedang dimuat", "5"), (Standing(), "Belum ada teks resmi yang dimuat", None)],
)
async def test_a_page_of_the_text_is_not_gone_because_no_text_is_open(
    path: str, standing: Standing, said: str, comes_back: str | None
) -> None:
    visit = Visitor()
    visit.web = build_web(visit.assistant, EmptyLibrary(), standing=standing)
    status, headers, body = await visit(path)
    assert (status, headers.get("retry-after")) == (503, comes_back)
    assert said in body.decode()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("id", "Mulai 1 Januari 2028 dicabut dengan"),
        ("en", "from January 1, 2028 on"),
        ("jv", "Wiwit 1 Januari 2028 dipuncabut"),
        ("su", "Ti 1 Januari 2028 dicabut"),
    ],
)
async def test_a_text_that_will_be_revoked_says_when_and_is_in_force_until_then(
    visit: Visitor, language: str, said: str
) -> None:
    _, _, body = await visit("/p/UU-13-2003:pasal-82#82", query=f"lang={language}")
    assert said in body.decode()
    assert 'data-status="in_force"' in body.decode()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("id", "<p>Catatan kumpulan ini, bukan kutipan: Paling singkat 3 bulan. (UU 4/2024 Pasal 4)</p>"),
        ("en", "<p>A note of this collection, not a quotation: Three months at least. (UU 4/2024 Pasal 4)</p>"),
        ("su", 'sanés kutipan: <span lang="id">Paling singkat 3 bulan.</span> (UU 4/2024 Pasal 4)</p>'),
    ],
)
async def test_what_another_act_adds_is_noted_beside_the_text(visit: Visitor, language: str, said: str) -> None:
    _, _, body = await visit("/p/UU-13-2003:pasal-82#82", query=f"lang={language}")
    assert said in body.decode()
    assert 'data-status="in_force"' in body.decode()


class WrittenToLibrary(SmallLibrary):
    """Somebody writes to its release while it is open."""

    def passage(self, passage_id: str) -> Any:
        raise ReleaseError("passages.bin was written to", why="-", fix="verify it.", code="knowledge.release.changed")

    document = passage


@pytest.mark.parametrize("path", ["/p/UU-24-2013:pasal-27#7", "/d/UU-24-2013"])
async def test_a_release_that_is_written_to_gives_a_reference_and_the_operator_what_to_do(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    visit = Visitor()
    visit.web = build_web(visit.assistant, WrittenToLibrary())
    with caplog.at_level(logging.ERROR):
        status, _, body = await visit(path)
    reference = re.search(rb"rujukan ini: ([0-9a-f]{8})", body)
    assert status == 503
    assert reference is not None
    [said] = caplog.messages
    assert reference[1].decode() in said
    assert "knowledge.release.changed: passages.bin was written to. verify it." in said


async def test_a_question_while_the_texts_are_loading_is_asked_to_come_back_with_its_words(
    visit: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    status, headers, body = await visit.post(q="dimuat: kapan?")
    assert (status, headers["retry-after"]) == (503, "5")
    assert "Teks resmi sedang dimuat." in body.decode()
    assert b">dimuat: kapan?</textarea>" in body
    assert "rujukan" not in body.decode()
    assert caplog.messages == []


async def test_a_failure_gives_the_citizen_a_reference_and_the_operator_the_code(
    visit: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        status, _, body = await visit.post(q="rusak: rahasia saya")
    assert status == 503
    reference = re.search(rb"rujukan ini: ([0-9a-f]{8})", body)
    assert reference is not None
    assert reference[1].decode() in caplog.messages[0]
    assert "test.broken" in caplog.messages[0]
    assert "Traceback" not in caplog.text
    assert "rahasia" not in caplog.text
    assert b"rahasia" not in body


async def test_what_nobody_expected_is_told_by_the_page_itself_and_logged_without_a_word_of_the_question(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Visitor()

    async def fail(question: Question, client: str) -> None:
        raise IndexError(question.text)

    monkeypatch.setattr(visit.assistant, "ask", fail)
    visit.web = build_web(visit.assistant, SmallLibrary())
    with caplog.at_level(logging.ERROR):
        status, headers, body = await visit("/ask", query="q=rahasia+saya&lang=jv")
    assert (status, headers["cache-control"], headers["content-language"]) == (500, "no-store", "jv")
    reference = re.search(rb"sebataken nomer punika: ([0-9a-f]{8})", body)
    assert reference is not None
    [said] = caplog.messages
    assert said.startswith(f"defect {reference[1].decode()}: IndexError\n")
    assert "raise IndexError(question.text)" in said  # where it happened
    assert "rahasia" not in caplog.text


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "POST", 405),
        ("/ask", "DELETE", 405),
        ("/p/", "GET", 404),
        ("/p/../../etc/passwd", "GET", 404),
        ("/p/<script>alert(1)</script>", "GET", 404),
        ("/d/x", "GET", 404),
        ("/static/", "GET", 404),
        ("/favicon.ico", "GET", 308),
        ("/about", "HEAD", 200),
    ],
)
async def test_other_addresses_end_in_a_page_that_says_so(visit: Visitor, path: str, method: str, status: int) -> None:
    found, _, body = await visit(path, method)
    assert found == status
    assert b"<script>alert" not in body
    assert method != "HEAD" or body == b""


@pytest.mark.parametrize(("path", "allow"), [("/", "GET, HEAD"), ("/ask", "GET, HEAD, POST")])
async def test_a_wrong_method_is_told_the_right_ones(visit: Visitor, path: str, allow: str) -> None:
    _, headers, _ = await visit(path, "DELETE")
    assert headers["allow"] == allow  # RFC 9110, section 15.5.6
