# SPDX-License-Identifier: Apache-2.0
"""What is reserved for a prompt learns from what engines counted; an engine that lies cannot make it grow for ever."""

from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.access.admission import KeyAdmission, Rules
from daulat.gateway.access.prompts import LONG, MOST_ADDED, PromptSizes
from daulat.gateway.ports import Call
from daulat.gateway.proxy.asked import BYTES_PER_TOKEN
from daulat.gateway.quota.prices import Price

long = st.integers(LONG, 100_000).flatmap(lambda e: st.tuples(st.just(e), st.integers(0, BYTES_PER_TOKEN * e)))
short = st.integers(1, LONG - 1).flatmap(lambda e: st.tuples(st.just(e), st.integers(0, e + MOST_ADDED)))
lies = st.tuples(st.integers(1, 100_000), st.integers(0, 10**9))


@given(st.lists(st.one_of(long, short), max_size=12))
def test_a_call_like_one_that_was_counted_never_passes_its_reservation(calls):
    sizes = PromptSizes()
    for estimated, counted in calls:
        sizes.learn("m", estimated, counted)
    assert all(sizes.reserved("m", estimated) >= max(estimated, counted) for estimated, counted in calls)


@given(st.lists(lies, max_size=12), st.integers(0, 100_000))
def test_what_is_reserved_is_bounded_whatever_an_engine_says(calls, estimated):
    sizes = PromptSizes()
    for told in calls:
        sizes.learn("m", *told)
    assert estimated <= sizes.reserved("m", estimated) <= BYTES_PER_TOKEN * estimated + MOST_ADDED
    assert sizes.reserved("another", estimated) == estimated


def test_tokens_and_money_are_reserved_by_what_was_learnt():
    admission = KeyAdmission(None, None, None, None, Rules(False, {}, {"m": 4096}, {}))
    admission._prompts.learn("m", 1_000, 2_000)
    needs = admission._needs(Call("m", "embeddings", prompt_tokens=1_000), Price("EUR", 1_000_000, 0, 0))
    assert needs == (1, 2_000, 0, 1, 2_000)
