# SPDX-License-Identifier: Apache-2.0
"""The pages as an ASGI application, without a browser: what goes out for what comes in."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from daulat.knowledge.types import Relation
from daulat.web import Standing, load_messages
from daulat.web.assets import without_comments
from daulat.web.views import one_of_each

from .answers import SmallLibrary
from .stage import build_web
from .visitor import Visitor

STATIC = Path(__file__).parents[2] / "src" / "daulat" / "web" / "static"


@pytest.fixture(scope="module")
def visit() -> Visitor:
    return Visitor()


async def test_every_answer_carries_the_same_strict_policy(visit: Visitor) -> None:
    for path in ("/", "/about", "/nothing", "/p/unknown", "/favicon.ico"):
        _, headers, _ = await visit(path)
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "same-origin"
        assert "set-cookie" not in headers


async def test_no_page_holds_script_or_style_of_its_own(visit: Visitor) -> None:
    for path in ("/", "/ask", "/about", "/sources", "/d/UU-13-2003"):
        _, _, body = await visit(path, query="q=cuti")
        assert not re.search(rb'<script(?![^>]*(src=|type="application/json"))|<style|\sstyle=|\son\w+=', body)


def test_no_script_makes_nodes_from_text() -> None:
    unsafe = re.compile(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function")
    for file in STATIC.glob("*.js"):
        assert not unsafe.search(file.read_text("utf-8"))


async def test_static_files_may_be_kept_for_ever_because_their_address_changes(visit: Visitor) -> None:
    _, _, home = await visit("/")
    address = re.search(rb'href="(/static/[0-9a-f]{12}/page.css)"', home)
    assert address is not None
    path = address[1].decode()
    status, headers, body = await visit(path, accept_encoding="gzip, deflate")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in headers["cache-control"]
    assert gzip.decompress(body) == without_comments((STATIC / "page.css").read_bytes())
    status, headers, _ = await visit("/static/000000000000/page.css")
    assert (status, headers["cache-control"]) == (200, "no-store")  # a page that was open during an upgrade
    assert (await visit("/static/000000000000/../app.py"))[0] == 404


async def test_comments_are_not_sent_and_every_other_line_keeps_its_number(visit: Visitor) -> None:
    address = re.search(rb'href="(/static/[0-9a-f]{12}/)page.css"', (await visit("/"))[2])
    assert address is not None
    for source in (*STATIC.glob("*.js"), *STATIC.glob("*.css")):
        _, _, body = await visit(address[1].decode() + source.name)
        own, sent = source.read_text("utf-8").splitlines(), body.decode().splitlines()
        assert len(own) == len(sent)
        left_out = [line.strip() for line, other in zip(own, sent, strict=True) if line != other]
        assert all(line.startswith(("//", "/*", "*")) for line in left_out), source.name
        assert "SPDX-License-Identifier" in sent[0]


async def test_a_page_that_did_not_change_is_not_sent_again(visit: Visitor) -> None:
    _, headers, _ = await visit("/about")
    status, _, body = await visit("/about", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


async def test_a_page_is_compressed_where_the_browser_takes_it(visit: Visitor) -> None:
    _, plain_headers, plain = await visit("/about")
    _, headers, packed = await visit("/about", accept_encoding="gzip")
    assert "content-encoding" not in plain_headers
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [
        ("jv, id;q=0.5", "", "jv"),
        ("jw-ID", "", "jv"),
        ("in-ID,en;q=0.9", "", "id"),
        ("fr-FR,en;q=0.3", "", "en"),
        ("", "", "id"),
        ("jv", "lang=su", "su"),
        ("su", "lang=tlh", "su"),
        ("a;q=x,;;,*", "lang=%3Cscript%3E", "id"),
        ("jv;q=\xb2, su;q=0.1", "", "su"),  # a digit, and no number
    ],
)
async def test_the_page_speaks_the_language_of_its_reader(
    visit: Visitor, header: str, query: str, language: str
) -> None:
    _, headers, body = await visit("/", query=query, accept_language=header)
    assert headers["content-language"] == language
    assert f'<html lang="{language}"'.encode() in body


async def test_a_chosen_language_stays_with_the_reader(visit: Visitor) -> None:
    _, _, body = await visit("/", query="lang=jv")
    assert b'href="/sources?lang=jv"' in body
    assert b'action="/ask?lang=jv"' in body
    await visit("/ask", query="lang=jv&q=bayi")
    assert visit.assistant.questions[-1].language == "jv"
    await visit("/ask", query="q=bayi", accept_language="jv")
    assert visit.assistant.questions[-1].language == ""


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/", ("#question", "Langsung ke pertanyaan")),
        ("/about", ("#main", "Langsung ke isi")),
        ("/sources", ("#main", "Langsung ke isi")),
    ],
)
async def test_the_first_link_says_where_it_leads(visit: Visitor, path: str, link: tuple[str, str]) -> None:
    page = (await visit(path, accept_language="id"))[2].decode()
    assert re.findall('class="skip" href="(.*?)">(.*?)<', page) == [link]


async def test_a_posted_question_is_answered_and_kept_nowhere(visit: Visitor) -> None:
    status, headers, body = await visit.post(q="Bayi saya \x00 lahir\x1b, kapan dilaporkan? 👶 \u202e")
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert visit.assistant.questions[-1].text == "Bayi saya  lahir, kapan dilaporkan? 👶 \u202e".strip()
    assert b"<mark>Setiap kelahiran" in body


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example/x", "/d//evil.example"])
async def test_no_address_that_was_asked_for_leads_to_another_host(visit: Visitor, path: str) -> None:
    status, _, body = await visit(path)
    assert status == 404
    assert not re.search(rb'(?:href|action)="//', body)


async def test_a_passage_tells_its_standing_in_law(visit: Visitor) -> None:
    _, _, body = await visit("/p/UU-1-1974:pasal-7#7", query="q=umur+19+%28sembilan+belas%29++tahun")
    page = body.decode()
    assert '<span class="badge" data-status="amended">Telah diubah</span>' in page
    act = "Undang-Undang Nomor 16 Tahun 2019 tentang Perubahan atas Undang-Undang Nomor 1 Tahun 1974 tentang Perkawinan"
    assert " ".join(f"Diubah dengan {act}, sejak 15 Oktober 2019 (mengenai Pasal 7)".split()) in " ".join(page.split())
    assert '<mark id="quote">umur 19 (sembilan belas) tahun</mark>' in page
    assert 'href="/p/UU-1-1974%3Apasal-8%238"' in page
    assert "1 Maret 2023" in page
    assert "Tanpa hak cipta: naskah peraturan" in page
    _, _, other = await visit("/p/UU-1-1974:pasal-8#8")
    assert "Diubah dengan" not in other.decode()  # the relation concerns article 7 alone


@pytest.mark.parametrize(
    ("query", "marked"), [("", 0), ("&at=20", 1), ("&at=99999999", 2), ("&at=-1", 0), ("&at=x", 0)]
)
async def test_words_that_stand_several_times_in_a_passage_are_marked_where_they_were_cited(
    query: str, marked: int
) -> None:
    visit, library = Visitor(), SmallLibrary()
    passage = library._passages["UU-1-1974:pasal-8#8"]
    library._passages[passage.passage_id] = replace(passage, text="Gratis di desa. Gratis di kota. Gratis di laut.")
    visit.web = build_web(visit.assistant, library)
    _, _, body = await visit(f"/p/{passage.passage_id}", query=f"q=Gratis+di{query}")
    before = body.decode().partition("<mark")[0].rpartition("<p")[2]
    assert before.count("Gratis di") == marked


@pytest.mark.parametrize(
    ("at", "marked"),
    [("16-42", "Gratis di kota, dan murah."), ("0-26", "Gratis di"), ("3-29", "Gratis di"), ("16-9", "Gratis di")],
)
async def test_words_in_an_address_are_marked_to_their_end_only_where_they_begin_as_it_says(
    at: str, marked: str
) -> None:
    visit, library = Visitor(), SmallLibrary()
    passage = library._passages["UU-1-1974:pasal-8#8"]
    text = "Biaya di desa.\n\nGratis di kota, dan murah. Begitu."
    library._passages[passage.passage_id] = replace(passage, text=text)
    visit.web = build_web(visit.assistant, library)
    _, _, body = await visit(f"/p/{passage.passage_id}", query=f"q=Gratis+di&at={at}")
    assert body.decode().partition('<mark id="quote">')[2].partition("</mark>")[0] == marked


async def test_a_law_of_which_many_articles_changed_names_the_first_and_opens_the_others_in_place(
    visit: Visitor,
) -> None:
    _, _, body = await visit("/d/UU-13-2003")
    told = " ".join(body.decode().split())
    assert "<summary>mengenai Pasal 150, Pasal 151, Pasal 152&nbsp;…</summary>" in told
    every = ", ".join(f"Pasal {number}" for number in range(150, 162))
    assert f"<p>mengenai {every}</p>" in told


async def test_an_old_passage_leads_to_the_newer_one(visit: Visitor) -> None:
    _, _, body = await visit("/p/UU-23-2006:pasal-15#15")
    assert '<a href="/p/UU-24-2013%3Apasal-27%237">Lihat gantinya: Undang-Undang Nomor 24' in body.decode()


async def test_what_curators_noted_stands_after_the_text_behind_a_disclosure_in_its_own_language(
    visit: Visitor,
) -> None:
    for path in ("/p/UU-1-1974:pasal-7#7", "/d/UU-1-1974"):
        _, _, body = await visit(path)
        page = body.decode()
        before, _, notes = page.partition("<details><summary>Dari mana status ini diketahui")
        assert 'class="official' not in notes
        assert '<ul lang="en">' in notes
        assert "the minimum age is 19 for both; UU 16/2019, Pasal I" in notes
        assert "minimum age" not in before


async def test_no_page_shows_an_id_that_only_the_makers_know(visit: Visitor) -> None:
    _, _, body = await visit("/d/UU-1-1974")
    assert "(mengenai Pasal 7, Pasal 65A, Penjelasan umum)" in " ".join(body.decode().split())
    for path in ("/d/UU-1-1974", "/p/UU-1-1974:pasal-7#7", "/p/UU-23-2006:pasal-15#15"):
        _, _, body = await visit(path)
        shown = re.sub(r"<[^>]*>", " ", body.decode())
        assert not re.search(r"UU-\d+-\d{4}|elucidation_general", shown)


async def test_an_act_that_only_the_passage_names_is_told_too(visit: Visitor) -> None:
    _, _, body = await visit("/p/UU-23-2006:pasal-15#15")
    assert "Diubah dengan Undang-Undang Nomor 24 Tahun 2013 tentang Perubahan atas" in body.decode()
    assert 'class="official history"' in body.decode()


async def test_offices_are_promised_only_where_somebody_declared_them(visit: Visitor) -> None:
    told = (await visit("/about", query="lang=en"))[2]
    assert b"office that you can ask" not in told
    other = Visitor()
    other.web = build_web(other.assistant, SmallLibrary(), names_an_office=True)
    assert b"office that you can ask" in (await other("/about", query="lang=en"))[2]


async def test_a_scan_is_called_one_and_a_text_with_unknown_words_is_not(visit: Visitor) -> None:
    said = [(await visit(f"/d/{act}"))[2].decode() for act in ("UU-25-2009", "UU-23-2006", "UU-13-2003")]
    assert ["hasil pindai" in page for page in said] == [True, False, False]
    assert ["huruf yang salah baca" in page for page in said] == [True, True, False]


async def test_the_title_stands_beside_a_citation_that_does_not_hold_it() -> None:
    visit = Visitor()
    doc_id = "UU-13-2003"
    library = SmallLibrary()
    shown = replace(library._documents[doc_id], citation="Cap. 149", title="Births Act")
    passage = replace(library.passages_of(doc_id)[0], article=None, heading=None, text="A birth is told. " * 9)
    library._documents[doc_id] = shown
    library._passages = {passage.passage_id: passage}
    visit.web = build_web(visit.assistant, library)
    for path in ("/sources", f"/d/{doc_id}", f"/p/{passage.passage_id}"):
        _, _, body = await visit(path)
        assert "Cap. 149" in body.decode()
        assert "Births Act" in body.decode()
    assert '<h1 dir="auto">A birth is told. A birth is told. A birth is told. A…</h1>' in body.decode()


async def test_what_no_title_has_can_be_asked(visit: Visitor) -> None:
    _, _, body = await visit("/sources", query="find=surat+tilang&lang=en")
    assert "No title has these words." in body.decode()
    assert 'href="/ask?q=surat+tilang&amp;lang=en"' in body.decode()


async def test_sources_are_found_by_words_of_their_names(visit: Visitor) -> None:
    _, _, body = await visit("/sources", query="find=2003+KETENAGA")
    assert "Dokumen ditemukan: 1" in body.decode()
    _, _, body = await visit("/sources", query="find=%3Cblink%3E&page=99999999999")
    assert "Dokumen ditemukan: 0" in body.decode()
    assert b"<blink>" not in body


@pytest.mark.parametrize(
    ("find", "first", "count"),
    [
        ("UU 13 2003", "UU-13-2003", 1),
        ("UU No. 24/2013", "UU-24-2013", 1),
        ("uu no 24 tahun 2013", "UU-24-2013", 1),
        ("Undang-Undang 13/2003", "UU-13-2003", 1),
        ("13/2003", "UU-13-2003", 1),
        ("UU Ketenagakerjaan", "UU-13-2003", 1),
        ("uu adminduk", "UU-23-2006", 1),  # as people call it
        ("kependudukan", "UU-24-2013", 2),
        ("3 2003", "", 0),  # 3 is not 13
        ("uu 99/2013", "", 0),
    ],
)
async def test_a_law_is_found_as_people_name_it(visit: Visitor, find: str, first: str, count: int) -> None:
    _, _, body = await visit("/sources", query=urlencode({"find": find}))
    assert f"Dokumen ditemukan: {count}" in body.decode()
    assert re.findall(r'href="/d/([^"?]+)"', body.decode())[:1] == [first] * bool(first)


async def test_the_manifest_describes_the_page_in_the_readers_language(visit: Visitor) -> None:
    _, headers, body = await visit("/manifest.webmanifest", query="lang=jv")
    manifest = json.loads(body)
    assert headers["content-type"] == "application/manifest+json"
    assert (manifest["lang"], manifest["start_url"]) == ("jv", "/?lang=jv")


async def test_a_country_without_a_pack_has_its_pages_too() -> None:
    visit = Visitor()
    visit.web = build_web(visit.assistant, SmallLibrary(), country="EE")
    _, _, body = await visit("/", accept_language="et")
    assert b"Estonia" in body
    assert b'<html lang="en" dir="ltr">' in body


async def test_languages_are_offered_only_where_there_is_a_choice(visit: Visitor) -> None:
    other = Visitor()
    other.web = build_web(other.assistant, SmallLibrary(), country="EE")
    assert b'class="languages"' not in (await other("/"))[2]
    assert b'class="languages"' in (await visit("/"))[2]


@pytest.mark.parametrize(("language", "said"), [("id", ("1.234", "14.214")), ("en", ("1,234", "14,214"))])
async def test_numbers_are_grouped_as_the_readers_language_does(language: str, said: tuple[str, str]) -> None:
    visit = Visitor()
    standing = Standing("id-2023.03", "2023-03-01", documents=1234, passages=14214)
    visit.web = build_web(visit.assistant, SmallLibrary(), standing=standing)
    page = (await visit("/about", query=f"lang={language}"))[2].decode()
    assert [f"<dd>{number}</dd>" in page for number in said] == [True, True]
    for path in ("/", "/sources"):
        assert said[0] in (await visit(path, query=f"lang={language}"))[2].decode()


async def test_a_script_from_right_to_left_turns_the_page(tmp_path: Path) -> None:
    (tmp_path / "ar.yaml").write_text("language: ar\npage: {ask: اسأل}\n", "utf-8")
    texts = load_messages([tmp_path], ["ar"]).choose("", "ar")
    assert (texts.direction, texts.page["ask"], texts.page["find"]) == ("rtl", "اسأل", "Find")


def test_what_is_recorded_article_by_article_of_one_act_is_one_line_of_the_document() -> None:
    change = partial(Relation, other="ACT-6-2023", since="2023-03-31")
    parts = (
        change("amended_by", articles=("7",), source="Act 6 of 2023", note="likely"),
        change("amended_by", articles=("9", "7"), source="Act 6 of 2023; Gazette"),
        change("partly_revoked_by", articles=("3",)),
        change("amended_by", articles=("8",), since="2024-01-01"),
    )
    told = [(each.kind, each.articles, each.source, each.note) for each in one_of_each(parts)]
    assert told == [
        ("amended_by", ("7", "9"), "Act 6 of 2023; Gazette", "likely"),
        ("partly_revoked_by", ("3",), "", ""),
        ("amended_by", ("8",), "", ""),
    ]
    whole = change("amended_by", source="Gazette")
    assert one_of_each((whole, parts[0])) == (whole, parts[0])


@pytest.mark.parametrize("path", ["/p/UU-13-2003:pasal-82#82", "/d/UU-13-2003"])
async def test_who_came_to_a_text_by_a_shared_address_is_shown_where_to_ask(visit: Visitor, path: str) -> None:
    _, _, body = await visit(path, query="lang=en")
    assert '<a class="primary" href="/?lang=en">Ask what the texts say</a>' in body.decode()
