# SPDX-License-Identifier: Apache-2.0
"""Where no plan exists, the answer says which rules conflict and what is the cheapest way to give way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.plan.siting import Budget, NoSitePlanError, Relaxation, Siting, SitingError, TooLateError, plan_sites
from daulat.plan.siting.relax import explain

from .questions import USD, make_siting


def test_too_little_power_is_named_with_the_megawatts_that_lack() -> None:
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(make_siting([[9]], [{"limit": 6}]))
    [way] = caught.value.relaxations
    assert (way.family, way.name, way.unit) == ("power limit", "site 0", "MW")
    assert way.amount == pytest.approx(3.0)
    assert "demand (every region is served)" in caught.value.conflict


def test_a_budget_that_cannot_serve_everybody_is_named_with_the_money_that_lacks() -> None:
    siting = make_siting([[4]], [{"open": 6, "build": 10}], budgets=(Budget("phase 1", 2027, 2027, 40 * USD),))
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(siting)
    # 6 + 4 x 10 = 46 with a whole site, and 40 are there.
    [way] = caught.value.relaxations
    assert (way.family, way.amount) == ("budget", pytest.approx(6.0))
    assert any("demand" in rule for rule in caught.value.conflict)


def test_spare_capacity_needs_a_second_grid() -> None:
    with pytest.raises(NoSitePlanError, match="spare \\(without main\\)"):
        plan_sites(make_siting([[4]], [{}, {"at": 1}], spare_share=0.5))


def test_a_region_out_of_reach_is_served_more_slowly_before_anybody_is_left_out() -> None:
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(make_siting([[4]], [{"at": 60}], round_trip_ms=5.0))
    assert [(way.family, way.amount) for way in caught.value.relaxations] == [("round trip", pytest.approx(4.0))]
    # 60 degrees are 6,671.7 km: 2 x 1.6 x 6,671.7 / 204.2 = 104.54 ms, told so that it is enough.
    assert "by 4 MW (a round trip of 104.6 ms would do)" in str(caught.value.relaxations[0])


def test_a_law_that_no_site_keeps_is_named() -> None:
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(make_siting([[4]], [{"in": ["XA"]}], residency=("XA-9",)))
    assert [way.family for way in caught.value.relaxations] == ["residency"]


def test_a_grid_with_too_little_to_spare_is_named_with_the_megawatts_that_lack() -> None:
    sites = [{"grid": "west"}, {"at": 1, "grid": "west"}]
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(make_siting([[4], [3]], sites, grid_limit_mw={"west": 5.0}))
    assert [str(way) for way in caught.value.relaxations] == ["grid limit (west): by 2 MW"]


def test_a_search_that_ends_before_it_found_anything_is_no_proof() -> None:
    """Not a second for 40 places on 8 grids: nothing is found, and nothing is said of rules."""
    sites = [{"at": at, "open": 5 + at % 7, "build": 3 + at % 5, "grid": f"grid {at % 8}"} for at in range(40)]
    siting = make_siting([[1, 2, 3]] * 40, sites, spare_share=1.0, round_trip_ms=30.0, smallest_mw=0.5)
    with pytest.raises(TooLateError, match="was found in 0 s") as caught:
        plan_sites(siting, time_limit_s=0.0)
    assert "siting.time_limit_s" in caught.value.fix


def test_a_wrong_question_lists_every_fault_at_once() -> None:
    wrong = {"spare_share": 20, "grid_minimum_mw": {"moon": 1.0}, "grid_limit_mw": {"main": -1.0}}
    siting = make_siting([[-4]], [{"build": np.nan}, {"limit": 250_000}], **wrong)
    with pytest.raises(SitingError) as caught:
        plan_sites(siting)
    for fault in ("negative", "no number", "kW was meant", "percent was meant", "moon", "grid_limit_mw is -1.0"):
        assert fault in caught.value.what


@pytest.mark.parametrize(
    ("load", "limit", "lacks"),
    [
        (5.0, 1000, 12.0),  # 10 + 5 x 1 = 15, and 3 are there
        (0.05, 100, 7.05),  # 10 + 0.05 x 1 = 10.05
    ],
)
def test_a_site_that_cannot_be_paid_is_not_built_for_a_higher_power_limit(
    load: float, limit: float, lacks: float
) -> None:
    siting = make_siting(
        [[load]], [{"open": 10, "build": 1, "limit": limit}], budgets=(Budget("phase 1", 2027, 2027, 3 * USD),)
    )
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(siting)
    assert [(way.family, way.amount) for way in caught.value.relaxations] == [("budget", pytest.approx(lacks))]
    assert dict(plan_sites(followed(siting, caught.value.relaxations)).opens) == {"site 0": 2027}


def test_nobody_is_left_out_however_few_they_are() -> None:
    siting = make_siting([[0.001]], [{"open": 10, "build": 1}], budgets=(Budget("phase 1", 2027, 2027, 3 * USD),))
    with pytest.raises(NoSitePlanError, match=r"budget \(phase 1\): by 7\.001 million USD"):
        plan_sites(siting)


def test_data_far_from_where_it_may_not_even_be_kept_needs_both_rules_to_give_way() -> None:
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(make_siting([[4]], [{"at": 60, "in": ["XA"]}], residency=("XA-9",), round_trip_ms=5.0))
    assert [way.family for way in caught.value.relaxations] == ["residency", "round trip"]


def test_where_no_time_is_left_to_choose_sites_what_is_told_is_still_enough() -> None:
    sites = [{"at": at, "open": 10 + at, "limit": 3} for at in range(3)]
    siting = make_siting([[2], [5]], sites, budgets=(Budget("phase 1", 2027, 2027, 40 * USD),))
    told = explain(siting, time_limit_s=0.0)
    plan_sites(followed(siting, told.relaxations))


def followed(siting: Siting, ways: tuple[Relaxation, ...]) -> Siting:
    """Give way exactly as told. A share of spare is one for all grids, so the most that any asks is taken off it."""
    at, rules, regions = siting.candidates, siting.rules, siting.regions
    limit, spare_share = at.limit_mw.copy(), rules.spare_share
    for way in ways:
        if way.family == "power limit":
            limit[at.names.index(way.name)] += way.amount
        elif way.family == "budget":
            budgets = [replace(b, usd=b.usd + way.amount * USD * (b.name == way.name)) for b in rules.budgets]
            rules = replace(rules, budgets=tuple(budgets))
        elif way.family == "grid limit":
            most = {grid: mw + way.amount * (grid == way.name) for grid, mw in rules.grid_limit_mw.items()}
            rules = replace(rules, grid_limit_mw=most)
        elif way.family == "minimum":
            least = {**rules.grid_minimum_mw}
            least[way.name] = max(least[way.name] - way.amount, 0.0)
            rules = replace(rules, grid_minimum_mw=least)
        elif way.family == "spare":
            share = spare_share - way.amount / regions.it_mw.sum(axis=0).min()
            rules = replace(rules, spare_share=max(min(share, rules.spare_share), 0.0))
        elif way.family == "residency":
            regions = replace(regions, residency=())
        else:
            assert way.round_trip_ms is not None
            rules = replace(rules, round_trip_ms=way.round_trip_ms)
    return replace(siting, regions=regions, candidates=replace(at, limit_mw=limit), rules=rules)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_giving_way_exactly_as_told_is_enough(data: st.DataObject) -> None:
    draw, n_years = data.draw, data.draw(st.integers(1, 2))
    loads = draw(
        st.lists(
            st.lists(st.sampled_from([0.05, 1.3, 5.0]), min_size=n_years, max_size=n_years), min_size=1, max_size=2
        )
    )
    sites = [
        {
            "at": draw(st.sampled_from([0, 1, 10])),
            "open": draw(st.integers(0, 20)),
            "build": draw(st.integers(0, 12)),
            "limit": draw(st.sampled_from([0.0, 0.7, 3.0, 1000.0])),
            "grid": draw(st.sampled_from(["west", "east"])),
            "in": draw(st.sampled_from([["XA"], ["XA", "XA-1"]])),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    siting = make_siting(
        loads,
        sites,
        round_trip_ms=draw(st.sampled_from([1.0, 100.0])),
        residency=draw(st.sampled_from([(), ("XA-1",) + ("",) * (len(loads) - 1)])),
        smallest_mw=draw(st.sampled_from([0.0, 0.1, 2.0])),
        spare_share=draw(st.sampled_from([0.0, 0.0, 0.5, 1.0])),
        grid_minimum_mw=draw(st.sampled_from([{}, {sites[0]["grid"]: 2.5}])),
        grid_limit_mw=draw(st.sampled_from([{}, {sites[0]["grid"]: 1.1}])),
        budgets=draw(st.sampled_from([(), (Budget("phase 1", 2027, 2026 + n_years, draw(st.integers(0, 60)) * USD),)])),
    )
    try:
        plan_sites(siting)
    except NoSitePlanError as error:
        ways = error.relaxations
    else:
        return
    assert ways
    plan_sites(followed(siting, ways))  # raises if it was not enough
