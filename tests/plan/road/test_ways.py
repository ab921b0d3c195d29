# SPDX-License-Identifier: Apache-2.0
"""Models by service, and the three ways to get tokens: build, rent, buy."""

from __future__ import annotations

import numpy as np
import pytest

from daulat.plan import Plan, make_plan
from daulat.plan.money import crossover
from daulat.plan.money.crossover import SCALES
from daulat.plan.money.prices import price_rows, table


def test_each_service_may_have_a_model_of_its_own(case_of) -> None:  # type: ignore[no-untyped-def]
    services = {"health": {"model": "llama-3.3-70b"}, "education": None}
    plan = make_plan(case_of("precision=fp8", scenario={"services": services}), n_draws=1)
    large, small = plan.fleet.throughput_tok_s[0]
    assert large < small
    dear, cheap = plan.cost.cost_per_mtok_by_service[0]
    assert dear > cheap
    assert any("`llama-3.3-70b` is under Llama 3.3 Community License" in note for note in map(str, plan.notes()))
    assert not any("`gpt-oss-120b` is under" in note for note in map(str, plan.notes()))


def test_the_curve_of_building_meets_the_others_where_it_says(plan: Plan) -> None:
    found = crossover(plan.fleet, plan.opex, plan.cost, plan.values, 1)
    # build(scale) = fixed / scale + variable: two points give both, and the crossing is fixed / (rent - variable).
    fixed = (found.build[:, 0] - found.build[:, -1]) / (1 / SCALES[0] - 1 / SCALES[-1])
    variable = found.build[:, -1] - fixed / SCALES[-1]
    last_day = found.tokens_per_day[:, 0] / SCALES[0]
    margin = found.rent[:, 0] - variable
    meets = np.where(margin > 0, fixed / np.where(margin > 0, margin, 1) * last_day, np.inf)
    both = np.isfinite(meets)
    np.testing.assert_allclose(found.build_meets_rent_tokens_per_day[both], meets[both], rtol=1e-6)
    assert np.array_equal(np.isfinite(found.build_meets_rent_tokens_per_day), both)


def test_at_full_size_the_curve_is_the_plans_own_cost(plan: Plan) -> None:
    found = crossover(plan.fleet, plan.opex, plan.cost, plan.values, 1)
    at_one = [np.interp(0, np.log(SCALES), np.log(row)) for row in found.build]
    np.testing.assert_allclose(np.exp(at_one), plan.cost.cost_per_mtok, rtol=0.05)


def test_prices_come_from_dated_rows_and_a_missing_one_says_so() -> None:
    rows = price_rows("h200-sxm", ["gpt-oss-120b", "apertus-70b"])
    rents = sorted(float(row["usd_per_hour"]) for row in table("rental_prices.csv") if row["accelerator"] == "h200-sxm")
    rent = rows["money.rent_usd_per_hour"]
    assert (rent["low"], rent["high"]) == (rents[0], rents[-1])
    assert rows["money.api_output_usd_per_mtok_gpt-oss-120b"]["value"] == 0.60
    assert "no price known for apertus-70b" in rows["money.api_output_usd_per_mtok_apertus-70b"]["source"]
    unknown = price_rows("tpu-v7", ["gpt-oss-120b"])["money.hardware_usd_per_accelerator"]
    assert unknown["basis"] == "judgement"
    assert unknown["high"] > 1.5 * unknown["low"]


@pytest.mark.parametrize("name", ["api_prices.csv", "rental_prices.csv"])
def test_every_price_says_where_and_when_it_was_read(name: str) -> None:
    for row in table(name):
        assert row["source"], row
        assert row["read_on"] >= "2026-01-01", row
