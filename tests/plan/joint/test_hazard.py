# SPDX-License-Identifier: Apache-2.0
"""The hazard of the ground costs what its class says, moves sites, and can forbid them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from daulat.nation import Nation, Pack
from daulat.plan import InputError, InputFaultsError, make_plan, read_case
from daulat.plan.hazard import read_hazards, tectonic_region
from daulat.plan.site_choice import choose_sites
from daulat.plan.site_question import question
from daulat.plan.site_rules import read_rules, siting_sections

SOURCE = "an invented map"
SMALL: dict[str, Any] = {"horizon_years": 2, "siting": {"at": ["32.01", "63.71", "12.71"], "round_trip_ms": 200}}


@pytest.mark.parametrize(
    ("latitude", "longitude", "region"),
    [  # what any atlas says
        (60.17, 24.94, "stable"),  # Helsinki
        (-33.45, -70.67, "subduction"),  # Santiago
        (37.77, -122.42, "active"),  # San Francisco
        (21.31, -157.86, "volcanic"),  # Honolulu
        (-6.2, 106.85, "subduction"),  # Jakarta
        (-0.03, 109.33, "stable"),  # Pontianak
        (90.0, 180.0, "stable"),
        (-90.0, -180.0, "stable"),
    ],
)
def test_a_place_is_in_the_tectonic_region_that_an_atlas_says(latitude: float, longitude: float, region: str) -> None:
    assert tectonic_region(latitude, longitude) == region


def test_hardening_and_premium_cost_what_their_shares_say(nation: Nation, pack: Pack) -> None:
    without = ["money.hazard_hardening_share=0", "money.hazard_premium_share=0", "money.insurance_share=0.002"]
    calm = make_plan(read_case(nation, pack=pack, changes=without), n_draws=1)
    hard = [without[2], "money.hazard_hardening_share=0.1", "money.hazard_premium_share=0"]
    hardened = make_plan(read_case(nation, pack=pack, changes=hard), n_draws=1)
    assert hardened.capex.shell_usd == pytest.approx(1.1 * calm.capex.shell_usd)
    assert hardened.capex.land_usd == pytest.approx(calm.capex.land_usd)
    assert hardened.capex.accelerators_usd == pytest.approx(calm.capex.accelerators_usd)
    dear = [without[2], "money.hazard_hardening_share=0", "money.hazard_premium_share=0.004"]
    insured = make_plan(read_case(nation, pack=pack, changes=dear), n_draws=1)
    assert insured.opex.insurance_usd == pytest.approx(3 * calm.opex.insurance_usd)  # (0.002 + 0.004) / 0.002


def test_the_plan_takes_the_class_of_the_place_that_the_site_stands_in(nation: Nation, pack: Pack) -> None:
    for site, name, share in (("31.73", "subduction", 0.028), ("61.71", "stable", 0.0)):
        case = read_case(nation, pack=pack, changes=[f"site={site}"])
        assert case.sites.sites[0].hazard == name
        assert case.assumptions["money.hazard_hardening_share"].value == share
        assert any(f": {name}. Unless declared, flood" in note for note in map(str, case.sites.notes))


def test_a_nation_declares_its_own_classes_and_they_move_the_sites(nation: Nation, pack: Pack) -> None:
    """Of three places the two that are declared calm are taken, whichever those are."""
    for calm in (("32", "12"), ("12", "63")):
        rough = next(one for one in ("32", "12", "63") if one not in calm)
        declared = {
            "source": SOURCE,
            "classes": {"low": {}, "high": {"hardening_share": 0.6, "premium_share": 0.1}},
            "regions": {calm[0]: "low", calm[1]: "low", rough: "high"},
        }
        given = {**SMALL, "siting": {**SMALL["siting"], "hazard": declared}}
        case = read_case(nation, pack=pack, scenario=(given, "x"))
        chosen, part = choose_sites(case, nation, pack, [(given, "x")])
        assert {one.group for one in chosen.sites.sites} == set(calm)
        assert {one.hazard for one in part.sites if one.opens} == {"low"}
        assert chosen.assumptions["money.hazard_hardening_share"].value == 0.0
        assert SOURCE in chosen.assumptions["money.hazard_hardening_share"].source


def test_a_place_of_a_worse_class_costs_more_to_build_and_to_run_in_the_question(nation: Nation, pack: Pack) -> None:
    declared = {"source": SOURCE, "classes": {"a": {}, "b": {"hardening_share": 0.5, "premium_share": 0.05}}}
    regions = {"32.01": "a", "32.02": "b"}
    given = {"horizon_years": 2, "siting": {"hazard": {**declared, "regions": regions}}}
    case = read_case(nation, pack=pack, scenario=(given, "x"))
    warmth = case.place.capital.latitude  # the same for both, so that nothing but the ground differs
    places = [replace(one, latitude=warmth) for one in case.place.regions if one.code in regions]
    plan, rules = make_plan(case, n_draws=1), read_rules([(given, "x")])
    asked = question(plan, nation, places, rules, load=np.array([1.0, 2.0])).candidates
    energy, contingency = plan.energy, case.assumptions["money.contingency_share"].value
    site_per_it = float(energy.site_kw_per_accelerator[0] / energy.it_kw_per_accelerator[0])
    # A half of the cost of buildings a megawatt of the site, with its contingency, at the prices of the first year.
    buildings = float(plan.values("money.facility_usd_per_mw")[0, 0]) * site_per_it * (1 + contingency)
    assert asked.build_usd_per_mw[1, 0] - asked.build_usd_per_mw[0, 0] == pytest.approx(0.5 * buildings)
    assert (asked.run_usd_per_mw_year[1] > asked.run_usd_per_mw_year[0]).all()


def test_an_excluded_class_leaves_its_places_out_and_says_which(nation: Nation, pack: Pack) -> None:
    sections = siting_sections([(SMALL, "x")], ["siting.hazard_exclude=active"])
    case = read_case(nation, pack=pack, scenario=(SMALL, "x"))
    _, part = choose_sites(case, nation, pack, sections)
    assert part.candidates == 2
    assert any(
        "no site in active, which leaves out 1 of 3 places (Kota Banjarmasin)" in rule.text for rule in part.rules
    )


def test_where_every_place_is_excluded_the_plan_says_what_to_change(nation: Nation, pack: Pack) -> None:
    given = {"horizon_years": 2, "siting": {"at": ["32.01"], "hazard_exclude": ["subduction"]}}
    case = read_case(nation, pack=pack, scenario=(given, "x"))
    with pytest.raises(InputError, match=r"plan\.siting\.at: `Kabupaten Bogor`") as raised:
        choose_sites(case, nation, pack, [(given, "x")])
    assert "no site in subduction" in raised.value.why


def test_every_fault_of_a_declared_hazard_is_told_at_once() -> None:
    wrong = {"classes": {"low": {"hardening_share": 5}, "odd": 3}, "regions": {"31": "hihg"}, "zones": {}}
    with pytest.raises(InputFaultsError) as raised:
        read_hazards(None, [({"siting": {"hazard": wrong}}, "nation.yaml")])
    told = str(raised.value)
    assert len(raised.value.faults) == 5
    for said in ("hazard.source", "5 percent, which is 0.05", "classes.odd", "regions.31: `hihg`", "hazard.zones"):
        assert said in told
