# SPDX-License-Identifier: Apache-2.0
"""Scenario files: Indonesia at three sizes, and two other countries without a line of code."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from daulat.nation import Pack, bootstrap, nation_of, pack_at
from daulat.plan import Plan, PlanError, make_plan, plan_nation, read_case, read_scenario, scenario_names

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def indonesia() -> Pack:
    return pack_at(ROOT / "packs" / "id" / "daulat_id", "ID")


def planned(country: str, scenario: str, pack: Pack | None) -> Plan:
    nation = nation_of(bootstrap(country, pack))
    return make_plan(read_case(nation, pack=pack, scenario=read_scenario(scenario, pack)), n_draws=100)


def test_the_pack_brings_three_sizes(indonesia: Pack) -> None:
    assert scenario_names(indonesia) == ["campus", "national", "pilot"]


def test_the_pilot_is_one_city_of_one_megawatt(indonesia: Pack) -> None:
    plan = planned("ID", "pilot", indonesia)
    [region] = plan.case.place.regions
    assert region.name == "Kota Surabaya"
    assert plan.energy.site_power_mw.max() <= 1.0
    assert plan.case.sites.sites[0].name == "Kota Surabaya"


def test_the_nation_is_all_of_its_regencies(indonesia: Pack) -> None:
    plan = planned("ID", "national", indonesia)
    assert len(plan.case.place.regions) == 514
    assert len(plan.case.place.groups) == 38
    # Dukcapil, second semester of 2024: 284,973,643 people
    assert plan.case.place.people.sum() == 284_973_643
    # More people of Jawa are online, so they take it up sooner: the share of Papua Pegunungan grows.
    papua = plan.demand.group_shares[:, :, plan.case.place.groups.index("95")]
    assert (papua[:, -1] > papua[:, 0]).all()


def test_the_national_scenario_as_it_is_stands_on_three_islands(tmp_path: Path) -> None:
    """The command, with the scenario's own defaults."""
    arguments = ["--country", "ID", "--scenario", "national", "--draws", "50", "--no-sensitivity", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from daulat.cli import main; main()", "plan", *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    plan = json.loads(done.stdout)
    share = {site["grid"]: 0.0 for site in plan["siting"]["sites"] if site["opens"]}
    for site in plan["siting"]["sites"]:
        if site["opens"]:
            share[site["grid"]] += site["it_mw"][-1] / plan["siting"]["load_mw"][-1]
    for island, least in (("Jawa-Madura-Bali", 0.4), ("Sumatera", 0.2), ("Kalimantan", 0.2)):
        assert share[island] >= least - 1e-6
    for island in share:  # any one may fail
        assert sum(size for other, size in share.items() if other != island) >= 1 - 1e-6
    assert len(plan["sites"]) == sum(1 for site in plan["siting"]["sites"] if site["opens"]) >= 3


def test_where_sites_are_kept_at_one_the_national_scenario_says_so(indonesia: Pack) -> None:
    nation = nation_of(bootstrap("ID", indonesia))
    scenario = read_scenario("national", indonesia)
    made_at = datetime(2026, 11, 26, tzinfo=UTC)
    _, document = plan_nation(
        nation, made_at=made_at, pack=indonesia, scenario=scenario, n_draws=1, sensitivity=False, sites="fixed"
    )
    assert document.siting is None
    assert any("here it is kept at one" in note for note in document.notes)


def test_the_campus_reaches_a_gigawatt_in_its_fifth_year(indonesia: Pack) -> None:
    plan = planned("ID", "campus", indonesia)
    power = np.median(plan.energy.site_power_mw, axis=0)
    assert power[0] == pytest.approx(100, rel=0.01)
    assert power[4:] == pytest.approx(1000, rel=0.001)


@pytest.mark.parametrize(("country", "people"), [("ee", 1.3e6), ("ke", 5.1e7)])
def test_another_country_is_a_file(country: str, people: float) -> None:
    plan = planned(country.upper(), str(ROOT / "docs" / "examples" / "plan" / f"{country}.yaml"), None)
    assert plan.case.place.people.sum() == pytest.approx(people, rel=0.05)
    assert (plan.cost.cost_per_mtok > 0).all()
    assert not any("no rate" in note for note in map(str, plan.notes()))


def test_a_cleaner_grid_and_a_cooler_place_show(indonesia: Pack) -> None:
    kenya = planned("KE", str(ROOT / "docs" / "examples" / "plan" / "ke.yaml"), None)
    nation = planned("ID", "national", indonesia)
    per_mwh = [float(np.median(one.energy.emissions_tco2e / one.energy.site_energy_mwh)) for one in (kenya, nation)]
    assert per_mwh[0] < 0.2 < 0.5 < per_mwh[1]
    assert np.median(kenya.energy.pue) < np.median(nation.energy.pue)


def test_a_scenario_that_is_not_there_is_told_with_those_that_are(indonesia: Pack) -> None:
    with pytest.raises(PlanError, match="campus, national, pilot"):
        read_scenario("nation", indonesia)


def test_regions_that_do_not_add_up_to_the_nation_are_told(indonesia: Pack) -> None:
    nation = nation_of(bootstrap("ID", indonesia))
    fewer = nation.model_copy(update={"population": nation.population // 2})
    assert not any("nation.yaml says" in note for note in map(str, read_case(nation, pack=indonesia).place.notes))
    assert any(
        "nation.yaml says 142,486,821" in note for note in map(str, read_case(fewer, pack=indonesia).place.notes)
    )
