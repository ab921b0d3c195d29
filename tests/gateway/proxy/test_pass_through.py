# SPDX-License-Identifier: Apache-2.0
"""What an application sends reaches the engine as it is, what the engine says comes back as it is, booked once."""

from __future__ import annotations

import json

import pytest
from scripted_server import DONE, EVENT_STREAM, counts, event, says, status

from daulat.models import RemoteEngine

BODY = (
    b'{"model": "m",  "messages":[{"role":"user","content":"\\u00e9\\ud83d\\ude00"}], "tools": [{"type":"function"}],'
    b' "temperature": 0.70, "n":2, "logprobs":true,"response_format":{"type":"json_schema"}, "max_tokens": 8,'
    b' "a_field_of_tomorrow": [1.50, null]}'
)
ANSWER = {
    "id": "x", "choices": [{"index": 0, "message": {"content": None, "tool_calls": [{"id": "c"}]}, "logprobs": {}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}},
}  # fmt: skip
STREAMED = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


async def test_a_request_reaches_the_engine_byte_for_byte_and_so_does_its_answer(gateway, engine_server):
    engine_server.answers(status(200, ANSWER))
    answer = await gateway.ask(BODY, headers="Authorization: Bearer daulat_sk_secret\r\n")
    line, headers, sent = engine_server.requests[0]
    assert line.startswith("POST /v1/chat/completions ")
    assert sent == BODY
    assert answer.body == json.dumps(ANSWER).encode()
    assert answer.headers["x-daulat-engine"] == "north"
    assert answer.headers["x-daulat-route-reason"] == "test"
    assert answer.headers["x-request-id"]
    # The caller's key stays here; the engine gets its own.
    assert headers["authorization"] == "Bearer engine-key"
    assert "secret" not in repr(headers)


async def test_what_admission_learns_is_sizes_and_names(gateway, engine_server):
    engine_server.answers(status(200, ANSWER))
    said = "Authorization: Bearer k\r\nX-Daulat-Data-Class: public\r\nX-Daulat-Priority: batch\r\n"
    await gateway.ask(BODY, headers=said)
    call = gateway.books.calls[0]
    assert (call.model, call.route, call.credential) == ("m", "chat/completions", "k")
    assert (call.data_class, call.priority, call.client) == ("public", "batch", "127.0.0.1")
    assert call.max_tokens == 16  # two choices of eight
    # `[{"role":"user","content":"..."}]` with three escapes of six bytes is 50 bytes long: 50 // 3 + 1
    assert call.prompt_tokens == 17
    assert "credential" not in repr(call)


@pytest.mark.parametrize("sent", [b'"messages":[{"role":"user","content":"\xff"}]', b'"messages":[],"user":"\xc3("'])
async def test_bytes_that_are_no_text_are_the_callers_to_mend_and_reach_no_engine(sent, gateway, engine_server):
    answer = await gateway.ask(b'{"model":"m",%b}' % sent)
    assert (answer.status, answer.json["error"]["code"]) == (400, "invalid_json")
    assert (engine_server.requests, gateway.books.calls) == ([], [])


@pytest.mark.parametrize("path", ["chat/completions", "completions", "embeddings", "responses", "rerank"])
async def test_a_malformed_language_is_refused_of_a_raw_model_too(path, gateway, engine_server):
    texts = {"input": "a", "query": "a", "documents": ["a"]}
    body = {"model": "m", "messages": [{"role": "user", "content": "a"}]} | texts
    answer = await gateway.ask(body, f"/v1/{path}", "X-Daulat-Language: in Javanese\r\n")
    error = answer.json["error"]
    assert (answer.status, error["code"], error["param"]) == (400, "invalid_language", "X-Daulat-Language")
    assert (engine_server.requests, gateway.books.calls) == ([], [])


async def test_a_language_that_is_one_changes_nothing_for_a_raw_model(gateway, engine_server):
    engine_server.answers(status(200, ANSWER))
    assert (await gateway.ask(BODY, headers="X-Daulat-Language: jv-Latn\r\n")).status == 200
    assert engine_server.requests[0][2] == BODY


async def test_a_whole_answer_is_booked_as_the_engine_counted(gateway, engine_server):
    engine_server.answers(status(200, ANSWER))
    await gateway.ask(BODY)
    usage = await gateway.books.one_settled()
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) == (11, 5, 8)
    assert (usage.status, usage.engine, usage.model, usage.estimated) == (200, "north", "m", False)
    assert usage.time_to_first_token_s <= usage.duration_s
    assert gateway.books.route == [("began", "north"), ("ended", "north", "")]


CALLED = {"content": None, "reasoning_content": "abc", "tool_calls": [{"function": {"name": "go", "arguments": "{}"}}]}


