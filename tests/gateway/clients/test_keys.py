# SPDX-License-Identifier: Apache-2.0
"""Every route is for whoever has a key, within that key's bounds, and on its project's account."""

from __future__ import annotations

import asyncio
import time

import openai
import pytest
from service_front import Gateway, daulat, declare, usage_of
from test_batches import asking, ended, hand_in, lines_of

from daulat.store import StoreSettings, open_store


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, upstream):
    """A front door where keys were given out."""
    folder = tmp_path_factory.mktemp("guarded")
    declare(folder, upstream)
    started = Gateway(folder)
    started.wait()
    daulat(started, "organisations", "create", "health")
    for project in ("health/portal", "health/statistics"):
        daulat(started, "projects", "create", project)
    yield started
    started.end()


@pytest.fixture
def with_key(guarded):
    """Return a function that gives a client with a new key of a project, and the key's id."""
    opened = []

    def make(project="health/portal", *rules):
        key = daulat(guarded, "keys", "create", project, *rules)
        client = openai.OpenAI(base_url=f"{guarded.url}/v1", api_key=key["key"], max_retries=0)
        opened.append(client)
        return client, key["id"]

    yield make
    for client in opened:
        client.close()


def calls(client, model):
    """Return a call of each route that a model can be asked at."""
    return {
        "chat/completions": lambda: client.chat.completions.create(**asking("Hello", model)),
        "completions": lambda: client.completions.create(model=model, prompt="x"),
        "responses": lambda: client.responses.create(model=model, input="x"),
        "embeddings": lambda: client.embeddings.create(model=model, input="x"),
        "moderations": lambda: client.moderations.create(model=model, input="x"),
        "rerank": lambda: client.post(
            "/rerank", cast_to=object, body={"model": model, "query": "x", "documents": ["y"]}
        ),
        "audio/speech": lambda: client.audio.speech.create(model=model, input="x", voice="a"),
        "audio/transcriptions": lambda: client.audio.transcriptions.create(model=model, file=("a.wav", b"RIFF")),
    }


def test_nobody_is_let_in_without_a_key(guarded, with_key):
    with_key()
    with openai.OpenAI(base_url=f"{guarded.url}/v1", api_key="none", max_retries=0) as stranger:
        asked = [
            *calls(stranger, "writer").values(), lambda: stranger.moderations.create(input="x"), stranger.files.list,
            stranger.batches.list, lambda: stranger.files.create(file=b"{}", purpose="batch"),
        ]  # fmt: skip
        for call in asked:
            with pytest.raises(openai.AuthenticationError) as caught:
                call()
            assert caught.value.code == "invalid_api_key"


def test_a_key_reaches_its_models_alone_at_every_route(with_key):
    client, _ = with_key("health/portal", "--model", "encoder")
    assert client.embeddings.create(model="encoder", input="x").data
    assert [model.id for model in client.models.list()] == ["encoder"]
    for call in calls(client, "writer").values():
        with pytest.raises(openai.PermissionDeniedError) as caught:
            call()
        assert caught.value.code == "model_not_allowed"


def test_every_route_is_on_the_account_of_its_project(guarded, with_key):
    client, _ = with_key("health/statistics")
    models = {
        "chat/completions": "writer", "completions": "writer", "responses": "writer", "embeddings": "encoder",
        "rerank": "reranker", "moderations": "guard", "audio/speech": "mouth", "audio/transcriptions": "ear",
    }  # fmt: skip
    for route, model in models.items():
        calls(client, model)[route]()
    # As the engine counted: 11 and 6 of the chat, the same of the response, 3 and 2 of the completion.
    rows = usage_of(client, calls=8)
    assert {row["group"]: row["requests"] for row in rows} == {
        "writer": 3, "encoder": 1, "reranker": 1, "guard": 1, "mouth": 1, "ear": 1
    }  # fmt: skip
    writer = next(row for row in rows if row["group"] == "writer")
    assert (writer["prompt_tokens"], writer["completion_tokens"]) == (25, 14)
    # 4, 9 and 14 as they counted; the two that did not count, by the three bytes of `"x"`: 3 // 3 + 1.
    assert {row["group"]: row["prompt_tokens"] for row in rows if row["group"] != "writer"} == {
        "encoder": 4, "reranker": 9, "ear": 14, "guard": 2, "mouth": 2
    }  # fmt: skip


