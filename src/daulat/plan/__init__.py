# SPDX-License-Identifier: Apache-2.0
"""Plan: from a nation's people to accelerators, megawatts, money, owners and jobs.

Comes in: a declaration and assumptions, each with its source. Goes out: figures with intervals, each traceable. It
decides nothing for anybody, asks no network, and never extrapolates in silence: a result that leaves its data says so.

The build road, a package or file for each stage: `inputs` -> `place` -> `demand` -> `sizing` (with `throughput` and
`serving`) -> `energy` -> `money` -> `jobs`; beside it `rules`, `sites`, `uncertainty`, `result`. `planner.plan_nation`
takes the whole road.
"""

from daulat.plan._rows import Workload, parse_rows, read_rows
from daulat.plan.chain import Case, Plan, cash_needs, make_plan, read_case, site_demand
from daulat.plan.errors import DoesNotFitError, InputError, InputFaultsError, PlanError, RowError
from daulat.plan.planner import plan_nation, read_scenario, scenario_names
from daulat.plan.result import (
    Document,
    compare,
    document_of,
    explain,
    explain_rows,
    frames,
    plan_schema,
    read_document,
    tables_of,
    write_plan,
)
from daulat.plan.sites import Site, Sites
from daulat.plan.throughput import Prediction, predict

__all__ = [
    "Case",
    "Document",
    "DoesNotFitError",
    "InputError",
    "InputFaultsError",
    "Plan",
    "PlanError",
    "Prediction",
    "RowError",
    "Site",
    "Sites",
    "Workload",
    "cash_needs",
    "compare",
    "document_of",
    "explain",
    "explain_rows",
    "frames",
    "make_plan",
    "parse_rows",
    "plan_nation",
    "plan_schema",
    "predict",
    "read_case",
    "read_document",
    "read_rows",
    "read_scenario",
    "scenario_names",
    "site_demand",
    "tables_of",
    "write_plan",
]
