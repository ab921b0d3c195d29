# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a joint investment.

PlanError
└── DealError            the deal as written contradicts itself: every fault at once
"""

from __future__ import annotations

from daulat.plan.errors import PlanError


class DealError(PlanError):
    """A deal that contradicts itself."""
