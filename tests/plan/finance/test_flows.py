# SPDX-License-Identifier: Apache-2.0
"""Every dollar of a joint investment goes somewhere, and ownership sums to one, whatever is agreed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.plan.finance import (
    BuyOut,
    Deal,
    DealError,
    Loan,
    Party,
    Phase,
    Project,
    Reciprocal,
    Stake,
    run_deal,
)

PARTIES = (
    Party("treasury", "government", True, 0.05),
    Party("partner", "foreign_partner", False, 0.12),
    Party("bank", "development_bank", False, 0.06),
)
PHASES = (Phase("first", 2027, 2028), Phase("second", 2029, 2032))
N_YEARS, N_DRAWS = 6, 3

amounts = st.floats(0, 1e9)
shares = st.floats(0, 1)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    def yearly() -> np.ndarray:
        values = draw(st.lists(amounts, min_size=N_YEARS * N_DRAWS, max_size=N_YEARS * N_DRAWS))
        return np.array(values).reshape(N_DRAWS, N_YEARS)

    residual = np.array(draw(st.lists(amounts, min_size=N_DRAWS, max_size=N_DRAWS)))
    return Project(2027, yearly(), yearly(), yearly(), yearly(), residual)


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    stakes = []
    for phase in PHASES:
        domestic = draw(shares)
        stakes.append(Stake("treasury", phase.name, domestic, land_usd=draw(amounts)))
        stakes.append(Stake("partner", phase.name, 1 - domestic, grant_usd=draw(amounts)))
    tenor = draw(st.integers(1, 9))
    loan = Loan(
        "loan",
        "bank",
        draw(st.sampled_from([("first",), ("first", "second")])),
        gearing=draw(shares),
        rate=draw(st.floats(0, 0.3)),
        tenor_years=tenor,
        grace_years=draw(st.integers(0, tenor - 1)),
        repayment=draw(st.sampled_from(["annuity", "equal_principal"])),
        least_dscr=draw(st.floats(0, 2)),
    )
    return Deal(
        PARTIES,
        PHASES,
        tuple(stakes),
        (loan,),
        buy_outs=(BuyOut(2031, "partner", "treasury", draw(st.floats(0.01, 1)), draw(st.floats(0, 3))),),
        reciprocal=(Reciprocal("treasury", "abroad", 2028, 2029, draw(amounts)),),
        tax_rate=draw(st.floats(0, 0.9)),
        tax_to=draw(st.sampled_from(["", "treasury"])),
    )


@settings(max_examples=60, deadline=None)
@given(deal=deals(), project=projects())
def test_every_dollar_goes_somewhere(deal: Deal, project: Project) -> None:
    flows = run_deal(deal, project)
    kept = np.diff(flows.cash_usd, axis=1, prepend=0.0)
    outside = project.revenue_usd - project.operating_usd - project.capex_usd - flows.reciprocal_usd.sum(axis=0)
    if not deal.tax_to:
        outside = outside - flows.tax_usd
    outside[:, -1] += project.residual_usd
    assert flows.party_usd.sum(axis=0) == pytest.approx(outside - kept, rel=1e-9, abs=1.0)


@settings(max_examples=60, deadline=None)
@given(deal=deals(), project=projects())
def test_ownership_sums_to_one_and_nobody_owns_less_than_nothing(deal: Deal, project: Project) -> None:
    flows = run_deal(deal, project)
    assert flows.ownership.sum(axis=0) == pytest.approx(np.ones((N_DRAWS, N_YEARS)))
    assert (flows.ownership >= -1e-12).all()


@settings(max_examples=60, deadline=None)
@given(deal=deals(), project=projects())
def test_what_is_lent_is_repaid_or_still_owed(deal: Deal, project: Project) -> None:
    flows = run_deal(deal, project)
    lent, repaid = flows.lent_usd.sum(axis=(0, 2)), flows.repaid_usd.sum(axis=(0, 2))
    assert lent == pytest.approx(repaid + flows.owed_usd[:, :, -1].sum(axis=0), rel=1e-9, abs=1.0)


@settings(max_examples=60, deadline=None)
@given(deal=deals(), project=projects())
def test_owners_get_nothing_while_the_debt_is_not_covered(deal: Deal, project: Project) -> None:
    flows = run_deal(deal, project)
    short = flows.dscr < deal.loans[0].least_dscr
    short[:, -1] = False  # what is left is paid out when the plan ends
    assert (flows.distributed_usd.sum(axis=0)[short] == 0).all()


def row(*values: float) -> np.ndarray:
    """Return one draw of yearly values."""
    return np.array([values], float)


def test_a_loan_is_paid_back_as_an_annuity_after_its_grace() -> None:
    # 1,000 drawn in 2027, grace 1 year, tenor 3: interest of 100 at age 1; then two payments of
    # 1000 x 0.1 / (1 - 1.1^-2) = 576.19: 100 interest + 476.19, then 52.38 + 523.81.
    deal = Deal(
        PARTIES,
        (Phase("all", 2027, 2030),),
        (Stake("treasury", "all", 1.0),),
        (Loan("loan", "bank", ("all",), 1.0, 0.1, 3, 1),),
    )
    project = Project(2027, row(1000, 0, 0, 0), row(0, 0, 0, 0), row(0, 600, 600, 600), row(0, 0, 0, 0), row(0)[0])
    flows = run_deal(deal, project)
    bank = 2
    assert flows.party_usd[bank, 0].round(2).tolist() == [-1000.0, 100.0, 576.19, 576.19]
    assert flows.interest_usd[bank, 0].round(2).tolist() == [0.0, 100.0, 100.0, 52.38]
    assert flows.dscr[0].round(3).tolist() == [np.inf, 6.0, 1.041, 1.041]


def test_losses_of_earlier_years_are_taken_off_before_tax() -> None:
    deal = Deal(PARTIES, (Phase("all", 2027, 2029),), (Stake("treasury", "all", 1.0),), tax_rate=0.25)
    # -60, then +100, then +10: 25 % of 40, then of 10.
    project = Project(2027, row(0, 0, 0), row(60, 0, 0), row(0, 100, 10), row(0, 0, 0), row(0)[0])
    assert run_deal(deal, project).tax_usd.tolist() == [[0.0, 10.0, 2.5]]


def test_a_deal_that_contradicts_itself_lists_every_fault() -> None:
    deal = Deal(
        PARTIES,
        (Phase("all", 2027, 2028), Phase("late", 2028, 2031)),
        (Stake("treasury", "all", 0.6), Stake("nobody", "all", 0.1), Stake("treasury", "late", 60)),
        (Loan("loan", "bank", ("none",), 0.5, 6, 3, 5),),
    )
    zero = np.zeros((1, N_YEARS))
    with pytest.raises(DealError) as caught:
        run_deal(deal, Project(2027, zero - 1, zero, zero, zero, np.zeros(1)))
    for fault in (
        "sum to 0.7",
        "nobody",
        "'none'",
        "percent was meant",
        "grace",
        "overlap in 2028",
        "2032",
        "negative",
    ):
        assert fault in caught.value.what


def test_the_cover_of_a_lender_counts_the_years_in_which_something_is_due_to_it() -> None:
    """100 is built in 2027, half by each loan; 55 a year is left to pay with.

    The short loan is due in 2028: 50. The long one in 2029 and 2030: 25 each, after a year of grace without interest.
    """
    deal = Deal(
        PARTIES,
        (Phase("all", 2027, 2030),),
        (Stake("treasury", "all", 1.0),),
        (
            Loan("short", "bank", ("all",), 0.5, 0.0, 1),
            Loan("long", "partner", ("all",), 0.5, 0.0, 3, 1, repayment="equal_principal"),
        ),
    )
    row = np.array([[0.0, 60.0, 60.0, 60.0]])
    building = np.array([[100.0, 0.0, 0.0, 0.0]])
    flows = run_deal(deal, Project(2027, building, row / 12, row, building * 0, np.zeros(1)))
    assert flows.due_usd[:, 0].tolist() == [[0, 50, 0, 0], [0, 0, 25, 25]]
    assert flows.drawn_usd[:, 0].tolist() == [[50, 0, 0, 0], [50, 0, 0, 0]]
    assert flows.cover_of([0])[0] == pytest.approx([np.nan, 1.1, np.nan, np.nan], nan_ok=True)
    assert flows.cover_of([1])[0] == pytest.approx([np.nan, np.nan, 2.2, 2.2], nan_ok=True)
    assert np.isnan(flows.cover_of([])).all()


def two_loans(*loans: Loan) -> Deal:
    """A deal of 2027 to 2030 in which the bank and the partner lend, and the treasury owns all."""
    return Deal(PARTIES, (Phase("all", 2027, 2030),), (Stake("treasury", "all", 1.0),), loans)


def built_once(*revenue: float, residual: float = 0.0) -> Project:
    """100 is built in 2027; nothing is spent on running."""
    earned = np.array([revenue], float)
    building = np.array([[100.0] + [0.0] * (len(revenue) - 1)])
    return Project(2027, building, building * 0, earned, building * 0, np.array([residual]))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_loans_of_equal_rank_share_what_is_left_at_the_end_in_whichever_order_they_are_listed(
    order: tuple[int, int],
) -> None:
    # 30 and 10 drawn in 2027, repaid after the plan ends: 40 owed and 20 left, so each gets half of its own.
    both = (
        Loan("large", "bank", ("all",), 0.3, 0.0, 9, 8),
        Loan("small", "partner", ("all",), 0.1, 0.0, 9, 8),
    )
    flows = run_deal(two_loans(*(both[at] for at in order)), built_once(0, 0, 0, 0, residual=20.0))
    assert flows.repaid_usd[[2, 1], 0, -1] == pytest.approx([15.0, 5.0])
    assert flows.owed_usd[:, 0, -1] == pytest.approx([(15.0, 5.0)[at] for at in order])


def test_what_is_left_beyond_all_loans_goes_to_the_owner_at_the_end() -> None:
    loans = (Loan("a", "bank", ("all",), 0.4, 0.0, 9, 8), Loan("b", "partner", ("all",), 0.4, 0.0, 9, 8))
    flows = run_deal(two_loans(*loans), built_once(0, 0, 0, 0, residual=100.0))
    assert flows.repaid_usd[[2, 1], 0, -1].tolist() == [40.0, 40.0]
    assert flows.distributed_usd[0, 0, -1] == pytest.approx(20.0)
    assert flows.owed_usd[:, 0, -1].tolist() == [0.0, 0.0]


def test_a_loan_that_is_repaid_locks_up_nothing() -> None:
    # 50 due to the strict loan in 2028, 25 to the other in 2029: cover 110 / 50 = 2.2, then 55 / 25 = 2.2.
    strict = Loan("strict", "bank", ("all",), 0.5, 0.0, 1, least_dscr=3.0)
    other = Loan("other", "partner", ("all",), 0.25, 0.0, 2, 1, least_dscr=1.2)
    flows = run_deal(two_loans(strict, other), built_once(0, 110, 55, 0))
    assert flows.due_usd[:, 0].tolist() == [[0, 50, 0, 0], [0, 0, 25, 0]]
    assert flows.cash_usd[0].tolist() == [0.0, 60.0, 0.0, 0.0]  # kept in 2028, when the strict loan is due
    assert flows.distributed_usd[0, 0].tolist() == [0.0, 0.0, 90.0, 0.0]  # 60 kept and 30 of 2029


def test_a_covenant_locks_up_only_the_draws_in_which_its_loan_is_due() -> None:
    # The late loan is drawn in the second phase, which costs nothing in the first draw and 40 in the second.
    phases = (Phase("first", 2027, 2028), Phase("second", 2029, 2031))
    stakes = (Stake("treasury", "first", 1.0), Stake("treasury", "second", 1.0))
    loans = (
        Loan("early", "bank", ("first",), 0.4, 0.0, 4, repayment="equal_principal", least_dscr=1.0),
        Loan("late", "partner", ("second",), 0.5, 0.0, 2, repayment="equal_principal", least_dscr=9.0),
    )
    building = np.array([[100.0, 0, 0, 0, 0], [100.0, 0, 40, 0, 0]])
    earned = np.array([[0.0, 30, 30, 30, 30]] * 2)
    flows = run_deal(
        Deal(PARTIES, phases, stakes, loans), Project(2027, building, building * 0, earned, building * 0, np.zeros(2))
    )
    # Of 30 earned 10 repays the early loan; in 2030 the second draw owes 10 more, and its cover is 1.5.
    assert flows.distributed_usd[0, :, 3].tolist() == [20.0, 0.0]
    assert flows.cash_usd[:, 3].tolist() == [0.0, 10.0]


def five_years() -> Project:
    """150 is built, 120 of it written off; 25 is left."""
    return Project(
        2027, row(100, 20, 0, 0, 30), row(5, 10, 10, 10, 10), row(0, 40, 60, 60, 60), row(20, 24, 24, 24, 24),
        np.array([25.0]),
    )  # fmt: skip


def test_a_deal_that_loans_pay_for_alone_as_worked_by_hand() -> None:
    """At 8 %, four years, the first without repayment; tax of 25 %, to the treasury."""
    loan = Loan("all", "bank", ("all",), 1.0, 0.08, 4, 1)
    deal = Deal(
        PARTIES, (Phase("all", 2027, 2031),), (Stake("treasury", "all", 1.0),), (loan,), tax_rate=0.25,
        tax_to="treasury",
    )  # fmt: skip
    flows = run_deal(deal, five_years())
    treasury, _, bank = flows.party_usd[:, 0]
    # Drawn 100, 20 and 30. 100 in three payments is 38.803 a year, 20 from a year later 7.761; 30 is due after the end.
    assert flows.due_usd[0, 0] == pytest.approx([0, 8, 1.6 + 38.803, 46.564, 46.564], abs=1e-3)
    # Losses of 25 and 2 are carried: 16.4 of 2029 leaves 10.6, and tax is a quarter of 18.864 - 10.6 and of 22.019.
    assert flows.tax_usd[0] == pytest.approx([0, 0, 0, 2.066, 5.505], abs=1e-3)
    # Cover 1.238, then 1.029 and 0.956: the 1.370 of 2030 stays in the company, and 0.699 is called in 2031.
    assert treasury == pytest.approx([-5, 22, 50 - 40.403, 2.066, 5.505 - 0.699], abs=1e-3)
    # 7.186 of the first loans and the 30 are owed at the end, where 25 is left.
    assert bank == pytest.approx([-100, 8 - 20, 40.403, 46.564, 46.564 - 30 + 25], abs=1e-3)
    assert flows.owed_usd[0, 0, -1] == pytest.approx(12.186, abs=1e-3)
    assert flows.ownership[:, 0].T.tolist() == [[1.0, 0.0, 0.0]] * 5


@pytest.mark.parametrize("parties", [PARTIES[:2], PARTIES[1:2]], ids=["beside a treasury", "alone"])
def test_a_partner_that_owns_all_pays_all_and_gets_all_but_the_tax(parties: tuple[Party, ...]) -> None:
    deal = Deal(parties, (Phase("all", 2027, 2031),), (Stake("partner", "all", 1.0),), tax_rate=0.25)
    flows = run_deal(deal, five_years())
    # 30 - 20 in 2028; 50 - a quarter of (26 - the 19 lost so far); 50 - 6.5; 50 - 6.5 - 30 + 25.
    assert flows.party_usd[-1, 0].tolist() == [-105.0, 10.0, 48.25, 43.5, 38.5]
    assert flows.ownership[-1, 0].tolist() == [1.0] * 5
    assert flows.party_usd[:-1].sum() == 0
