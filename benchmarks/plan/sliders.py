# SPDX-License-Identifier: Apache-2.0
"""How long a moved slider takes, and how heavy the report is: `python benchmarks/plan/sliders.py`.

Starts the planner's process as the service does, asks it as the page does, and prints seconds; then writes the report
of the same scenario and prints bytes, plain and with gzip -9.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from daulat.gateway.plans import PlanRoutes
from daulat.nation import bootstrap, find_pack, nation_of
from daulat.plan import plan_nation, read_scenario
from daulat.plan.report import load_words, report_page

STATIC = Path(__file__).parents[2] / "src" / "daulat" / "web" / "static"


async def seconds(declaration: str, scenario: str) -> dict[str, list[float]]:
    """Time the first visit, six moves of a slider, and three plans of 200 draws."""
    plans = PlanRoutes(declaration, secrets.token_urlsafe)
    asked = [{"view": "page", "changes": {"demand.adoption_ceiling": 0.3 + at / 100}} for at in range(7)]
    asked += [{"draws": 200}] * 3
    found = []
    for one in asked:
        begun = time.perf_counter()
        await plans._quick.ask({"scenario": scenario, "language": "en", "as_tree": True, **one})
        found.append(round(time.perf_counter() - begun, 2))
    await plans.close()
    return {"first_visit_s": found[:1], "slider_s": found[1:7], "plan_s": found[7:]}


def sizes(scenario: str, country: str) -> dict[str, list[int]]:
    """Weigh the report, its drawings, and what the page of sliders loads of its own."""
    pack = find_pack(country)
    nation = nation_of(bootstrap(country, pack))
    _, document = plan_nation(nation, made_at=datetime.now(UTC), pack=pack, scenario=read_scenario(scenario, pack))
    page = report_page(document, load_words(pack, ["en"]))
    parts = {
        "report": page,
        "drawings": "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL)),
        "page_own": "".join((STATIC / name).read_text("utf-8") for name in ("plan.js", "plan.css")),
    }
    return {name: [len(text.encode()), len(gzip.compress(text.encode(), 9))] for name, text in parts.items()}


if __name__ == "__main__":
    country, scenario = (*sys.argv[1:], "ID", "national")[:2] if len(sys.argv) > 2 else ("ID", "national")
    declared = nation_of(bootstrap(country, find_pack(country))).model_dump_json()
    print(json.dumps(asyncio.run(seconds(declared, scenario)) | sizes(scenario, country), indent=1))
