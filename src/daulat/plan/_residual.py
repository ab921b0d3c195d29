# SPDX-License-Identifier: Apache-2.0
"""What the roofline leaves unexplained, learned from measured rows that look alike: a small kernel regression.

Comes in: `Columns` (see `_columns.py`) and a `Support`, the measured rows that the fit kept, as features with a weight
each. Goes out: the correction of log throughput, and how near the nearest measured row is. The features are dimensions
of model and accelerator, lengths and parallel sizes, on logarithmic scales; no name is among them.

Far from all measured rows the correction is nil and the roofline stands alone. Rasmussen and Williams, *Gaussian
Processes for Machine Learning*, 2006, chapter 2; derivation and account: docs/concepts/throughput.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daulat.plan._columns import FAMILIES, Columns, Floats

# A feature's scale: two rows this far apart (natural logarithm, or a flag) are alike by exp(-1/2).
MODEL_SCALES = {
    "active": 3.0,
    "parameters": 3.0,
    "latent": 2.0,
    "cache": 3.0,
    "routed": 1.0,
    "hidden": 2.0,
    "expert_size": 3.0,
}
CHIP_SCALES = {"flops": 2.0, "bandwidth": 2.0, "memory": 1.4, "link": 2.0, **{f"is_{name}": 1.3 for name in FAMILIES}}
WORK_SCALES = {
    "prompt": 3.0,
    "output": 3.0,
    "concurrency": 3.0,
    "closed": 1.0,
    "server": 2.0,
    "interactive": 1.0,
    "tensor": 2.0,
    "data": 2.0,
    "weight_bytes": 1.4,
    "stated_split": 2.0,
}
SCALES = {**MODEL_SCALES, **CHIP_SCALES, **WORK_SCALES}
LIMIT = 0.5  # no correction beyond this, in natural logarithms


@dataclass(frozen=True)
class Support:
    """Measured rows: `features` float64[n_rows, n_features], scaled; `weights` float64[n_rows]."""

    features: Floats
    weights: Floats


def features(q: Columns, owners: NDArray[np.int64]) -> Floats:
    """Return float64[n_workloads, n_features], each divided by its scale, in the order of `SCALES`."""
    _, first = np.unique(owners, return_index=True)
    c = {name: column[first, 0] for name, column in q.items()}
    routed, stated = c["experts"] > 0, c["stated_split"] > 0
    closed = ~np.isnan(c["concurrency"])
    requests = np.where(closed, np.maximum(c["concurrency"], 1), c["accelerators"]) / c["accelerators"]
    values = {
        "active": np.log(c["dense_active"] + c["expert_layers"] * c["experts_a_token"] * c["expert_size"]),
        "parameters": np.log(c["parameters"]),
        "latent": c["latent"] * 2,
        "cache": np.log(c["kv_elements"] * c["layers"]),
        "routed": routed * 1.0,
        "hidden": np.log(c["hidden"]),
        "expert_size": np.where(routed, np.log(np.maximum(c["expert_size"], 1e6)), 0.0),
        "flops": np.log(c["flops"]),
        "bandwidth": np.log(c["bandwidth"]),
        "memory": np.log(c["memory_bytes"]),
        "link": np.log(c["link"]),
        **{f"is_{name}": c[f"is_{name}"] for name in FAMILIES},
        "prompt": np.log(c["prompt_tokens"]),
        "output": np.log(c["output_tokens"]),
        "concurrency": np.log(requests),
        "closed": closed * 1.0,
        "server": c["server"],
        "interactive": c["interactive"],
        "tensor": np.where(stated, np.log(c["tensor"]), 0.0),
        "data": np.where(stated, np.log(c["data"]), 0.0),
        "weight_bytes": np.log(c["weight_bytes"]),
        "stated_split": c["stated_split"],
    }
    return np.stack([values[name] / scale for name, scale in SCALES.items()], axis=1)


def likeness(one: Floats, other: Floats) -> Floats:
    """Return float64[n_one, n_other] in [0, 1]: 1 for equal features; half of it asks for a like accelerator too."""
    work = _bell(one, other, WORK_SCALES)
    return np.asarray(work * _bell(one, other, MODEL_SCALES) * (0.5 + 0.5 * _bell(one, other, CHIP_SCALES)))


def work_likeness(one: Floats, other: Floats) -> Floats:
    """Return float64[n_one, n_other] in [0, 1]: of lengths, concurrency, split and precision alone."""
    return _bell(one, other, WORK_SCALES)


def correction(found: Floats, support: Support) -> tuple[Floats, Floats]:
    """Return what to add to log throughput, and the likeness to the nearest measured row, float64[n_workloads] each."""
    alike = likeness(found, support.features)
    nearest = alike.max(axis=1) if alike.shape[1] else np.zeros(len(found))
    return np.clip(alike @ support.weights, -LIMIT, LIMIT), nearest


def _bell(one: Floats, other: Floats, names: Mapping[str, float]) -> Floats:
    columns = [index for index, name in enumerate(SCALES) if name in names]
    a, b = one[:, columns], other[:, columns]
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    return np.asarray(np.exp(-0.5 * np.maximum(squared, 0.0)))
