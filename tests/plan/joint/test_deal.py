# SPDX-License-Identifier: Apache-2.0
"""A deal read from a declaration: every fault at once, changes by name, and money that adds up in the document."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.plan.joint.least_deal import section

from daulat.nation import bootstrap, find_pack, nation_of
from daulat.plan import Document, InputFaultsError, Plan, explain, plan_nation, read_scenario, tables_of
from daulat.plan.deal import read_agreement
from daulat.plan.deal_cash import project_of, run_agreement, run_scenarios
from daulat.plan.report import load_words, report_page

DEAL = """\
horizon_years: 3
deal:
  parties:
    - {name: Treasury, kind: government, is_domestic: true}
  phases:
    - {name: All, first_year: 2027, last_year: 2029}
  stakes:
    - {party: Treasury, phase: All, equity_share: 60}
    - {party: Tresury, phase: All, equity_share: 0.4}
"""
MADE = datetime(2026, 11, 25, 12, tzinfo=UTC)


def planned(deal: dict[str, Any] | None = None, *changes: str, draws: int = 60) -> tuple[Plan, Document]:
    pack = find_pack("ID")
    scenario = ({"horizon_years": 3, "deal": deal or section()}, "deal.yaml")
    return plan_nation(
        nation_of(bootstrap("ID", pack)),
        made_at=MADE,
        pack=pack,
        scenario=scenario,
        changes=changes,
        n_draws=draws,
        sensitivity=False,
    )


def test_every_fault_of_a_deal_is_told_at_once_with_file_path_and_value() -> None:
    wrong = section(tax_rat=0.2, revenue={"basis": "lottery"})
    wrong["parties"][1]["kind"] = "friend"
    wrong["stakes"][0]["equity_share"] = "most"
    wrong["phases"][0].pop("last_year")
    with pytest.raises(InputFaultsError) as raised:
        read_agreement([({"deal": wrong}, "nation.yaml")])
    told = [fault.what for fault in raised.value.faults]
    assert len(told) == 5
    for path, value in (
        ("nation.yaml: plan.deal.tax_rat", "0.2"),
        ("nation.yaml: plan.deal.parties[1].kind", "friend"),
        ("nation.yaml: plan.deal.stakes[0].equity_share", "most"),
        ("nation.yaml: plan.deal.revenue.basis", "lottery"),
    ):
        assert any(one.startswith(f"{path}: `{value}`") for one in told), path
    assert "nation.yaml: plan.deal.phases[0].last_year is missing" in told
    assert "did you mean `tax_rate`?" in str(raised.value)


def test_without_a_deal_there_is_none() -> None:
    assert read_agreement([({}, "nation.yaml"), ({"mode": "demand"}, "x.yaml")]) is None


def test_the_later_section_wins_and_a_change_finds_its_row_by_name() -> None:
    first, last = section(), section(tax_rate=0.1)
    agreement = read_agreement(
        [({"deal": first}, "nation.yaml"), ({"deal": last}, "scenario.yaml")],
        ["deal.parties.Partner.discount_rate=0.2", "plan.deal.control.step_in_days=9", "energy.pue_base=1.2"],
    )
    assert agreement is not None
    assert (agreement.origin, agreement.deal.tax_rate) == ("scenario.yaml", 0.1)
    assert [party.discount_rate for party in agreement.deal.parties] == [0.1, 0.2]
    assert agreement.deal.control.step_in_days == 9
    assert last["parties"][1].get("discount_rate") is None  # what the author wrote stays as it is


def test_a_deal_that_contradicts_itself_names_file_line_path_and_value(tmp_path: Path) -> None:
    """Lines counted by hand; the change of the command line is told as one."""
    path = tmp_path / "deal.yaml"
    path.write_text(DEAL, encoding="utf-8")
    scenario = read_scenario(str(path), None)
    nation = nation_of(bootstrap("EE"))
    changes = ["deal.tax_rate=22", "demand.age_share=85"]
    with pytest.raises(InputFaultsError) as raised:
        plan_nation(nation, made_at=MADE, scenario=scenario, changes=changes)
    assert len(raised.value.faults) == 4  # the deal's are told with those of the numbers, before anything is drawn
    for said in (
        "--set: demand.age_share: `85`",
        "deal.yaml line 9: plan.deal.stakes[1].party: stakes names 'Tresury'",
        "deal.yaml line 8: plan.deal.stakes[0].equity_share: 60 is an equity share",
        "--set: plan.deal.tax_rate: tax_rate is 22",
    ):
        assert any(said in fault.what for fault in raised.value.faults)


def test_the_parts_of_each_party_are_its_net_cash_and_ownership_is_whole() -> None:
    deal = section(
        tax_rate=0.2,
        tax_to="Treasury",
        buy_outs=[{"year": 2028, "seller": "Partner", "buyer": "Treasury", "share": 0.1, "multiple": 2.0}],
    )
    plan, document = planned(deal, draws=1)
    part = document.deal
    assert part is not None
    for party in part.parties:
        assert sum(party.parts_usd.values()) == pytest.approx(sum(one or 0.0 for one in party.cash_usd.p50), rel=1e-9)
    owned = np.array([party.ownership.p50 for party in part.parties], float).sum(axis=0)
    assert owned == pytest.approx([1.0, 1.0, 1.0])
    # Every dollar: what the parties get is revenue less building and running, and what the assets are worth at the end.
    agreement = read_agreement([({"deal": deal}, "deal.yaml")])
    assert agreement is not None
    project, _ = project_of(plan, agreement.revenue)
    whole = project.revenue_usd.sum() - project.capex_usd.sum() - project.operating_usd.sum() + project.residual_usd[0]
    assert sum(sum(party.parts_usd.values()) for party in part.parties) == pytest.approx(whole, rel=1e-9)


def test_a_party_that_buys_shares_and_sells_them_again_is_shown_with_both() -> None:
    """They were netted, so that a party through whose hands much went looked as if it had done little."""
    hands = [("Partner", "Treasury", 2028), ("Treasury", "Partner", 2029)]
    trades = [
        {"year": year, "seller": seller, "buyer": buyer, "share": 0.1, "multiple": 2.0} for seller, buyer, year in hands
    ]
    _, document = planned(section(buy_outs=trades), draws=1)
    assert document.deal is not None
    treasury, partner = (party.parts_usd for party in document.deal.parties[:2])
    assert treasury["bought"] < 0 < treasury["sold"]
    assert treasury["bought"] + partner["sold"] == pytest.approx(0)
    assert treasury["sold"] + partner["bought"] == pytest.approx(0)
    report = report_page(document, load_words(None, ["en"]))
    assert "Shares bought" in report
    assert "Shares sold" in report


def test_an_open_book_pays_its_own_cost_in_every_draw() -> None:
    plan, document = planned(section(revenue={"basis": "open_book", "rate": 0.08}))
    agreement = read_agreement([({"deal": section(revenue={"basis": "open_book", "rate": 0.08})}, "x")])
    assert agreement is not None
    project, fee = project_of(plan, agreement.revenue)
    worth = 1.08 ** -np.arange(3.0)
    out = ((project.capex_usd + project.operating_usd) * worth).sum(axis=1) - project.residual_usd * worth[-1]
    assert (project.revenue_usd * worth).sum(axis=1) == pytest.approx(out)
    assert fee is None
    assert document.deal is not None
    assert document.deal.fee_usd is None


def test_equipment_is_written_off_to_what_it_is_worth_at_the_end() -> None:
    plan, _ = planned(draws=1)
    agreement = read_agreement([({"deal": section()}, "x")])
    assert agreement is not None
    project, _ = project_of(plan, agreement.revenue)
    left = project.capex_usd.sum() - project.depreciation_usd.sum()
    assert left == pytest.approx(project.residual_usd[0], rel=0.02)  # lives are whole years here, fractions there


def test_a_foreign_majority_is_told_as_lost_control_with_its_years() -> None:
    deal = section(stakes=[
        {"party": "Treasury", "phase": "All", "equity_share": 0.3},
        {"party": "Partner", "phase": "All", "equity_share": 0.7},
    ])  # fmt: skip
    _, document = planned(deal)
    assert document.deal is not None
    assert not document.deal.keeps_control
    majority = next(rule for rule in document.deal.covenants if rule.name == "majority")
    assert (majority.holds, majority.years, majority.share_broken) == (False, [2027, 2028, 2029], 1.0)
    assert any("does not keep control" in note for note in document.notes)


def test_a_buy_out_after_the_plan_ends_leaves_control_unknown_in_the_summary() -> None:
    control = {
        "keys_held_by": ["Treasury"],
        "may_switch_off": ["Treasury"],
        "operated_by": ["Treasury"],
        "buy_out_by": 2046,
    }
    _, document = planned(section(control=control), draws=20)
    assert document.deal is not None
    assert not document.deal.keeps_control
    [note] = [note for note in document.notes if "keeps control" in note]
    assert "is not known" in note
    assert "buy-out (not tested in this plan: it ends in 2029, and all is to be owned by 2046" in note


LENT = {
    "parties": [
        *section()["parties"],
        {"name": "Bank", "kind": "development_bank", "is_domestic": False},
        {"name": "Fund", "kind": "local_private", "is_domestic": True},
    ],
    "loans": [
        {"name": "Long", "lender": "Bank", "phases": ["All"], "gearing": 0.3, "rate": 0.06, "tenor_years": 2},
        {
            "name": "Late",
            "lender": "Fund",
            "phases": ["All"],
            "gearing": 0.2,
            "rate": 0,
            "tenor_years": 2,
            "grace_years": 1,
        },
    ],
}
SOUND = {
    "control": {
        "keys_held_by": ["Treasury"],
        "may_switch_off": ["Treasury"],
        "operated_by": ["Treasury"],
        "buy_out_by": 2029,
    },
    "buy_outs": [{"year": 2029, "seller": "Partner", "buyer": "Treasury", "share": 1.0}],
}  # fmt: skip


def test_each_lender_has_its_own_cover_of_the_debt_and_owners_have_none() -> None:
    _, document = planned(section(**LENT), draws=30)
    assert document.deal is not None
    by_name = {party.name: party for party in document.deal.parties}
    assert by_name["Treasury"].dscr is None
    assert by_name["Partner"].least_dscr is None
    bank, fund = by_name["Bank"], by_name["Fund"]
    assert bank.dscr is not None
    assert fund.dscr is not None
    # Built in the first year: the bank is paid from the second on, the fund after a year of grace.
    assert [value is None for value in bank.dscr.p50] == [True, False, False]
    assert [value is None for value in fund.dscr.p50] == [True, True, False]
    assert fund.dscr.p50[2] == document.deal.dscr.p50[2]
    late = next(loan for loan in document.deal.loans if loan.name == "Late")
    assert (late.dscr, late.lowest_dscr) == (fund.dscr, fund.least_dscr)
    asked = {(row["party"], row["measure"]) for row in tables_of(document)["deal_parties"]}
    assert {("Bank", "least_dscr"), ("Fund", "least_dscr")} <= asked
    assert ("Treasury", "least_dscr") not in asked


def test_control_is_judged_in_every_year_draw_and_scenario_of_the_deal() -> None:
    scenarios = [
        {"name": "Less income", "revenue_factor": 0.5},
        {"name": "The partner stays", "changes": {"buy_outs": []}},
        {"name": "It runs it, too", "changes": {"control.operated_by": ["Partner"], "control.step_in_days": 90}},
    ]
    _, document = planned(section(**SOUND, scenarios=scenarios), draws=20)
    part = document.deal
    assert part is not None
    assert all(rule.holds for rule in part.covenants)
    assert [(row.name, row.control, row.broken, row.kept_by_year) for row in part.control_in] == [
        ("", "kept", [], [1, 1, 1]),
        ("Less income", "kept", [], [1, 1, 1]),
        ("The partner stays", "lost", ["buy-out"], [1, 1, 0]),
        ("It runs it, too", "lost", ["operation"], [0, 0, 0]),
    ]
    assert part.control == "lost"
    assert not part.keeps_control
    [note] = [note for note in document.notes if "keep control" in note]
    assert "does not keep control in every year, every draw and every scenario of the deal" in note
    assert "in the scenario 'The partner stays' buy-out (100% of the draws)" in note
    lines = explain(document, "control")
    assert any("scenario The partner stays (buy_outs: none): kept in 0% of the draws; by year: 2027 to 2028 100%, "
               "2029 0%; broken: buy-out" in line for line in lines)  # fmt: skip
    table = tables_of(document)["deal_control"]
    assert {row["scenario"] for row in table} == {"as agreed", *(one["name"] for one in scenarios)}


def test_every_fault_of_a_scenario_is_told_with_its_place(tmp_path: Path) -> None:
    wrong = section(scenarios=[
        {"name": "A", "revenue_factor": -1},
        {"name": "B", "capex_factr": 2},
    ])  # fmt: skip
    with pytest.raises(InputFaultsError) as raised:
        read_agreement([({"deal": wrong}, "nation.yaml")])
    told = str(raised.value)
    assert "nation.yaml: plan.deal.scenarios[0].revenue_factor: `-1`" in told
    assert "plan.deal.scenarios[1].capex_factr" in told
    assert "did you mean `capex_factor`?" in told
    lost = section(scenarios=[{"name": "A", "changes": {"parties.Nobody.is_domestic": False, "tax_rate": "a lot"}}])
    with pytest.raises(InputFaultsError) as raised:
        read_agreement([({"deal": lost}, "nation.yaml")])
    assert "nation.yaml, scenario `A`: plan.deal.parties.Nobody.is_domestic: `Nobody` is not in the deal" in str(
        raised.value
    )
    assert "the name of a row (Partner, Treasury), or its place from 0" in str(raised.value)
    away = section(scenarios=[{"name": "No phases", "changes": {"phases": []}}])
    with pytest.raises(InputFaultsError, match="in the scenario 'No phases'"):
        planned(away, draws=2)


@pytest.mark.parametrize("name", ["pilot", "national", "campus"])
def test_every_scenario_of_the_pack_has_a_deal_that_says_that_it_is_an_assumption(name: str) -> None:
    pack = find_pack("ID")
    agreement = read_agreement([read_scenario(name, pack)])
    assert agreement is not None
    assert "assumptions" in agreement.source
    kinds = {party.kind for party in agreement.deal.parties}
    assert kinds == {"government", "foreign_partner", "local_private", "development_bank"}
    assert agreement.deal.reciprocal


def test_the_tables_say_what_the_document_says() -> None:
    _, document = planned(draws=5)
    tables = tables_of(document)
    assert document.deal is not None
    assert [row["name"] for row in tables["deal_rules"]] == [rule.name for rule in document.deal.covenants]
    owned = [row["p50"] for row in tables["deal_years"] if row["measure"] == "ownership" and row["party"] == "Treasury"]
    assert owned == document.deal.parties[0].ownership.p50
    assert {row["measure"] for row in tables["deal_parties"]} >= {"npv_usd", "xirr", "payback_year"}


def faults_of(deal: dict[str, Any], *changes: str) -> list[str]:
    """What is told of a deal: each fault with its range and what was likely meant."""
    with pytest.raises(InputFaultsError) as raised:
        read_agreement([({"deal": deal}, "nation.yaml")], changes)
    return [f"{one.what} | {one.why} | {one.fix}" for one in raised.value.faults]


@pytest.mark.parametrize(
    ("path", "value", "allowed", "meant"),
    [
        ("control.step_in_days", -5, "0 to 3650 days", ""),
        ("control.majority", 50, "0 to 1 share", "50 percent, which is 0.5 share?"),
        ("control.buy_out_by", 46, "2000 to 2100 year", ""),
        ("revenue.rate", 9, "0 to 1 share/year", "9 percent/year, which is 0.09 share/year?"),
        ("revenue.rate", -1, "0 to 1 share/year", ""),
        ("revenue.rate", float("nan"), "0 to 1 share/year", ""),
        ("revenue.margin", 50, "0 to 1 share", "50 percent, which is 0.5 share?"),
        ("revenue.usd_per_mtok", -2, "0 to 10000 USD/Mtok", ""),
    ],
)
def test_a_term_outside_its_range_is_told_with_path_value_range_and_the_likely_meant_value(
    path: str, value: float, allowed: str, meant: str
) -> None:
    part, key = path.split(".")
    [written] = faults_of(section(**{part: {key: value}}))
    assert written.startswith(f"nation.yaml: plan.deal.{path}: `{value}` cannot be used | Allowed: {allowed}.")
    assert meant in written
    [changed] = faults_of(section(), f"deal.{path}={value}")
    assert changed.startswith(f"--set: plan.deal.{path}: `{value}`")
    [then] = faults_of(section(scenarios=[{"name": "Then", "changes": {path: value}}]))
    assert "scenario `Then`: plan.deal." in then


def test_rates_of_parties_and_covers_of_loans_have_their_ranges_too() -> None:
    wrong = section(**LENT)
    wrong["parties"] = [{**wrong["parties"][0], "discount_rate": 12}, *wrong["parties"][1:]]
    wrong["loans"] = [{**wrong["loans"][0], "least_dscr": 120}]
    told = faults_of(wrong)
    assert len(told) == 2
    assert "plan.deal.parties[0].discount_rate: `12" in told[0]
    assert "12 percent/year, which is 0.12 share/year?" in told[0]
    assert "plan.deal.loans[0].least_dscr: `120" in told[1]
    assert "120 percent, which is 1.2 ratio?" in told[1]


def test_a_deal_by_price_needs_a_price() -> None:
    [told] = faults_of(section(revenue={"basis": "price"}))
    assert "plan.deal.revenue.usd_per_mtok: `0`" in told
    assert "more than 0 USD/Mtok" in told


def test_a_scenario_has_a_name_of_its_own() -> None:
    told = faults_of(section(scenarios=[{"name": "Less"}, {"name": " "}, {"name": "Less"}]))
    assert [one.partition(" | ")[0] for one in told] == [
        "nation.yaml: plan.deal.scenarios[1].name: ` ` is no name",
        "nation.yaml: plan.deal.scenarios[2].name: `Less` is the name of a scenario before it",
    ]


def test_a_scenario_changes_how_the_deal_earns_as_any_other_term() -> None:
    """At 0 % the fee pays the capital back and no more: over the years, cost less what is left, in every draw."""
    scenarios = [{"name": "No return", "changes": {"revenue.rate": 0.0}}]
    deal = section(**LENT, revenue={"basis": "open_book", "rate": 0.2}, scenarios=scenarios)
    plan, document = planned(deal, draws=10)
    agreement = read_agreement([({"deal": deal}, "x")])
    assert agreement is not None
    project, _ = project_of(plan, agreement.revenue)
    [(one, _, flows)] = list(run_scenarios(plan, agreement, project))
    agreed, _, _ = run_agreement(plan, agreement)
    assert one.name == "No return"
    assert flows.party_usd.sum(axis=(0, 2)) == pytest.approx(np.zeros(10), abs=1.0)  # what all get, less what all pay
    assert (agreed.party_usd.sum(axis=(0, 2)) > 1.0).all()  # and at 20 % they get more in every draw
    assert document.deal is not None
    assert [row.terms for row in document.deal.control_in] == [[], ["revenue.rate: 0.0"]]


def test_what_is_no_term_of_the_deal_is_told_with_the_keys_that_are() -> None:
    [told] = faults_of(section(scenarios=[{"name": "Then", "changes": {"scenarios": []}}]))
    assert "scenario `Then`: plan.deal.scenarios: `[]` is no term that a scenario can change" in told
    assert "buy_outs" in told
    [told] = faults_of(section(scenaros=[]))
    assert "did you mean `scenarios`?" in told
