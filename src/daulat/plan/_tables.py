# SPDX-License-Identifier: Apache-2.0
"""The planner's own tables: accelerators, models, limits of the public benchmarks, fitted coefficients.

Comes in: the CSV and JSON files of `data/`, each row with its source. Goes out: the same as plain dictionaries, read
once. It never guesses a figure: an empty cell is returned as None, and who uses it says what was assumed.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np

Record = MappingProxyType[str, str]


def _read(name: str, key: str) -> MappingProxyType[str, Record]:
    text = files("daulat.plan").joinpath("data", name).read_text(encoding="utf-8")
    return MappingProxyType({row[key]: MappingProxyType(row) for row in csv.DictReader(text.splitlines())})


@cache
def accelerators() -> MappingProxyType[str, Record]:
    """Return the accelerators by id.

    Examples
    --------
    >>> accelerators()["h100-sxm"]["memory_gb"]
    '80'
    """
    return _read("accelerators.csv", "accelerator_id")


@cache
def models() -> MappingProxyType[str, Record]:
    """Return the open-weight models by id.

    Examples
    --------
    >>> models()["llama-3.1-8b"]["layers"]
    '32'
    """
    return _read("models.csv", "model_id")


@cache
def serving_limits() -> MappingProxyType[str, Record]:
    """Return the latency limits of the public benchmarks by the beginning of their names."""
    return _read("serving_limits.csv", "benchmark")


@cache
def serving_factors() -> MappingProxyType[str, Record]:
    """Return what speculative decoding, prefix caching and disaggregated prefill change, with range and source."""
    return _read("serving_factors.csv", "factor")


@cache
def throughput_fit() -> MappingProxyType[str, Any]:
    """Return the fitted coefficients, the interval and the account of their error."""
    text = files("daulat.plan").joinpath("data", "throughput_fit.json").read_text(encoding="utf-8")
    fit = json.loads(text)
    rows = fit["support"]
    fit["support"] = rows | {name: np.array(rows[name], dtype=float) for name in ("features", "weights")}
    return MappingProxyType(fit)


def number(record: Record, column: str) -> float | None:
    """Read one cell as a number; None where it is empty.

    Examples
    --------
    >>> number(accelerators()["h100-sxm"], "power_limit_w")
    700.0
    >>> number(accelerators()["h100-sxm"], "fp4_tflops") is None
    True
    """
    cell = record[column]
    return float(cell) if cell else None
