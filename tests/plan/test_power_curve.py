# SPDX-License-Identifier: Apache-2.0
"""Energy follows measured curves of power: the inputs are the fit of its rows, with the error that is told."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daulat.nation import bootstrap, nation_of
from daulat.plan import Plan, make_plan, read_case
from daulat.plan.inputs.load import default_rows

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "plan" / "power_curve.py"


@pytest.fixture(scope="module")
def fit() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def test_the_inputs_are_what_the_measured_curves_say(fit: dict[str, Any]) -> None:
    found = fit["fitted"](fit["curves"]())
    for name, (low, middle, high) in found.items():
        row = default_rows()["energy"][name]
        assert (row["low"], row["value"], row["high"]) == (low, middle, high)


def test_a_curve_that_was_left_out_is_met_better_than_by_a_line_from_idle_to_the_limit(fit: dict[str, Any]) -> None:
    """The errors are those that docs/concepts/plan-energy.md tells."""
    errors = fit["errors"](fit["curves"]())
    assert errors["points"] == 61
    assert errors["own_line_median"] < 0.015  # a line is the right form for each curve
    assert errors["left_out_median"] < 0.085 < 0.2 < errors["idle_to_limit_median"]


def energy_at(*changes: str) -> Plan:
    return make_plan(read_case(nation_of(bootstrap("EE")), changes=changes), n_draws=1)


def test_a_fleet_that_gathers_its_work_draws_idle_power_for_the_rest_and_one_that_spreads_it_does_not() -> None:
    """1 MW of IT, a fifth at work: 0.2 x 0.9 + 0.8 x idle 0.2 = 0.34, or 0.8 x serving 0.7 instead: 0.74."""
    fixed = ["energy.busy_share=0.9", "energy.idle_share=0.2", "energy.serving_share=0.7"]
    for gathered, resting in ((1, 0.2), (0, 0.7), (0.5, 0.45)):
        plan = energy_at(*fixed, f"energy.gathered_share={gathered}")
        work = plan.fleet.utilisation[0]
        expected = plan.energy.it_power_mw[0] * 8760 * (work * 0.9 + (1 - work) * resting)
        np.testing.assert_allclose(plan.energy.it_energy_mwh[0], expected, rtol=1e-12)
