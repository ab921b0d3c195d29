# SPDX-License-Identifier: Apache-2.0
"""Climate of the sites: each has its own, and what is optimised is what is priced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from daulat.nation import Nation, Pack, bootstrap, nation_of
from daulat.plan import make_plan, read_case
from daulat.plan.climate import PATH, at_climate, pues, temperatures_c
from daulat.plan.energy import zonal_temperature_c
from daulat.plan.site_choice import choose_sites
from daulat.plan.site_question import question
from daulat.plan.site_rules import read_rules
from daulat.plan.sites import Site, Sites

AT = ["32.01", "12.71", "63.71"]  # Bogor, Medan and Banjarmasin: 6.6 south, 3.6 north, 3.3 south
SMALL: dict[str, Any] = {"horizon_years": 2, "siting": {"at": AT, "round_trip_ms": 200}}


def test_a_site_that_is_named_has_the_temperature_of_its_own_latitude() -> None:
    """Punta Arenas lies twenty degrees south of Santiago."""
    chile = nation_of(bootstrap("CL", None))
    capital, south = read_case(chile), read_case(chile, changes=["site=Punta Arenas"])
    assert capital.assumptions[PATH].value == pytest.approx(zonal_temperature_c(-33.45), abs=0.1)
    assert south.assumptions[PATH].value == pytest.approx(zonal_temperature_c(-53.15), abs=0.1)
    assert "Punta Arenas" in south.assumptions[PATH].source


def test_the_pue_that_is_priced_is_the_mean_of_the_sites_that_were_chosen(nation: Nation, pack: Pack) -> None:
    case = read_case(nation, pack=pack, scenario=(SMALL, "small"))
    chosen, _ = choose_sites(case, nation, pack, [(SMALL, "small")])
    base, told_at = case.assumptions, case.place.capital.latitude
    own = pues(base, temperatures_c(base[PATH].value, told_at, [one.latitude for one in chosen.sites.sites]))
    priced = make_plan(chosen, n_draws=1).energy.pue[0]
    assert priced == pytest.approx(float(chosen.sites.shares[-1] @ own), rel=1e-12)
    assert priced != pytest.approx(make_plan(case, n_draws=1).energy.pue[0], rel=1e-5)
    assert "from 27.5 degC by zonal means" in chosen.assumptions[PATH].source


def test_a_place_that_is_too_cold_to_matter_does_not_cool_the_others() -> None:
    """10 and 25 degrees, half each: PUE is that of 0 and 10 degrees above 15, so of 20 and not of 17.5."""
    case = read_case(nation_of(bootstrap("EE", None)), changes=[f"{PATH}=25"])
    cold = next(one for one in np.linspace(0, 60, 6001) if zonal_temperature_c(one) <= zonal_temperature_c(0) - 15)
    two = Sites((Site("a", "A", 0.0, 0.0), Site("b", "B", float(cold), 0.0)), np.full((1, 2), 0.5))
    assert at_climate(case.assumptions[PATH], 0.0, two).value == pytest.approx(20, abs=0.01)


def test_the_limit_of_a_grid_is_reckoned_with_the_pue_of_its_own_places(nation: Nation, pack: Pack) -> None:
    grids = {"Sumatera": {"spare_mw": 130, "source": "a test", "date": "2026"}}
    small = {**SMALL, "siting": {**SMALL["siting"], "grids": grids}}
    case = read_case(nation, pack=pack, scenario=(small, "x"))
    places = [next(one for one in case.place.regions if one.code == code) for code in AT]
    plan, rules, v = make_plan(case, n_draws=1), read_rules([(small, "x")]), case.assumptions
    asked = question(plan, nation, places, rules, load=np.array([10.0, 10.0]))
    medan = v[PATH].value + zonal_temperature_c(places[1].latitude) - zonal_temperature_c(case.place.capital.latitude)
    pue = v["energy.pue_base"].value + v["energy.pue_slope_per_c"].value * (medan - 15)
    assert asked.rules.grid_limit_mw["Sumatera"] == pytest.approx(130 / (pue * v["energy.pue_peak_over_mean"].value))


def test_the_capitals_site_is_in_the_region_that_tables_name(nation: Nation, pack: Pack) -> None:
    """Jakarta's spot in GeoNames lies in a city of the table; what is said of that city's code reaches the site."""
    case = read_case(nation, pack=pack)
    home = next(one for one in case.place.regions if one.code == case.place.capital.code)
    assert (home.group, case.place.capital.name) == ("31", "Jakarta")
    declared = {"siting": {"hazard": {"source": "a survey", "regions": {home.code: "stable"}}}}
    moved = read_case(nation, pack=pack, scenario=(declared, "x"))
    assert [one.hazard for one in case.sites.sites] != ["stable"]
    assert [one.hazard for one in moved.sites.sites] == ["stable"]
