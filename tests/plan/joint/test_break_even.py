# SPDX-License-Identifier: Apache-2.0
"""A party that never gets back what it put in is counted as never, and a rate says in how many draws there is one."""

from __future__ import annotations

import numpy as np
import pytest
from tests.plan.joint.test_deal import planned, section

from daulat.cli.plan import BANDS, _summary
from daulat.plan import Document, explain
from daulat.plan.deal_part import _band_of_never
from daulat.plan.result.compare import compare
from daulat.plan.result.document import SummaryRow

NEVER = np.nan


@pytest.mark.parametrize(
    ("years", "band"),
    [
        # Ten draws, of which three never pay back: the 90th percentile is never.
        ([2030.0] * 2 + [2035.0] * 5 + [NEVER] * 3, (2030, 2035, None)),
        ([2030.0] * 4 + [NEVER] * 6, (2030, None, None)),
        ([NEVER] * 10, (None, None, None)),
        ([2030.0] * 10, (2030, 2030, 2030)),
    ],
)
def test_never_ranks_after_every_year(years: list[float], band: tuple[float | None, ...]) -> None:
    found = _band_of_never(np.array(years))
    assert (found.p10, found.p50, found.p90) == band


@pytest.fixture(scope="module")
def poor() -> Document:
    """A plan whose users pay a ten-thousandth of a dollar for a million tokens: nobody gets anything back."""
    return planned(section(revenue={"basis": "price", "usd_per_mtok": 1e-4}), draws=8)[1]


def test_a_payback_that_never_comes_is_told_as_never(poor: Document) -> None:
    [line] = [row for row in poor.summary if row.label == "Payback, Treasury"]
    assert _summary(line, list(BANDS)) == ["Payback, Treasury", "", "never", "never", "never", "year"]
    assert "Treasury: never; within the plan in 0% of the draws" in "\n".join(explain(poor, "payback"))


def test_the_share_of_the_draws_that_have_a_rate_stands_beside_it() -> None:
    line = SummaryRow(
        name="deal.xirr", label="XIRR, A", unit="share/year", year=None, p10=0.01, p50=0.05, p90=0.09, share=0.857
    )
    assert _summary(line, list(BANDS))[-1] == "share/year, in 86% of the draws"
    assert _summary(line.model_copy(update={"share": 1.0}), list(BANDS))[-1] == "share/year"


def test_a_year_that_never_comes_is_compared_as_none(poor: Document) -> None:
    rows = [row for row in compare(poor, poor)["only"] if row["name"] == "deal.payback_year"]
    assert {(row["a"], row["b"], row["change_percent"]) for row in rows} == {(None, None, None)}
