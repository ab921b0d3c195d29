# SPDX-License-Identifier: Apache-2.0
"""Returns agree with numpy-financial, with each other and with cases worked out by hand."""

from __future__ import annotations

import numpy as np
import numpy_financial
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.plan.finance import (
    BuyOut,
    Deal,
    Loan,
    Party,
    Phase,
    Project,
    Stake,
    internal_rate,
    level_payment,
    net_present_value,
    payback_year,
    returns_of,
    run_deal,
)

rates = st.floats(0.001, 0.5)


@given(owed=st.floats(1, 1e9), rate=rates, years=st.integers(1, 40))
def test_a_level_payment_is_that_of_numpy_financial(owed: float, rate: float, years: int) -> None:
    assert level_payment(owed, rate, years) == pytest.approx(-numpy_financial.pmt(rate, years, owed))


@given(cash=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), rate=rates)
def test_the_present_value_is_that_of_numpy_financial(cash: list[float], rate: float) -> None:
    [value] = net_present_value(np.array([cash]), rate)
    assert value == pytest.approx(numpy_financial.npv(rate, cash), abs=1e-6)


@given(paid=st.floats(100, 1e6), shares=st.lists(st.floats(0.2, 2), min_size=1, max_size=3))
def test_the_internal_rate_is_that_of_numpy_financial_where_every_year_has_365_days(
    paid: float, shares: list[float]
) -> None:
    # From the last day of 2024 to that of 2027 there is no 29 February: XIRR's days / 365 are whole years.
    cash = [-paid, *(paid * share for share in shares)]
    [rate] = internal_rate(np.array([cash]), 2024)
    assert rate == pytest.approx(numpy_financial.irr(cash), abs=1e-6)


@given(paid=st.floats(100, 1e6), shares=st.lists(st.floats(0.2, 2), min_size=4, max_size=12))
def test_leap_days_move_the_internal_rate_by_no_more_than_a_day_a_year(paid: float, shares: list[float]) -> None:
    # Each flow comes at t to t x 366/365 years of 365 days, so the yearly logarithm of the rate is at most 1/365 less.
    cash = [-paid, *(paid * share for share in shares)]
    [rate] = internal_rate(np.array([cash]), 2026)
    assert np.log1p(rate) == pytest.approx(np.log1p(numpy_financial.irr(cash)), rel=1 / 365, abs=1e-6)


def test_the_internal_rate_of_a_case_worked_by_hand() -> None:
    # 60 / 1.2 + 72 / 1.2^2 = 50 + 50 = 100, what was paid: the rate is 20 %. 2025 to 2027 have 365 days each.
    assert internal_rate(np.array([[-100.0, 60.0, 72.0]]), 2025) == pytest.approx(np.array([0.2]))


def test_the_present_value_of_a_case_worked_by_hand() -> None:
    # At 10 %: -100 + 66 / 1.1 + 72.6 / 1.1^2 = -100 + 60 + 60 = 20; the first year is not discounted.
    assert net_present_value(np.array([[-100.0, 66.0, 72.6]]), 0.1) == pytest.approx(np.array([20.0]))


@given(paid=st.floats(1, 1e6), back=st.lists(st.floats(1, 1e6), min_size=2, max_size=12))
def test_the_value_at_the_internal_rate_is_nothing(paid: float, back: list[float]) -> None:
    [rate] = internal_rate(np.array([[-paid, *back]]), 2026)
    if not np.isfinite(rate):  # no rate up to the limit of the search: then the flows are far from even
        assert sum(back) > 100 * paid or sum(back) < paid
        return
    # XIRR counts days, so a leap year lasts 366/365 of a year.
    days = np.array([np.datetime64(f"{2026 + t}-12-31") - np.datetime64("2026-12-31") for t in range(len(back) + 1)])
    years = days.astype(int) / 365
    value = float(np.array([-paid, *back]) @ (1 + rate) ** -years)
    assert value == pytest.approx(0, abs=1e-4 * max(paid, sum(back)))


def test_money_that_never_comes_back_is_never_paid_back() -> None:
    cash = np.array([[-100.0, 60.0, 50.0], [-100.0, 60.0, 30.0], [10.0, 0.0, 0.0], [-100.0, 150.0, -60.0]])
    assert payback_year(cash, 2027) == pytest.approx(np.array([2029, np.nan, 2027, np.nan]), nan_ok=True)


def test_what_a_party_pays_and_gets_in_the_same_year_is_counted_both_ways() -> None:
    """40 and 60 are built, half on a loan of a year without interest; 30 is earned a year. Half is sold in 2028.

    The bank lends 20 in 2027 and 30 in 2028, gets the 20 back in 2028 and the 30 in 2029.
    """
    deal = Deal(
        (
            Party("treasury", "government", True),
            Party("partner", "foreign_partner", False),
            Party("bank", "development_bank", False),
        ),
        (Phase("all", 2027, 2029),),
        (Stake("treasury", "all", 1.0),),
        (Loan("loan", "bank", ("all",), 0.5, 0.0, 1),),
        buy_outs=(BuyOut(2028, "treasury", "partner", 0.5, 2.0),),
    )
    building, earned = np.array([[40.0, 60.0, 0.0]]), np.array([[0.0, 30.0, 30.0]])
    flows = run_deal(deal, Project(2027, building, building * 0, earned, building * 0, np.zeros(1)))
    treasury, partner, bank = returns_of(deal, flows, 2027)
    assert (bank.paid_usd.tolist(), bank.received_usd.tolist()) == ([50.0], [50.0])  # by year: -20, -10, +30
    # 20 in 2027; in 2028 30 earned + 30 lent - 60 built - 20 due: 20 more. Half of 40 is sold at twice: 40.
    assert (treasury.paid_usd.tolist(), treasury.received_usd.tolist()) == ([40.0], [40.0])
    assert (partner.paid_usd.tolist(), partner.received_usd.tolist()) == ([40.0], [0.0])
    assert flows.paid_usd - flows.received_usd == pytest.approx(-flows.party_usd)
