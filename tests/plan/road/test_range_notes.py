# SPDX-License-Identifier: Apache-2.0
"""Notes of how far a plan may be believed: too few draws, a budget at risk, a start long after the data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from daulat.plan import Case, Plan, make_plan


def said(plan: Plan, start: str) -> list[str]:
    return [text for text in map(str, plan.notes()) if text.startswith(start)]


@pytest.mark.parametrize(
    ("draws", "start", "told"),
    [
        (1, "one draw", ["one draw: every input stands at its value, and there is no interval"]),
        (2, "only", ["only 2 draws: intervals of so few say little"]),
        (99, "only", ["only 99 draws: intervals of so few say little"]),
        (100, "only", []),
    ],
)
def test_intervals_of_few_draws_are_said_to_say_little(rich: Case, draws: int, start: str, told: list[str]) -> None:
    found = said(make_plan(rich, n_draws=draws), start)
    assert len(found) == len(told)
    assert all(one.startswith(words) for one, words in zip(found, told, strict=True))


@pytest.mark.parametrize(("place", "share"), [(0.3, "70%"), (0.8, "20%"), (0.95, "")])
def test_a_budget_is_held_against_all_draws_and_not_only_their_median(
    case_of: Callable[..., Case], place: float, share: str
) -> None:
    """Seven draws in a hundred beyond it are within what a plan calls its range; more are told."""
    capital = make_plan(case_of(), n_draws=200).capex.capex_usd
    budget = float(np.quantile(capital, place))
    found = said(make_plan(case_of(f"budget_usd={budget}"), n_draws=200), "capital is more than the budget")
    assert len(found) == bool(share)
    if share:
        assert f"in {share} of the draws; its median is {np.median(capital) / 1e6:,.1f} million USD" in found[0]


def test_a_plan_that_begins_long_after_the_data_says_how_far_it_carries_them(case_of: Callable[..., Case]) -> None:
    soon, late = (make_plan(case_of(f"start_year={year}"), n_draws=20) for year in (2027, 2050))
    [told] = said(late, "service begins in 2050")
    assert "carried on by their trends far beyond 2026" in told
    assert not said(soon, "service begins")
