# SPDX-License-Identifier: Apache-2.0
"""Each site has the carbon, the tariff and the limit of its own grid; where none is told, the nation's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daulat.nation import Nation, Pack, bootstrap, nation_of
from daulat.plan import InputFaultsError, make_plan, read_case, read_scenario
from daulat.plan.grids import read_grids
from daulat.plan.site_choice import choose_sites
from daulat.plan.siting import NoSitePlanError

CARBON, TARIFF = "energy.grid_gco2_per_kwh", "energy.electricity_price_usd_per_mwh"
SMALL: dict[str, Any] = {"horizon_years": 2, "siting": {"at": ["32.01", "12.71", "63.71"], "round_trip_ms": 200}}


@pytest.mark.parametrize(
    ("site", "grid", "carbon", "tariff"),
    [  # ESDM 2019, t/MWh: 0.80, 0.77, 0.76; PLN Batam's own tariff, Rp 1,337.72 at 16,700 a dollar
        ("31.73", "Jawa-Madura-Bali", 800, 67),
        ("12.71", "Sumatera", 770, 67),
        ("21.71", "Batam-Bintan", 760, 80.1),
        ("52.71", "Lombok", 1270, 67),
        ("81.71", "Ambon", 650, 67),
    ],
)
def test_a_site_has_the_carbon_and_the_tariff_of_its_grid(
    nation: Nation, pack: Pack, site: str, grid: str, carbon: float, tariff: float
) -> None:
    case = read_case(nation, pack=pack, changes=[f"site={site}"])
    assert case.sites.sites[0].grid == grid
    assert case.assumptions[CARBON].value == carbon
    assert "ESDM" in case.assumptions[CARBON].source
    assert case.assumptions[CARBON].date == "2019"
    assert case.assumptions[TARIFF].value == pytest.approx(tariff)


def test_emissions_follow_the_grid_of_the_site(nation: Nation, pack: Pack) -> None:
    plans = [
        make_plan(read_case(nation, pack=pack, changes=[f"site={site}"]), n_draws=1) for site in ("12.71", "52.71")
    ]
    # The rest of the chain is the same: 1,270 / 770.
    assert plans[1].energy.emissions_tco2e == pytest.approx(plans[0].energy.emissions_tco2e * 1270 / 770)


def test_where_nothing_is_told_of_a_grid_the_nations_figure_stands_and_the_plan_says_so(
    nation: Nation, pack: Pack
) -> None:
    case = read_case(nation, pack=pack, changes=["site=94.04"])  # Mimika, in no table of grids
    assert case.assumptions[CARBON].value == pytest.approx(682.43)  # Ember, the country
    note = next(one for one in map(str, case.sites.notes) if one.startswith("grid 94: "))
    assert "682.43 gCO2e/kWh, the nation's" in note
    assert "spare power not known" in note


def test_what_a_nation_says_of_itself_goes_before_what_the_pack_says_of_a_grid(nation: Nation, pack: Pack) -> None:
    case = read_case(nation, pack=pack, changes=["site=21.71", f"{TARIFF}=99"])
    assert case.assumptions[TARIFF].value == 99
    assert case.assumptions[CARBON].value == 760


BATAM = {"Batam-Bintan": {"electricity_usd_per_mwh": {"value": 70, "source": "a contract", "date": "2027"}}}


def test_what_a_file_says_of_a_grid_goes_before_what_it_says_of_the_nation(nation: Nation, pack: Pack) -> None:
    given = {"site": "21.71", "siting": {"grids": BATAM}, "energy": {"electricity_price_usd_per_mwh": 99}}
    case = read_case(nation, pack=pack, scenario=(given, "x"))
    assert case.assumptions[TARIFF].value == 70
    assert case.assumptions[TARIFF].source == "Batam-Bintan: a contract"


def test_what_is_set_for_one_run_goes_before_what_any_file_says_of_a_grid(nation: Nation, pack: Pack) -> None:
    given = {"site": "21.71", "siting": {"grids": BATAM}}
    case = read_case(nation, pack=pack, scenario=(given, "x"), changes=[f"{TARIFF}=200"])
    assert (case.assumptions[TARIFF].value, case.assumptions[TARIFF].origin) == (200, "--set")
    assert any("price" in note and "200 USD/MWh, the nation's" in note for note in map(str, case.sites.notes))
    # Of the grid itself, it can be set too, and then goes before the nation's.
    both = [f"{TARIFF}=200", "siting.grids.Batam-Bintan.electricity_usd_per_mwh=62"]
    case = read_case(nation, pack=pack, scenario=(given, "x"), changes=both)
    assert (case.assumptions[TARIFF].value, case.assumptions[TARIFF].source) == (62, "Batam-Bintan: --set")


def test_every_figure_of_the_pack_has_a_source_a_date_and_a_licence(pack: Pack) -> None:
    grids = read_grids(pack, [], [])
    assert {"Jawa-Madura-Bali", "Sumatera", "Kalimantan", "Sulawesi", "Lombok", "Ambon", "Jayapura"} <= set(
        grids.figures
    )
    assert set(grids.figures) <= set(grids.of.values())  # no figure of a grid on which nobody lives
    for row in grids.figures.values():
        assert "gco2_per_kwh" in row
        for one in row.values():
            assert one.source
            assert one.date
            assert one.licence == "facts"
            assert one.basis in ("published", "derived")


def test_a_cleaner_or_cheaper_grid_is_taken_and_counted(nation: Nation, pack: Pack) -> None:
    """Of three grids the two with far less carbon, at a price of it, and then the two with a far lower tariff."""
    for key, path, bad, worth in (
        ("gco2_per_kwh", CARBON, 1900, {"carbon_usd_per_t": 2000}),
        ("electricity_usd_per_mwh", TARIFF, 800, {}),
    ):
        for good in ({"Sumatera", "Kalimantan"}, {"Jawa-Madura-Bali", "Sumatera"}):
            grids = {
                grid: {key: 60 if grid in good else bad, "source": "a test"}
                for grid in ("Jawa-Madura-Bali", "Sumatera", "Kalimantan")
            }
            rules = {**SMALL, "siting": {**SMALL["siting"], "grids": grids, **worth}}
            case = read_case(nation, pack=pack, scenario=(rules, "small"))
            chosen, _ = choose_sites(case, nation, pack, [(rules, "small")])
            assert {one.grid for one in chosen.sites.sites} == good
            assert chosen.assumptions[path].value == pytest.approx(60)


def test_chosen_sites_have_the_mean_of_their_grids_by_their_share(nation: Nation, pack: Pack) -> None:
    case = read_case(nation, pack=pack, scenario=(SMALL, "small"))
    chosen, part = choose_sites(case, nation, pack, [(SMALL, "small")])
    at = {"Jawa-Madura-Bali": 800, "Sumatera": 770, "Kalimantan": 1281}
    size = {one.grid: one.it_mw[-1] for one in part.sites if one.opens}
    expected = sum(at[grid] * mw for grid, mw in size.items()) / sum(size.values())
    assert chosen.assumptions[CARBON].value == pytest.approx(expected)
    assert chosen.assumptions[CARBON].low <= expected <= chosen.assumptions[CARBON].high
    assert {row["path"] for row in part.inputs} >= {f"siting.grids.{grid}.gco2_per_kwh" for grid in size}


def test_each_grids_figure_is_carried_from_its_own_date(nation: Nation, pack: Pack) -> None:
    """Of 2019 and of 2024: five years of the grid's decline lie between them."""
    grids = {
        "Jawa-Madura-Bali": {"gco2_per_kwh": 800, "source": "a test", "date": "2019"},
        "Sumatera": {"gco2_per_kwh": 500, "source": "a test", "date": "2024-06-30"},
        "Kalimantan": {"gco2_per_kwh": 500, "source": "a test", "date": "2024-06-30"},
    }
    rules = {**SMALL, "siting": {**SMALL["siting"], "grids": grids, "grid_minimum_share": {"Jawa-Madura-Bali": 0.3}}}
    case = read_case(nation, pack=pack, scenario=(rules, "small"))
    chosen, part = choose_sites(case, nation, pack, [(rules, "small")])
    size = {one.grid: one.it_mw[-1] for one in part.sites if one.opens}
    java = size["Jawa-Madura-Bali"] / sum(size.values())
    assert 0.2 < java < 0.8
    falls = 1 - case.assumptions["energy.grid_decline_per_year"].value
    now = chosen.assumptions[CARBON]
    assert (now.date, now.year) == ("2024-06-30", 2024)
    assert now.value == pytest.approx(java * 800 * falls**5 + (1 - java) * 500)


