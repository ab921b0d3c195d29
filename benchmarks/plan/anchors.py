# SPDX-License-Identifier: Apache-2.0
"""Compute again the figures of the planner's inputs that are derived from public tables which are not shipped.

    .venv/bin/python benchmarks/plan/anchors.py --traces AzureLLMInferenceTrace_conv.csv AzureLLMInferenceTrace_code.csv
    .venv/bin/python benchmarks/plan/anchors.py --clusters gpu_clusters.csv

Comes in: Azure's traces of 2023 (github.com/Azure/AzurePublicDataset, CC BY 4.0: TIMESTAMP, ContextTokens,
GeneratedTokens) and Epoch AI's GPU Clusters (epoch.ai/data, CC BY 4.0: chip, chip_quantity, hardware_cost_usd,
reported_cost_usd). Goes out: JSON, one line a figure: the spread of requests beyond chance, the lengths, the cost of
hardware a chip.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles

import numpy as np

WINDOWS_S = (1, 10, 60)


def trace(path: Path) -> Iterator[dict[str, object]]:
    """Yield lengths and spread of one trace."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    moments = np.array([datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in rows])
    for column in ("ContextTokens", "GeneratedTokens"):
        tokens = np.array([float(row[column]) for row in rows])
        yield {
            "trace": path.name,
            "what": column,
            "mean": round(float(tokens.mean()), 1),
            "p50": float(np.percentile(tokens, 50)),
            "p90": float(np.percentile(tokens, 90)),
            "p99": float(np.percentile(tokens, 99)),
            "spread": round(float(tokens.std() / tokens.mean()), 2),
        }
    for window in WINDOWS_S:
        counts = np.bincount(((moments - moments.min()) // window).astype(int))[1:-1]
        mean = counts.mean()
        # Poisson counts have a variance equal to their mean; what is more is the rate's own.
        beyond = np.sqrt(max(counts.var(ddof=1) - mean, 0)) / mean
        yield {
            "trace": path.name,
            "what": f"requests in {window} s",
            "mean": round(float(mean), 2),
            "spread_beyond_chance": round(float(beyond), 2),
            "greatest_over_mean": round(float(counts.max() / mean), 2),
        }


def clusters(path: Path) -> Iterator[dict[str, object]]:
    """Yield the cost of hardware a chip, estimated and reported, for chips with three clusters or more."""
    costs: dict[tuple[str, str], list[float]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            for column in ("hardware_cost_usd", "reported_cost_usd"):
                if row["chip"] and row["chip_quantity"] and row[column]:
                    costs[row["chip"], column].append(float(row[column]) / float(row["chip_quantity"]))
    for (chip, column), values in sorted(costs.items()):
        if len(values) > 2:
            low, _, high = quantiles(values, n=4, method="inclusive")
            yield {
                "chip": chip,
                "what": column,
                "clusters": len(values),
                "median_usd": round(median(values)),
                "quartiles_usd": [round(low), round(high)],
            }


def main() -> None:
    """Print the figures of the tables that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=Path, nargs="*", default=[])
    parser.add_argument("--clusters", type=Path)
    given = parser.parse_args()
    found = [row for path in given.traces for row in trace(path)]
    found += clusters(given.clusters) if given.clusters else []
    for row in found:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
