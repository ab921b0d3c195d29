# SPDX-License-Identifier: Apache-2.0
"""Files and batches, judged by the official client: answered once, whoever is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress

import openai
import psutil
import pytest
from service_front import Gateway, declare

CHAT = "/v1/chat/completions"


def file_of(lines, path=CHAT):
    """Write the file of a batch from custom ids and bodies."""
    rows = [{"custom_id": name, "method": "POST", "url": path, "body": body} for name, body in lines]
    return "\n".join(map(json.dumps, rows)).encode()


def asking(content, model="writer", **fields):
    return {"model": model, "messages": [{"role": "user", "content": content}]} | fields


def hand_in(client, lines, path=CHAT, **fields):
    file = client.files.create(file=("in.jsonl", file_of(lines, path)), purpose="batch")
    return client.batches.create(
        input_file_id=file.id, endpoint=path, completion_window=fields.pop("completion_window", "24h"), **fields
    )


def ended(client, batch, patience_s=60.0):
    """Wait for the end of a batch."""
    until = time.monotonic() + patience_s
    while batch.status in ("validating", "in_progress", "finalizing", "cancelling"):
        assert time.monotonic() < until, batch
        time.sleep(0.1)
        batch = client.batches.retrieve(batch.id)
    return batch


def lines_of(client, file_id):
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()] if file_id else []


def test_a_batch_goes_in_and_comes_out(client):
    lines = [("a", asking("Hello")), ("b", asking("Hello", model="none")), ("c", asking("Hello", seed=7))]
    batch = ended(client, hand_in(client, lines, metadata={"for": "statistics"}))
    assert (batch.status, batch.metadata) == ("completed", {"for": "statistics"})
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (3, 2, 1)
    out = lines_of(client, batch.output_file_id)
    assert [(line["custom_id"], line["response"]["body"]["choices"][0]["message"]["content"]) for line in out] == [
        ("a", "One two three four five six"), ("c", "seed 7")
    ]  # fmt: skip
    [failed] = lines_of(client, batch.error_file_id)
    assert (failed["custom_id"], failed["response"]["status_code"]) == ("b", 404)
    assert failed["response"]["body"]["error"]["code"] == "model_not_found"


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        ("/v1/embeddings", {"model": "encoder", "input": "ab"}, lambda body: body["data"][0]["embedding"]),
        ("/v1/responses", {"model": "writer", "input": "Hello"}, lambda body: body["status"]),
        ("/v1/completions", {"model": "writer", "prompt": "Once"}, lambda body: body["choices"][0]["text"]),
    ],
)
def test_other_routes_can_be_asked_in_batches(client, path, body, found):
    batch = ended(client, hand_in(client, [("a", body)], path))
    [line] = lines_of(client, batch.output_file_id)
    assert found(line["response"]["body"]) in ([1.0, 0.5, 2.0], "completed", " and more")


def test_a_file_with_faults_is_refused_with_their_lines(client):
    file = client.files.create(file=("in.jsonl", file_of([("a", asking("Hello"))]) + b"\n{"), purpose="batch")
    batch = ended(client, client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h"))
    assert batch.status == "failed"
    assert [(fault.code, fault.line) for fault in batch.errors.data] == [("invalid_json_line", 2)]


@pytest.mark.parametrize(
    ("header", "word", "code"),
    [
        ("X-Daulat-Data-Class", "secret", "unknown_data_class"),
        ("X-Daulat-Data-Class", "public, personal", "unknown_data_class"),
        ("X-Daulat-Priority", "soon", "unknown_priority"),
    ],
)
def test_an_unknown_word_in_a_header_is_refused_when_the_batch_is_handed_in(client, header, word, code):
    before = [batch.id for batch in client.batches.list()]
    with pytest.raises(openai.BadRequestError) as refused:
        hand_in(client, [("a", asking("Hello"))], extra_headers={header: word})
    assert (refused.value.code, refused.value.param) == (code, header)
    assert [batch.id for batch in client.batches.list()] == before


def test_a_line_that_names_a_picture_by_address_is_refused_and_the_others_are_answered(client, upstream):
    looks = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://169.254.169.254/"}}]}]
    lines = [("a", {"model": "writer", "messages": looks}), ("b", asking("Hello"))]
    batch = ended(client, hand_in(client, lines))
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 1)
    [failed] = lines_of(client, batch.error_file_id)
    assert (failed["custom_id"], failed["response"]["body"]["error"]["code"]) == ("a", "address_refused")
    assert not any("169.254" in repr(body) for _, body in upstream.heard)


def test_a_batch_of_a_known_data_class_is_answered_in_it(client):
    batch = ended(client, hand_in(client, [("a", asking("Hello"))], extra_headers={"X-Daulat-Data-Class": "Public"}))
    assert (batch.status, batch.request_counts.completed) == ("completed", 1)


def test_a_busy_engine_is_asked_again(client, upstream):
    upstream.busy_for = 2
    batch = ended(client, hand_in(client, [("a", asking("please busy"))]))
    assert (batch.status, batch.request_counts.completed) == ("completed", 1)


def test_a_batch_can_be_cancelled_and_what_was_answered_stays(client):
    batch = hand_in(client, [(str(number), asking("please slow")) for number in range(200)])
    while (batch := client.batches.retrieve(batch.id)).request_counts.completed < 3:
        time.sleep(0.05)
    client.batches.cancel(batch.id)
    batch = ended(client, batch)
    assert batch.status == "cancelled"
    out, rest = lines_of(client, batch.output_file_id), lines_of(client, batch.error_file_id)
    assert len(out) >= 3
    assert sorted(int(line["custom_id"]) for line in [*out, *rest]) == list(range(200))
    assert {line["error"]["code"] for line in rest} == {"batch_cancelled"}


def test_files_are_listed_read_and_deleted(client):
    content = file_of([("a", asking("Hello"))])
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    assert (file.bytes, file.filename, file.expires_at - file.created_at) == (len(content), "in.jsonl", 7 * 86_400)
    assert file.id in [each.id for each in client.files.list(purpose="batch", limit=2)]
    assert client.files.content(file.id).read() == content
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError) as caught:
        client.files.retrieve(file.id)
    assert caught.value.code == "file_not_found"


def test_files_are_cleared_while_they_are_listed(client):
    made = {client.files.create(file=("a.jsonl", b"{}"), purpose="batch").id for _ in range(5)}
    for file in client.files.list(limit=2):
        client.files.delete(file.id)
        made.discard(file.id)
    assert not made
    assert client.files.list().data == []


def test_a_list_goes_on_behind_what_was_deleted_and_never_ends_early_behind_what_never_was(client):
    kept, deleted = (client.files.create(file=("a.jsonl", b"{}"), purpose="batch").id for _ in range(2))
    client.files.delete(deleted)
    assert client.files.list(after=deleted, limit=1).data[0].id == kept
    for listed, code in ((client.files.list, "file_not_found"), (client.batches.list, "batch_not_found")):
        with pytest.raises(openai.NotFoundError) as caught:
            listed(after="file-none")
        assert (caught.value.code, caught.value.param) == (code, "after")
    oldest = list(client.files.list())[-1].id
    client.files.delete(oldest)
    assert client.files.list(after=oldest).data == []
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.list(order="asc")
    assert (caught.value.code, caught.value.param) == ("invalid_query", "order")


def test_answers_are_kept_no_longer_than_the_batch_asks_for(client):
    lines = [("a", asking("Hello")), ("b", asking("Hello", model="none"))]
    batch = ended(client, hand_in(client, lines, output_expires_after={"anchor": "created_at", "seconds": 3_600}))
    for name in (batch.output_file_id, batch.error_file_id):
        file = client.files.retrieve(name)
        assert file.expires_at - file.created_at == 3_600
    with pytest.raises(openai.BadRequestError) as caught:
        hand_in(client, lines, output_expires_after={"anchor": "created_at", "seconds": 60})
    assert caught.value.param == "output_expires_after.seconds"


@pytest.mark.parametrize("window", ["1d", "0h", "169h", "24H", ""])
def test_a_window_is_in_hours_up_to_a_week_and_another_is_refused_in_words(client, window):
    with pytest.raises(openai.BadRequestError, match="from `1h` to `168h`") as caught:
        hand_in(client, [("a", asking("Hello"))], completion_window=window)
    assert caught.value.param == "completion_window"
    assert hand_in(client, [("a", asking("Hello"))], completion_window="168h").completion_window == "168h"


def test_a_batch_needs_a_file_and_an_endpoint_that_are_there(client):
    with pytest.raises(openai.NotFoundError):
        client.batches.create(input_file_id="file-none", endpoint=CHAT, completion_window="24h")
    with pytest.raises(openai.BadRequestError) as caught:
        client.batches.create(input_file_id="file-none", endpoint="/v1/models", completion_window="24h")
    assert caught.value.param == "endpoint"


@pytest.fixture
def two_workers(tmp_path, upstream):
    declare(tmp_path, upstream)
    started = Gateway(tmp_path, "--workers", "2")
    started.wait()
    yield started
    started.end()


def worker_of(gateway) -> int:
    """Return the number of a worker that is there."""
    while True:
        for each in psutil.Process(gateway.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it ends just now
                if "--join" in each.cmdline():
                    return each.pid


def test_workers_that_are_killed_lose_no_request_and_answer_none_twice(two_workers):
    names = [str(number) for number in range(60)]
    with openai.OpenAI(base_url=f"{two_workers.url}/v1", api_key="none", max_retries=5) as client:
        batch = hand_in(client, [(name, asking(f"{name} slow")) for name in names])
        for answered in (5, 25):  # kill one worker, and later whichever is there then
            while (batch := client.batches.retrieve(batch.id)).request_counts.completed < answered:
                time.sleep(0.05)
            os.kill(worker_of(two_workers), signal.SIGKILL)
        batch = ended(client, batch, patience_s=120)
        assert (batch.status, batch.error_file_id) == ("completed", None)
        assert [line["custom_id"] for line in lines_of(client, batch.output_file_id)] == names
