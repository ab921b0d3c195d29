# SPDX-License-Identifier: Apache-2.0
"""What is kept stays within its bound of memory, its time, its organisation and its class of data."""

import json

from hypothesis import given
from hypothesis import strategies as st
from routing_calls import Clock, call, grant

from daulat.gateway.routing import KeptAnswers


def body(number: int = 0, **fields) -> bytes:
    return json.dumps({"model": "writer", "temperature": 0, "n": number} | fields).encode()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3000)), max_size=60))
def test_it_never_holds_more_than_its_bound(items):
    kept = KeptAnswers({"writer": 60.0}, limit_bytes=10_000)
    for number, size in items:
        kept.keep(call(), grant(), body(number), b"x" * size)
        assert kept.held_bytes <= 10_000
        found = kept.find(call(), grant(), body(number))
        assert found == b"x" * size


@given(st.sampled_from(["a", "b"]), st.sampled_from(["a", "b"]), st.sampled_from(["public", "personal"]))
def test_nothing_crosses_an_account_or_a_class_of_data(mine, other, data_class):
    kept = KeptAnswers({"writer": 60.0})
    kept.keep(call(), grant(mine, "public"), body(), b"answer")
    found = kept.find(call(), grant(other, data_class), body())
    assert (found is not None) == (mine == other and data_class == "public")


def test_it_is_forgotten_after_its_time_and_never_kept_for_nobody():
    clock = Clock()
    kept = KeptAnswers({"writer": 60.0}, clock=clock)
    kept.keep(call(), grant(), body(), b"answer")
    kept.keep(call(), grant(""), body(1), b"answer")
    assert kept.count == 1
    clock.now += 60
    assert kept.find(call(), grant(), body()) is None


def test_only_whole_answers_to_deterministic_requests_of_routes_that_opt_in():
    kept = KeptAnswers({"writer": 60.0})
    for asked, what in (
        (call(stream=True), body()),
        (call("other"), body()),
        (call(), body(temperature=0.7)),
        (call(), b"not json"),
    ):
        kept.keep(asked, grant(), what, b"answer")
    assert kept.count == 0
    kept.keep(call(), grant(), body(temperature=0.7, seed=1), b"answer")
    assert kept.count == 1
