# SPDX-License-Identifier: Apache-2.0
"""A trend is one curve over the calendar: what a year is priced at does not depend on where a plan begins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.nation import Nation
from daulat.plan import Case, Plan, make_plan, read_case
from daulat.plan.figures import Floats

GIVEN = {
    "energy": {
        "grid_gco2_per_kwh": {"value": 500, "date": "2025-01-01", "source": "a test"},
        "electricity_price_usd_per_mwh": {"value": 100, "date": "2025-06-30", "source": "a test"},
        "ppa_share": 0.3,
    },
    "mode": "power",
    "site_power_mw": 5,
}


def begun(nation: Nation, year: int, *changes: str) -> Case:
    return read_case(nation, scenario=(GIVEN, "scenario.yaml"), changes=(f"start_year={year}", *changes))


def priced(plan: Plan) -> dict[str, Floats]:
    """What one of each thing costs, weighs or counts, float64[draws, years]."""
    fleet, energy, capex, opex = plan.fleet, plan.energy, plan.capex, plan.opex
    bought = np.where(fleet.accelerators_bought > 0, fleet.accelerators_bought, np.nan)
    return {
        "people": plan.demand.people,
        "carbon": (energy.emissions_tco2e - energy.ppa_energy_mwh * plan.values("energy.ppa_gco2_per_kwh") / 1000)
        / energy.grid_energy_mwh,
        "energy": opex.energy_usd / energy.site_energy_mwh,
        "hardware": capex.accelerators_usd / bought,
        "licences": opex.licences_usd / fleet.accelerators_installed,
        "staff": opex.service_teams_usd,
        "links": opex.links_usd,
        "rent": plan.cost.rent_usd_per_year / (fleet.accelerators_needed * fleet.served_share),
    }


@settings(deadline=None, max_examples=12)
@given(early=st.integers(2024, 2029), later=st.integers(1, 9))
def test_a_year_is_priced_alike_whenever_the_plan_begins(nation: Nation, early: int, later: int) -> None:
    one, other = (priced(make_plan(begun(nation, year), n_draws=8)) for year in (early, early + later))
    for name, before in one.items():
        after = other[name][:, : 10 - later]
        both = ~np.isnan(before[:, later:]) & ~np.isnan(after)
        np.testing.assert_allclose(after[both], before[:, later:][both], rtol=1e-9, err_msg=name)


def test_a_level_stands_in_the_year_of_its_date(nation: Nation) -> None:
    plan = make_plan(begun(nation, 2030, "energy.grid_decline_per_year=0.1", "energy.ppa_share=0"), n_draws=1)
    [carbon] = priced(plan)["carbon"]
    assert carbon[:3].tolist() == pytest.approx([0.5 * 0.9**years for years in (5, 6, 7)])


def test_a_number_laid_over_another_is_of_the_same_year_unless_it_is_dated(nation: Nation) -> None:
    """So that a slider that is set to where it stands moves nothing."""
    price = "energy.electricity_price_usd_per_mwh"
    usual = begun(nation, 2030).assumptions[price]
    same = begun(nation, 2030, f"{price}={usual.value}").assumptions[price]
    again = {"energy": {"electricity_price_usd_per_mwh": {"value": 100, "date": "2028", "source": "a test"}}}
    dated = read_case(nation, scenario=(again, "scenario.yaml")).assumptions[price]
    assert (usual.year, same.year, dated.year) == (2025, 2025, 2028)


def test_who_is_online_grows_from_the_year_of_the_survey(nation: Nation) -> None:
    online = {"value": 0.5, "date": "2025-01-01", "source": "a test"}
    given = {"demand": {"internet_share": online, "internet_growth_per_year": 0.02, "internet_ceiling": 0.9}}
    at = {
        year: read_case(nation, scenario=(given, "scenario.yaml"), changes=(f"start_year={year}",))
        for year in (2024, 2025, 2030, 2060)
    }
    found = {year: float(make_plan(case, n_draws=1).values("demand.internet_share")[0, 0]) for year, case in at.items()}
    assert found == pytest.approx({2024: 0.48, 2025: 0.5, 2030: 0.6, 2060: 0.9})
