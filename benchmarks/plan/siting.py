# SPDX-License-Identifier: Apache-2.0
"""How long siting takes: real places, made-up costs, processor seconds and the gap that was reached.

    python benchmarks/plan/siting.py --regions ../shared/data/geo_indonesia/regencies.csv

The file needs the columns name, province, latitude, longitude, population, timezone. Candidates are the first of
them; costs and power limits are drawn with a fixed seed. One JSON object a case.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np

from daulat.plan.siting import Candidates, Regions, Rules, Siting, plan_sites

CASES = (  # regions, sites, years, round trip in ms, gap
    (38, 20, 6, 40.0, 0.001),
    (514, 60, 10, 40.0, 0.01),
    (514, 60, 10, 25.0, 0.01),
    (514, 60, 10, 15.0, 0.01),
)
_GRID_DEGREES = 8.0


def read_places(path: Path, provinces: bool) -> list[dict[str, str]]:
    """Read places: the most populous of each province, then (unless `provinces`) all others, most populous first."""
    with path.open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: -float(row["population"]))
    capitals = list({row["province"]: row for row in reversed(rows)}.values())[::-1]
    return capitals if provinces else capitals + [row for row in rows if row not in capitals]


def make_siting(rows: list[dict[str, str]], n_sites: int, n_years: int, round_trip_ms: float) -> Siting:
    """Make a question: load after population, costs and limits drawn; grids are strips of longitude."""
    draw = np.random.default_rng(1)
    place = np.array([[float(row["latitude"]), float(row["longitude"])] for row in rows])
    people = np.array([float(row["population"]) for row in rows])
    shape = (n_sites, n_years)
    growth = np.linspace(20.0, 200.0, n_years)
    at = Candidates(
        names=tuple(row["name"] for row in rows[:n_sites]),
        position=place[:n_sites],
        grid=tuple(f"strip {int(longitude // _GRID_DEGREES)}" for longitude in place[:n_sites, 1]),
        jurisdictions=(frozenset(),) * n_sites,
        limit_mw=draw.uniform(5, 80, (n_sites, 1)) * np.linspace(0.6, 1.4, n_years),
        open_usd=np.broadcast_to(draw.uniform(8e6, 30e6, (n_sites, 1)), shape),
        build_usd_per_mw=draw.uniform(28e6, 36e6, (n_sites, 1)) * 0.95 ** np.arange(n_years),
        run_usd_per_mw_year=np.broadcast_to(draw.uniform(0.8e6, 1.6e6, (n_sites, 1)), shape),
    )
    rules = Rules(
        round_trip_ms=round_trip_ms,
        spare_share=0.6,
        smallest_mw=1.0,
        link_usd_per_mw_km_year=20.0,
        discount_rate=0.08,
    )
    names = tuple(row["name"] for row in rows)
    return Siting(Regions(names, place, people[:, None] / people.sum() * growth), at, rules, 2027)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--regions", type=Path, required=True)
    path = parser.parse_args().regions
    for n_regions, n_sites, n_years, limit, gap in CASES:
        rows = read_places(path, provinces=n_regions < 100)[:n_regions]
        siting = make_siting(rows, n_sites, n_years, limit)
        cpu, wall = time.process_time(), time.perf_counter()
        plan = plan_sites(siting, gap=gap, time_limit_s=300.0)
        print(
            json.dumps(
                {
                    "regions": len(rows),
                    "sites": n_sites,
                    "years": n_years,
                    "round_trip_ms": limit,
                    "gap": round(plan.gap, 5),
                    "opened": len(plan.opens),
                    "cpu_s": round(time.process_time() - cpu, 1),
                    "wall_s": round(time.perf_counter() - wall, 1),
                    "notes": plan.notes,
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
