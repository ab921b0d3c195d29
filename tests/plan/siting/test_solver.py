# SPDX-License-Identifier: Apache-2.0
"""The solver is one of several in a process, and an error of it is not a verdict on the sites."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daulat.plan.siting._highs import solve
from daulat.plan.siting.classes import join_regions, near_enough
from daulat.plan.siting.errors import SolverError
from daulat.plan.siting.model import build_model

from .questions import make_siting

OTHERS_FIRST = """
import highspy
from tests.plan.siting.questions import make_siting
from daulat.plan.siting import plan_sites

def solve_with(threads):
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("threads", threads)
    highs.addConstr(highs.addVariable(0, 1) >= 0.5)
    return highs.run()

assert solve_with({first}) == highspy.HighsStatus.kOk
print(dict(plan_sites(make_siting([[3]], [{{"build": 1}}])).opens))
"""


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_sites_are_found_whatever_number_of_threads_others_have_begun_with(threads: int) -> None:
    """HiGHS has one pool of threads a process and refuses another number than the first; each begins anew here."""
    found = subprocess.run(
        [sys.executable, "-c", OTHERS_FIRST.format(first=threads)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert found.stdout.endswith("{'site 0': 2027}\n"), found.stderr  # after the banner of the other


def test_an_error_of_the_solver_is_told_as_such() -> None:
    siting = make_siting([[3]], [{"build": 1}])
    model = build_model(siting, join_regions(siting, near_enough(siting)))
    broken = replace(model, lower=np.full(len(model.cost), np.nan))
    with pytest.raises(SolverError, match="stopped with an error") as raised:
        solve(broken, gap=0.01, time_limit_s=5.0)
    assert "not known" in raised.value.why
