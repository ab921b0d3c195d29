# SPDX-License-Identifier: Apache-2.0
"""Energy and carbon of one answer: a model's size and its tokens, or a meter's reading, in; watt-hours and grams out.

Modelled with EcoLogits' factors (batch of 64 requests, 16 bits, servers of eight accelerators), with a range that is
ours: low with a batch of 128 and weights of 8 bits, high with a batch of 16. Their fit has no term for what is read, so
prompt tokens are added by the arithmetic that reading takes. The making of machines is told apart from the carbon of
the current; training and the network are not counted.
Derivation, limits and sources: docs/concepts/energy-per-request.md
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files
from math import ceil, exp, log2

import msgspec

# EcoLogits, ecologits/impacts/llm.py: energy of one accelerator for one output token, Wh; time of one output token, s.
_ENERGY_ALPHA, _ENERGY_BETA, _ENERGY_GAMMA = 1.1665273170451914e-06, -0.011205921025579175, 4.052928146734005e-05
_TIME_ALPHA, _TIME_BETA, _TIME_GAMMA = 0.0006785088094353663, 0.0003119310311688259, 0.019473717579473387
_MEMORY_GB, _SERVER_KW, _SERVER_ACCELERATORS = 80, 1.2, 8
_OVERHEAD = 1.2  # of memory, beyond the weights
DEFAULT_PUE = 1.2  # EcoLogits' assumption for operators that do not say
# NVIDIA A100 80GB SXM, data sheet: bf16 arithmetic a second, and W. EcoLogits' accelerator.
_FLOPS, _ACCELERATOR_W = 312e12, 400.0
# The share of that arithmetic which reading a prompt reaches: best, taken, worst. An assumption of ours.
_READING_SHARES = (0.7, 0.5, 0.25)
# EcoLogits, docs/methodology/llm_inference.md v1.0: kg CO2e of making a server, and an accelerator of it; years.
_SERVER_KG, _ACCELERATOR_KG, _LIFE_YEARS = 3000.0, 143.0, 5
_YEAR_S = 365.25 * 86_400


class EnergyRange(msgspec.Struct, frozen=True):
    """Watt-hours, with the range within which they may lie."""

    low_wh: float
    value_wh: float
    high_wh: float


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
        accelerators = _accelerators(total_parameters_b, bits)
        accelerator_wh = _ENERGY_ALPHA * exp(_ENERGY_BETA * batch) * active_parameters_b + _ENERGY_GAMMA
        seconds = _token_s(active_parameters_b, batch)
        server_wh = seconds / 3600 * _SERVER_KW * 1000 * accelerators / _SERVER_ACCELERATORS / batch
        return pue * (accelerators * accelerator_wh + server_wh)

    return EnergyRange(one(128, 8), one(64, 16), one(16, 16))


def energy_per_prompt_token(active_parameters_b: float, pue: float = DEFAULT_PUE) -> EnergyRange:
    """Model the energy of reading one prompt token, at the wall: two operations for each active parameter.

    Parameters as of `energy_per_token`. A token that comes from a prefix cache is not read.

    Examples
    --------
    8 thousand million parameters: 16e9 / (0.5 x 312e12) s, x 550 W / 3600, x 1.2.

    >>> round(energy_per_prompt_token(8).value_wh * 1e6, 2)
    18.8
    """
    watts = _ACCELERATOR_W + _SERVER_KW * 1000 / _SERVER_ACCELERATORS
    best, taken, worst = (pue * _reading_s(active_parameters_b, share) * watts / 3600 for share in _READING_SHARES)
    return EnergyRange(best, taken, worst)


def embodied_per_token(active_parameters_b: float, total_parameters_b: float) -> tuple[float, float]:
    """Return grams of CO2 equivalent from making the machines, for one prompt token and for one output token.

    By EcoLogits: what was emitted in making them, times the time taken of the years that they last.

    Examples
    --------
    An accelerator with its eighth of a server took 518 kg, 3.28 mg for each second of five years. Writing a token takes
    0.0449 s shared by 64 requests, reading one 1.03e-4 s:

    >>> [round(grams * 1e6, 2) for grams in embodied_per_token(8, 8)]
    [0.34, 2.3]
    """
    grams_per_s = 1000 * (_SERVER_KG / _SERVER_ACCELERATORS + _ACCELERATOR_KG) / (_LIFE_YEARS * _YEAR_S)
    writing_s = _accelerators(total_parameters_b, 16) * _token_s(active_parameters_b, 64) / 64
    return grams_per_s * _reading_s(active_parameters_b, _READING_SHARES[1]), grams_per_s * writing_s


def _accelerators(total_parameters_b: float, bits: int) -> float:
    memory_gb = _OVERHEAD * total_parameters_b * bits / 8
    return float(2.0 ** ceil(log2(max(1, ceil(memory_gb / _MEMORY_GB)))))


def _token_s(active_parameters_b: float, batch: int) -> float:
    return _TIME_ALPHA * active_parameters_b + _TIME_BETA * batch + _TIME_GAMMA


def _reading_s(active_parameters_b: float, share: float) -> float:
    """Return the seconds of one accelerator, however many share the work."""
    return 2 * active_parameters_b * 1e9 / (_FLOPS * share)


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
