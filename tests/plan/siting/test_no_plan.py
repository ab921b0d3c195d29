# SPDX-License-Identifier: Apache-2.0
"""Where no plan exists, the answer says which rules conflict and what is the cheapest way to give way."""

from __future__ import annotations

import numpy as np
import pytest

from daulat.plan.siting import Budget, NoSitePlanError, SitingError, plan_sites

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
    # 6 + 4 x 10 = 46 with a whole site; the program may open a share of a site, so a little less is asked for.
    [way] = caught.value.relaxations
    assert way.family == "budget"
    assert 0 < way.amount <= 6.0
    assert any("demand" in rule for rule in caught.value.conflict)


def test_spare_capacity_needs_a_second_grid() -> None:
    with pytest.raises(NoSitePlanError, match="spare \\(without main\\)"):
        plan_sites(make_siting([[4]], [{}, {"at": 1}], spare_share=0.5))


def test_a_region_out_of_reach_is_served_more_slowly_before_anybody_is_left_out() -> None:
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(make_siting([[4]], [{"at": 60}], round_trip_ms=5.0))
    assert [(way.family, way.amount) for way in caught.value.relaxations] == [("round trip", pytest.approx(4.0))]


def test_a_law_that_no_site_keeps_is_named() -> None:
    with pytest.raises(NoSitePlanError) as caught:
        plan_sites(make_siting([[4]], [{"in": ["XA"]}], residency=("XA-9",)))
    assert [way.family for way in caught.value.relaxations] == ["residency"]


def test_a_wrong_question_lists_every_fault_at_once() -> None:
    siting = make_siting([[-4]], [{"build": np.nan}, {"limit": 250_000}], spare_share=20, grid_minimum_mw={"moon": 1.0})
    with pytest.raises(SitingError) as caught:
        plan_sites(siting)
    for fault in ("negative", "no number", "kW was meant", "percent was meant", "moon"):
        assert fault in caught.value.what