@pytest.mark.parametrize(
    ("path", "fields", "choices", "tokens"),
    [
        # 11 bytes of three to a token
        ("chat/completions", {}, [{"message": {"content": "hello xxxxx"}}], 4),
        ("chat/completions", {"max_tokens": 1}, [{"message": {"content": "hello xxxxx"}}], 1),
        ("chat/completions", {"max_tokens": 1, "n": 2}, [{"message": {"content": "hello xxxxx"}}] * 2, 2),
        ("chat/completions", {}, [{"message": CALLED}], 3),  # 3 + 2 + 2 bytes
        ("completions", {"prompt": "a"}, [{"text": "hello"}, {"text": "\u00e9"}], 3),  # 5 + 2 bytes
        ("chat/completions", {}, [], 0),
    ],
    ids=["words", "bound", "bound of two", "tools and thinking", "texts", "nothing"],
)
async def test_an_answer_that_was_not_counted_comes_to_its_words_within_its_bound(
    path, fields, choices, tokens, gateway, engine_server
):
    engine_server.answers(status(200, {"id": "an-id-that-nobody-pays-for", "choices": choices}))
    await gateway.ask({"model": "m", "messages": []} | fields, f"/v1/{path}")
    usage = await gateway.books.one_settled()
    assert (usage.completion_tokens, usage.estimated) == (tokens, True)


async def test_only_the_name_of_the_model_changes_where_the_server_has_another(engine_server, start):
    engine_server.answers(status(200, ANSWER))
    async with start(RemoteEngine(engine_server.base_url, names={"m": "Org/Large"})) as gateway:
        await gateway.ask(BODY)
        assert gateway.books.settled[0].model == "Org/Large"
    sent = engine_server.requests[0][2]
    assert json.loads(sent) == json.loads(BODY) | {"model": "Org/Large"}
    assert b'"temperature":0.70' in sent  # even a number keeps its digits


async def test_a_model_named_twice_is_sent_once(gateway, engine_server):
    engine_server.answers(status(200, ANSWER))
    await gateway.ask(b'{"model":"other","messages":[],"model":"m"}')
    assert engine_server.requests[0][2] == b'{"model":"m","messages":[]}'


async def test_a_stream_passes_event_by_event_without_the_usage_that_was_not_asked_for(gateway, engine_server):
    events = [says("Ye"), says("s", finish="stop")]
    cut = events[0][:20]
    engine_server.answers(EVENT_STREAM, cut, events[0][20:] + events[1], counts(9, 2), DONE)
    answer = await gateway.ask(STREAMED)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.body == b"".join(events) + DONE
    assert json.loads(engine_server.requests[0][2])["stream_options"] == {"include_usage": True}
    usage = await gateway.books.one_settled()
    assert (usage.prompt_tokens, usage.completion_tokens, usage.status) == (9, 2, 200)


async def test_a_stream_whose_usage_was_asked_for_passes_byte_for_byte(gateway, engine_server):
    events = [says("Yes", finish="stop"), counts(9, 1), DONE]
    engine_server.answers(EVENT_STREAM, *events)
    body = json.dumps(STREAMED | {"stream_options": {"include_usage": True}}).encode()
    answer = await gateway.ask(body)
    assert answer.body == b"".join(events)
    assert engine_server.requests[0][2] == body


async def test_energy_is_added_to_the_usage_of_a_stream_and_of_a_whole_answer(gateway, engine_server):
    gateway.books.members = b'"energy_wh":0.25'
    engine_server.answers(EVENT_STREAM, says("Yes", finish="stop"), counts(9, 1), DONE)
    streamed = await gateway.ask(STREAMED | {"stream_options": {"include_usage": True}})
    assert b'"completion_tokens": 1,"energy_wh":0.25}' in streamed.body
    engine_server.answers(status(200, ANSWER))
    whole = await gateway.ask(BODY)
    assert whole.json["usage"] == ANSWER["usage"] | {"energy_wh": 0.25}


async def test_thinking_is_told_from_the_answer_in_both_forms(gateway, engine_server):
    thought = {"choices": [{"message": {"role": "assistant", "content": "<think>2+2</think>\n\nFour."}}]}
    engine_server.answers(status(200, thought))
    message = (await gateway.ask(BODY)).json["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "Four.", "reasoning_content": "2+2"}
    engine_server.answers(EVENT_STREAM, says("<think>2+2"), says("</think>Four.", finish="stop"), DONE)
    streamed = (await gateway.ask(STREAMED)).body
    assert b'"reasoning_content":"2+2"' in streamed
    assert b"think>" not in streamed


async def test_other_routes_pass_the_same_way(gateway, engine_server):
    vectors = {"object": "list", "data": [{"embedding": "AAAA"}], "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    engine_server.answers(status(200, vectors))
    body = b'{"model":"m","input":["a"],"encoding_format":"base64"}'
    answer = await gateway.ask(body, path="/v1/embeddings")
    assert engine_server.requests[0][0].startswith("POST /v1/embeddings ")
    assert engine_server.requests[0][2] == body
    assert answer.json == vectors
    assert (await gateway.books.one_settled()).prompt_tokens == 3


async def test_a_connection_to_an_engine_is_used_again(gateway, engine_server):
    """The scripted server takes one request a connection; here it is the gateway that must not hold a dead one."""
    for _ in range(3):
        engine_server.answers(status(200, ANSWER))
        assert (await gateway.ask(BODY)).status == 200


async def test_an_event_of_a_shape_unknown_here_passes(gateway, engine_server):
    strange = event(choices="none", note={"of": "tomorrow"})
    engine_server.answers(EVENT_STREAM, strange, says("a", finish="stop"), DONE)
    assert strange in (await gateway.ask(STREAMED)).body
