# SPDX-License-Identifier: Apache-2.0
"""Lives are counted in whole years, halves upwards and everywhere alike; land has no life."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from daulat.plan import Case, make_plan
from daulat.plan.deal import Revenue
from daulat.plan.deal_cash import _straight_line, project_of
from daulat.plan.sizing.fleet import bought


@pytest.mark.parametrize(("life", "years"), [(4.4, 4), (4.5, 5), (5.0, 5), (5.5, 6), (6.5, 7), (0.2, 1)])
def test_a_half_year_of_life_is_rounded_up_where_hardware_is_bought_and_written_off(life: float, years: int) -> None:
    given = np.array([[life]])
    standing = bought(np.full((1, 9), 8.0), given)[0]
    assert np.flatnonzero(standing).tolist() == list(range(0, 9, years))  # bought again when its life is over
    spent = np.array([[60.0] + [0.0] * 8])
    assert np.count_nonzero(_straight_line(spent, given)) == years


@pytest.mark.parametrize(
    ("life", "told"), [("4.5", "a life of 4.5 years counts as 5"), ("4", ""), ("5.5", "counts as 6")]
)
def test_a_life_that_is_no_whole_number_is_told(case_of: Callable[..., Case], life: str, told: str) -> None:
    notes = [str(one) for one in make_plan(case_of(f"money.hardware_life_years={life}"), n_draws=1).notes()]
    found = [one for one in notes if "whole years" in one]
    assert [told in one for one in found] == [True] * bool(told)


def test_land_keeps_its_cost_to_the_end_and_is_not_written_off(case_of: Callable[..., Case]) -> None:
    """A plan with dear land against the same one with free land: all that it costs more is still there at the end."""
    life = "money.facility_life_years=15"
    free, dear = (make_plan(case_of(life, f"money.land_usd_per_mw={one}"), n_draws=1) for one in (0, 3e7))
    more = dear.capex.capex_usd - free.capex.capex_usd
    assert (more > 0).all()
    assert dear.cost.residual_usd - free.cost.residual_usd == pytest.approx(more)
    without, with_land = (project_of(one, Revenue())[0].depreciation_usd for one in (free, dear))
    assert with_land == pytest.approx(without)
