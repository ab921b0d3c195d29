# SPDX-License-Identifier: Apache-2.0
"""Sizing: how many accelerators the demand needs in each year, how many stand, and how many are bought.

Second stage of the build road: takes a `Demand`, the week's shape and the throughput of the deployments; returns a
`Fleet`. Chooses no places and spends no money. Derivation: docs/concepts/plan-demand.md (the peak) and
docs/concepts/throughput.md (the rate).
"""

from daulat.plan.sizing.fleet import Fleet, size_fleet
from daulat.plan.sizing.peak import burst_factor, busiest_hour, staffing_factor

__all__ = ["Fleet", "burst_factor", "busiest_hour", "size_fleet", "staffing_factor"]
