# SPDX-License-Identifier: Apache-2.0
"""A plan poses as large a question as its settings say: places, regions by themselves, years, gap and time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from daulat.nation import Nation, Pack
from daulat.plan import InputFaultsError, make_plan, read_case, read_scenario
from daulat.plan.site_candidates import candidates_of, fewer_note
from daulat.plan.site_choice import choose_sites
from daulat.plan.site_question import question
from daulat.plan.site_robustness import loads_of
from daulat.plan.site_rules import read_rules, require_known, siting_sections
from daulat.plan.siting import Siting

LARGE = {"candidates": 60, "load_by": "region"}


def asked(nation: Nation, pack: Pack, plan: dict[str, Any]) -> Siting:
    case = read_case(nation, pack=pack, scenario=(plan, "x"))
    rules = read_rules([(plan, "x")])
    places = candidates_of(case.place, case.grids, rules)
    return question(make_plan(case, n_draws=1), nation, places, rules, load=loads_of(case)["p50"])


def test_a_question_has_as_many_regions_places_and_years_as_the_settings_say(nation: Nation, pack: Pack) -> None:
    for plan, shape in (
        ({"horizon_years": 6, "siting": {"candidates": 20}}, (38, 20, 6)),
        ({"horizon_years": 10, "siting": LARGE}, (514, 60, 10)),
    ):
        found = asked(nation, pack, plan)
        assert (len(found.regions.names), *found.candidates.limit_mw.shape) == shape
        assert len(set(found.candidates.names)) == shape[1]


def test_regions_by_themselves_have_the_load_of_their_group_together(nation: Nation, pack: Pack) -> None:
    by_group = asked(nation, pack, {"horizon_years": 2, "siting": {"candidates": 2}}).regions
    by_region = asked(nation, pack, {"horizon_years": 2, "siting": {"candidates": 2, "load_by": "region"}}).regions
    for at, group in enumerate(by_group.names):
        rows = [row for row, code in enumerate(by_region.names) if code.partition(".")[0] == group]
        assert by_region.it_mw[rows].sum(axis=0) == pytest.approx(by_group.it_mw[at])


def test_a_plan_by_regions_serves_every_group_in_full(nation: Nation, pack: Pack) -> None:
    siting = {"at": ["32.01", "12.71", "63.71"], "round_trip_ms": 200, "load_by": "region"}
    plan = {"horizon_years": 2, "siting": siting}
    case = read_case(nation, pack=pack, scenario=(plan, "x"))
    _, part = choose_sites(case, nation, pack, [(plan, "x")])
    served: dict[str, float] = {}
    for one in part.sites:
        for group, share in one.serves.items():
            served[group] = served.get(group, 0.0) + share
    assert len(served) == 38
    assert list(served.values()) == pytest.approx([1.0] * 38, abs=1e-4)


def test_where_there_are_fewer_places_than_asked_for_the_plan_says_why(nation: Nation, pack: Pack) -> None:
    case = read_case(nation, pack=pack, changes=["regions=34,52,81"])
    rules = read_rules([({"siting": {"candidates": 60}}, "x")])
    found = candidates_of(case.place, case.grids, rules)
    # Yogyakarta's five; Lombok and Ambon are grids of unknown spare power, the rest of their provinces is on none.
    assert len(found) == 5
    assert str(fewer_note(found, case.place, rules)) == (
        "sites: 5 candidates, not 60 (siting.candidates): the plan serves 26 regions, and 21 of them are on no grid "
        "whose spare power is known"
    )
    enough = read_rules([({"siting": {"candidates": 5}}, "x")])
    assert fewer_note(candidates_of(case.place, case.grids, enough), case.place, enough) is None


def test_the_result_says_which_hazards_the_choice_has_not_judged(nation: Nation, pack: Pack) -> None:
    plan = {"horizon_years": 2, "siting": {"at": ["32.01", "12.71"], "round_trip_ms": 200}}
    case = read_case(nation, pack=pack, scenario=(plan, "x"))
    _, part = choose_sites(case, nation, pack, [(plan, "x")])
    assert "hazard: unless declared, flood, wind, tsunami and volcanoes are not judged" in part.notes


def test_every_fault_of_the_rules_is_told_with_the_line_of_its_value(
    nation: Nation, pack: Pack, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "siting:\n  budgets:\n    - {name: a, first_year: 2027, last_year: 2028, usd: -1}\n"
        "    - {name: b, first_year: 2030, last_year: 2028, usd: 1}\n    - {name: c}\n"
        "  limits_mw:\n    '31.71': 10\n    '31.72': many\n  load_by: town\n",
        encoding="utf-8",
    )
    with pytest.raises(InputFaultsError) as raised:
        read_case(nation, pack=pack, scenario=read_scenario(str(file), pack))
    told = str(raised.value)
    assert len(raised.value.faults) == 5
    for said in (
        "wrong.yaml line 3: plan.siting.budgets[0].usd: `-1`",
        "wrong.yaml line 4: plan.siting.budgets[1].first_year: `2030`",
        "wrong.yaml line 5: plan.siting.budgets[2]: ",
        "wrong.yaml line 8: plan.siting.limits_mw[31.72]: `many`",
        "wrong.yaml line 9: plan.siting.load_by: `town`",
    ):
        assert said in told


def test_a_rule_that_names_what_the_plan_has_not_is_told_with_its_line(
    nation: Nation, pack: Pack, tmp_path: Path
) -> None:
    file = tmp_path / "unknown.yaml"
    file.write_text(
        "horizon_years: 2\nstart_year: 2027\nsiting:\n  at: ['32.01', '99.99']\n"
        "  budgets:\n    - {name: late, first_year: 2040, last_year: 2041, usd: 1}\n"
        "  grid_minimum_share:\n    Sumatra: 0.5\n  residency:\n    Aceh: ID-AC\n",
        encoding="utf-8",
    )
    scenario = read_scenario(str(file), pack)
    case = read_case(nation, pack=pack, scenario=scenario)
    with pytest.raises(InputFaultsError) as raised:
        require_known(read_rules([scenario]), case.settings, case.place, case.grids)
    told = str(raised.value)
    assert len(raised.value.faults) == 4
    for said in (
        "line 4: plan.siting.at[1]: `99.99`",
        "line 6: plan.siting.budgets[0]: `2040 to 2041`",
        "years of the plan, 2027 to 2028",
        "line 8: plan.siting.grid_minimum_share[Sumatra]",
        "line 10: plan.siting.residency[Aceh]",
    ):
        assert said in told


@pytest.mark.parametrize("path", ["limits_mw.31.71", "limits_mw[31.71]", 'limits_mw["31.71"]'])
def test_a_code_with_dots_can_be_set_for_one_run_and_the_others_stay_as_written(
    nation: Nation, pack: Pack, path: str
) -> None:
    plan = {"siting": {"limits_mw": {"31.71": 5, "32.73": 7}}}
    changes = [f"siting.{path}=10", "siting.limits_mw.12.71=3"]
    rules = read_rules(siting_sections([(plan, "x")], changes))
    assert rules.limits_mw == {"31.71": 10, "32.73": 7, "12.71": 3}
    case = read_case(nation, pack=pack, scenario=(plan, "x"), changes=changes)
    require_known(rules, case.settings, case.place, case.grids)


def test_a_code_that_no_region_has_is_told_as_one_of_the_command_line(nation: Nation, pack: Pack) -> None:
    plan = {"siting": {"limits_mw": {"99.99": 5}}}
    rules = read_rules(siting_sections([(plan, "x")], ["siting.limits_mw.99.98=10"]))
    case = read_case(nation, pack=pack)
    with pytest.raises(InputFaultsError) as raised:
        require_known(rules, case.settings, case.place, case.grids)
    assert [fault.what.partition(": `")[0] for fault in raised.value.faults] == [
        "x: plan.siting.limits_mw[99.99]",
        "--set: plan.siting.limits_mw[99.98]",
    ]
