# SPDX-License-Identifier: Apache-2.0
"""Inputs: every number the plan starts from, with unit, range, distribution, source, date and licence.

Comes in: the defaults of the package, the country's pack, the `plan:` section of nation.yaml and `--set path=value`,
laid over one another in this order. Goes out: `Assumptions` (the numbers) and `Settings` (the choices), or every fault
at once. It guesses nothing: a number without a source is a fault, and a default in use can be listed.
"""

from daulat.plan.inputs.assumption import KINDS, Assumption
from daulat.plan.inputs.choices import allowed_choices
from daulat.plan.inputs.draws import Values, draw
from daulat.plan.inputs.load import Assumptions, load_inputs
from daulat.plan.inputs.settings import Event, ServicePlan, Settings

__all__ = [
    "KINDS",
    "Assumption",
    "Assumptions",
    "Event",
    "ServicePlan",
    "Settings",
    "Values",
    "allowed_choices",
    "draw",
    "load_inputs",
]
