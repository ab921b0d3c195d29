# SPDX-License-Identifier: Apache-2.0
"""What each choice of a plan may be, for who looks for a name.

Comes in: nothing. Goes out: by choice the names that are known, or the range in words. Reads the planner's tables.
"""

from __future__ import annotations

from daulat.plan._rows import PRECISIONS
from daulat.plan._tables import accelerators, models
from daulat.plan.inputs.settings import (
    COOLING,
    FIRST_YEAR,
    FRAMEWORKS,
    LAST_YEAR,
    MAX_MW,
    MIN_MW,
    MODES,
    RANGES,
    SITES,
)


def allowed_choices() -> dict[str, list[str]]:
    """Return what is allowed, by choice: every known name, or one text that gives range and unit.

    Examples
    --------
    >>> allowed_choices()["precision"], allowed_choices()["tpot_s"]
    (['bf16', 'fp8', 'fp4', 'int8', 'int4'], ['0.0005 to 5 s'])
    """
    return {
        "start_year": [f"a whole number from {FIRST_YEAR} to {LAST_YEAR}"],
        "horizon_years": ["a whole number from 1 to 30"],
        "regions": ["codes of regions or of their groups, in a list; empty: the nation"],
        "mode": list(MODES),
        "site_power_mw": [f"{MIN_MW:g} to {MAX_MW:,.0f} MW"],
        "phases": ["shares of the full power, 0 to 1, one a year, none below the year before, the last above 0"],
        "model": sorted(models()),
        "accelerator": sorted(accelerators()),
        "precision": list(PRECISIONS),
        "framework": list(FRAMEWORKS),
        **{key: [f"{low:,.6g} to {high:,.6g} {unit}"] for key, (low, high, unit) in RANGES.items()},
        "services": ["ids of services, in a list or as keys of `{model: ...}`; `ministries` are the public servants"],
        "events": ["ids of special days, in a list"],
        "site": ["code or name of a region, or the capital; empty: the capital"],
        "sites": list(SITES),
        "budget_usd": ["1,000 to 1e+13 USD"],
        "currency": ["USD or the nation's own; empty: dollars alone"],
        "cooling": [one for one in COOLING if one],
    }
