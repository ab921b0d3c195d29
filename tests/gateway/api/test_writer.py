# SPDX-License-Identifier: Apache-2.0
"""A response tells the same whole and in events, however a model mixes thinking, words and calls."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.api.responses.chunks import read_chat
from daulat.gateway.api.responses.schema import Response
from daulat.gateway.api.responses.writer import ResponseWriter

texts = st.text(min_size=1, max_size=6)
deltas = st.one_of(
    texts.map(lambda text: {"content": text}),
    texts.map(lambda text: {"reasoning_content": text}),
    st.builds(
        lambda index, text: {"tool_calls": [{"index": index, "function": {"name": "f", "arguments": text}}]},
        st.integers(0, 1), texts,
    ),
)  # fmt: skip


def write(*chunks):
    writer = ResponseWriter(Response("resp_1", 1, "m", "in_progress", []))
    events = [json.loads(msgspec.json.encode(event)) for event in writer.begin()]
    for chunk in chunks:
        events += [json.loads(msgspec.json.encode(event)) for event in writer.take(read_chat(json.dumps(chunk)))]
    events += [json.loads(msgspec.json.encode(event)) for event in writer.end()]
    return events


def chunk(delta, finish=None, **more):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


@given(said=st.lists(deltas, max_size=10))
def test_events_are_numbered_and_every_item_that_opens_closes_with_what_was_sent(said):
    events = write(*map(chunk, said), chunk({}, "stop"))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    opened = [event["item"]["id"] for event in events if event["type"] == "response.output_item.added"]
    closed = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert opened == [item["id"] for item in closed]
    assert events[-1]["response"]["output"] == closed
    for item in closed:
        sent = "".join(
            each["delta"] for each in events if each["type"].endswith(".delta") and each["item_id"] == item["id"]
        )
        assert sent == (item["arguments"] if item["type"] == "function_call" else item["content"][0]["text"])


@given(said=st.lists(deltas, max_size=8))
def test_nothing_is_lost_and_thinking_is_never_an_answer(said):
    output = write(*map(chunk, said), chunk({}, "stop"))[-1]["response"]["output"]
    answers = "".join(item["content"][0]["text"] for item in output if item["type"] == "message")
    thoughts = "".join(item["content"][0]["text"] for item in output if item["type"] == "reasoning")
    assert answers == "".join(each.get("content", "") for each in said)
    assert thoughts == "".join(each.get("reasoning_content", "") for each in said)


def test_an_answer_that_ran_out_of_room_says_so():
    response = write(chunk({"content": "Once"}, "length"))[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})


def test_usage_is_carried_over_with_what_was_thought_and_cached():
    counts = {
        "prompt_tokens": 9, "completion_tokens": 6, "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 4},
    }  # fmt: skip
    usage = write(chunk({"content": "Four."}, "stop"), {"choices": [], "usage": counts})[-1]["response"]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (9, 6, 15)
    assert usage["input_tokens_details"]["cached_tokens"] == 8
    assert usage["output_tokens_details"]["reasoning_tokens"] == 4


def test_an_event_that_changes_what_was_sent_changes_the_item():
    note = {"type": "url_citation", "url_citation": {"url": "/p/1", "title": "Law"}}
    events = write(
        chunk({"content": "Wrong.", "annotations": [note]}),
        chunk({"annotations": [note]}, "stop", daulat={"text": "Right.", "mode": "written"}),
    )
    [item] = events[-1]["response"]["output"]
    assert item["content"][0]["text"] == "Right."
    assert item["content"][0]["annotations"] == [{"type": "url_citation", "url": "/p/1", "title": "Law"}]
