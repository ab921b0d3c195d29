# SPDX-License-Identifier: Apache-2.0
"""Equal beginnings meet the same engine; when one goes, only what it had moves; a hot beginning spills over."""

from collections import Counter
from math import ceil

from hypothesis import given
from hypothesis import strategies as st
from routing_calls import post

from daulat.gateway.routing.affinity import FLOOR, SLACK
from daulat.gateway.routing.policy import choose_seat
from daulat.gateway.routing.seats import Seat

beginnings = st.integers(0, 2**32 - 1)


def seats(count: int, weights=None) -> list[Seat]:
    return [Seat(post(f"engine-{n}"), weights[n] if weights else 1.0) for n in range(count)]


def chosen(among, affinity) -> str:
    return choose_seat("prefix", among, affinity, 0.0)[0].post.model


@given(beginnings, st.integers(2, 8), st.data())
def test_when_an_engine_goes_only_what_it_had_moves(affinity, count, data):
    all_seats = seats(count)
    gone = data.draw(st.sampled_from(all_seats))
    left = [seat for seat in all_seats if seat is not gone]
    before = chosen(all_seats, affinity)
    if before != gone.post.model:
        assert chosen(left, affinity) == before


@given(beginnings, st.permutations(range(5)))
def test_the_order_of_the_declaration_does_not_matter(affinity, order):
    all_seats = seats(5)
    assert chosen([all_seats[n] for n in order], affinity) == chosen(all_seats, affinity)


@given(beginnings, st.integers(1, 200), st.integers(2, 6))
def test_one_hot_beginning_never_loads_an_engine_beyond_the_bound(affinity, requests, count):
    all_seats = seats(count)
    for total in range(requests):
        seat, _ = choose_seat("prefix", all_seats, affinity, 0.0)
        seat.post.in_flight += 1
        assert seat.post.in_flight <= max(FLOOR, ceil(SLACK * (total + 1) / count))


def test_beginnings_are_spread_by_weight():
    all_seats = seats(3, weights=[1.0, 1.0, 2.0])
    counts = Counter(chosen(all_seats, n * 2654435761 % 2**32) for n in range(8000))
    # Expected 2000, 2000, 4000; the standard deviation of a binomial is below 45, so five of them are 225.
    assert abs(counts["engine-0"] - 2000) < 225
    assert abs(counts["engine-2"] - 4000) < 225


def test_turns_by_weight_are_evenly_spread():
    all_seats = seats(2, weights=[2.0, 1.0])
    turns = [choose_seat("weighted", all_seats, 0, 0.0)[0].post.model for _ in range(6)]
    assert turns == ["engine-0", "engine-1", "engine-0"] * 2
