# SPDX-License-Identifier: Apache-2.0
"""Fit the throughput model on public measurements, account for its error on unseen groups, and write the file.

Comes in: `data/measured_throughput.csv`. Goes out: `src/daulat/plan/data/throughput_fit.json` with `--write`, and a
table of errors. Needs scipy (requirements/dev.txt), which the product does not:

    .venv/bin/python benchmarks/plan/fit_throughput.py --write

The error is that of (model, accelerator) pairs left out, in several partitions of the pairs, and of whole models and
whole accelerators left out. The interval is set from the errors of pairs left out, never from the fit's own.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from account import LeftOut, account, coverage, fit, interval, leave_out
from first_token import first_token
from fit_file import write_fit
from measured import Measured

from daulat.plan._residual import SCALES

FOLDS, PARTITIONS = 8, (31, 32, 33)


def summary(data: Measured, answers: list[LeftOut]) -> dict[str, Any]:
    """Return mean and standard deviation over the partitions of each figure of the account."""
    each = [account(data, answer) for answer in answers]
    found: dict[str, Any] = {}
    for name in each[0]:
        values = [one[name] for one in each]
        found[name] = round(float(np.mean(values)), 4)
        if len(values) > 1:
            found[f"{name}_spread"] = round(float(np.std(values)), 4)
    return found


def main() -> None:
    """Fit, account, and write."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true", help="write throughput_fit.json")
    options.add_argument("--partitions", type=int, nargs="*", default=list(PARTITIONS))
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    data, started = Measured(), time.monotonic()
    answers = [leave_out(data, data.pair, FOLDS, seed, given.workers) for seed in given.partitions]
    errors = {"pair": summary(data, answers)}
    for by in ("model", "accelerator"):
        groups = getattr(data, by)
        errors[by] = summary(data, [leave_out(data, groups, len(np.unique(groups)), 1, given.workers)])
    for by, figures in errors.items():
        print(f"left out by {by}: {figures}")
    held = [coverage(data, answer) for answer in answers]
    print(f"80 % interval holds (mean, spread of draws, by partition): {held}; {time.monotonic() - started:.0f} s")
    if given.write:
        fitted = fit(data, data.everything)
        longest = {name: max(getattr(one, f"{name}_tokens") for one in data.workloads) for name in ("prompt", "output")}
        result = {
            "about": "Fitted by benchmarks/plan/fit_throughput.py; docs/concepts/throughput.md explains every name.",
            "data_sha256": data.sha256,
            "rows": len(data.target),
            "pairs": len(np.unique(data.pair)),
            "measured": {
                name: sorted({getattr(one, name) for one in data.workloads}) for name in ("model", "accelerator")
            },
            "settings": {"folds": FOLDS, "partitions": given.partitions},
            "error_left_out_by": errors,
            "coverage_of_80_percent_interval": round(float(np.mean([mean for mean, _ in held])), 4),
            "interval": interval(data, answers),
            "longest_tokens": longest,
            "coefficients": [{name: round(value, 5) for name, value in fitted.coefficients.items()}],
        }
        support = {
            "names": list(SCALES),
            "features": fitted.support.features.tolist(),
            "weights": fitted.support.weights.tolist(),
        }
        result["first_token"] = first_token(data, result | {"support": support})
        write_fit(result | {"support": support})


if __name__ == "__main__":
    main()
