# SPDX-License-Identifier: Apache-2.0
"""A breaker stops asking an engine that fails, tries it again with one request, and gives its share back slowly."""

from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.routing.breaker import Breaker, BreakerSettings

SETTINGS = BreakerSettings(in_a_row=3, window=6, window_failures=4, open_s=5, longest_open_s=20, slow_start_s=30)


def opened(at: float = 0.0) -> Breaker:
    breaker = Breaker(SETTINGS)
    for _ in range(3):
        breaker.failed(at)
    return breaker


def test_three_failures_in_a_row_open_it():
    breaker = Breaker(SETTINGS)
    breaker.failed(0)
    breaker.failed(0)
    assert breaker.allows(0)
    breaker.failed(0)
    assert not breaker.allows(4.9)
    assert breaker.wait_s(2.0) == 3.0


def test_four_failures_among_the_last_six_open_it():
    breaker = Breaker(SETTINGS)
    for well in (False, False, True, False, True):
        (breaker.succeeded if well else breaker.failed)(0)
    assert breaker.position == "closed"
    breaker.failed(0)
    assert breaker.position == "open"


def test_one_request_at_a_time_is_the_trial():
    breaker = opened()
    assert breaker.allows(5.0)
    breaker.began(5.0)
    assert not breaker.allows(5.1)
    breaker.abandoned()  # its caller left: that says nothing of the engine
    assert breaker.allows(5.2)


def test_a_trial_that_fails_opens_it_for_twice_as_long_up_to_the_longest():
    breaker, now, waits = opened(), 0.0, []
    for _ in range(4):
        waits.append(breaker.wait_s(now))
        now += waits[-1]
        assert breaker.allows(now)
        breaker.began(now)
        breaker.failed(now)
    assert waits == [5, 10, 20, 20]


def test_who_came_back_gets_a_tenth_first_and_all_after_thirty_seconds():
    breaker = opened()
    assert breaker.allows(5.0)
    breaker.began(5.0)
    breaker.succeeded(5.0)
    assert [round(breaker.share(5.0 + passed), 2) for passed in (0, 15, 30)] == [0.1, 0.55, 1.0]


def test_a_success_that_began_before_it_opened_does_not_close_it():
    breaker = opened()
    breaker.succeeded(1.0)
    assert not breaker.allows(1.0)


@given(st.lists(st.tuples(st.sampled_from(["began", "succeeded", "failed", "abandoned"]), st.floats(0, 30))))
def test_whatever_happens_it_is_asked_again_within_the_longest_pause(events):
    breaker, now = Breaker(SETTINGS), 0.0
    for event, passed in events:
        now += passed
        breaker.allows(now)
        breaker.abandoned() if event == "abandoned" else getattr(breaker, event)(now)
    breaker.abandoned()  # every trial ends
    assert breaker.allows(now + SETTINGS.longest_open_s)
    assert 0 < breaker.share(now) <= 1


def test_what_one_caller_is_answered_with_opens_it_for_nobody():
    breaker = Breaker(SETTINGS)
    for _ in range(50):
        breaker.failed(0, by="a")
    assert breaker.position == "closed"
    breaker.failed(0, by="b")
    assert breaker.position == "open"


def test_one_caller_speaks_for_half_of_the_last_six_at_most():
    breaker = Breaker(SETTINGS)
    for by in ("a", None, "a", "b", None, "a", "a", None):
        breaker.succeeded(0) if by is None else breaker.failed(0, by)
    assert breaker.position == "closed"
    breaker.failed(0, by="b")
    assert breaker.position == "open"


def test_a_trial_that_its_own_request_may_have_failed_leaves_the_trial_to_the_next():
    breaker = opened()
    assert breaker.allows(5.0)
    breaker.began(5.0)
    breaker.failed(5.0, by="a")
    assert breaker.allows(5.1)
    breaker.began(5.1)
    breaker.succeeded(5.2)
    assert breaker.position == "closed"
