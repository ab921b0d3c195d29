# SPDX-License-Identifier: Apache-2.0
"""What a template adds to prompts is declared, learnt where it was more, and never made to grow for ever by a lie."""

from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.access.admission import KeyAdmission, Rules
from daulat.gateway.access.prompts import MOST_LEARNT, PromptBounds
from daulat.gateway.ports import Call
from daulat.gateway.quota.prices import Price

models = st.sampled_from(["small", "large", "unheard of"])
declared = st.dictionaries(st.sampled_from(["small", "large"]), st.integers(0, 2_000))
counted = st.tuples(models, st.integers(1, 100_000), st.integers(0, 10**9))


@given(declared, st.lists(counted, max_size=12), st.integers(1, 100_000))
def test_a_name_that_stands_for_several_has_the_greatest_of_them_and_no_less_than_was_declared(added, calls, bound):
    bounds = PromptBounds(added)
    for call in calls:
        bounds.learn(*call)
    for model, least in added.items():
        assert bound + least <= bounds.most(model, bound) <= bounds.most("a route", bound)


@given(declared, st.lists(counted, max_size=12), st.integers(1, 100_000))
def test_what_is_reserved_is_bounded_whatever_an_engine_says(added, calls, bound):
    bounds = PromptBounds(added)
    for call in calls:
        bounds.learn(*call)
    assert bounds.most("a route", bound) <= bound + max(MOST_LEARNT, *added.values(), 0)


@given(declared, models, st.integers(1, 100_000), st.integers(0, MOST_LEARNT))
def test_a_template_that_adds_more_than_was_declared_passes_a_reservation_once(added, model, bound, beyond):
    bounds = PromptBounds(added)
    bounds.learn(model, bound, bound + beyond)
    assert bounds.most(model, bound) >= bound + beyond


def test_tokens_and_money_are_reserved_at_the_bound_and_at_the_dearer_of_read_and_cached():
    admission = KeyAdmission(None, None, None, None, Rules(False, {}, {"m": 4096}, {}, {"m": 500}))
    call = Call("m", "embeddings", prompt_tokens=500, prompt_bound=1_500)
    assert admission._needs(call, Price("EUR", 1_000_000, 0, 0)) == (1, 2_000, 0, 1, 2_000)
    assert admission._needs(call, Price("EUR", 1_000_000, 0, 3_000_000)) == (1, 2_000, 0, 1, 6_000)
