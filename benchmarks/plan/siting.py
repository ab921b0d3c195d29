# SPDX-License-Identifier: Apache-2.0
"""Measure how long siting takes and how close to the least cost it comes: the planner's own questions, and drawn ones.

    .venv/bin/python benchmarks/plan/siting.py

Comes in: the pack that is installed. Goes out: one line of JSON for each question: its size, the gap asked and reached,
processor seconds and what share of the target they are. The planner's own are what `daulat plan --sites choose` asks
with these settings; in the drawn ones costs, power limits and grids (strips of longitude) come from a fixed seed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from daulat.nation import Nation, Pack, bootstrap, find_pack, nation_of
from daulat.plan import make_plan, read_case
from daulat.plan.place import Place, Region
from daulat.plan.site_candidates import candidates_of
from daulat.plan.site_question import question
from daulat.plan.site_robustness import loads_of
from daulat.plan.site_rules import read_rules
from daulat.plan.siting import Candidates, Regions, Rules, Siting, plan_sites

COUNTRY = "ID"
ALL = ["public-services", "health", "education", "workforce", "ministries"]
GRID_DEGREES = 8.0
SEED = 1
SMALL_S, LARGE_S = 5.0, 60.0  # targets: 38 x 20 x 6 to 0.1 %, 514 x 60 x 10 to 1 %, on two cores
SMALL: dict[str, Any] = {"horizon_years": 6, "siting": {"candidates": 20, "load_by": "group"}}
LARGE: dict[str, Any] = {"horizon_years": 10, "siting": {"candidates": 60, "load_by": "region"}}
OWN = (  # what it is, the plan, services, percentile of the load, gap, target
    ("all services, median load", SMALL, ALL, "p50", 0.001, SMALL_S),
    ("all services, large load", SMALL, ALL, "p90", 0.001, SMALL_S),
    (
        "one service and the ministries, half a megawatt",
        SMALL,
        ["public-services", "ministries"],
        "p50",
        0.001,
        SMALL_S,
    ),
    ("one service, a tenth of a megawatt", SMALL, ALL[:1], "p50", 0.001, SMALL_S),
    ("all services, median load", LARGE, ALL, "p50", 0.01, LARGE_S),
    ("all services, small load", LARGE, ALL, "p10", 0.01, LARGE_S),
)
OTHERS = (
    ALL[:1],
    ["health", "ministries"],
    ["education"],
    ["public-services", "education", "ministries"],
    ["workforce"],
)
DRAWN = (  # groups only, sites, years, round trip in ms, gap, target
    (True, 20, 6, 40.0, 0.001, SMALL_S),
    (False, 60, 10, 40.0, 0.01, LARGE_S),
    (False, 60, 10, 25.0, 0.01, LARGE_S),
    (False, 60, 10, 15.0, 0.01, LARGE_S),
)


def own_question(nation: Nation, pack: Pack, plan: dict[str, Any], services: list[str], percentile: str) -> Siting:
    """Return what the planner asks with these settings."""
    section = {**plan, "services": services}
    case = read_case(nation, pack=pack, scenario=(section, "benchmark"))
    rules = read_rules([(section, "benchmark")])
    places = candidates_of(case.place, case.grids, rules)
    return question(make_plan(case, n_draws=1), nation, places, rules, load=loads_of(case)[percentile])


def drawn_question(place: Place, groups_only: bool, n_sites: int, n_years: int, round_trip_ms: float) -> Siting:
    """Return a question over real places: load after people, costs and limits drawn."""
    by_size = sorted(place.regions, key=lambda one: -one.people)
    firsts = list({one.group: one for one in reversed(by_size)}.values())[::-1]
    rows: list[Region] = firsts if groups_only else [*firsts, *(one for one in by_size if one not in firsts)]
    draw = np.random.default_rng(SEED)
    spot = np.array([[one.latitude, one.longitude] for one in rows])
    people = np.array([one.people for one in rows])
    shape = (n_sites, n_years)
    at = Candidates(
        names=tuple(one.name for one in rows[:n_sites]),
        position=spot[:n_sites],
        grid=tuple(f"strip {int(longitude // GRID_DEGREES)}" for longitude in spot[:n_sites, 1]),
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
    load = people[:, None] / people.sum() * np.linspace(20.0, 200.0, n_years)
    return Siting(Regions(tuple(one.code for one in rows), spot, load), at, rules, 2027)


def questions() -> Iterator[tuple[str, Siting, float, float]]:
    """Yield what each question is, the question, the gap asked, and the target in seconds."""
    pack = find_pack(COUNTRY)
    assert pack is not None
    nation = nation_of(bootstrap(COUNTRY, pack))
    for what, plan, services, percentile, gap, target_s in OWN:
        yield f"the plan's own: {what}", own_question(nation, pack, plan, services, percentile), gap, target_s
    place = read_case(nation, pack=pack).place
    for groups_only, n_sites, n_years, limit, gap, target_s in DRAWN:
        yield f"drawn: {limit:g} ms", drawn_question(place, groups_only, n_sites, n_years, limit), gap, target_s


def others() -> dict[str, Any]:
    """Ask small questions of other services and loads, on which nothing was chosen; return their times."""
    pack = find_pack(COUNTRY)
    assert pack is not None
    nation, times = nation_of(bootstrap(COUNTRY, pack)), []
    for services in OTHERS:
        for percentile in ("p10", "p50", "p90"):
            siting = own_question(nation, pack, SMALL, services, percentile)
            began = time.process_time()
            found = plan_sites(siting, gap=0.001, time_limit_s=300.0)
            assert found.gap <= 0.001
            times.append(time.process_time() - began)
    spread = {
        name: round(float(np.quantile(times, at)), 1) for name, at in (("least", 0), ("median", 0.5), ("most", 1))
    }
    return {"question": f"{len(times)} other small ones to 0.1 %", "processor_seconds": spread, "target_s": SMALL_S}


def main() -> None:
    """Measure and print."""
    for what, siting, gap, target_s in questions():
        processor, clock = time.process_time(), time.perf_counter()
        found = plan_sites(siting, gap=gap, time_limit_s=300.0)
        processor, clock = time.process_time() - processor, time.perf_counter() - clock
        n_sites, n_years = siting.candidates.limit_mw.shape
        row = {
            "question": what,
            "size": f"{len(siting.regions.names)} x {n_sites} x {n_years}",
            "gap_asked": gap,
            "gap_reached": round(found.gap, 5),
            "opened": len(found.opens),
            "processor_seconds": round(processor, 1),
            "of_target": round(processor / target_s, 3),
            "seconds": round(clock, 1),
            "target_s": target_s,
            "load": round(os.getloadavg()[0], 1),
        }
        print(json.dumps(row), flush=True)
    print(json.dumps(others()), flush=True)


if __name__ == "__main__":
    main()
