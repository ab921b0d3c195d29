# SPDX-License-Identifier: Apache-2.0
"""Serving: how many output tokens a second one accelerator gives, for any length of prompt and answer.

Comes in: a model, hardware, precision and framework. Goes out: a `ServingCurve`, predicted once on a grid of lengths,
from which thousands of draws are read. The roofline behind it is `daulat.plan.throughput`; beyond the grid the nearest
edge holds, and `notes` say when that happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from daulat.plan._rows import Workload
from daulat.plan.errors import DoesNotFitError
from daulat.plan.figures import Floats
from daulat.plan.throughput import predict

PROMPTS = np.geomspace(32, 32_768, 8)
OUTPUTS = np.geomspace(16, 16_384, 8)
SERVER = 8  # accelerators of one server; the roofline splits them into replicas as is fastest
MEASURED_ON = date(2026, 10, 1)  # software as of this date
# Latency limits: first token within 3 s and 80 ms a token at the 99th percentile, as MLPerf's server scenario asks.
OBJECTIVE = "gpt-oss"


@dataclass(frozen=True)
class ServingCurve:
    """Natural log of output tokens a second and accelerator, over prompt and output lengths.

    Parameters
    ----------
    log_rate : float64[prompts, outputs]
        At `PROMPTS` and `OUTPUTS`.
    log_low, log_high : float
        The fit's 80 % interval around it.
    """

    model: str
    accelerator: str
    log_rate: Floats
    log_low: float
    log_high: float
    notes: tuple[str, ...]

    def rate(self, prompt_tokens: Floats, output_tokens: Floats, error: Floats) -> Floats:
        """Return output tokens a second and accelerator; all arguments broadcast.

        Parameters
        ----------
        prompt_tokens, output_tokens : float64
            Means a request; prompt tokens without those found in the cache.
        error : float64
            In units of the interval: -1 is its 10th percentile, 1 its 90th.
        """
        across = _position(PROMPTS, prompt_tokens)
        along = _position(OUTPUTS, output_tokens)
        i, j = np.floor(across).astype(int), np.floor(along).astype(int)
        i, j = np.minimum(i, len(PROMPTS) - 2), np.minimum(j, len(OUTPUTS) - 2)
        a, b, z = across - i, along - j, self.log_rate
        log_rate = (z[i, j] * (1 - a) + z[i + 1, j] * a) * (1 - b) + (z[i, j + 1] * (1 - a) + z[i + 1, j + 1] * a) * b
        return np.asarray(np.exp(log_rate + np.where(error < 0, -self.log_low, self.log_high) * error))


def _position(grid: Floats, values: Floats) -> Floats:
    steps = np.log(np.clip(values, grid[0], grid[-1]) / grid[0]) / np.log(grid[1] / grid[0])
    return np.asarray(np.minimum(steps, len(grid) - 1))


@cache
def serving_curve(model: str, accelerator: str, precision: str, framework: str) -> ServingCurve:
    """Return the curve of one deployment.

    Raises
    ------
    DoesNotFitError
        If the model's weights do not fit in one server.
    """
    workloads = [
        Workload(
            f"{i}",
            model,
            accelerator,
            SERVER,
            precision,
            "server",
            OBJECTIVE,
            "mlperf-v5.1",
            framework,
            float(prompt),
            float(output),
            None,
            None,
            MEASURED_ON,
        )
        for i, (prompt, output) in enumerate((p, o) for p in PROMPTS for o in OUTPUTS)
    ]
    try:
        answers = predict(workloads)
    except DoesNotFitError as error:
        raise DoesNotFitError(
            f"plan.model `{model}` does not fit {SERVER} x {accelerator}: {error.what.partition(': ')[2]}",
            why=error.why,
            fix="Choose a smaller model or precision, or accelerators with more memory.",
            code=error.code,
        ) from error
    rates = np.log([one.predicted_output_tok_s_per_accelerator for one in answers]).reshape(len(PROMPTS), len(OUTPUTS))
    centre = answers[0]
    low = float(np.log(centre.p10 / centre.predicted_output_tok_s_per_accelerator))
    high = float(np.log(centre.p90 / centre.predicted_output_tok_s_per_accelerator))
    return ServingCurve(model, accelerator, rates, low, high, centre.notes)
