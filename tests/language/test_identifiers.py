# SPDX-License-Identifier: Apache-2.0
"""Identifiers: what names a person is found, and laws, dates and sums are not taken for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.language import Identifiers, LanguageError, PackFiles, identifiers_for
from daulat.language.identifiers import Check, has_luhn_digit

ANYWHERE = identifiers_for(None)


def labelled(identifiers: Identifiers, text: str) -> str:
    """Return a text with the kind of each identifier in its place."""
    for found in reversed(identifiers.find(text)):
        text = f"{text[: found.start]}[{found.kind}]{text[found.end :]}"
    return text


@given(
    st.text(st.characters(blacklist_categories=("Nd",), blacklist_characters="@+"), max_size=60),
    st.integers(10**8, 10**20),
)
def test_a_long_number_is_always_found(around: str, number: int) -> None:
    assert str(number) not in labelled(ANYWHERE, f"{around} {number} {around}")


@given(st.text(max_size=200))
def test_beside_what_was_found_nothing_is_left_to_find(text: str) -> None:
    assert ANYWHERE.find(labelled(ANYWHERE, text)) == []


@pytest.mark.parametrize(
    "text", ["Law 23/2006, article 27 (1)", "2023-01-01 10:00:00", "1.000.000.000", "60 days, 2020-2021"]
)
def test_laws_dates_and_sums_are_nobody_s_number(text: str) -> None:
    assert ANYWHERE.find(text) == []


@given(st.text("0123456789", min_size=3, max_size=18))
def test_exactly_one_digit_completes_a_luhn_number(digits: str) -> None:
    assert sum(has_luhn_digit(digits + last) for last in "0123456789") == 1


@pytest.mark.parametrize(
    ("number", "passes"), [("290204", True), ("290203", True), ("690204", True), ("310404", False), ("000101", False)]
)
def test_a_date_in_a_number_must_exist(number: str, passes: bool) -> None:
    # 29 February: 2004 is a leap year; 03 may be 1903 or 2003, neither is one, so the day must be a day.
    check = Check(digits=6, date=(0, 6), day_offsets=(0, 40))
    assert check.passes(number, frozenset()) is (passes and number != "290203")


def test_a_number_of_an_unknown_region_is_not_of_its_kind(pack_of: Callable[[dict[str, str]], PackFiles]) -> None:
    rules = """
identifiers: [{id: card, pattern: '\\b\\d{4}\\b', check: {digits: 4, region: [0, 2]}}]
regions: {'1': '1 2'}
"""
    identifiers = identifiers_for(pack_of({"identifiers.yaml": rules}))
    assert labelled(identifiers, "1234 and 9934") == "[card] and 9934"


def test_a_broken_pattern_names_itself(pack_of: Callable[[dict[str, str]], PackFiles]) -> None:
    with pytest.raises(LanguageError, match="`card` has no usable pattern"):
        identifiers_for(pack_of({"identifiers.yaml": "identifiers: [{id: card, pattern: '('}]"}))
