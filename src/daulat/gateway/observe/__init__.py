# SPDX-License-Identifier: Apache-2.0
"""Observation: calls that have ended come in, as counts and times; metrics, traces, a log and energy go out.

`observing` gives the observer that a nation declares. It never hears a word of a prompt or an answer, never names a
person, and never holds an answer up.
"""

from daulat.gateway.observe.declared import Surroundings, observing
from daulat.gateway.observe.energy import EnergyRange, energy_per_token, grid_gco2_per_kwh
from daulat.gateway.observe.metrics import Metrics
from daulat.gateway.observe.observer import CallObserver
from daulat.gateway.observe.power import EnergyBook, Power

__all__ = [
    "CallObserver",
    "EnergyBook",
    "EnergyRange",
    "Metrics",
    "Power",
    "Surroundings",
    "energy_per_token",
    "grid_gco2_per_kwh",
    "observing",
]
