# SPDX-License-Identifier: Apache-2.0
"""The measured rows as the fit takes them: workloads, log throughput, groups, weights, and what was set aside.

Comes in: `data/measured_throughput.csv`. Goes out: `Measured`. Rows marked `saturated` wait longer than they generate
and are left out; nothing else is dropped, because an unseen set will hold the same oddities.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daulat.plan import RowError, Workload, parse_rows

DATA = Path(__file__).parent / "data" / "measured_throughput.csv"
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SWEEP_ROWS = 60  # of one pair's sweep are enough for the roofline: faster, and no less exact
PAIR_EXPONENT, REPEAT_EXPONENT = -0.6, -0.5  # between rows alike (0) and pairs alike (-1)


class Measured:
    """The measured rows: workloads, log throughput, groups and weights."""

    def __init__(self, path: Path = DATA) -> None:
        text = path.read_text(encoding="utf-8")
        rows = list(csv.DictReader(text.splitlines()))
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()
        self.workloads: list[Workload] = []
        target, pair = [], []
        for row, parsed in zip(rows, parse_rows(rows, file=path.name), strict=True):
            if isinstance(parsed, RowError):
                raise parsed
            if row["saturated"] != "1":
                self.workloads.append(parsed)
                target.append(math.log(float(row["output_tok_s_per_accelerator"])))
                pair.append(row["pair"])
        self.target, self.pair = np.array(target), np.array(pair)
        self.model = np.array([name.split("|")[0] for name in pair])
        self.accelerator = np.array([workload.accelerator for workload in self.workloads])
        self.everything: Flags = np.ones(len(target), dtype=bool)

    def chosen(self, rows: Flags) -> list[Workload]:
        """Return the workloads of the chosen rows."""
        return [self.workloads[i] for i in np.flatnonzero(rows)]

    def weights(self, chosen: Flags) -> Floats:
        """Weight rows so that neither the long sweeps nor the repeated submissions of one pair rule the fit."""
        rows = np.flatnonzero(chosen)
        setting = [(self.pair[i], repr(replace(self.workloads[i], row_id="", output_tokens=0))) for i in rows]
        repeats, size = Counter(setting), Counter(self.pair[rows])
        weight = np.array(
            [
                size[self.pair[i]] ** PAIR_EXPONENT * repeats[key] ** REPEAT_EXPONENT
                for i, key in zip(rows, setting, strict=True)
            ]
        )
        return np.asarray(weight / weight.mean())

    def thinned(self, chosen: Flags, sweep_rows: int = SWEEP_ROWS, *, all_kinds: bool = False) -> Flags:
        """Keep one of each repeat, and about `sweep_rows` of the sweep of one pair (of all its rows: `all_kinds`)."""
        seen: set[tuple[str, str, int]] = set()
        size, draw = Counter(self.pair[chosen]), np.random.default_rng(0).random(len(chosen))
        keep = np.zeros(len(chosen), dtype=bool)
        for i in np.flatnonzero(chosen):
            workload = replace(self.workloads[i], row_id="", output_tokens=round(self.workloads[i].output_tokens, -1))
            key = (self.pair[i], repr(workload), round(self.target[i] / 0.06))
            sweep = all_kinds or workload.concurrency is not None
            keep[i] = key not in seen and (not sweep or draw[i] * size[self.pair[i]] < sweep_rows)
            seen.add(key)
        return keep
