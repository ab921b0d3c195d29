# SPDX-License-Identifier: Apache-2.0
"""Finance: a joint investment of several parties, from what each puts in to what each gets, owns and controls.

Comes in: a `Deal` (parties, phases, equity, grants, land, loans, buy-outs, control) and a `Project` (what is built,
spent and earned, in every draw). Goes out: `Flows` for every party and year, its `Returns`, and the `Covenant` rules
that say whether the country keeps control. It forecasts nothing and advises nobody. Derivation:
docs/concepts/plan-finance.md
"""

from daulat.plan.finance.check import check_deal, check_terms
from daulat.plan.finance.covenants import Covenant, check_covenants, control_kept, keeps_control
from daulat.plan.finance.errors import DealError
from daulat.plan.finance.loans import level_payment
from daulat.plan.finance.returns import Returns, internal_rate, net_present_value, payback_year, returns_of
from daulat.plan.finance.types import (
    BuyOut,
    Control,
    Deal,
    Flows,
    Loan,
    Party,
    Phase,
    Project,
    Reciprocal,
    Stake,
)
from daulat.plan.finance.waterfall import run_deal

__all__ = [
    "BuyOut",
    "Control",
    "Covenant",
    "Deal",
    "DealError",
    "Flows",
    "Loan",
    "Party",
    "Phase",
    "Project",
    "Reciprocal",
    "Returns",
    "Stake",
    "check_covenants",
    "check_deal",
    "check_terms",
    "control_kept",
    "internal_rate",
    "keeps_control",
    "level_payment",
    "net_present_value",
    "payback_year",
    "returns_of",
    "run_deal",
]
