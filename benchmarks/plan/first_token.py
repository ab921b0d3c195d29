# SPDX-License-Identifier: Apache-2.0
"""Fit how long the first token takes without a queue: overhead, times of reading the prompt, steps.

Comes in: closed-loop rows with no more than four requests a replica, whose time to the first token was measured, and
the times of the shipped roofline. Goes out: `first_token` of throughput_fit.json, with its error on pairs left out.
Rows with more requests are left out: their prompts arrive in bursts, all at once at the start, and wait for each other.

    .venv/bin/python benchmarks/plan/first_token.py --write
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from fit_file import read_fit, write_fit
from measured import DATA, Flags, Floats, Measured
from scipy.optimize import least_squares

from daulat.plan._columns import lay_out
from daulat.plan._roofline import serving_times
from daulat.plan.throughput import residual_of

MOST_REQUESTS = 4.0
SCALE = 0.3  # log error at which the loss turns from squared to absolute
PRIOR = np.log([0.03, 1.0, 1.0])  # overhead of 30 ms, the prompt once, one step
STRENGTH = 0.1


def first_token(data: Measured, fit: Mapping[str, Any]) -> dict[str, float]:
    """Return overhead in seconds, prompt factor, steps, and the error of pairs left out one by one."""
    rows = [row for row in csv.DictReader(DATA.read_text(encoding="utf-8").splitlines()) if row["saturated"] != "1"]
    timed = np.array(
        [bool(row["ttft_ms"]) and one.concurrency is not None for row, one in zip(rows, data.workloads, strict=True)]
    )
    q, _ = lay_out(data.chosen(timed))
    batch = np.maximum(q["concurrency"] * q["tensor"] * q["pipeline"] * q["data"] / q["accelerators"], 1)
    few = batch[:, 0] <= MOST_REQUESTS
    added, _ = residual_of(q, fit)
    token_s, prompt_s = serving_times(fit["coefficients"][0], q, batch)
    slower = np.exp(-added)
    parts = np.stack([np.ones(len(batch)), (prompt_s * q["data"])[:, 0] * slower, token_s[:, 0] * slower], axis=1)[few]
    target = np.log([float(rows[i]["ttft_ms"]) / 1e3 for i in np.flatnonzero(timed)])[few]
    pair = data.pair[timed][few]
    error = np.concatenate(
        [
            target[pair == name] - np.log(parts[pair == name] @ _fit(parts, target, pair, pair != name))
            for name in np.unique(pair)
        ]
    )
    overhead, prompts, steps = _fit(parts, target, pair, np.ones(len(pair), dtype=bool))
    return {
        "overhead_s": round(float(overhead), 4),
        "prompt_factor": round(float(prompts), 2),
        "steps": round(float(steps), 2),
        "rows": len(pair),
        "pairs": len(np.unique(pair)),
        "median_ape_left_out_by_pair": round(float(np.median(np.abs(np.expm1(-error)))), 3),
        "p90_ape_left_out_by_pair": round(float(np.quantile(np.abs(np.expm1(-error)), 0.9)), 3),
        "log_p10_left_out_by_pair": round(float(np.quantile(error, 0.1)), 3),
        "log_p90_left_out_by_pair": round(float(np.quantile(error, 0.9)), 3),
    }


def _fit(parts: Floats, target: Floats, pair: np.ndarray, rows: Flags) -> Floats:
    size = Counter(pair[rows])
    root = np.array([size[name] ** -0.25 for name in pair[rows]])

    def residuals(values: Floats) -> Floats:
        error = (target[rows] - np.log(parts[rows] @ np.exp(values))) / SCALE
        smooth = np.sign(error) * np.sqrt(2 * (np.sqrt(1 + error * error) - 1))
        return np.concatenate([smooth * root, (values - PRIOR) * STRENGTH])

    return np.asarray(np.exp(least_squares(residuals, PRIOR).x))


def main() -> None:
    """Fit, print, and write with `--write`."""
    fit = read_fit()
    found = first_token(Measured(), fit)
    print(found)
    if "--write" in sys.argv[1:]:
        write_fit(fit | {"first_token": found})


if __name__ == "__main__":
    main()
