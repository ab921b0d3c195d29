# SPDX-License-Identifier: Apache-2.0
"""The plan of sites is the cheapest one that keeps every rule."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from daulat.plan.siting import Budget, NoSitePlanError, Siting, plan_sites
from daulat.plan.siting.classes import join_regions, may_keep, near_enough
from daulat.plan.siting.model import build_model

from .questions import USD, make_siting

ANYWHERE = 1e4


def cheapest_by_trying_all(siting: Siting) -> float:
    """Try every year of opening for every site, and let linear programming size them: million USD, or infinity."""
    classes = join_regions(siting, near_enough(siting) & may_keep(siting))
    model = build_model(siting, classes)
    rows, n_sites, n_years = model.rows, *model.columns.open.shape
    matrix = np.zeros((rows.count, len(model.cost)))
    np.add.at(matrix, (np.concatenate(rows.row), np.concatenate(rows.column)), np.concatenate(rows.value))
    low, high = np.concatenate(rows.lower), np.concatenate(rows.upper)
    below, above = np.isfinite(high), np.isfinite(low)
    best = np.inf
    for opening in itertools.product(range(n_years + 1), repeat=n_sites):
        bounds = np.stack([model.lower, model.upper], axis=1)
        bounds[model.columns.open] = (np.arange(n_years) >= np.array(opening)[:, None])[..., None]
        found = linprog(
            model.cost,
            np.concatenate([matrix[below], -matrix[above]]),
            np.concatenate([high[below], -low[above]]),
            bounds=bounds,
        )
        best = min(best, found.fun if found.success else np.inf)
    return best


money = st.integers(0, 40)
megawatts = st.integers(1, 8)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_plan_costs_what_the_best_of_all_choices_costs(data: st.DataObject) -> None:
    n_years, n_sites = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 3))
    yearly = st.lists(megawatts, min_size=n_years, max_size=n_years)
    loads = data.draw(st.lists(yearly, min_size=1, max_size=3))
    sites = [
        {
            "at": data.draw(st.integers(0, 3)),
            "open": data.draw(money),
            "build": data.draw(money),
            "run": data.draw(money),
            "limit": data.draw(st.integers(24, 30)),
            "grid": data.draw(st.sampled_from(["west", "east"])),
        }
        for _ in range(n_sites)
    ]
    siting = make_siting(loads, sites, round_trip_ms=ANYWHERE, smallest_mw=2.0, discount_rate=0.1)
    assert plan_sites(siting, gap=0.0).cost_usd / USD == pytest.approx(cheapest_by_trying_all(siting), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(loads=st.lists(st.lists(megawatts, min_size=3, max_size=3), min_size=1, max_size=4), percent=st.integers(0, 100))
def test_demand_served_is_demand_placed(loads: list[list[int]], percent: int) -> None:
    spare = percent / 100
    sites = [{"at": at, "open": 5, "build": 10 + at, "grid": f"grid {at % 2}"} for at in range(4)]
    siting = make_siting(loads, sites, round_trip_ms=ANYWHERE, spare_share=spare)
    plan = plan_sites(siting)
    assert plan.share.sum(axis=1) == pytest.approx(np.ones((len(loads), 3)), abs=1e-6)
    served = np.einsum("ky,ksy->sy", np.array(loads, float), plan.share)
    assert (served <= plan.it_mw + 1e-5).all()
    assert (np.diff(plan.it_mw, axis=1) >= -1e-6).all()
    for grid in range(2):
        others = plan.it_mw[[s for s in range(4) if s % 2 != grid]].sum(axis=0)
        assert (others >= spare * np.array(loads).sum(axis=0) - 1e-5).all()


def test_a_region_is_served_from_where_the_light_is_fast_enough() -> None:
    # 10 degrees are 1,112 km: 2 x 1.6 x 1,112 / 204.2 = 17.4 ms; 1 degree is 1.7 ms.
    sites = [{"at": 10, "build": 1}, {"at": 1, "build": 50}]
    assert dict(plan_sites(make_siting([[5]], sites, round_trip_ms=20.0)).opens) == {"site 0": 2027}
    assert dict(plan_sites(make_siting([[5]], sites, round_trip_ms=10.0)).opens) == {"site 1": 2027}


def test_data_stays_in_the_place_that_its_law_names() -> None:
    sites = [{"build": 1, "in": ["XA", "XA-1"]}, {"build": 50, "in": ["XA", "XA-2"]}]
    plan = plan_sites(make_siting([[5]], sites, residency=("XA-2",)))
    assert plan.it_mw.ravel().tolist() == [0.0, 5.0]


def test_a_site_waits_until_it_is_cheaper_to_build() -> None:
    # Building at 10 now or 5 a year later; nothing is asked for in the first year.
    plan = plan_sites(make_siting([[0, 4]], [{"build": [10, 5]}]))
    assert plan.capex_usd.tolist() == pytest.approx([0.0, 20 * USD])


def test_a_budget_of_a_phase_moves_building_to_another() -> None:
    # Opening costs 6 and building 10 a MW: 4 MW now and 8 later cost 46 and 40; all of it at once would cost 86.
    loads, sites = [[4, 8]], [{"open": 6, "build": [10, 30]}]
    assert plan_sites(make_siting(loads, sites), gap=0.0).capex_usd[0] == pytest.approx(86 * USD)
    tight = make_siting(loads, sites, budgets=(Budget("phase 1", 2027, 2027, 60 * USD),))
    # 60 buy 5.4 MW; the other 2.6 MW are built at 30.
    assert plan_sites(tight, gap=0.0).capex_usd.tolist() == pytest.approx([60 * USD, 2.6 * 30 * USD])


def test_an_island_gets_its_minimum() -> None:
    sites = [{"build": 1, "grid": "main"}, {"build": 9, "grid": "far"}]
    plan = plan_sites(make_siting([[5]], sites, grid_minimum_mw={"far": 2.0}))
    assert plan.it_mw.ravel().tolist() == pytest.approx([3.0, 2.0])


def test_all_sites_on_a_grid_hold_no_more_than_it_can_spare() -> None:
    sites = [{"build": 1, "grid": "main"}, {"at": 1, "build": 2, "grid": "main"}, {"at": 2, "build": 9, "grid": "far"}]
    plan = plan_sites(make_siting([[5]], sites, grid_limit_mw={"main": 3.0}))
    assert plan.it_mw.ravel().tolist() == pytest.approx([3.0, 0.0, 2.0])


def test_the_bound_is_never_above_the_cost() -> None:
    plan = plan_sites(make_siting([[3, 9], [4, 4]], [{"open": 7, "build": 3}, {"at": 1, "open": 2, "build": 6}]))
    assert 0 <= plan.lower_bound_usd <= plan.cost_usd
    assert 0 <= plan.gap <= 0.01


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_rows_that_shorten_the_search_exclude_no_plan(data: st.DataObject) -> None:
    """With spare capacity over two or three grids; the reference knows nothing of the further rows."""
    n_sites = data.draw(st.integers(2, 4))
    sites = [
        {
            "at": place,
            "open": data.draw(money),
            "build": data.draw(money),
            "limit": data.draw(st.integers(4, 30)),
            "grid": data.draw(st.sampled_from(["west", "middle", "east"])),
        }
        for place in range(n_sites)
    ]
    share = data.draw(st.sampled_from([0.25, 0.5, 1.0]))
    siting = make_siting([[data.draw(megawatts)]], sites, round_trip_ms=ANYWHERE, spare_share=share)
    least = cheapest_by_trying_all(siting)
    if not np.isfinite(least):
        with pytest.raises(NoSitePlanError):
            plan_sites(siting, gap=0.0)
    else:
        assert plan_sites(siting, gap=0.0).cost_usd / USD == pytest.approx(least, rel=1e-6, abs=1e-6)
