# SPDX-License-Identifier: Apache-2.0
"""The lines of an input file are the same however its pieces are cut, and a fault names its line."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.api.batches.lines import MOST_LINES, LineReader

PATH = "/v1/embeddings"


def line(custom_id="a", **changes):
    fields = {"custom_id": custom_id, "method": "POST", "url": PATH, "body": {"model": "m", "input": "x"}}
    return json.dumps(fields | changes).encode()


def read(*pieces):
    reader = LineReader(PATH)
    ids = [found.custom_id for piece in pieces for found in reader.feed(piece)]
    ids += [found.custom_id for found in reader.end()]
    return ids, reader.faults


@given(count=st.integers(1, 12), cuts=st.lists(st.integers(0, 2_000), max_size=6), ends=st.booleans())
def test_pieces_may_be_cut_anywhere(count, cuts, ends):
    ids = [f"é{number}" for number in range(count)]
    text = b"\n".join(line(custom_id) for custom_id in ids) + (b"\n" if ends else b"")
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in itertools.pairwise(places)]
    assert read(*pieces) == (ids, [])


@pytest.mark.parametrize(
    ("text", "code", "param"),
    [
        (b'{"custom', "invalid_json_line", None),
        (b"\xff", "invalid_json_line", None),
        (line(body={"model": "m", "input": "?"}).replace(b"?", b"\xff"), "invalid_json_line", None),
        (line(url="/v1/responses"), "mismatched_endpoint", "url"),
        (line(method="GET"), "invalid_request", "method"),
        (line(custom_id=""), "invalid_request", "custom_id"),
        (line(custom_id="first"), "duplicate_custom_id", "custom_id"),
        (line(body={"stream": True}), "unsupported_parameter", "body.stream"),
        (line(body=[1]), "invalid_request", None),
    ],
)
def test_a_fault_names_its_line(text, code, param):
    _, faults = read(line("first") + b"\n\n" + text)
    assert [(fault.code, fault.line, fault.param) for fault in faults] == [(code, 3, param)]


def test_an_empty_file_is_no_batch():
    assert [fault.code for fault in read(b"\n \n")[1]] == ["empty_file"]


def test_a_batch_has_an_end():
    reader = LineReader(PATH)
    text = b"\n".join(line(str(number)) for number in range(MOST_LINES + 2))
    assert sum(1 for _ in reader.feed(text)) + sum(1 for _ in reader.end()) == MOST_LINES
    assert [fault.code for fault in reader.faults] == ["too_many_requests"]
