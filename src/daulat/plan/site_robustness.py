# SPDX-License-Identifier: Apache-2.0
"""How robust a choice of sites is: the same question asked again for a small and a large demand.

Comes in: a case, and a function that writes the question for a load by year. Goes out: which sites would be chosen for
the 10th and the 90th percentile of the load. The plan keeps the sites that were chosen for the median.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from daulat.plan.chain import Case, make_plan
from daulat.plan.figures import Floats
from daulat.plan.result.joint import RobustRow
from daulat.plan.siting import NoSitePlanError, SitePlan, Siting, TooLateError, plan_sites

DRAWS = 200  # enough for a tenth and nine tenths of the load
TIME_SHARE, GAP = 1 / 3, 0.02  # of the time that the choice itself may take; which sites, not what they cost to 1 %


def loads_of(case: Case) -> dict[str, Floats]:
    """Return percentiles of the load in each year, IT megawatts without spare capacity."""
    plan = make_plan(case, n_draws=DRAWS)
    load = plan.energy.it_power_mw / (1 + plan.values("sizing.spare_share"))
    return {f"p{one}": np.percentile(load, one, axis=0) for one in (10, 50, 90)}


def robustness(
    loads: Mapping[str, Floats], ask: Callable[[Floats], Siting], time_limit_s: float
) -> tuple[dict[str, SitePlan | None], tuple[str, ...]]:
    """Return the sites for a small and a large load, None where none keep the rules; and what was not found in time."""
    found: dict[str, SitePlan | None] = {}
    late = []
    for name in ("p10", "p90"):
        try:
            found[name] = plan_sites(ask(loads[name]), gap=GAP, time_limit_s=time_limit_s * TIME_SHARE)
        except TooLateError:
            late.append(name)
        except NoSitePlanError:
            found[name] = None
    return found, tuple(late)


def robust_rows(chosen: SitePlan, others: Mapping[str, SitePlan | None], names: Mapping[str, str]) -> list[RobustRow]:
    """Return one row for each demand that was answered: the sites, and how many of those chosen are among them."""
    rows = []
    plans: dict[str, SitePlan | None] = {"p50": chosen, **others}
    for demand, found in sorted(plans.items()):
        opens = sorted(found.opens, key=lambda code: -found.it_mw[list(names).index(code), -1]) if found else []
        rows.append(
            RobustRow(
                demand=demand,
                it_mw=float(found.it_mw[:, -1].sum()) if found else None,
                sites=[names[code] for code in opens],
                shared=len(set(opens) & set(chosen.opens)),
                gap=found.gap if found else None,
            )
        )
    return rows
