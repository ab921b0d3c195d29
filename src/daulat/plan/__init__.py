# SPDX-License-Identifier: Apache-2.0
"""Plan: from a nation's people to accelerators, megawatts, money, owners and jobs.

Comes in: a declaration and assumptions, each with its source. Goes out: figures with intervals, each traceable. It
decides nothing for anybody, asks no network, and never extrapolates in silence: a result that leaves its data says so.

Open today: the throughput of a model on a system (`predict`), the base of the capacity stage.
"""

from daulat.plan._rows import Workload, parse_rows, read_rows
from daulat.plan.errors import DoesNotFitError, PlanError, RowError
from daulat.plan.throughput import Prediction, predict

__all__ = [
    "DoesNotFitError",
    "PlanError",
    "Prediction",
    "RowError",
    "Workload",
    "parse_rows",
    "predict",
    "read_rows",
]