def test_a_grid_of_which_nothing_is_told_has_the_nations_tariff_and_not_that_of_the_one_site(
    nation: Nation, pack: Pack
) -> None:
    """The plan that asks stands in Jakarta, whose grid is dear; the tariff of the two others is the nation's, 67."""
    dear = {"Jawa-Madura-Bali": {"electricity_usd_per_mwh": 800, "source": "a test"}}
    rules = {**SMALL, "siting": {**SMALL["siting"], "grids": dear}}
    case = read_case(nation, pack=pack, scenario=(rules, "small"))
    assert case.assumptions[TARIFF].value == 800
    chosen, _ = choose_sites(case, nation, pack, [(rules, "small")])
    assert {one.grid for one in chosen.sites.sites} == {"Sumatera", "Kalimantan"}
    assert chosen.assumptions[TARIFF].value == pytest.approx(67)


def test_what_a_tonne_counts_is_carried_from_its_own_date(nation: Nation, pack: Pack) -> None:
    """A price of 2016 weighs as much as what inflation has made of it by the first year."""
    case = read_case(nation, pack=pack, scenario=(SMALL, "small"))
    rows = case.assumptions
    later = case.settings.start_year - 2016
    as_told = {"value": 50, "source": "a test", "date": "2016-01-01"}
    now = {"value": 50 * (1 + rows["money.inflation_per_year"].value) ** later, "source": "a test",
           "date": f"{case.settings.start_year}-01-01"}  # fmt: skip
    costs = []
    for price in (as_told, now):
        rules = {**SMALL, "siting": {**SMALL["siting"], "carbon_usd_per_t": price}}
        _, part = choose_sites(case, nation, pack, [(rules, "small")])
        costs.append(part.cost_usd)
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)


