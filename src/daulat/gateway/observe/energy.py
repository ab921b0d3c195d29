# SPDX-License-Identifier: Apache-2.0
"""Energy and carbon of one answer: a model's size and its tokens, or a meter's reading, in; watt-hours and grams out.

Modelled with EcoLogits' factors (batch of 64 requests, 16 bits, servers of eight accelerators), with a range that is
ours: low with a batch of 128 and weights of 8 bits, high with a batch of 16. Machines, training and the network are not
counted.
Derivation, limits and sources: docs/concepts/energy-per-request.md
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import ceil, exp, log2

# EcoLogits, ecologits/impacts/llm.py: energy of one accelerator for one output token, Wh; time of one output token, s.
_ENERGY_ALPHA, _ENERGY_BETA, _ENERGY_GAMMA = 1.1665273170451914e-06, -0.011205921025579175, 4.052928146734005e-05
_TIME_ALPHA, _TIME_BETA, _TIME_GAMMA = 0.0006785088094353663, 0.0003119310311688259, 0.019473717579473387
_MEMORY_GB, _SERVER_KW, _SERVER_ACCELERATORS = 80, 1.2, 8
_OVERHEAD = 1.2  # of memory, beyond the weights
DEFAULT_PUE = 1.2  # EcoLogits' assumption for operators that do not say


@dataclass(frozen=True, slots=True)
class EnergyRange:
    """Watt-hours, with the range within which they may lie."""

    low_wh: float
    value_wh: float
    high_wh: float

    def times(self, factor: float) -> EnergyRange:
        """Return the range of so many times as much."""
        return EnergyRange(self.low_wh * factor, self.value_wh * factor, self.high_wh * factor)


def energy_per_token(active_parameters_b: float, total_parameters_b: float, pue: float = DEFAULT_PUE) -> EnergyRange:
    """Model the energy of one output token, at the wall of the site.

    Parameters
    ----------
    active_parameters_b, total_parameters_b : float
        Parameters used for one token, and all of them, thousand millions.
    pue : float
        Site power over IT power, 1 or more.

    Examples
    --------
    EcoLogits' own example, 132 active of 440 thousand million, gives 0.0383 kWh for 10,000 tokens:

    >>> round(energy_per_token(132, 440).value_wh * 10_000 / 1000, 6)
    0.038338
    """

    def one(batch: int, bits: int) -> float:
        memory_gb = _OVERHEAD * total_parameters_b * bits / 8
        accelerators: float = 2.0 ** ceil(log2(max(1, ceil(memory_gb / _MEMORY_GB))))
        accelerator_wh = _ENERGY_ALPHA * exp(_ENERGY_BETA * batch) * active_parameters_b + _ENERGY_GAMMA
        seconds = _TIME_ALPHA * active_parameters_b + _TIME_BETA * batch + _TIME_GAMMA
        server_wh = seconds / 3600 * _SERVER_KW * 1000 * accelerators / _SERVER_ACCELERATORS / batch
        return pue * (accelerators * accelerator_wh + server_wh)

    return EnergyRange(one(128, 8), one(64, 16), one(16, 16))


@lru_cache(maxsize=1)
def _grids() -> dict[str, float]:
    text = (files("daulat") / "plan" / "data" / "countries.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["country"]: float(row["grid_gco2_per_kwh"]) for row in rows if row["grid_gco2_per_kwh"]}


def grid_gco2_per_kwh(place: str) -> float | None:
    """Return the carbon intensity of a place's grid, grams of CO2 equivalent per kWh; None where it is not known.

    >>> grid_gco2_per_kwh("FR-75"), grid_gco2_per_kwh("")
    (44.18, None)
    """
    return _grids().get(place.partition("-")[0])
