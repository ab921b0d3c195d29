# SPDX-License-Identifier: Apache-2.0
"""Two plans of different years side by side: the same calendar year, never the same line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from daulat.nation import Nation
from daulat.plan import Case, Document, compare, document_of, make_plan

Planned = Callable[..., Document]


@pytest.fixture(scope="module")
def planned(case_of: Callable[..., Case], nation: Nation) -> Planned:
    def make(*changes: str) -> Document:
        plan = make_plan(case_of(*changes), n_draws=20)
        return document_of(
            plan, names=nation.names, title="", seed=1, made_at=datetime(2026, 1, 1, tzinfo=UTC), made_by=""
        )

    return make


@pytest.fixture(scope="module")
def short(planned: Planned) -> Document:
    return planned("start_year=2027", "horizon_years=3")


@pytest.fixture(scope="module")
def long(planned: Planned) -> Document:
    return planned("start_year=2027", "horizon_years=6")


def rows_of(found: dict[str, list[dict[str, Any]]], name: str, part: str = "summary") -> dict[int, dict[str, Any]]:
    return {row["year"]: row for row in found[part] if row["name"] == name}


def test_a_longer_plan_is_compared_in_the_last_year_of_both(short: Document, long: Document) -> None:
    found = compare(short, long)
    [(year, row)] = rows_of(found, "people").items()
    assert year == 2029
    assert row["label"] == "People served, last year of both"
    people = long.figure("people").p50
    assert (row["a"], row["b"]) == pytest.approx((short.figure("people").p50[-1], people[2]), rel=1e-5)
    # The same nation grows alike in both, so that nothing is left of the difference between 2029 and 2032.
    assert row["change_percent"] == pytest.approx(0, abs=1e-3)
    assert people[5] != pytest.approx(people[2], rel=1e-3)


def test_a_year_that_only_one_plan_has_is_shown_as_its_own(short: Document, long: Document) -> None:
    for one, other, mine, theirs in ((short, long, "a", "b"), (long, short, "b", "a")):
        [(year, row)] = rows_of(compare(one, other), "people", "only").items()
        assert (year, row[mine], row["change_percent"], row["apart"]) == (2032, None, None, False)
        assert row[theirs] == pytest.approx(long.figure("people").p50[-1], rel=1e-5)


def test_plans_that_begin_in_different_years_meet_in_the_years_of_both(short: Document, planned: Planned) -> None:
    late = planned("start_year=2028", "horizon_years=3")
    found = compare(short, late)
    assert sorted(rows_of(found, "accelerators_installed")) == [2028, 2029]
    alone = rows_of(found, "accelerators_installed", "only")
    assert {year: row["a"] is None for year, row in alone.items()} == {2027: False, 2030: True}
    row = rows_of(found, "site_power_mw")[2028]
    bands = (short.figure("site_power_mw").p50[1], late.figure("site_power_mw").p50[0])
    assert (row["a"], row["b"]) == pytest.approx(bands, rel=1e-5)


def test_plans_without_a_common_year_compare_only_what_has_no_year(short: Document, planned: Planned) -> None:
    found = compare(short, planned("start_year=2040", "horizon_years=3"))
    assert {row["year"] for row in found["summary"]} == {None}
    assert {row["year"] for row in found["only"]} == {2027, 2029, 2040, 2042}


def test_what_is_split_by_service_is_compared_by_means_which_add_up(short: Document, long: Document) -> None:
    row = rows_of(compare(short, long), "requests_per_year")[2029]
    assert row["label"] == "Requests a year, last year of both, mean"
    assert row["b"] == pytest.approx(sum(long.figure("requests_per_year").mean[2]))
    assert row["a"] == pytest.approx(sum(short.figure("requests_per_year").mean[2]))


def test_plans_of_the_same_years_have_nothing_of_their_own(short: Document) -> None:
    found = compare(short, short)
    assert found["only"] == []
    assert [(row["label"], row["year"], row["a"]) for row in found["summary"]] == [
        (row.label, row.year, row.p50) for row in short.summary
    ]


def test_a_line_of_one_plan_alone_is_shown_and_a_loss_that_ends_is_a_rise(short: Document) -> None:
    worth = short.summary[0].model_copy(
        update={"name": "deal.npv_usd", "label": "NPV, Treasury", "unit": "USD", "year": None, "p50": -50.0}
    )
    one = short.model_copy(update={"summary": [worth, worth.model_copy(update={"label": "NPV, Bank"})]})
    other = short.model_copy(update={"summary": [worth.model_copy(update={"p50": 25.0})]})
    found = compare(one, other)
    # From -50 to 25: 75 more, one and a half times 50.
    assert [row["change_percent"] for row in found["summary"]] == [150.0]
    assert [(row["label"], row["b"]) for row in found["only"]] == [("NPV, Bank", None)]
