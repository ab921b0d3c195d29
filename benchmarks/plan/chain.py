# SPDX-License-Identifier: Apache-2.0
"""Measure the speed of the planner's chain: a summary from the command line, ten thousand draws, an interactive change.

    .venv/bin/python benchmarks/plan/chain.py

Comes in: the packs that are installed. Goes out: one line of JSON for each measurement, with the machine's cores.
Seconds are of this machine at this moment, the least of three but for the fresh process.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

from daulat.nation import bootstrap, find_pack, nation_of
from daulat.plan import document_of, make_plan, plan_nation, read_case
from daulat.plan.uncertainty import sobol, tornado

COUNTRY = "ID"
NAMES = ("cost_per_mtok", "capex_usd", "site_power_mw")


def seconds(work: Callable[[], object], repeats: int = 3) -> tuple[float, float]:
    """Return the least seconds on the clock and of a processor, of some repeats; a process that was started counts."""
    found = []
    for _ in range(repeats):
        started, spent = time.perf_counter(), processor_s()
        work()
        found.append((time.perf_counter() - started, processor_s() - spent))
    return min(found)


def processor_s() -> float:
    """Return the seconds that processors have spent on this process and on those that it started and saw end."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def tell(what: str, measured: tuple[float, float], target: str) -> None:
    """Print one measurement, with the load of the machine: a busy one makes the clock run, not the processor."""
    clock, processor = (round(one, 2) for one in measured)
    row = {"what": what, "seconds": clock, "processor_seconds": processor, "target": target}
    print(json.dumps(row | {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}), flush=True)


def from_a_fresh_process() -> None:
    """Run `daulat plan` as a user does."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-c",
            "from daulat.cli import main; main()",
            "plan",
            "--country",
            COUNTRY,
            "--out",
            folder,
        ]
        subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """Measure and print."""
    tell("daulat plan, 2,000 draws with sensitivity, fresh process", seconds(from_a_fresh_process, 1), "<= 20 s")
    pack = find_pack(COUNTRY)
    nation = nation_of(bootstrap(COUNTRY, pack))
    case = read_case(nation, pack=pack)
    make_plan(case, n_draws=1)
    tell("10,000 draws of the whole chain, sites fixed", seconds(lambda: make_plan(case, n_draws=10_000)), "<= 10 s")
    plan = make_plan(case, n_draws=10_000)
    now = datetime.now(UTC)
    tell(
        "the document of 10,000 draws",
        seconds(lambda: document_of(plan, names={}, title="", seed=1, made_at=now, made_by="")),
        "",
    )

    def change() -> None:
        changes = ["demand.adoption_ceiling=0.4"]
        plan_nation(nation, pack=pack, made_at=now, n_draws=500, sensitivity=False, changes=changes)

    tell("an interactive change, 500 draws, one input", seconds(change), "<= 1 s")
    tell("tornado of three figures", seconds(lambda: tornado(case, NAMES)), "")
    tell("Sobol indices of three figures, 256 base draws", seconds(lambda: sobol(case, NAMES)), "")


if __name__ == "__main__":
    main()
