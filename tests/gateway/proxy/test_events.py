# SPDX-License-Identifier: Apache-2.0
"""However the network cuts a stream, the same events pass and the same tokens are counted."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.proxy import EventTap
from daulat.gateway.proxy.usage import add_to_usage, read_usage
from daulat.models import EngineInterrupted


def event(end: bytes = b"\n\n", **fields: object) -> bytes:
    return b"data: " + json.dumps(fields, ensure_ascii=False).encode() + end


def says(text: str, finish: str | None = None, index: int = 0) -> dict:
    return {"choices": [{"index": index, "delta": {"content": text}, "finish_reason": finish}]}


USAGE = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 7,
                                  "completion_tokens_details": {"reasoning_tokens": 2}}}  # fmt: skip
ENDS = st.sampled_from([b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\n\n"])
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: "<" not in text)


@st.composite
def streams(draw):
    """Draw the bytes of a stream, and where the network cuts them."""
    end = draw(ENDS)
    parts = [event(end, **says(text)) for text in draw(st.lists(texts, max_size=6))]
    parts += [draw(st.sampled_from([b"", b": ping" + end, b"event: x" + end]))]
    parts += [event(end, **says("", "stop")), event(end, **USAGE), b"data: [DONE]" + end]
    data = b"".join(parts)
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return data, [data[a:b] for a, b in pairwise([0, *cuts, len(data)])]


def passed(pieces: list[bytes], **options) -> tuple[bytes, EventTap]:
    tap = EventTap(**options)
    out = b"".join(tap.feed(piece) for piece in pieces)
    return out + tap.finish(), tap


@given(streams())
def test_every_byte_passes_wherever_the_cuts_fall(stream):
    data, pieces = stream
    out, tap = passed(pieces, keep_usage=True, think=True)
    assert data.startswith(out)
    # All that may be missing is the line feed of a last end that could still have been CR LF.
    assert data[len(out) :] in (b"", b"\n", b"\r")
    assert (tap.counts.prompt_tokens, tap.counts.completion_tokens, tap.counts.reasoning_tokens) == (9, 7, 2)


@given(streams())
def test_the_usage_that_nobody_asked_for_is_taken_out_and_nothing_else(stream):
    data, pieces = stream
    whole, _ = passed([data], keep_usage=False)
    cut, tap = passed(pieces, keep_usage=False)
    assert b'"usage"' not in cut
    assert whole.rstrip() == cut.rstrip()
    assert tap.counts.completion_tokens == 7
    assert cut.count(b"data:") == data.count(b"data:") - 1


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_no_bytes_at_all_do_anything_but_pass_or_end_the_stream_with_a_reason(data, cuts):
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    # Only a mark of an end makes chance bytes a finished answer; all others end with the one error, and no other.
    try:
        passed([data[start:end] for start, end in pairwise(edges)], keep_usage=False, think=True)
    except EngineInterrupted:
        return
    assert b"[DONE]" in data


def test_what_comes_after_done_does_not_pass():
    out, _ = passed([event(**says("a", "stop")) + b"data: [DONE]\n\n" + event(**says("b"))], keep_usage=False)
    assert out.endswith(b"data: [DONE]\n\n")
    assert b'"b"' not in out


def test_a_finished_answer_without_done_gets_one():
    out, _ = passed([event(**says("a", "stop"))], keep_usage=False)
    assert out.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    "data",
    [
        event(**says("half")),
        b"",
        b"data: {not json}\n\n",
        b"<html>gateway timeout</html>\n\n",
        event(error={"message": "CUDA out of memory", "code": 500}),
        event(**says("a", "stop"))[:-9],
    ],
    ids=["not finished", "empty", "not JSON", "a page", "an error", "cut within its last event"],
)
def test_a_stream_that_does_not_end_well_is_an_error(data):
    with pytest.raises(EngineInterrupted):
        passed([data], keep_usage=False)


def test_an_event_that_never_ends_is_not_kept():
    tap = EventTap(keep_usage=False, limit=1_000)
    for _ in range(10):
        assert tap.feed(b"x" * 100) == b""
    with pytest.raises(EngineInterrupted):
        tap.feed(b"x")


@given(st.lists(st.sampled_from(["<", "think", ">", "<think>", "</think>", " ", "7"]), min_size=1, max_size=8))
def test_thinking_is_told_from_the_answer_wherever_the_tags_are_cut(pieces):
    text = "<think>2+2 is 4</think>Four. " + "".join(pieces)
    letters, _ = passed(
        [event(**says(letter)) for letter in text] + [event(**says("", "stop"))], keep_usage=False, think=True
    )
    deltas = [json.loads(line[6:])["choices"][0]["delta"] for line in letters.split(b"\n\n") if b"choices" in line]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == "2+2 is 4"
    assert "".join(delta.get("content", "") for delta in deltas) == text.partition("</think>")[2]


def test_two_choices_think_apart():
    out, _ = passed(
        [
            event(**says("<think>a</think>A", index=0)),
            event(**says("<think>b</think>B", index=1)),
            event(**says("", "stop", index=0)),
            event(**says("", "stop", index=1)),
        ],
        keep_usage=False,
        think=True,
        choices=2,
    )
    deltas = [json.loads(line[6:])["choices"][0]["delta"] for line in out.split(b"\n\n") if b"choices" in line]
    assert deltas[:2] == [{"reasoning_content": "a", "content": "A"}, {"reasoning_content": "b", "content": "B"}]


def test_a_choice_that_answers_at_once_does_not_end_the_thinking_of_another():
    plain = [event(**says("A <think> is a tag", index=0)), event(**says("<think>.", index=0))]
    out, _ = passed(
        [
            plain[0],
            event(**says("<think>b", index=1)),
            plain[1],
            event(**says("</think>B", index=1)),
            event(**says(" and on", "stop", index=1)),
        ],
        keep_usage=False,
        think=True,
        choices=2,
    )
    choices = [json.loads(line[6:])["choices"][0] for line in out.split(b"\n\n") if b"choices" in line]
    told = {index: [choice["delta"] for choice in choices if choice["index"] == index] for index in (0, 1)}
    assert told[0] == [{"content": "A <think> is a tag"}, {"content": "<think>."}]
    assert told[1] == [{"reasoning_content": "b"}, {"content": "B"}, {"content": " and on"}]


COUNTS = st.fixed_dictionaries(
    {},
    optional={
        "prompt_tokens": st.integers(0, 9),
        "completion_tokens": st.integers(0, 9),
        "queue_time": st.floats(0, 9),
    },
)


@given(COUNTS, st.text(), st.booleans(), st.sampled_from([None, 1]))
def test_members_are_added_to_the_usage_and_nothing_else_changes(usage, text, again, indent):
    answer = {"text": text, "usage": usage} | ({"said_again": {"usage": usage}} if again else {})
    body = json.dumps(answer, indent=indent).encode()
    counts, written = read_usage(body)
    assert counts.completion_tokens == usage.get("completion_tokens", 0)
    changed = json.loads(add_to_usage(body, written, b'"energy_wh":0.5'))
    assert changed == answer | {"usage": usage | {"energy_wh": 0.5}}
