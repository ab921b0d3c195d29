# SPDX-License-Identifier: Apache-2.0
"""Fit the roofline's coefficients: a smoothed absolute error of log throughput, a Gaussian prior on each coefficient.

Comes in: `Measured` and the rows to learn from. Goes out: coefficients by name. Needs scipy, which the product does
not. It never sees a row that was not chosen.
"""

from __future__ import annotations

import math

import numpy as np
from measured import Flags, Floats, Measured
from scipy.optimize import least_squares

from daulat.plan._columns import FAMILIES, FRAMEWORKS, HARNESSES, lay_out
from daulat.plan._roofline import log_throughput

SCALE = 0.15  # log error at which the loss turns from squared to absolute
STRENGTH, EVALUATIONS = 5.0, 8
PRIORS: dict[str, tuple[float, float]] = {  # mean, standard deviation; logarithms of what the name says
    "memory_efficiency": (math.log(0.75), 0.15),
    "compute_efficiency": (math.log(0.55), 0.3),
    "expert_compute": (math.log(0.7), 0.4),
    "narrow_width": (math.log(250), 1.0),
    "layer_s": (math.log(12e-6), 0.6),
    "expert_layer_s": (math.log(12e-6), 0.6),
    "expert_layer_exponent": (0.5, 0.4),
    "latent_layer_s": (math.log(8e-6), 0.7),
    "allreduce_s": (math.log(7e-6), 0.6),
    "allreduce_rank_s": (math.log(1.2e-6), 0.7),
    "alltoall_s": (math.log(15e-6), 0.7),
    "link_efficiency": (math.log(0.5), 0.5),
    "pcie_latency": (math.log(3), 0.6),
    "step_s": (math.log(1.5e-3), 0.8),
    "sequence_s": (math.log(5e-6), 1.0),
    "sequence_served_s": (math.log(8e-6), 1.0),
    "sequence_table_s": (math.log(4e-6), 1.0),
    "attention_compute": (math.log(0.4), 0.5),
    "kv_bandwidth": (math.log(0.7), 0.4),
    "expert_imbalance": (math.log(1.3), 0.3),
    "four_bit_compute": (math.log(0.75), 0.3),
    "weight_only_compute": (math.log(0.7), 0.3),
    "power_exponent": (0.5, 0.5),
    "kv_fill": (math.log(0.85), 0.15),
    "batch_ceiling": (math.log(2048), 0.7),
    "prefill_chunk_tokens": (math.log(8192), 0.5),
    "prompt_overhead_s": (math.log(8e-3), 0.8),
    "prefill_sglang": (0, 0.3),
    "prefill_vllm": (0, 0.3),
    "server_tpot_share": (math.log(0.6), 0.3),
    "interactive_tpot_share": (math.log(0.6), 0.3),
    "server_utilisation": (math.log(0.92), 0.1),
    "interactive_utilisation": (math.log(0.85), 0.15),
    "speculative_gain": (math.log(1.6), 0.3),
    "overhead_trend": (0, 0.3),
    "trend": (0, 0.2),
    "expert_trend": (0, 0.2),
    "latent_trend": (0, 0.5),
    "chip_age": (0, 0.15),
    "eight_bit_compute": (math.log(0.85), 0.3),
    "expert_bandwidth": (0, 0.4),
    "pcie_volume": (0, 0.6),
    "reserve_bytes": (math.log(1.5e9), 0.6),
    "drafting_gain": (0.5, 0.5),
    **{f"compute_{name}": (0, 0.25) for name in FAMILIES[1:]},
    **{f"memory_{name}": (0, 0.15) for name in FAMILIES[1:]},
    **{f"overhead_{name}": (0, 0.25) for name in FAMILIES[1:]},
    **{f"overhead_{name}": (0, 0.4) for name in FRAMEWORKS[1:]},
    **{f"harness_{name}": (0, 0.12) for name in HARNESSES[1:]},
}
MEAN = np.array([mean for mean, _ in PRIORS.values()])
DEVIATION = np.array([deviation for _, deviation in PRIORS.values()])


def named(values: Floats) -> dict[str, float]:
    """Give the coefficients their names."""
    return dict(zip(PRIORS, values.tolist(), strict=True))


def fit_roofline(data: Measured, chosen: Flags, *, strength: float = STRENGTH) -> Floats:
    """Return the coefficients that explain the chosen rows best."""
    chosen = data.thinned(chosen)
    workloads = data.chosen(chosen)
    columns, owners = lay_out(workloads)
    target, root = data.target[chosen], np.sqrt(data.weights(chosen))

    def residuals(values: Floats) -> Floats:
        best = np.full(len(workloads), -np.inf)
        np.maximum.at(best, owners, log_throughput(named(values), columns, batch_sizes=6))
        error = (best - target) / SCALE
        smooth = np.sign(error) * np.sqrt(2 * (np.sqrt(1 + error * error) - 1))
        return np.concatenate([smooth * root, (values - MEAN) / DEVIATION * strength])

    found = least_squares(residuals, MEAN, method="trf", max_nfev=EVALUATIONS, x_scale=DEVIATION, diff_step=1e-3)
    return np.asarray(found.x)
