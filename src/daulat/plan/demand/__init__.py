# SPDX-License-Identifier: Apache-2.0
"""Demand: from people to requests and tokens, by service, language, region and hour.

First stage of the build road: takes a `Place`, the inputs and the choices; returns a `Demand`. Chooses no hardware and
spends no money; see `daulat.plan.sizing`. Derivation, limits and sources: docs/concepts/plan-demand.md
"""

from daulat.plan.demand.demand import Demand, estimate_demand
from daulat.plan.demand.hours import HOURS, WeekShape, week_shape

__all__ = ["HOURS", "Demand", "WeekShape", "estimate_demand", "week_shape"]
