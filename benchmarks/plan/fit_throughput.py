# SPDX-License-Identifier: Apache-2.0
"""Fit the coefficients of the throughput model on public measurements, and account for its error on unseen pairs.

Comes in: `data/measured_throughput.csv` (beside this file). Goes out: `src/daulat/plan/data/throughput_fit.json` with
`--write`, and a table of errors. Needs scipy, which the product does not:

    uv run --with scipy benchmarks/plan/fit_throughput.py --write

The fit is penalised least squares: a smoothed absolute error of log throughput, a Gaussian prior on each coefficient.
The error is measured by leaving out (model, accelerator) pairs, whole models and whole accelerators in turn.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from daulat.plan import RowError, Workload, parse_rows
from daulat.plan._columns import FAMILIES, FRAMEWORKS, HARNESSES, lay_out
from daulat.plan._roofline import log_throughput
from daulat.plan.throughput import interval_group

HERE = Path(__file__).parent
DATA = HERE / "data" / "measured_throughput.csv"
FIT = HERE.parents[1] / "src" / "daulat" / "plan" / "data" / "throughput_fit.json"
Floats = NDArray[np.float64]

SCALE = 0.15  # log error at which the loss turns from squared to absolute
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
    **{f"compute_{name}": (0, 0.25) for name in FAMILIES[1:]},
    **{f"memory_{name}": (0, 0.15) for name in FAMILIES[1:]},
    **{f"overhead_{name}": (0, 0.25) for name in FAMILIES[1:]},
    **{f"overhead_{name}": (0, 0.4) for name in FRAMEWORKS[1:]},
    **{f"harness_{name}": (0, 0.12) for name in HARNESSES[1:]},
}
MEAN = np.array([mean for mean, _ in PRIORS.values()])
DEVIATION = np.array([deviation for _, deviation in PRIORS.values()])


class Measured:
    """The measured rows: workloads, log throughput, groups and weights."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.workloads: list[Workload] = []
        target, pair = [], []
        for row, parsed in zip(rows, parse_rows(rows, file=DATA.name), strict=True):
            if isinstance(parsed, RowError):
                raise parsed
            if row["saturated"] != "1":
                self.workloads.append(parsed)
                target.append(math.log(float(row["output_tok_s_per_accelerator"])))
                pair.append(row["pair"])
        self.target, self.pair = np.array(target), np.array(pair)
        self.model = np.array([name.split("|")[0] for name in pair])
        self.accelerator = np.array([workload.accelerator for workload in self.workloads])

    def weights(self, chosen: NDArray[np.bool_]) -> Floats:
        """Weight rows so that neither the long sweeps nor the repeated submissions of one pair rule the fit."""
        rows = np.flatnonzero(chosen)
        setting = [(self.pair[i], repr(replace(self.workloads[i], row_id="", output_tokens=0))) for i in rows]
        repeats, size = Counter(setting), Counter(self.pair[rows])
        weight = np.array(
            [size[self.pair[i]] ** -0.5 * repeats[key] ** -0.5 for i, key in zip(rows, setting, strict=True)]
        )
        return np.asarray(weight / weight.mean())

    def thinned(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Keep one of each repeat, and at most about 60 rows of the sweep of one pair: faster, and no less exact."""
        seen: set[tuple[str, str, int]] = set()
        size, draw = Counter(self.pair[chosen]), np.random.default_rng(0).random(len(chosen))
        keep = np.zeros(len(chosen), dtype=bool)
        for i in np.flatnonzero(chosen):
            workload = replace(self.workloads[i], row_id="", output_tokens=round(self.workloads[i].output_tokens, -1))
            key = (self.pair[i], repr(workload), round(self.target[i] / 0.06))
            sweep = workload.concurrency is not None
            keep[i] = key not in seen and (not sweep or draw[i] * size[self.pair[i]] < 60)
            seen.add(key)
        return keep


def named(values: Floats) -> dict[str, float]:
    """Give the coefficients their names."""
    return dict(zip(PRIORS, values.tolist(), strict=True))


def fit(data: Measured, chosen: NDArray[np.bool_], *, strength: float, evaluations: int) -> Floats:
    """Return the coefficients that explain the chosen rows best."""
    chosen = data.thinned(chosen)
    workloads = [data.workloads[i] for i in np.flatnonzero(chosen)]
    columns, owners = lay_out(workloads)
    target, root = data.target[chosen], np.sqrt(data.weights(chosen))

    def residuals(values: Floats) -> Floats:
        best = np.full(len(workloads), -np.inf)
        np.maximum.at(best, owners, log_throughput(named(values), columns, batch_sizes=6))
        error = (best - target) / SCALE
        smooth = np.sign(error) * np.sqrt(2 * (np.sqrt(1 + error * error) - 1))
        return np.concatenate([smooth * root, (values - MEAN) / DEVIATION * strength])

    found = least_squares(residuals, MEAN, method="trf", max_nfev=evaluations, x_scale=DEVIATION, diff_step=1e-3)
    return np.asarray(found.x)


def predicted(data: Measured, chosen: NDArray[np.bool_], members: list[Floats]) -> Floats:
    """Return log throughput of the chosen rows, as the product computes it."""
    workloads = [data.workloads[i] for i in np.flatnonzero(chosen)]
    columns, owners = lay_out(workloads)
    best = np.full(len(workloads), -np.inf)
    np.maximum.at(best, owners, np.mean([log_throughput(named(values), columns) for values in members], axis=0))
    return best


def leave_out(data: Measured, groups: NDArray[np.str_], folds: int, *, strength: float, evaluations: int) -> Floats:
    """Predict every row by a fit that has not seen its group."""
    names = np.random.default_rng(1).permutation(np.unique(groups))
    answer = np.empty(len(groups))
    for fold in range(folds):
        test = np.isin(groups, names[fold::folds])
        if test.any():
            answer[test] = predicted(data, test, [fit(data, ~test, strength=strength, evaluations=evaluations)])
    return answer


def account(data: Measured, answer: Floats) -> dict[str, float]:
    """Sum up the absolute percentage error by row and by pair."""
    error = np.abs(np.expm1(answer - data.target))
    by_pair = np.array([np.median(error[data.pair == name]) for name in np.unique(data.pair)])
    figures = [np.median(error), np.quantile(error, 0.9), np.median(by_pair), np.quantile(by_pair, 0.9)]
    names = ["median_ape_rows", "p90_ape_rows", "median_ape_pairs", "p90_ape_pairs"]
    return {name: round(float(figure), 4) for name, figure in zip(names, figures, strict=True)}


def interval(data: Measured, answer: Floats, chosen: NDArray[np.bool_] | None = None) -> dict[str, list[float]]:
    """Return log quantiles 10 and 90 % of measured over predicted by kind of workload, pairs by the root of size."""
    ratio, groups = data.target - answer, np.array([interval_group(workload) for workload in data.workloads])
    size = Counter(data.pair)
    weight = np.array([size[name] ** -0.5 for name in data.pair])
    result = {}
    for name in sorted(set(groups)):
        rows = (groups == name) & (True if chosen is None else chosen)
        order = np.argsort(ratio[rows])
        share = (np.cumsum(weight[rows][order]) - weight[rows][order] / 2) / weight[rows].sum()
        result[name] = [round(float(np.interp(level, share, ratio[rows][order])), 4) for level in (0.1, 0.9)]
    return result


def coverage(data: Measured, answer: Floats) -> float:
    """Return the share of rows inside an interval that was set on other pairs (half of them, twenty draws)."""
    ratio, groups = data.target - answer, [interval_group(workload) for workload in data.workloads]
    names, shares = np.unique(data.pair), []
    for draw in range(20):
        half = np.isin(data.pair, np.random.default_rng(draw).permutation(names)[::2])
        known = interval(data, answer, half)
        bounds = np.array([known[group] for group in groups])
        shares.append(np.mean((ratio >= bounds[:, 0])[~half] & (ratio <= bounds[:, 1])[~half]))
    return round(float(np.mean(shares)), 4)


def main() -> None:
    """Fit, account, and write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help=f"write {FIT.name}")
    options.add_argument("--folds", type=int, default=12)
    options.add_argument("--strength", type=float, default=5.0)
    options.add_argument("--evaluations", type=int, default=6)
    options.add_argument("--by", nargs="*", default=["pair", "model", "accelerator"])
    given = options.parse_args()
    text = DATA.read_text(encoding="utf-8")
    data = Measured(list(csv.DictReader(text.splitlines())))
    settings = {"strength": given.strength, "evaluations": given.evaluations}
    accounts, pairs = {}, data.target
    for by in given.by:
        started, groups = time.monotonic(), getattr(data, by)
        folds = given.folds if by == "pair" else len(np.unique(groups))
        answer = leave_out(data, groups, folds, **settings)
        accounts[by] = account(data, answer)
        pairs = answer if by == "pair" else pairs
        print(f"left out by {by}: {accounts[by]} ({time.monotonic() - started:.0f} s)", flush=True)
    print("interval", interval(data, pairs), "coverage", coverage(data, pairs))
    if given.write:
        everything = np.ones(len(data.target), dtype=bool)
        result = {
            "about": "Fitted by benchmarks/plan/fit_throughput.py; docs/concepts/throughput.md explains every name.",
            "data_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "rows": len(data.target),
            "pairs": len(np.unique(data.pair)),
            "settings": settings | {"folds": given.folds},
            "error_left_out_by": accounts,
            "coverage_of_80_percent_interval": coverage(data, pairs),
            "interval": interval(data, pairs),
            "longest_tokens": {
                "prompt": max(workload.prompt_tokens for workload in data.workloads),
                "output": max(workload.output_tokens for workload in data.workloads),
            },
            "coefficients": [named(np.round(fit(data, everything, **settings), 5))],
        }
        FIT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {FIT}")


if __name__ == "__main__":
    main()
