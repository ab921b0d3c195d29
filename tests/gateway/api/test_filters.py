# SPDX-License-Identifier: Apache-2.0
"""Filters mean what OpenAI's mean, and what means nothing is refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.api.filters import equals, fits, read_filter
from daulat.gateway.api.vector_schema import Filter
from daulat.gateway.errors import BadRequest

keys = st.sampled_from(["year", "status", "article"])
values = st.one_of(st.integers(0, 3), st.sampled_from(["in_force", "revoked"]))
attributes = st.dictionaries(keys, values)
comparisons = st.builds(
    lambda kind, key, value: Filter(kind, key, [value] if kind in ("in", "nin") else value),
    st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]), keys, values,
)  # fmt: skip
filters = st.recursive(
    comparisons,
    lambda inner: st.builds(
        lambda kind, parts: Filter(kind, filters=parts),
        st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)  # fmt: skip


@given(found=attributes, key=keys, value=values)
def test_not_equal_is_the_contrary_of_equal(found, key, value):
    assert fits(found, Filter("ne", key, value)) != fits(found, Filter("eq", key, value))
    assert fits(found, Filter("nin", key, [value])) != fits(found, Filter("in", key, [value]))


@given(found=attributes, parts=st.lists(filters, min_size=1, max_size=3))
def test_and_is_all_of_them_and_or_is_any(found, parts):
    assert fits(found, Filter("and", filters=parts)) == all(fits(found, part) for part in parts)
    assert fits(found, Filter("or", filters=parts)) == any(fits(found, part) for part in parts)


@given(found=attributes, wanted=filters)
def test_what_a_search_is_narrowed_to_loses_nothing(found, wanted):
    narrowed = equals(wanted, "status")
    if narrowed and fits(found, wanted):
        assert found["status"] in narrowed


@pytest.mark.parametrize(
    ("value", "param"),
    [
        ({"type": "eq", "value": 1}, "filters.key"),
        ({"type": "in", "key": "year", "value": 1}, "filters.value"),
        ({"type": "eq", "key": "year", "value": [1]}, "filters.value"),
        ({"type": "and", "filters": [{"type": "eq", "key": "year"}]}, "filters.filters[0].value"),
        ({"type": "or"}, "filters.filters"),
        ({"type": "like", "key": "a", "value": "b"}, "filters.type"),
    ],
)
def test_what_means_nothing_is_refused(value, param):
    with pytest.raises(BadRequest) as refused:
        read_filter(value)
    assert (refused.value.code, refused.value.param) == ("invalid_filter", param)


def test_filters_do_not_stand_in_each_other_without_end():
    value = {"type": "eq", "key": "year", "value": 1}
    for _ in range(9):
        value = {"type": "and", "filters": [value]}
    with pytest.raises(BadRequest, match="deep"):
        read_filter(value)