def test_what_a_project_keeps_no_other_sees(with_key):
    ours, _ = with_key("health/portal")
    theirs, _ = with_key("health/statistics")
    batch = ended(ours, hand_in(ours, [("a", asking("Hello"))]))
    for call in (
        lambda: theirs.files.retrieve(batch.input_file_id),
        lambda: theirs.files.content(batch.output_file_id),
        lambda: theirs.files.delete(batch.output_file_id),
        lambda: theirs.batches.retrieve(batch.id),
        lambda: theirs.batches.cancel(batch.id),
        lambda: hand_in_again(theirs, batch.input_file_id),
    ):
        with pytest.raises(openai.NotFoundError):
            call()
    assert batch.id not in [each.id for each in theirs.batches.list()]
    assert batch.output_file_id not in [each.id for each in theirs.files.list()]
    assert ours.files.content(batch.output_file_id).read()


def hand_in_again(client, file_id):
    client.batches.create(input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h")


def test_a_batch_stays_within_the_bounds_of_its_key(with_key):
    client, _ = with_key("health/portal", "--model", "encoder")
    batch = ended(client, hand_in(client, [("a", asking("Hello", "writer"))]))
    [line] = lines_of(client, batch.error_file_id)
    assert (line["response"]["status_code"], line["response"]["body"]["error"]["code"]) == (403, "model_not_allowed")


def test_a_batch_waits_for_its_limit_and_spends_no_more(guarded, with_key):
    client, key = with_key("health/portal")
    daulat(guarded, "limits", "set", "key", key, "requests", "day", "2")
    while not client.get("/usage", cast_to=object)["limits"]:  # the gateway hears of it a moment later
        time.sleep(0.05)
    batch = hand_in(client, [(str(number), asking("Hello")) for number in range(4)])
    while client.batches.retrieve(batch.id).request_counts.completed < 2:
        pass
    client.batches.cancel(batch.id)
    batch = ended(client, batch)
    assert (batch.request_counts.completed, batch.request_counts.failed) == (2, 2)


def is_let_in(client) -> bool:
    try:
        client.get("/usage", cast_to=object)
    except openai.AuthenticationError:
        return False
    return True


def test_what_a_revoked_key_has_handed_in_is_not_answered(guarded, with_key, upstream):
    client, key = with_key("health/portal")
    other, _ = with_key("health/portal")
    upstream.let_go.clear()
    try:
        batch = hand_in(client, [("0", asking("Hello")), *((str(n), asking("please wait")) for n in range(1, 100))])
        while other.batches.retrieve(batch.id).request_counts.completed < 1:
            time.sleep(0.05)
        daulat(guarded, "keys", "revoke", key)
        while is_let_in(client):  # the gateway hears of it a moment later
            time.sleep(0.05)
    finally:
        upstream.let_go.set()
    batch = ended(other, batch)
    codes = [line["response"]["body"]["error"]["code"] for line in lines_of(other, batch.error_file_id)]
    assert codes
    assert set(codes) == {"invalid_api_key"}


async def test_of_models_on_one_server_the_one_that_answered_is_named_to_its_caller_and_in_the_ledger(
    guarded, with_key
):
    client, key = with_key()
    told = [
        client.chat.completions.with_raw_response.create(**asking("Hello", "writer")),
        client.embeddings.with_raw_response.create(model="encoder", input="x"),
    ]
    assert [answer.headers["x-daulat-engine"] for answer in told] == ["writer", "encoder"]
    query = "SELECT model, engine FROM usage_call WHERE key_id = %s ORDER BY at"
    async with open_store(StoreSettings(guarded.folder / ".daulat" / "postgres")) as store:
        while len(rows := await store.fetch(query, [key])) < 2:  # rows are written in batches
            await asyncio.sleep(0.05)
    assert rows == [("writer", "writer"), ("encoder", "encoder")]
