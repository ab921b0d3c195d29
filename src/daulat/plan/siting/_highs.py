# SPDX-License-Identifier: Apache-2.0
"""HiGHS behind one call: a program as arrays in, values, bound and duals out. Knows nothing of sites.

How many cores it uses is left to HiGHS, which keeps one pool of threads for the whole process and refuses a program
that asks for another number than the first did.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from daulat.plan.siting.errors import SolverError
from daulat.plan.siting.rows import Program
from daulat.plan.siting.types import Float64


class _QuietHighs(highspy.Highs):
    """HiGHS without its banner: its constructor turns on callbacks, which would print it among a command's data."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the library's own name
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What HiGHS found. `values` is None where nothing satisfies every row, or nothing was found in time.

    Attributes
    ----------
    values : float64[n_columns] or None
    duals : float64[n_rows]
        Of a program without whole numbers; empty else.
    objective, bound : float
    in_time : bool
        False where the time limit ended the search.
    """

    values: Float64 | None
    duals: Float64
    objective: float
    bound: float
    in_time: bool


def solve(model: Program, *, gap: float, time_limit_s: float, whole: bool = True) -> Solved:
    """Solve a program to a relative gap; `whole=False` lets whole numbers be fractions.

    Raises
    ------
    SolverError
        If HiGHS stops with an error, which is no proof that nothing satisfies every row.
    """
    highs = _QuietHighs()  # type: ignore[no-untyped-call]
    for option, value in (("mip_rel_gap", gap), ("time_limit", time_limit_s), ("random_seed", 0)):
        highs.setOptionValue(option, value)
    for step in (highs.passModel(_as_lp(model, whole)), highs.run()):
        if step == highspy.HighsStatus.kError:
            raise SolverError(
                f"HiGHS {highs.version()} stopped with an error ({highs.modelStatusToString(highs.getModelStatus())})",
                why="No sites were found, and it is not known whether any would keep the rules.",
                fix="Plan again; if it happens again, tell the maintainers, with your plan section.",
                code="plan.siting.solver",
            )
    status, info = highs.getModelStatus(), highs.getInfo()
    in_time = status != highspy.HighsModelStatus.kTimeLimit
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    solution = highs.getSolution()
    return Solved(
        np.array(solution.col_value) if found else None,
        np.array(solution.row_dual) if found and not whole else np.empty(0),
        info.objective_function_value if found else np.inf,
        info.mip_dual_bound if whole else info.objective_function_value,
        in_time,
    )


def _as_lp(model: Program, whole: bool) -> highspy.HighsLp:
    lp, rows = highspy.HighsLp(), model.rows
    lp.num_col_, lp.num_row_ = len(model.cost), rows.count
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = np.concatenate(rows.lower), np.concatenate(rows.upper)
    matrix = lp.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.num_col_, matrix.num_row_ = lp.num_col_, lp.num_row_
    matrix.start_, matrix.index_, matrix.value_ = _by_row(model)
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(flag)] for flag in model.whole]
    return lp


def _by_row(model: Program) -> tuple[NDArray[np.int32], NDArray[np.int32], Float64]:
    """Sort coefficients into compressed rows, adding those that stand at one place."""
    rows, n_columns = model.rows, len(model.cost)
    place = np.concatenate(rows.row) * n_columns + np.concatenate(rows.column)
    places, inverse = np.unique(place, return_inverse=True)
    value = np.bincount(inverse.ravel(), np.concatenate(rows.value), len(places))
    counts = np.bincount(places // n_columns, minlength=rows.count)
    start = np.concatenate([[0], np.cumsum(counts)])
    return start.astype(np.int32), (places % n_columns).astype(np.int32), value.astype(np.float64)
