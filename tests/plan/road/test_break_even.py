# SPDX-License-Identifier: Apache-2.0
"""The years until building is cheaper agree with the cost of a million tokens, and say never where they never come."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from daulat.plan import Case, Document, Plan, document_of, explain, make_plan, tables_of
from daulat.plan.report.words import load_words
from daulat.plan.result.document import FigureRow

NAME = "build_cheaper_than_rent_year"


def made(plan: Plan) -> Document:
    return document_of(
        plan, names={"en": "X"}, title="", seed=0, made_at=datetime(2026, 11, 25, tzinfo=UTC), made_by=""
    )


def row_of(document: Document) -> FigureRow:
    return document.figure(NAME)


def test_what_is_lent_to_others_is_taken_off_in_every_year_as_it_is_in_the_cost(case_of: Callable[..., Case]) -> None:
    plan = make_plan(case_of("sizing.other_use_share=1"), n_draws=40)
    cost, years = plan.cost, plan.case.settings.horizon_years
    spent = (plan.opex.cost_usd_per_year - plan.opex.service_teams_usd) * cost.own_share[:, None]
    ahead = np.cumsum(spent, axis=1) < np.cumsum(cost.rent_usd_per_year, axis=1)
    # Without what is worth something at the end: building is ahead at the end exactly where a year is told.
    assert (np.isfinite(cost.build_cheaper_than_rent_year) == ahead[:, -1]).all()
    assert np.median(cost.cost_per_mtok) < np.median(cost.rent_per_mtok)
    assert np.median(cost.build_cheaper_than_rent_year) <= years


def test_where_building_never_gets_cheaper_the_plan_says_so_and_has_no_mean(case_of: Callable[..., Case]) -> None:
    document = made(make_plan(case_of("money.rent_usd_per_hour=0.02"), n_draws=20))
    row = row_of(document)
    assert [row.p5, row.p50, row.p95, row.mean] == [None] * 4
    json.dumps(document.as_dict(), allow_nan=False)
    [table] = [one for one in tables_of(document)["figures"] if one["figure"] == NAME]
    assert (table["p50"], table["mean"]) == (None, None)
    assert explain(document, NAME, depth=0)[0].startswith(f"{NAME} = never (never to never)  ")


def test_an_explanation_says_never_only_where_it_never_comes(case_of: Callable[..., Case]) -> None:
    document = made(make_plan(case_of(), n_draws=5))
    rows = [
        one if one.name != NAME else one.model_copy(update={"p10": 3.0, "p50": 8.0, "p90": None, "mean": None})
        for one in document.figures
    ]
    told = explain(document.model_copy(update={"figures": rows}), NAME, depth=0)
    assert told[0].startswith(f"{NAME} = 8 years (3 to never)  ")


@pytest.mark.parametrize("unit", ["year", "years"])
def test_the_report_says_never_of_a_year_that_never_comes(unit: str) -> None:
    [english] = load_words(None, ["en"])
    assert english.amount(None, unit) == "never"
