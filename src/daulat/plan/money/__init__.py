# SPDX-License-Identifier: Apache-2.0
"""Money: what is built, what it costs to run, what a million tokens cost, and what buying or renting would.

Fourth stage of the build road: takes a `Fleet`, its `Energy` and its staff; returns a `Capex`, an `Opex` and a
`UnitCost`. Who pays is for `daulat.plan.finance`. Derivation, limits and sources: docs/concepts/plan-money.md
"""

from daulat.plan.money.capex import Capex, capex_of, land_of
from daulat.plan.money.crossover import Crossover, crossover
from daulat.plan.money.opex import Opex, opex_of
from daulat.plan.money.prices import price_rows
from daulat.plan.money.unit_cost import UnitCost, unit_cost

__all__ = [
    "Capex",
    "Crossover",
    "Opex",
    "UnitCost",
    "capex_of",
    "crossover",
    "land_of",
    "opex_of",
    "price_rows",
    "unit_cost",
]
