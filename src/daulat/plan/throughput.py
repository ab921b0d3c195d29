# SPDX-License-Identifier: Apache-2.0
"""Throughput: output tokens a second and accelerator of a model on a system, with an interval.

Comes in: a `Workload` (model, accelerators, precision, tokens, concurrency or latency limit). Goes out: a `Prediction`,
or a `DoesNotFitError` with the arithmetic. A calibrated roofline: physics with a few dozen coefficients, fitted once on
public measurements, and what measured rows alike have left of it; it knows no model by name.

It reads no measured result of the rows that it is asked about. Derivation and accuracy: docs/concepts/throughput.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daulat.plan._columns import FAMILIES, Columns, Floats, lay_out, software_date
from daulat.plan._residual import SCALES, Support, correction, features
from daulat.plan._roofline import Coefficients, log_throughput
from daulat.plan._rows import Workload
from daulat.plan._tables import accelerators, throughput_fit


@dataclass(frozen=True)
class Prediction:
    """What one workload is expected to reach, in output tokens a second and accelerator.

    `p10` and `p90` bound the 80 % interval; `notes` say what was assumed and where the prediction leaves its data.
    """

    row_id: str
    predicted_output_tok_s_per_accelerator: float
    p10: float
    p90: float
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for `--json`."""
        return {
            "row_id": self.row_id,
            "predicted_output_tok_s_per_accelerator": self.predicted_output_tok_s_per_accelerator,
            "p10": self.p10,
            "p90": self.p90,
            "notes": list(self.notes),
        }


def predict(workloads: Sequence[Workload], fit: Mapping[str, Any] | None = None) -> list[Prediction]:
    """Predict the throughput of workloads.

    Parameters
    ----------
    workloads : Sequence[Workload]
        At least none; the answer has their order.
    fit : Mapping, optional
        Coefficients and interval; the fitted file of the package by default.

    Raises
    ------
    DoesNotFitError
        If a model's weights are larger than the memory they may be spread over.

    Examples
    --------
    >>> from datetime import date
    >>> work = Workload("a", "llama-3.1-8b", "h100-sxm", 1, "fp8", "offline", "", "mlperf-v5.1", "vllm", 870.0, 128.0,
    ...                 None, None, date(2025, 8, 15))
    >>> [answer] = predict([work])
    >>> answer.p10 < answer.predicted_output_tok_s_per_accelerator < answer.p90
    True
    """
    if not workloads:
        return []
    fit = throughput_fit() if fit is None else fit
    columns, owners = lay_out(workloads)
    rates, nearness = log_rates(columns, owners, fit["coefficients"], _support(fit))
    return [_with_interval(*one, fit) for one in zip(workloads, rates.tolist(), nearness.tolist(), strict=True)]


def log_rates(
    columns: Columns, owners: NDArray[np.int64], members: Sequence[Coefficients], support: Support
) -> tuple[Floats, Floats]:
    """Return natural log of output tokens a second and accelerator, and the likeness to the nearest measured row.

    Of the lines that one workload owns the fastest counts: whoever runs a system chooses the best split. Both are
    float64[n_workloads]; the likeness is 1 for a row like a measured one and 0 far from all of them.
    """
    lines = np.mean([log_throughput(member, columns) for member in members], axis=0)
    best = np.full(int(owners.max()) + 1, -np.inf)
    np.maximum.at(best, owners, lines)
    if not len(support.weights):
        return best, np.zeros(len(best))
    added, nearness = correction(features(columns, owners), support)
    return best + added, nearness


def residual_of(columns: Columns, fit: Mapping[str, Any]) -> tuple[Floats, Floats]:
    """Return the correction and the likeness of lines that each stand for themselves, float64[n_lines] each."""
    return correction(features(columns, np.arange(len(columns["layers"]))), _support(fit))


def _support(fit: Mapping[str, Any]) -> Support:
    rows = fit.get("support", {"features": [], "weights": []})
    return Support(np.array(rows["features"], dtype=float).reshape(-1, len(SCALES)), np.array(rows["weights"]))


def interval_group(workload: Workload) -> str:
    """Return which of the interval's groups a workload is judged by."""
    if workload.scenario == "closed-loop concurrency":
        return "closed-loop"
    return "unlimited" if workload.scenario == "offline" else "latency-bounded"


def _with_interval(workload: Workload, log_rate: float, nearness: float, fit: Mapping[str, Any]) -> Prediction:
    width = 1 + fit["interval"].get("growth", 0.0) * (1 - nearness)
    low, high = (width * bound for bound in fit["interval"][interval_group(workload)])
    notes = [*workload.notes]
    family = accelerators()[workload.accelerator]["family"]
    widen = 1.0
    if family not in FAMILIES:
        widen = 2.0
        notes.append(f"no measured row of {workload.accelerator} or its kind: interval doubled")
    if software_date(workload) != workload.measured_on:
        notes.append(f"software as of {software_date(workload)}: no row of {workload.measured_on} was measured")
    longest = fit["longest_tokens"]
    if workload.prompt_tokens > longest["prompt"] or workload.output_tokens > longest["output"]:
        widen = max(widen, 1.5)
        notes.append(f"longer than any measured row ({longest['prompt']:,.0f} in, {longest['output']:,.0f} out)")
    return Prediction(
        row_id=workload.row_id,
        predicted_output_tok_s_per_accelerator=float(np.exp(log_rate)),
        p10=float(np.exp(log_rate + widen * low)),
        p90=float(np.exp(log_rate + widen * high)),
        notes=tuple(notes),
    )
