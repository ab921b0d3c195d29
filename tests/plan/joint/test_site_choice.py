# SPDX-License-Identifier: Apache-2.0
"""Sites chosen for a plan: the chain's own load and prices asked, the answer carried back into the chain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from daulat.nation import Nation, Pack, bootstrap, nation_of
from daulat.plan import InputFaultsError, make_plan, read_case
from daulat.plan.site_candidates import candidates_of
from daulat.plan.site_choice import choose_sites
from daulat.plan.site_rules import read_rules, siting_sections

# Few places and years, so that the question is solved to the end at once.
SMALL: dict[str, Any] = {"horizon_years": 2, "siting": {"at": ["32.01", "12.71", "63.71"], "round_trip_ms": 200}}


def test_the_sites_carry_the_load_when_any_one_grid_fails(nation: Nation, pack: Pack) -> None:
    case = read_case(nation, pack=pack, scenario=(SMALL, "small"))
    chosen, part = choose_sites(case, nation, pack, [(SMALL, "small")])
    standing = [one for one in part.sites if one.opens]
    assert len({one.grid for one in standing}) >= 2
    load = part.load_mw[-1]
    for grid in {one.grid for one in standing}:
        assert sum(one.it_mw[-1] for one in standing if one.grid != grid) >= load * (1 - 1e-6)
    assert part.spare_share == pytest.approx(sum(one.it_mw[-1] for one in standing) / load - 1)
    assert chosen.assumptions["sizing.spare_share"].value == pytest.approx(part.spare_share)


def test_everybody_is_served_and_the_chain_runs_at_the_sites(nation: Nation, pack: Pack) -> None:
    case = read_case(nation, pack=pack, scenario=(SMALL, "small"))
    chosen, part = choose_sites(case, nation, pack, [(SMALL, "small")])
    served: dict[str, float] = {}
    for one in part.sites:
        for group, share in one.serves.items():
            served[group] = served.get(group, 0.0) + share
    assert len(served) == len(case.place.groups)
    assert list(served.values()) == pytest.approx([1.0] * len(served))
    assert chosen.sites.shares.sum(axis=1) == pytest.approx([1.0, 1.0])
    plan = make_plan(chosen, n_draws=1)
    one_site = make_plan(case, n_draws=1)
    assert plan.opex.links_usd.sum() == pytest.approx(len(chosen.sites.sites) * one_site.opex.links_usd.sum())


def test_a_share_for_a_grid_is_kept(nation: Nation, pack: Pack) -> None:
    rules = {**SMALL, "siting": {**SMALL["siting"], "grid_minimum_share": {"Kalimantan": 0.5}}}
    case = read_case(nation, pack=pack, scenario=(rules, "small"))
    _, part = choose_sites(case, nation, pack, [(rules, "small")])
    load = part.load_mw[-1]
    there = sum(one.it_mw[-1] for one in part.sites if one.grid == "Kalimantan")
    assert there >= 0.5 * load * (1 - 1e-6)


def test_candidates_stand_on_every_grid_whose_spare_power_is_known(nation: Nation, pack: Pack) -> None:
    case = read_case(nation, pack=pack)
    places = candidates_of(case.place, case.grids, read_rules([]))
    assert len(places) == 12  # the default of siting.yaml
    powered = {grid for grid, row in case.grids.figures.items() if "spare_mw" in row}
    assert {case.grids.of_region(one) for one in places} == powered
    people = {group: float(one) for group, one in zip(case.place.groups, case.place.people, strict=True)}
    assert places[0].group == max(people, key=lambda group: people[group])


def test_every_fault_of_the_rules_is_told_at_once() -> None:
    wrong = {"siting": {"spare_share": 150, "min_sites": 3, "grid_minimum_share": {"north": 40}}}
    with pytest.raises(InputFaultsError) as raised:
        read_rules([(wrong, "nation.yaml")])
    told = str(raised.value)
    assert len(raised.value.faults) == 3
    for said in ("siting.spare_share", "`150`", "min_sites", "percent was meant?"):
        assert said in told


def test_a_country_without_a_table_of_grids_has_one_for_each_group() -> None:
    nation = nation_of(bootstrap("EE", None))
    given = {"horizon_years": 2, "siting": {"candidates": 3, "round_trip_ms": 200}}
    case = read_case(nation, scenario=(given, "x"))
    chosen, part = choose_sites(case, nation, None, [(given, "x")])
    assert part.candidates == 3
    assert len({one.grid for one in part.sites if one.opens}) >= 2
    assert np.isfinite(part.cost_usd)
    assert chosen.sites.source == "chosen at least cost"


def test_the_nations_own_residency_says_where_sites_may_stand(nation: Nation, pack: Pack) -> None:
    """Personal data may be processed in two provinces; the third place of the question lies outside."""
    bound = nation.model_copy(
        update={"residency": nation.residency.model_copy(update={"personal": ["ID-JB", "ID-KS"]})}
    )
    case = read_case(bound, pack=pack, scenario=(SMALL, "small"))
    assert any(
        note.startswith("residency: the site in Jakarta stands outside: personal data")
        for note in map(str, case.sites.notes)
    )
    chosen, part = choose_sites(case, bound, pack, [(SMALL, "small")])
    assert {one.group for one in chosen.sites.sites} == {"32", "63"}
    assert any("which leaves out 1 of 3 places (Kota Medan)" in rule.text for rule in part.rules)


def test_a_province_that_keeps_its_data_is_served_within_its_own_jurisdiction(nation: Nation, pack: Pack) -> None:
    rules = {**SMALL, "siting": {**SMALL["siting"], "residency": {"12": "ID-SU"}}}
    case = read_case(nation, pack=pack, scenario=(rules, "small"))
    _, part = choose_sites(case, nation, pack, [(rules, "small")])
    medan = next(one for one in part.sites if one.name == "Kota Medan")
    assert medan.serves["Sumatera Utara"] == pytest.approx(1.0)


def test_the_plan_says_which_sites_a_small_and_a_large_demand_would_have(nation: Nation, pack: Pack) -> None:
    case = read_case(nation, pack=pack, scenario=(SMALL, "small"))
    _, part = choose_sites(case, nation, pack, [(SMALL, "small")])
    small, middle, large = part.robustness
    assert [one.demand for one in part.robustness] == ["p10", "p50", "p90"]
    assert small.it_mw is not None
    assert middle.it_mw is not None
    assert large.it_mw is not None
    assert small.it_mw < middle.it_mw < large.it_mw
    assert set(middle.sites) == {one.name for one in part.sites if one.opens}
    assert middle.shared == len(middle.sites)


def test_a_change_of_a_rule_on_the_command_line_has_its_effect(nation: Nation, pack: Pack) -> None:
    sections = siting_sections([(SMALL, "small")], ["siting.spare_share=0", "plan.siting.at=32.01,63.71"])
    rules = read_rules(sections)
    assert rules.numbers["spare_share"].value == 0
    assert rules.at == ("32.01", "63.71")


@pytest.mark.parametrize("years", [2, 3, 4])
def test_sites_of_the_load_alone_have_nothing_to_spare_and_never_less(nation: Nation, pack: Pack, years: int) -> None:
    half = {"horizon_years": years, "siting": {**SMALL["siting"], "spare_share": 0.5}}
    chosen, part = choose_sites(read_case(nation, pack=pack, scenario=(half, "x")), nation, pack, [(half, "x")])
    assert part.spare_share >= 0
    assert chosen.assumptions["sizing.spare_share"].value == part.spare_share


def test_a_nation_without_a_table_of_grids_is_told_what_is_taken_for_one(nation: Nation, pack: Pack) -> None:
    small = {"horizon_years": 2, "siting": {"candidates": 3, "round_trip_ms": 200}}
    abroad = nation_of(bootstrap("EE", None))
    chosen, _ = choose_sites(read_case(abroad, scenario=(small, "x")), abroad, None, [(small, "x")])
    told = next(one for one in map(str, chosen.sites.notes) if one.startswith("grids: no table"))
    assert "each of 3 groups of regions is taken for a grid of its own" in told
    assert "plan/grids.csv" in told
    tabled, _ = choose_sites(read_case(nation, pack=pack, scenario=(SMALL, "x")), nation, pack, [(SMALL, "x")])
    assert not any(one.startswith("grids: no table") for one in map(str, tabled.sites.notes))


def test_what_stands_beyond_the_load_is_priced_whole(nation: Nation, pack: Pack) -> None:
    """A plan for one city with few users, and a site that may not be smaller than 50 MW."""
    town = {**SMALL, "regions": ["12.71"], "siting": {"at": ["12.71"], "smallest_mw": 50, "spare_share": 0}}
    case = read_case(nation, pack=pack, scenario=(town, "x"), changes=["demand.adoption_ceiling=0.01"])
    chosen, part = choose_sites(case, nation, pack, [(town, "x")])
    assert part.spare_share > case.assumptions["sizing.spare_share"].max
    assert chosen.assumptions["sizing.spare_share"].value == pytest.approx(part.spare_share)


def test_the_plan_says_who_would_lose_which_promise_if_a_grid_failed(nation: Nation, pack: Pack) -> None:
    """Medan, Bogor and Banjarmasin stand on three grids. Within 200 ms all of them answer everybody; within 40 not."""
    near = {**SMALL, "siting": {"at": ["32.01", "12.71", "63.71", "73.71"], "round_trip_ms": 40}}
    chosen, part = choose_sites(read_case(nation, pack=pack, scenario=(near, "x")), nation, pack, [(near, "x")])
    assert part.failures
    grids = {one.grid for one in part.sites if one.opens}
    for row in part.failures:
        assert row.grid in grids
        assert row.promise == "round_trip"  # N+1 leaves room, and no law keeps anybody's data
        assert row.round_trip_ms > 40
        assert 0 < row.share < 1
        assert list(row.regions.values())
        assert any(f"if {row.grid} fails, {row.users:,.0f} users" in note for note in map(str, chosen.sites.notes))
    far, wide = choose_sites(read_case(nation, pack=pack, scenario=(SMALL, "x")), nation, pack, [(SMALL, "x")])
    assert wide.failures == []
    assert any(
        "when any one grid fails everybody is still served within 200 ms" in one for one in map(str, far.sites.notes)
    )
