# SPDX-License-Identifier: Apache-2.0
"""`daulat init ID && daulat up` in an empty folder: a page, an API and answers from the law, and a clean end."""

from __future__ import annotations

import json
import re
import signal
import urllib.parse
import urllib.request

import openai
import pytest

from .conftest import ask_path, processes_of, run

BIRTH = "Paling lambat berapa hari kelahiran harus dilaporkan?"
ARTICLE = "UU-24-2013:pasal-27"


@pytest.fixture
def client(service):
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_everything_comes_up_at_one_address(service):
    assert service.wait()["status"] == "ok"
    assert "<html" in service.get("/")


def test_the_official_client_gets_an_answer_with_its_source(client):
    message = client.chat.completions.create(
        model="id/public-services", messages=[{"role": "user", "content": BIRTH}]
    ).choices[0].message  # fmt: skip
    first = message.annotations[0].url_citation
    assert message.content[first.start_index : first.end_index] == "[1]"
    assert first.model_extra["passage_id"].startswith(ARTICLE)
    with urllib.request.urlopen(first.url, timeout=20) as page:  # as a client elsewhere opens it
        assert "60 (enam puluh) hari" in page.read().decode()
    assert "60 (enam puluh) hari sejak kelahiran" in message.content


def test_a_stream_tells_the_same(client):
    question = [{"role": "user", "content": BIRTH}]
    whole = client.chat.completions.create(model="id/public-services", messages=question).choices[0].message
    text, passages = "", []
    for chunk in client.chat.completions.create(model="id/public-services", messages=question, stream=True):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            passages += [each["url_citation"]["passage_id"] for each in choice.delta.model_extra.get("annotations", [])]
    assert text == whole.content
    assert passages == [each.url_citation.model_extra["passage_id"] for each in whole.annotations]


def test_a_follow_up_is_understood_from_the_conversation(client):
    messages = [
        {"role": "user", "content": "Siapa yang melaporkan kematian?"},
        {"role": "assistant", "content": "Menurut Pasal 44 ..."},
        {"role": "user", "content": "Kalau kematian di luar negeri?"},
    ]
    message = client.chat.completions.create(model="id/public-services", messages=messages).choices[0].message
    cited = [each.url_citation.model_extra["passage_id"] for each in message.annotations]
    assert any(each.startswith("UU-23-2006:pasal-45") for each in cited)


def test_an_application_can_search_what_the_service_answers_from(client):
    in_force = {"type": "eq", "key": "status", "value": "in_force"}
    first, *_ = client.vector_stores.search("vs_id_public-services", query=BIRTH, filters=in_force)
    assert first.attributes["passage_id"].startswith(ARTICLE)
    assert (first.attributes["article"], first.attributes["status"]) == ("27", "in_force")
    assert "enam puluh" in first.content[0].text


def test_the_pack_says_who_is_in_danger_and_what_names_a_person(client):
    danger, person, question = client.moderations.create(
        input=["saya ingin bunuh diri", "NIK saya 3273010101900001", BIRTH]
    ).results
    assert danger.categories.self_harm_intent
    assert person.categories.model_extra["personal-identifier"]
    assert not question.flagged


def test_a_question_is_answered_without_script_and_its_source_opens(service):
    page = service.get(ask_path(BIRTH))
    assert "enam puluh" in page
    link = next(found for found in re.findall(r'href="(/p/[^"?#]+)', page) if ARTICLE in urllib.parse.unquote(found))
    passage = service.get(link)
    assert "Pasal 27" in passage
    assert "Setiap kelahiran wajib dilaporkan" in passage


def test_what_no_source_says_is_declined_on_the_page_too(service):
    page = service.get(ask_path("Siapa yang akan menang piala dunia 2030?"))
    assert "Saya tidak menemukan jawabannya dalam sumber resmi" in page
    assert "LAPOR" in page


def test_ask_prints_the_promised_fields_beside_a_running_service(service):
    printed = json.loads(run(service.folder, "ask", BIRTH, "--json").stdout)
    promised = {"answered", "text", "citations", "language", "as_of"}
    assert promised <= set(printed)
    assert printed["answered"]
    assert printed["language"] == "id"
    for each in printed["citations"]:
        assert {"passage_id", "title", "article", "quote", "status", "url"} <= set(each)
        assert all(line in printed["text"] for line in each["quote"].splitlines())


def test_after_a_kill_it_comes_up_again_and_ctrl_c_leaves_nothing(elsewhere, start):
    killed = start(elsewhere)
    killed.wait()
    killed.end(signal.SIGKILL)
    again = start(elsewhere)
    again.wait()
    assert "enam puluh" in again.get(ask_path(BIRTH))
    assert again.end(signal.SIGINT) == 130
    assert processes_of(elsewhere) == []
    assert "Traceback" not in again.talk()


def test_danger_is_heard_while_the_first_release_is_being_built(tmp_path, start):
    run(tmp_path, "init", "ID")
    service = start(tmp_path)
    assert 'href="tel:119"' in service.get(ask_path("Saya mau bunuh diri"))
    assert [
        part["state"] for part in json.loads(service.get("/v1/status"))["parts"] if part["name"] == "knowledge"
    ] == ["loading"]
    assert service.end(signal.SIGINT) == 130


def test_a_country_without_a_pack_comes_up_empty_and_says_so(tmp_path, start):
    run(tmp_path, "init", "EE")
    service = start(tmp_path)
    assert service.wait()["status"] == "ok"
    assert "<html" in service.get("/")
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key="none", max_retries=0) as client:
        completion = client.chat.completions.create(
            model="ee/public-services", messages=[{"role": "user", "content": "Kuidas ma saan uue passi?"}]
        )
    assert completion.choices[0].message.content == "No official texts have been loaded yet, so I cannot answer."
    assert not completion.model_extra["daulat"]["answered"]
    assert service.end(signal.SIGINT) == 130
    assert processes_of(tmp_path) == []