def test_sites_together_draw_no_more_than_their_grid_has_to_spare(nation: Nation, pack: Pack) -> None:
    """Two of three grids may fail over to each other; the one that is short takes its limit and no more."""
    short = {"Sumatera": {"spare_mw": 0.05, "source": "a test"}}
    rules = {**SMALL, "siting": {**SMALL["siting"], "grids": short, "grid_minimum_share": {"Sumatera": 0.1}}}
    case = read_case(nation, pack=pack, scenario=(rules, "small"))
    _, part = choose_sites(case, nation, pack, [(rules, "small")])
    plan = make_plan(case, n_draws=1)
    site_per_it = float(plan.energy.site_kw_per_accelerator[0] / plan.energy.it_kw_per_accelerator[0])
    drawn = np.sum([np.array(one.it_mw) for one in part.sites if one.grid == "Sumatera"], axis=0) * site_per_it
    assert 0 < drawn[-1] <= 0.05 * (1 + 1e-6)


def test_where_no_grid_has_enough_to_spare_the_plan_says_which_would_have_to_give(nation: Nation, pack: Pack) -> None:
    none = {grid: {"spare_mw": 0, "source": "a test"} for grid in ("Jawa-Madura-Bali", "Sumatera", "Kalimantan")}
    rules = {**SMALL, "siting": {**SMALL["siting"], "grids": none}}
    case = read_case(nation, pack=pack, scenario=(rules, "small"))
    with pytest.raises(NoSitePlanError) as raised:
        choose_sites(case, nation, pack, [(rules, "small")])
    assert {way.family for way in raised.value.relaxations} == {"grid limit"}


def test_a_campus_larger_than_what_its_grid_has_to_spare_is_told(nation: Nation, pack: Pack) -> None:
    campus = read_scenario("campus", pack)
    at_home = make_plan(read_case(nation, pack=pack, scenario=campus), n_draws=1)
    away = make_plan(read_case(nation, pack=pack, scenario=campus, changes=["site=61.71"]), n_draws=1)
    assert not any("to spare (" in note for note in map(str, at_home.notes()))  # 1,000 MW of 4,770
    assert any("1,000 MW on Kalimantan, which had 309 MW to spare" in note for note in map(str, away.notes()))


def test_a_grid_that_nobody_stands_on_is_refused(nation: Nation, pack: Pack) -> None:
    rules = {**SMALL, "siting": {**SMALL["siting"], "grids": {"Jawa": {"gco2_per_kwh": 600, "source": "a test"}}}}
    with pytest.raises(InputFaultsError, match=r"small: plan\.siting\.grids\.Jawa: `Jawa`") as raised:
        read_case(nation, pack=pack, scenario=(rules, "small"))
    assert "Jawa-Madura-Bali" in raised.value.why


