# SPDX-License-Identifier: Apache-2.0
"""What the deal and the choice of sites came to, explained down to the plan's figures and the deal's inputs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from daulat.nation import Nation, Pack
from daulat.plan import Document, PlanError, explain, plan_nation
from daulat.plan.result.outcomes import outcomes_of

GIVEN: dict[str, Any] = {
    "horizon_years": 2,
    "siting": {"at": ["32.01", "12.71", "63.71"], "round_trip_ms": 200},
    "deal": {
        "source": "a test",
        "parties": [
            {"name": "Treasury", "kind": "government", "is_domestic": True, "discount_rate": 0.07},
            {"name": "Bank", "kind": "development_bank", "is_domestic": False},
        ],
        "phases": [{"name": "All", "first_year": 2027, "last_year": 2028}],
        "stakes": [{"party": "Treasury", "phase": "All", "equity_share": 1.0}],
        "loans": [
            {"name": "Loan", "lender": "Bank", "phases": ["All"], "gearing": 0.3, "rate": 0.055, "tenor_years": 2}
        ],
    },
}


def planned(nation: Nation, pack: Pack, given: dict[str, Any], sites: Any) -> Document:
    _, document = plan_nation(
        nation,
        made_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
        pack=pack,
        scenario=(given, "deal.yaml"),
        n_draws=40,
        sensitivity=False,
        sites=sites,
    )
    return document


@pytest.fixture(scope="module")
def joint(nation: Nation, pack: Pack) -> Document:
    return planned(nation, pack, GIVEN, "choose")


@pytest.fixture(scope="module")
def alone(nation: Nation, pack: Pack) -> Document:
    return planned(nation, pack, {"horizon_years": 2}, "fixed")


def test_the_chain_behind_a_value_ends_at_the_plan_and_the_terms(joint: Document) -> None:
    lines = explain(joint, "npv")
    text = "\n".join(lines)
    assert lines[0].startswith("deal.npv_usd  ")
    assert "(1 + the party's own rate)" in lines[1]
    assert lines[1].endswith("[docs/concepts/plan-finance.md]")
    assert lines[2].startswith("  Treasury: ")
    assert "  deal.parties.Treasury.discount_rate = 0.07 share/year  [deal.yaml: a test]" in lines
    assert "deal.loans.Loan.rate = 0.055 share/year  [deal.yaml, as above]" in text
    for name in ("deal.cash_usd", "deal.revenue_usd", "capex_usd_per_year =", "opex_usd_per_year =", "people ="):
        assert f"{name} " in text
    assert "energy.electricity_price_usd_per_mwh = " in text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("npv_usd", "deal.npv_usd"),
        ("deal.npv_usd", "deal.npv_usd"),
        ("xirr", "deal.xirr"),
        ("payback", "deal.payback_year"),
        ("dscr", "deal.dscr"),
        ("ownership", "deal.ownership"),
        ("covenants", "deal.control"),
        ("majority", "deal.control"),
        ("buy-out", "deal.control"),
        ("scenarios", "deal.control"),
        ("siting", "siting.sites"),
        ("gap", "siting.gap"),
    ],
)
def test_a_result_answers_to_its_short_name(joint: Document, asked: str, found: str) -> None:
    assert explain(joint, asked, depth=0)[0].startswith(f"{found}  ")


def test_every_result_is_explained_and_every_name_below_it_is_known(joint: Document) -> None:
    outcomes = outcomes_of(joint)
    assert {row.name for row in joint.deal.sources} < set(outcomes)  # type: ignore[union-attr]
    for name, one in outcomes.items():
        assert one.about, name
        assert one.shown, name
        for below in one.inputs:
            assert explain(joint, below, depth=0), (name, below)


def test_ownership_is_told_by_year(joint: Document) -> None:
    assert "  Treasury: 2027 to 2028 1" in explain(joint, "ownership", depth=0)


def test_the_sites_come_from_rules_and_prices_with_their_sources(joint: Document) -> None:
    lines = explain(joint, "siting")
    opened = [one.name for one in joint.siting.sites if one.opens]  # type: ignore[union-attr]
    assert [line.strip().partition(":")[0] for line in lines[2 : 2 + len(opened)]] == opened
    text = "\n".join(lines)
    assert lines[1].endswith("[docs/concepts/plan-sites.md]")
    assert "siting.round_trip_ms = 200 ms  [" in text
    assert "siting.rules = round trip of at most 200 ms" in text
    assert "money.discount_rate = " in text


def test_a_path_of_the_deal_is_an_input(joint: Document) -> None:
    assert explain(joint, "deal.loans.*.rate") == ["deal.loans.Loan.rate = 0.055 share/year  [deal.yaml: a test]"]


def test_a_plan_without_a_deal_or_a_choice_says_so(alone: Document) -> None:
    with pytest.raises(PlanError, match="`npv` is a result of a joint investment"):
        explain(alone, "npv")
    with pytest.raises(PlanError, match="`siting` is a result of a choice of sites"):
        explain(alone, "siting")


def test_an_unknown_name_is_told_with_the_results_that_are_near(joint: Document) -> None:
    for wrong, near in (("ownershp", "`ownership`"), ("xir", "`xirr`"), ("npv_us", "`npv_usd`")):
        with pytest.raises(PlanError, match=near):
            explain(joint, wrong)
