# SPDX-License-Identifier: Apache-2.0
"""A country keeps control in every year and every draw, or the rule that fails or was not tested is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daulat.plan.finance import (
    BuyOut,
    Control,
    Deal,
    Loan,
    Party,
    Phase,
    Project,
    Stake,
    check_covenants,
    control_kept,
    keeps_control,
    run_deal,
)

PARTIES = (
    Party("treasury", "government", True),
    Party("partner", "foreign_partner", False),
    Party("bank", "development_bank", False),
)
SOUND = Deal(
    PARTIES,
    (Phase("all", 2027, 2029),),
    (Stake("treasury", "all", 0.6), Stake("partner", "all", 0.4)),
    buy_outs=(BuyOut(2029, "partner", "treasury", 0.4),),
    control=Control(
        keys_held_by=("treasury",),
        may_switch_off=("treasury",),
        operated_by=("partner",),
        step_in_days=7,
        buy_out_by=2029,
    ),
)


def project(revenue: float = 50.0) -> Project:
    def row(*values: float) -> np.ndarray:
        return np.array([values, values], float)

    return Project(2027, row(100, 0, 0), row(0, 5, 5), row(0, revenue, revenue), row(0, 0, 0), np.zeros(2))


def broken(deal: Deal, revenue: float = 50.0) -> list[str]:
    return [rule.name for rule in check_covenants(deal, run_deal(deal, project(revenue)), 2027) if rule.years]


def test_a_sound_deal_keeps_control_in_every_year_and_draw() -> None:
    assert broken(SOUND) == []
    assert keeps_control(check_covenants(SOUND, run_deal(SOUND, project()), 2027))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"keys_held_by": ("treasury", "partner")}, "keys"),
        ({"keys_held_by": ()}, "keys"),
        ({"may_switch_off": ("partner",)}, "switch"),
        ({"step_in_days": None}, "operation"),
        ({"step_in_days": 90}, "operation"),
        ({"operated_by": ()}, "operation"),
    ],
)
def test_a_lever_in_foreign_hands_is_named(change: dict[str, object], rule: str) -> None:
    assert broken(replace(SOUND, control=replace(SOUND.control, **change))) == [rule]  # type: ignore[arg-type]


def test_a_minority_is_named_unless_a_golden_share_is_held() -> None:
    minority = replace(SOUND, stakes=(Stake("treasury", "all", 0.5), Stake("partner", "all", 0.5)), buy_outs=())
    minority = replace(minority, control=replace(SOUND.control, buy_out_by=2035))
    assert broken(minority) == ["majority"]
    golden = replace(minority, control=replace(minority.control, golden_share="treasury"))
    assert broken(golden) == []


def test_a_foreign_share_without_a_way_to_buy_it_is_named() -> None:
    assert broken(replace(SOUND, buy_outs=())) == ["buy-out"]
    assert broken(replace(SOUND, buy_outs=(), control=replace(SOUND.control, buy_out_by=None))) == ["buy-out"]


def test_a_buy_out_after_the_plan_ends_is_not_tested_and_does_not_count_as_held() -> None:
    # The plan ends in 2029 with the partner at 40 %; nothing shows whether 2046 is kept.
    later = replace(SOUND, buy_outs=(), control=replace(SOUND.control, buy_out_by=2046))
    rules = check_covenants(later, run_deal(later, project()), 2027)
    assert [rule.name for rule in rules if not rule.is_tested] == ["buy-out"]
    [rule] = [rule for rule in rules if rule.name == "buy-out"]
    assert (rule.holds, rule.years, rule.share_broken) == (False, (), 0.0)
    assert str(rule.why) == (
        "not tested in this plan: it ends in 2029, and all is to be owned by 2046; "
        "foreign parties still own 40.0% at the end"
    )
    assert broken(later) == []
    assert not keeps_control(rules)


@pytest.mark.parametrize(("by", "is_tested"), [(2028, True), (2029, True), (2030, False)])
def test_a_buy_out_is_tested_up_to_the_last_year_of_the_plan(by: int, is_tested: bool) -> None:
    deal = replace(SOUND, buy_outs=(), control=replace(SOUND.control, buy_out_by=by))
    [rule] = [r for r in check_covenants(deal, run_deal(deal, project()), 2027) if r.name == "buy-out"]
    assert (rule.is_tested, rule.holds) == (is_tested, False)


def test_a_buy_out_that_is_done_before_the_plan_ends_holds_however_late_it_was_due() -> None:
    deal = replace(SOUND, control=replace(SOUND.control, buy_out_by=2046))
    assert keeps_control(check_covenants(deal, run_deal(deal, project()), 2027))


def test_pledged_shares_are_at_risk_in_the_years_that_do_not_cover_the_debt() -> None:
    deal = replace(SOUND, loans=(Loan("loan", "bank", ("all",), 0.5, 0.1, 2, pledges_shares=True),))
    assert broken(deal) == []
    # 50 owed: level payments of 50 x 0.1 / (1 - 1.1^-2) = 28.8 against 20 - 5.
    assert broken(deal, revenue=20.0) == ["pledge"]
    [pledge] = [r for r in check_covenants(deal, run_deal(deal, project(20.0)), 2027) if r.name == "pledge"]
    assert pledge.years == (2028, 2029)
    assert pledge.share_broken == 1.0


def test_a_buy_out_that_comes_late_breaks_the_rule_in_each_year_until_it_is_paid() -> None:
    # The partner owns 40 % at the end of 2027 and of 2028 and sells at the end of 2029; all was due by 2027 or 2028.
    for by, late in ((2027, (2027, 2028)), (2028, (2028,))):
        deal = replace(SOUND, control=replace(SOUND.control, buy_out_by=by))
        [rule] = [r for r in check_covenants(deal, run_deal(deal, project()), 2027) if r.name == "buy-out"]
        assert (rule.holds, rule.is_tested, rule.years, rule.share_broken) == (False, True, late, 1.0)
        assert (
            str(rule.why) == f"foreign parties still own 40.0% at the end of 2028, though all was to be owned by {by}"
        )


def test_each_rule_is_judged_in_each_draw_and_year() -> None:
    deal = replace(SOUND, loans=(Loan("loan", "bank", ("all",), 0.5, 0.1, 2, pledges_shares=True),))
    poor = project()
    poor.revenue_usd[1] = (0.0, 20.0, 50.0)  # in the second draw 2028 has 15 to pay 28.8 with
    rules = check_covenants(deal, run_deal(deal, poor), 2027)
    [pledge] = [rule for rule in rules if rule.name == "pledge"]
    assert pledge.broken.tolist() == [[False, False, False], [False, True, False]]
    assert (pledge.years, pledge.share_broken) == ((2028,), 0.5)
    assert control_kept(rules).tolist() == [[True, True, True], [True, False, True]]


def test_pledged_shares_are_not_at_risk_in_a_year_in_which_only_another_loan_is_due() -> None:
    pledged = Loan("pledged", "bank", ("all",), 0.25, 0.0, 2, 1, pledges_shares=True)  # 25 repaid in 2029
    other = Loan("other", "bank", ("all",), 0.25, 0.0, 1)  # 25 repaid in 2028
    deal = replace(SOUND, loans=(pledged, other))
    [rule] = [r for r in check_covenants(deal, run_deal(deal, project(20.0)), 2027) if r.name == "pledge"]
    assert rule.years == (2029,)  # 15 against 25 in both years