def test_every_fault_of_a_grid_is_told_at_once_with_its_line(nation: Nation, pack: Pack, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "siting:\n  grids:\n    Sumatera:\n      gco2_per_kwh: 0.77\n      spare_mw: {value: -4, source: a test}\n"
        "    Sulawesi: {gco2_per_kwh: 9000, source: a test}\n    Kalimantan: {colour: red}\n"
        "    Lombok: {spare_mw: 5, source: a test, date: soon}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputFaultsError) as raised:
        read_case(nation, pack=pack, scenario=read_scenario(str(file), pack))
    told = str(raised.value)
    assert len(raised.value.faults) == 5
    assert "wrong.yaml line 4: plan.siting.grids.Sumatera.gco2_per_kwh: `0.77`" in told  # without a source
    for said in (
        "line 5: plan.siting.grids.Sumatera.spare_mw",
        "line 6: ",
        "line 7: ",
        "line 8: ",
        "0 to 2,000 gCO2e/kWh",
    ):
        assert said in told


def pack_of_grids(folder: Path, table: str, figures: str) -> Pack:
    (folder / "plan").mkdir()
    regions = (
        "code,name,group,latitude,longitude,people,time_zone\n31.71,North,31,59,24,900000,Europe/Tallinn\n"
        "32.71,South,32,58,26,400000,Europe/Tallinn\n"
    )
    (folder / "plan" / "regions.csv").write_text(regions, encoding="utf-8")
    (folder / "plan" / "grids.csv").write_text(table, encoding="utf-8")
    (folder / "plan" / "grids.yaml").write_text(figures, encoding="utf-8")
    return Pack("EE", "a-pack", "1", folder)


def test_a_slip_in_the_packs_files_of_grids_is_told_with_its_line(tmp_path: Path) -> None:
    pack = pack_of_grids(
        tmp_path,
        "code,grid\n31,Mainland\n3l,Mainland\n32.71,Island\n",
        "Mainland: {gco2_per_kwh: 600, source: a test}\nIslnd: {gco2_per_kwh: 700, source: a test}\n",
    )
    with pytest.raises(InputFaultsError) as raised:
        read_case(nation_of(bootstrap("EE", None)), pack=pack)
    told = [f"{fault.what} {fault.why} {fault.fix}" for fault in raised.value.faults]
    assert len(told) == 2
    assert "a-pack/plan/grids.csv line 3: code: `3l` cannot be used" in told[0]
    assert "Did you mean `3" in told[0]
    assert "a-pack/plan/grids.yaml line 2: Islnd: `Islnd` cannot be used" in told[1]
    assert "Did you mean `Island`?" in told[1]


@pytest.mark.parametrize("served", [(), ("regions=EE.01",)])
def test_a_slip_in_a_table_of_grids_is_told_where_the_pack_has_no_table_of_regions(
    tmp_path: Path, served: tuple[str, ...]
) -> None:
    """Whether a plan serves the nation or one part of it, whose other parts are known all the same."""
    (tmp_path / "plan").mkdir()
    table = "code,grid\nEE.01,North\nEE.18,South\nEE.1B,North\n"
    (tmp_path / "plan" / "grids.csv").write_text(table, encoding="utf-8")
    with pytest.raises(InputFaultsError) as raised:
        read_case(nation_of(bootstrap("EE", None)), pack=Pack("EE", "a-pack", "1", tmp_path), changes=served)
    [fault] = raised.value.faults
    assert "a-pack/plan/grids.csv line 4: code: `EE.1B` cannot be used" in fault.what
    assert "Did you mean `EE.1" in str(fault.fix)


def test_a_figure_far_from_what_grids_have_is_asked_about_with_the_likely_unit(tmp_path: Path) -> None:
    pack = pack_of_grids(
        tmp_path,
        "code,grid\n31,Mainland\n32,Island\n",
        "Mainland: {gco2_per_kwh: 0.77, source: a test}\n"
        "Island: {electricity_usd_per_mwh: 0.08, gco2_per_kwh: 0, source: a test}\n",
    )
    warnings = read_case(nation_of(bootstrap("EE", None)), pack=pack).assumptions.warnings
    asked = [one for one in map(str, warnings) if "far" in one]
    assert len(asked) == 2  # none at all is said on purpose, and not asked about
    assert "grids.yaml line 1: Mainland.gco2_per_kwh: 0.77 gCO2e/kWh is far" in asked[0]
    assert "did you mean 0.77 kgCO2e/kWh, which is 770 gCO2e/kWh?" in asked[0]
    assert "did you mean 0.08 USD/kWh, which is 80 USD/MWh?" in asked[1]


def test_spare_power_above_the_range_names_the_unit_that_was_meant(nation: Nation, pack: Pack) -> None:
    rules = {"siting": {"grids": {"Sumatera": {"spare_mw": 1_075_000, "source": "a test"}}}}
    with pytest.raises(InputFaultsError) as raised:
        read_case(nation, pack=pack, scenario=(rules, "x"))
    assert "Did you mean 1,075,000 kW, which is 1,075 MW?" in str(raised.value.faults[0].fix)


def test_a_country_without_a_table_has_a_grid_for_each_group_at_the_nations_figures() -> None:
    nation = nation_of(bootstrap("EE", None))
    case = read_case(nation)
    assert not case.grids.figures
    assert case.sites.sites[0].grid == case.sites.sites[0].group
    assert case.assumptions[CARBON] == case.grids.national[CARBON]
