# SPDX-License-Identifier: Apache-2.0
"""When a grid fails: who loses which promise is what can be worked out by hand, and N+1 leaves nobody without room."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daulat.plan.siting import NoSitePlanError, SitePlan, Siting, lost_promises, plan_sites, round_trip_ms

from .questions import make_siting

DEGREE_KM = 111.195
NINE_AND_A_HALF_DEGREES = float(round_trip_ms(np.array(9.5 * DEGREE_KM)))


def standing(siting: Siting, *sizes: float) -> SitePlan:
    """A plan of one year with sites of these sizes, however it came about."""
    size, n_regions = np.array(sizes)[:, None], len(siting.regions.names)
    share = np.full((n_regions, len(sizes), 1), 1 / len(sizes))
    return SitePlan({}, size, share, 0.0, 0.0, 0.0, np.zeros(1), np.zeros(1))


def two_grids(**rules: Any) -> Siting:
    """Two megawatts at 0 degrees and three at 1; a site at 0 on one grid, another at 10 on another."""
    sites = [{"at": 0, "grid": "west", "in": ["W"]}, {"at": 10, "grid": "east", "in": ["E"]}]
    return make_siting([[2], [3]], sites, round_trip_ms=NINE_AND_A_HALF_DEGREES, **rules)


def told(siting: Siting, plan: SitePlan) -> dict[tuple[str, str], list[float]]:
    return {(one.grid, one.promise): one.share.round(6).tolist() for one in lost_promises(siting, plan)}


def test_who_moves_farther_than_the_round_trip_allows_is_told() -> None:
    """Without the west the region at 0 is 10 degrees from its site and that at 1 is 9; without the east none moves."""
    siting = two_grids()
    [lost] = lost_promises(siting, standing(siting, 5, 5))
    assert (lost.grid, lost.promise, lost.year, lost.share.tolist()) == ("west", "round_trip", 2027, [1.0, 0.0])
    assert lost.round_trip_ms == pytest.approx(float(round_trip_ms(np.array(10 * DEGREE_KM))), rel=1e-4)


def test_where_room_is_short_as_few_as_can_be_are_without_it() -> None:
    """Four megawatts for five: one of the region that would be late anyway finds no room, its other one is late."""
    siting = two_grids()
    assert told(siting, standing(siting, 5, 4)) == {
        ("west", "served"): [0.5, 0.0],
        ("west", "round_trip"): [0.5, 0.0],
    }


def test_who_may_not_go_where_room_is_loses_its_residency() -> None:
    siting = two_grids(residency=("", "W"))
    assert told(siting, standing(siting, 5, 5)) == {
        ("west", "residency"): [0.0, 1.0],
        ("west", "round_trip"): [1.0, 0.0],
    }


def test_nothing_is_lost_where_each_grid_can_answer_all() -> None:
    sites = [{"at": 0, "grid": "west"}, {"at": 1, "grid": "east"}]
    siting = make_siting([[2], [3]], sites, spare_share=1.0)
    plan = plan_sites(siting)
    assert list(lost_promises(siting, plan)) == []


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_with_n_plus_one_everybody_finds_room(data: st.DataObject) -> None:
    loads = data.draw(st.lists(st.lists(st.integers(0, 8), min_size=2, max_size=2), min_size=1, max_size=4))
    sites = [
        {
            "at": data.draw(st.integers(0, 12)),
            "grid": data.draw(st.sampled_from("abc")),
            "open": data.draw(st.integers(0, 9)),
        }
        for _ in range(3)
    ]
    assume(np.any(loads))
    siting = make_siting(loads, sites, spare_share=1.0, round_trip_ms=data.draw(st.sampled_from([10.0, 15.0, 40.0])))
    try:
        plan = plan_sites(siting)
    except NoSitePlanError:
        return
    assert {one.promise for one in lost_promises(siting, plan)} <= {"round_trip"}
