# SPDX-License-Identifier: Apache-2.0
"""How well throughput is predicted for pairs that no fit has seen: by row, pair, accelerator and kind of workload.

Comes in: `data/measured_throughput.csv`; one partition of the pairs is fitted again and again with a part left out.
Goes out: tables on stdout. Needs scipy (requirements/dev.txt); two cores take one to two minutes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from account import LeftOut, account, coverage, inside, leave_out
from measured import Floats, Measured

from daulat.plan import predict
from daulat.plan._tables import throughput_fit

FOLDS, PARTITION = 8, 31  # the first of the partitions that the shipped interval was set on


def by_group(data: Measured, error: Floats, held: Floats, names: np.ndarray, title: str) -> None:
    """Print rows, pairs, median and 90th percentile of the error, and the share inside the interval, by group."""
    print(f"\n{title:<34} rows pairs  median    p90  inside")
    for name in np.unique(names):
        rows = names == name
        figures = (np.median(error[rows]), np.quantile(error[rows], 0.9), held[rows].mean())
        pairs = len(np.unique(data.pair[rows]))
        print(f"{name:<34} {rows.sum():4d} {pairs:5d} " + " ".join(f"{100 * figure:5.1f} %" for figure in figures))


def kinds(data: Measured) -> np.ndarray:
    """Return harness and scenario of each row."""
    return np.array([f"{one.harness} {one.scenario}" for one in data.workloads])


def report(data: Measured, answer: LeftOut) -> None:
    """Print every account of one partition."""
    error = np.abs(np.expm1(answer.log_rate - data.target))
    held = inside(data, answer, throughput_fit()["interval"]).astype(float)
    print("pairs left out:", account(data, answer))
    print(
        "80 % interval, set on half of the pairs, holds on the others (mean, spread of 20 draws):",
        coverage(data, answer),
    )
    by_group(data, error, held, kinds(data), "harness and scenario")
    by_group(data, error, held, data.accelerator, "accelerator")
    by_group(data, error, held, data.model, "model")


def main() -> None:
    """Fit with pairs left out, print the accounts, and time the shipped fit."""
    data, started = Measured(), time.perf_counter()
    answer = leave_out(data, data.pair, FOLDS, PARTITION)
    print(f"{len(data.target)} rows, {len(np.unique(data.pair))} pairs, {FOLDS} folds, partition {PARTITION}; ", end="")
    print(f"{time.perf_counter() - started:.0f} s")
    report(data, answer)
    print("\nof the shipped file, three partitions:")
    for by, figures in throughput_fit()["error_left_out_by"].items():
        print(f"  {by} left out: {figures}")
    predict(data.workloads[:1])
    started = time.perf_counter()
    predict(data.workloads)
    print(f"\nspeed: {len(data.target) / (time.perf_counter() - started):,.0f} rows a second, one process")


if __name__ == "__main__":
    main()
