# SPDX-License-Identifier: Apache-2.0
"""Siting: which sites, what size, when, serving whom, at the least cost.

Comes in: regions with their load, candidate sites with their costs and limits, and the nation's rules (delay,
residency, N+1 across grids, least size of an island, budgets). Goes out: a `SitePlan` with its gap to the best
possible, or a `NoSitePlanError` that names the rules in conflict and the cheapest way to give way. It decides nothing
by itself and knows no country. Derivation: docs/concepts/plan-sites.md
"""

from daulat.plan.siting.distance import great_circle_km, round_trip_ms
from daulat.plan.siting.errors import NoSitePlanError, Relaxation, SitingError, TooLateError
from daulat.plan.siting.failure import Lost, lost_promises
from daulat.plan.siting.solve import plan_sites
from daulat.plan.siting.types import Budget, Candidates, Regions, Rules, SitePlan, Siting

__all__ = [
    "Budget",
    "Candidates",
    "Lost",
    "NoSitePlanError",
    "Regions",
    "Relaxation",
    "Rules",
    "SitePlan",
    "Siting",
    "SitingError",
    "TooLateError",
    "great_circle_km",
    "lost_promises",
    "plan_sites",
    "round_trip_ms",
]
