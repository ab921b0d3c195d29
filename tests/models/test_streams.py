# SPDX-License-Identifier: Apache-2.0
"""Where the network cuts a stream changes nothing: properties of the event decoder and of the reasoning splitter."""

from __future__ import annotations

from itertools import pairwise
from typing import AnyStr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.models._reasoning import ThinkSplitter
from daulat.models._sse import EventDecoder, EventTooLargeError

lines = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)
line_ends = st.sampled_from(["\n", "\r", "\r\n"])
cuts = st.lists(st.integers(0, 400), max_size=8)


def pieces(whole: AnyStr, cuts: list[int]) -> list[AnyStr]:
    edges = [0, *sorted(cut for cut in cuts if cut <= len(whole)), len(whole)]
    return [whole[start:end] for start, end in pairwise(edges)]


@given(
    events=st.lists(st.lists(lines, min_size=1, max_size=3), max_size=4), end=line_ends, cuts=cuts, bom=st.booleans()
)
def test_events_are_the_same_wherever_the_bytes_are_cut(
    events: list[list[str]], end: str, cuts: list[int], bom: bool
) -> None:
    written = "".join(f": note{end}" + "".join(f"data: {line}{end}" for line in event) + end for event in events)
    stream = (b"\xef\xbb\xbf" if bom else b"") + written.encode()
    decoder = EventDecoder()

    read = [data for piece in pieces(stream, cuts) for data in decoder.feed(piece)]

    assert read == ["\n".join(event) for event in events]


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_no_bytes_upset_the_decoder(chunks: list[bytes]) -> None:
    decoder = EventDecoder()
    for chunk in chunks:
        assert all(isinstance(data, str) for data in decoder.feed(chunk))


def test_an_event_without_end_is_refused_before_it_fills_the_memory() -> None:
    decoder = EventDecoder(limit=100)
    for _ in range(100):
        decoder.feed(b"data: x\n")
    with pytest.raises(EventTooLargeError):
        decoder.feed(b"data: x\n")


plain = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), max_size=30)


def split(text: str, cuts: list[int]) -> tuple[str, str]:
    splitter = ThinkSplitter()
    parts = [splitter.feed(piece) for piece in pieces(text, cuts)] + [splitter.flush()]
    return "".join(reasoning for reasoning, _ in parts), "".join(content for _, content in parts)


@given(thought=plain, answer=plain, cuts=cuts)
def test_reasoning_never_reaches_the_answer_wherever_it_is_cut(thought: str, answer: str, cuts: list[int]) -> None:
    assert split(f"\n<think>{thought}</think>\n\n{answer}", cuts) == (thought, answer.lstrip())


@given(text=st.text(max_size=40), cuts=cuts)
def test_text_without_an_opening_block_is_the_answer_to_the_letter(text: str, cuts: list[int]) -> None:
    answer = f"I {text} <think>not reasoning</think>"
    assert split(answer, cuts) == ("", answer)


@given(thought=plain, cuts=cuts)
def test_a_block_that_is_never_closed_stays_reasoning(thought: str, cuts: list[int]) -> None:
    assert split(f"<think>{thought}</thi", cuts) == (f"{thought}</thi", "")
