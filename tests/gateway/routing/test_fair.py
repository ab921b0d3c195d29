# SPDX-License-Identifier: Apache-2.0
"""Nobody starves, nobody gets more than a turn ahead, and emergency goes first."""

from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.routing.fair import FairQueue

LARGEST = 500
calls = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, LARGEST)), max_size=60)


def filled(items, **fields) -> FairQueue:
    queue = FairQueue()
    for number, (flow, cost) in enumerate(items):
        queue.push((flow, cost, number), "lane", priority="interactive", flow=flow, cost=cost, **fields)
    return queue


def drained(queue, lanes=("lane",)):
    taken = []
    while (item := queue.pop(lanes)) is not None:
        taken.append(item)
    return taken


def test_one_who_sends_a_thousand_calls_delays_another_by_one():
    queue = filled([("a", 10)] * 1000)
    queue.push(("b", 10, -1), "lane", priority="interactive", flow="b", cost=10)
    assert [item[0] for item in drained(queue)[:3]] == ["a", "b", "a"]


def test_emergency_goes_before_interactive_and_that_before_batch():
    queue = FairQueue()
    for priority in ("batch", "interactive", "emergency", "batch", "emergency"):
        queue.push(priority, "lane", priority=priority, flow="a", cost=1)
    assert drained(queue) == ["emergency", "emergency", "interactive", "batch", "batch"]


def test_an_unknown_priority_is_interactive():
    queue = FairQueue()
    queue.push("batch", "lane", priority="batch", flow="a", cost=1)
    queue.push("unsaid", "lane", priority="", flow="a", cost=1)
    assert queue.pop(["lane"]) == "unsaid"


def test_a_place_that_was_given_up_is_passed_over():
    queue = FairQueue()
    ticket = queue.push("gone", "lane", priority="batch", flow="a", cost=1)
    queue.push("here", "lane", priority="batch", flow="a", cost=1)
    queue.discard(ticket)
    queue.discard(ticket)
    assert (len(queue), drained(queue), len(queue)) == (1, ["here"], 0)


@given(calls)
def test_every_call_has_its_turn_once_and_each_organisation_in_its_own_order(items):
    queue = filled(items)
    taken = drained(queue)
    assert sorted(number for _, _, number in taken) == list(range(len(items)))
    for flow in "abc":
        numbers = [number for each, _, number in taken if each == flow]
        assert numbers == sorted(numbers)
    assert len(queue) == 0


@given(calls, st.integers(0, 60))
def test_while_two_both_wait_they_get_the_same_tokens_to_within_one_call_each(items, served):
    # Start-time fair queueing (Goyal et al. 1997, theorem 1): |W_f/r_f - W_g/r_g| <= l_f/r_f + l_g/r_g.
    taken = drained(filled(items))[:served]
    left = [item for item in items_with_numbers(items) if item not in taken]
    got = {flow: sum(cost for each, cost, _ in taken if each == flow) for flow in "abc"}
    waiting = [flow for flow in "abc" if any(each == flow for each, _, _ in left)]
    largest = {flow: max((cost for each, cost in items if each == flow), default=0) for flow in "abc"}
    for one in waiting:
        for other in waiting:
            assert abs(got[one] - got[other]) <= largest[one] + largest[other]


def items_with_numbers(items):
    return [(flow, cost, number) for number, (flow, cost) in enumerate(items)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y"]))), st.sampled_from(["x", "y"]))
def test_a_lane_gives_only_its_own_calls_and_all_of_them(items, lane):
    queue = FairQueue()
    for flow, where in items:
        queue.push(where, where, priority="batch", flow=flow, cost=1)
    assert drained(queue, (lane,)) == [where for _, where in items if where == lane]
    assert len(queue) == sum(where != lane for _, where in items)
