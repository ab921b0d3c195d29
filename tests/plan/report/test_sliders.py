# SPDX-License-Identifier: Apache-2.0
"""Sliders: they start where the plan stands, and what is set there is set."""

from __future__ import annotations

from typing import Any

import pytest

from daulat.nation import Nation, bootstrap, nation_of
from daulat.plan import read_case
from daulat.plan.inputs.draws import median
from daulat.plan.report.sliders import slider_page


@pytest.fixture(scope="module")
def nation() -> Nation:
    return nation_of(bootstrap("EE"))


@pytest.fixture(scope="module")
def page(nation: Nation) -> dict[str, Any]:
    return slider_page(nation, None, {"language": "en"})


def tile(page: dict[str, Any], name: str) -> dict[str, str]:
    return next(one for one in page["tiles"] if one["name"] == name)


def test_a_slider_starts_at_the_median_of_its_input_also_where_the_mode_lies_elsewhere(
    nation: Nation, page: dict[str, Any]
) -> None:
    assumptions = read_case(nation).assumptions
    skewed = 0
    for one in page["sliders"]:
        row = assumptions[one["path"]]
        assert one["value"] == one["default"] == pytest.approx(median(row), abs=0.51 * one["step"]), one["path"]
        skewed += abs(row.value - median(row)) > 2 * one["step"]
    assert skewed


def test_a_slider_that_is_set_where_it_starts_is_certain_and_leaves_the_result_about_where_it_was(
    nation: Nation, page: dict[str, Any]
) -> None:
    start = page["sliders"][0]  # what moves the cost of a million tokens most
    held = slider_page(nation, None, {"language": "en", "changes": {start["path"]: start["value"]}})
    assert held["sliders"][0]["is_set"]
    assert tile(held, "cost_per_mtok")["range"] != tile(page, "cost_per_mtok")["range"]
    before, after = (float(tile(one, "cost_per_mtok")["value"]) for one in (page, held))
    assert after == pytest.approx(before, rel=0.2)


def test_a_form_without_script_sends_every_slider_and_sets_those_that_were_moved(
    nation: Nation, page: dict[str, Any]
) -> None:
    sent = {one["path"]: str(one["value"]) for one in page["sliders"]}
    moved = page["sliders"][1]
    sent[moved["path"]] = str(moved["high"])
    found = slider_page(nation, None, {"language": "en", "changes": sent, "is_form": True})
    assert [one["path"] for one in found["sliders"] if one["is_set"]] == [moved["path"]]
