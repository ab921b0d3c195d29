# SPDX-License-Identifier: Apache-2.0
"""Compare the planner's power and cost of hardware and sites with clusters and campuses that were built or announced.

    .venv/bin/python benchmarks/plan/built_sites.py

Comes in: data/built_clusters.csv and data/built_campuses.csv (Epoch AI, CC BY 4.0; data/README.md says how they were
cut from its tables). Goes out: the tables of docs/concepts/plan-checks.md. Independent of the plan's inputs: the power
of clusters, and the announcement. Not independent: the campuses' cost a megawatt, from which the default cost of
buildings is taken, and the contracts of clusters, which set the width of the prices; they check arithmetic and spread.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from daulat.nation import bootstrap, nation_of
from daulat.plan._tables import accelerators
from daulat.plan.chain import Case, read_case
from daulat.plan.energy import site_kw_per_accelerator
from daulat.plan.figures import Floats
from daulat.plan.inputs import Values, draw
from daulat.plan.money.prices import table

DATA = Path(__file__).parent / "data"
COUNTRY = "US"  # where most of them stand; its temperate climate sets the PUE
DRAWS = 4000
ANNOUNCED_USD_PER_MW = (
    500e9 / 10_000
)  # openai.com/index/announcing-the-stargate-project, 2025-01-21: 500 billion, 10 GW


@dataclass(frozen=True)
class Compared:
    """One published figure and the planner's, with its 80 % interval."""

    name: str
    what: str
    published: float
    p10: float
    p50: float
    p90: float

    @property
    def error_percent(self) -> float:
        """Predicted over published, less one."""
        return (self.p50 / self.published - 1) * 100

    @property
    def is_inside(self) -> bool:
        """Whether the published figure lies in the interval."""
        return self.p10 <= self.published <= self.p90


def case_of(accelerator: str) -> Case:
    """Return a case of the defaults with one accelerator."""
    nation = nation_of(bootstrap(COUNTRY))
    return read_case(nation, changes=[f"accelerator={accelerator}", "energy.annual_temperature_c=13"])


def compared(name: str, what: str, published: float, draws: Floats) -> Compared:
    """Return a comparison with the percentiles of the draws."""
    low, middle, high = (float(one) for one in np.percentile(draws, (10, 50, 90)))
    return Compared(name, what, published, low, middle, high)


def cost_per_mw(v: Values, kw: Floats, *, whole: bool) -> Floats:
    """Return the first build's capital for a megawatt of the site, million USD, float64[draws].

    `whole` adds what the published figures of campuses leave out: storage, duties, land, grid connection, contingency.
    """
    hardware, site = v("money.hardware_usd_per_accelerator"), v("money.facility_usd_per_mw")
    extra = 1.0
    if whole:
        hardware = hardware * (1 + v("money.storage_share")) * (1 + v("money.duty_share"))
        site = site + v("money.land_usd_per_mw") + v("money.grid_connection_usd_per_mw")
        extra = 1 + v("money.contingency_share")
    return np.broadcast_to((hardware / kw * 1000 + site) * extra / 1e6, (v.n_draws, 1))[:, 0]


def clusters() -> Iterator[Compared]:
    """Compare clusters: kW of the site for each accelerator, and cost of the hardware."""
    priced = {row["accelerator"] for row in table("accelerator_prices.csv")}
    cache: dict[str, tuple[Values, Floats]] = {}
    with (DATA / "built_clusters.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            chip = row["accelerator"]
            if chip not in cache:
                v = draw(case_of(chip).assumptions, DRAWS, 1)
                kw = np.broadcast_to(site_kw_per_accelerator(accelerators()[chip], v), (DRAWS, 1))
                cache[chip] = v, kw
            v, kw = cache[chip]
            count, name = float(row["chip_quantity"]), f"{row['name']} ({chip})"
            if row["reported_power_mw"]:
                yield compared(name, "kW an accelerator", float(row["reported_power_mw"]) * 1000 / count, kw[:, 0])
            if row["reported_cost_usd"] and chip in priced:
                hardware = v("money.hardware_usd_per_accelerator") * (1 + v("money.storage_share"))
                yield compared(name, "USD an accelerator", float(row["reported_cost_usd"]) / count, hardware[:, 0])


def campuses() -> Iterator[Compared]:
    """Compare campuses: capital a megawatt of the first build, with GB200."""
    v = draw(case_of("gb200").assumptions, DRAWS, 1)
    kw = site_kw_per_accelerator(accelerators()["gb200"], v)
    like, whole = cost_per_mw(v, kw, whole=False), cost_per_mw(v, kw, whole=True)
    with (DATA / "built_campuses.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            published = float(row["total_capex_busd"]) * 1000 / float(row["power_mw"])
            yield compared(row["data_center"], "million USD a MW, hardware and buildings", published, like)
    name = "Stargate, announced: 500 billion USD for 10 GW"
    yield compared(name, "million USD a MW, everything", ANNOUNCED_USD_PER_MW / 1e6, whole)


def error_table(rows: list[Compared]) -> list[dict[str, object]]:
    """Return for each kind of figure: rows, median error, median absolute error, share within the 80 % interval."""
    found: list[dict[str, object]] = []
    for what in dict.fromkeys(row.what for row in rows):
        some = [row for row in rows if row.what == what]
        found.append(
            {
                "what": what,
                "rows": len(some),
                "median_error_percent": round(median(row.error_percent for row in some), 1),
                "median_absolute_error_percent": round(median(abs(row.error_percent) for row in some), 1),
                "within_80_percent_interval": round(sum(row.is_inside for row in some) / len(some), 2),
            }
        )
    return found


def by_accelerator(rows: list[Compared], what: str) -> list[dict[str, object]]:
    """Return the same for each accelerator."""
    found: list[dict[str, object]] = []
    for chip in sorted({row.name.rpartition("(")[2].rstrip(")") for row in rows if row.what == what}):
        some = [row for row in rows if row.what == what and row.name.endswith(f"({chip})")]
        found.append(
            {
                "accelerator": chip,
                "rows": len(some),
                "published_median": round(median(row.published for row in some), 3),
                "predicted": round(some[0].p50, 3),
                "p10": round(some[0].p10, 3),
                "p90": round(some[0].p90, 3),
                "median_absolute_error_percent": round(median(abs(row.error_percent) for row in some), 1),
            }
        )
    return found


def main() -> None:
    """Print the tables as JSON."""
    rows = [*clusters(), *campuses()]
    print(
        json.dumps(
            {
                "errors": error_table(rows),
                "power": by_accelerator(rows, "kW an accelerator"),
                "cost": by_accelerator(rows, "USD an accelerator"),
                "campuses": [
                    {
                        "name": row.name,
                        "published": round(row.published, 1),
                        "p10": round(row.p10, 1),
                        "p50": round(row.p50, 1),
                        "p90": round(row.p90, 1),
                    }
                    for row in rows
                    if row.what.startswith("million")
                ],
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
