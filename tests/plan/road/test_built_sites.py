# SPDX-License-Identifier: Apache-2.0
"""Against the world: what was built draws the power and costs the money that the planner says, within its interval."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "plan" / "built_sites.py"


@pytest.fixture(scope="module")
def built() -> ModuleType:
    spec = importlib.util.spec_from_file_location("built_sites", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["built_sites"] = module
    spec.loader.exec_module(module)
    return module


def test_clusters_draw_the_power_that_was_reported(built: ModuleType) -> None:
    rows = [row for row in built.clusters() if row.what == "kW an accelerator"]
    errors = sorted(abs(row.error_percent) for row in rows)
    assert len(rows) > 70
    assert errors[len(errors) // 2] < 20
    assert sum(row.is_inside for row in rows) / len(rows) > 0.5


def test_a_campus_costs_what_was_estimated_of_those_built(built: ModuleType) -> None:
    rows = [row for row in built.campuses() if "hardware and buildings" in row.what]
    errors = sorted(abs(row.error_percent) for row in rows)
    assert len(rows) > 10
    assert errors[len(errors) // 2] < 20


def test_stargates_announcement_lies_within_the_interval(built: ModuleType) -> None:
    [row] = [row for row in built.campuses() if row.name.startswith("Stargate")]
    assert row.published == 50
    assert row.is_inside
