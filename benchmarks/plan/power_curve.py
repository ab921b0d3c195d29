# SPDX-License-Identifier: Apache-2.0
"""How power rises with work: measured curves in, the power of a serving and of a busy server out, with their errors.

Comes in: `data/power_curves.csv`, the power of accelerators that answered a fixed number of requests at a time, beside
the rate that they gave over the curve's own best rate; the power of a server beyond its accelerators, as the plan has
it. Goes out: `energy.serving_share` and `energy.busy_share` of assumptions.yaml, each the median, least and greatest of
the curves, and how far a curve that was left out is from what the others say of it. It writes nothing.

    .venv/bin/python benchmarks/plan/power_curve.py
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daulat.plan._tables import accelerators, number
from daulat.plan.inputs.load import default_rows

DATA = Path(__file__).parent / "data" / "power_curves.csv"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One model on one kind of accelerator.

    Attributes
    ----------
    name : str
    rate : float64[n]
        Over the best rate of the curve.
    share : float64[n]
        Power of the server over its power at the limit of its accelerators.
    """

    name: str
    rate: Floats
    share: Floats

    def line(self) -> tuple[float, float]:
        """Return the least squares line: power at no work, and at the best rate."""
        slope, start = np.polyfit(self.rate, self.share, 1)
        return float(start), float(start + slope)


def curves() -> list[Curve]:
    """Return the measured curves, as servers: what hosts draw beside the accelerators is added to both."""
    rows: dict[str, list[tuple[float, float]]] = {}
    host = float(default_rows()["energy"]["wall_watts_over_limit"]["value"])
    for row in csv.DictReader(DATA.read_text(encoding="utf-8").splitlines()):
        limit = number(accelerators()[row["accelerator"]], "power_limit_w") or 0.0
        share = (float(row["watts_per_accelerator"]) + host) / (limit + host)
        rows.setdefault(f"{row['model']} on {row['accelerator']}", []).append((float(row["share_of_best_rate"]), share))
    return [Curve(name, *np.array(points).T) for name, points in rows.items()]


def fitted(found: list[Curve]) -> dict[str, Any]:
    """Return least, median and greatest of both ends of the lines, rounded to hundredths."""
    ends = np.array([one.line() for one in found])
    spread = np.stack([ends.min(axis=0), np.median(ends, axis=0), ends.max(axis=0)]).round(2)
    return {"serving_share": spread[:, 0].tolist(), "busy_share": spread[:, 1].tolist()}


def errors(found: list[Curve]) -> dict[str, float]:
    """Return the errors of a curve left out, of each curve's own line, and of a line from idle to the limit."""
    idle = float(default_rows()["energy"]["idle_share"]["value"])
    left_out, straight = [], []
    for one in found:
        low, high = np.median([other.line() for other in found if other is not one], axis=0)
        left_out.append(np.abs((low + (high - low) * one.rate) / one.share - 1))
        straight.append(np.abs((idle + (1 - idle) * one.rate) / one.share - 1))
    inside = [np.abs(np.polyval(np.polyfit(one.rate, one.share, 1), one.rate) / one.share - 1) for one in found]
    return {
        "points": float(sum(len(one.rate) for one in found)),
        "own_line_median": float(np.median(np.concatenate(inside))),
        "left_out_median": float(np.median(np.concatenate(left_out))),
        "left_out_greatest": float(np.concatenate(left_out).max()),
        "idle_to_limit_median": float(np.median(np.concatenate(straight))),
    }


def main() -> None:
    """Print the ends of each curve, the fit and its errors."""
    found = curves()
    print("| curve | points | serving | busy |\n| --- | --- | --- | --- |")
    for one in found:
        low, high = one.line()
        print(f"| {one.name} | {len(one.rate)} | {low:.2f} | {high:.2f} |")
    print(fitted(found))
    print({name: round(value, 3) for name, value in errors(found).items()})


if __name__ == "__main__":
    main()
