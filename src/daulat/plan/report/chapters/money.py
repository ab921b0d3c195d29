# SPDX-License-Identifier: Apache-2.0
"""What it costs, of what the cost is made, and at which size building pays."""

from __future__ import annotations

from collections.abc import Sequence

from daulat.plan.money.capex import PARTS as CAPITAL
from daulat.plan.money.opex import PARTS as RUNNING
from daulat.plan.report.chapters.need import band_head, stacked
from daulat.plan.report.charts import BandChart, Bar, BarChart, Line
from daulat.plan.report.exhibit import Chapter, Exhibit, Reading

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cost_hardware", ("accelerators_usd", "servers_usd", "network_usd", "storage_usd", "duties_usd")),
    (
        "cost_buildings",
        ("land_usd", "shell_usd", "electrical_usd", "cooling_usd", "grid_connection_usd", "own_generation_usd"),
    ),
    ("cost_contingency", ("contingency_usd",)),
    ("cost_energy", ("energy_usd",)),
    ("cost_staff", ("staff_usd", "service_teams_usd")),
    (
        "cost_upkeep",
        ("hardware_maintenance_usd", "facility_maintenance_usd", "links_usd", "licences_usd", "insurance_usd"),
    ),
)
WAYS = (("build", "cost_per_mtok"), ("rent", "rent_per_mtok"), ("buy", "buy_per_mtok"))


def money_chapter(reading: Reading) -> Chapter:
    """Return cost by year and by part."""
    words, document = reading.words, reading.document
    sums = [(words[key], _sum([reading.means(name) for name in names]), names) for key, names in GROUPS]
    sums = [row for row in sums if any(row[1])]
    years = stacked(
        reading,
        "cost-years",
        [(label, values) for label, values, _ in sums],
        words["cost_years_title"],
        words["cost_years_about"],
        ["cost_usd_per_year", "capex_usd_per_year", "opex_usd_per_year"],
        columns=[*(names for _, _, names in sums), ["cost_usd_per_year"]],
    )
    return Chapter(
        "money",
        words["money_title"],
        [
            words.say(
                "money_text",
                n=len(document.years),
                opex=words.amount(reading.last("opex_usd_per_year"), "USD", long=True),
                year=document.years[-1],
                **reading.told("capex_usd", lambda one: words.amount(one, "USD", long=True)),
            )
        ],
        [years, _breakdown(reading)],
        sources=["capex_usd", "opex_usd_per_year"],
    )


def _breakdown(reading: Reading) -> Exhibit:
    """Sums over the plan, the greatest first; whiskers from the sums of the 10th and of the 90th percentiles."""
    words, document = reading.words, reading.document
    totals = {name: float(sum(document.figure(name).mean)) for name in (*CAPITAL, *RUNNING)}
    shown = sorted((name for name in totals if totals[name] > 0), key=lambda name: -totals[name])
    bars = [
        Bar(words.part(name), 0.0, totals[name], int(name in RUNNING), words.amount(totals[name], "USD"))
        for name in shown
    ]
    whole = sum(one.end for one in bars)
    kinds = {0: words["capital"], 1: words["running"]}
    rows = [[one.label, kinds[one.place], one.said, words.percent(one.end / whole, 1)] for one in bars]
    rows.append([words["sum"], "", words.amount(whole, "USD"), words.percent(1.0)])
    chart = BarChart(bars, reading.number)
    head = [words["part"], words["what"], words["sum"], words["share"]]
    return Exhibit(
        "breakdown",
        words["breakdown_title"],
        words["breakdown_about"],
        chart,
        head,
        rows,
        (*CAPITAL, *RUNNING),
        lines=[*([name] for name in shown), ["capex_usd", "opex_usd_per_year"]],
    )


def crossover_chapter(reading: Reading) -> Chapter:
    """Return at which size each of the three ways is the cheapest."""
    words, document = reading.words, reading.document
    part = document.crossover
    lines = []
    for way, _ in WAYS:
        bands = getattr(part, way)
        lines.append(Line(words[f"way_{way}"], bands["p10"], bands["p50"], bands["p90"]))
    chart = BandChart(lines, part.tokens_per_day, reading.number, x_label=words["tokens_a_day"], log=True, points=False)
    rows = chart.rows([words.number(one) for one in part.tokens_per_day], reading.bands)
    exhibit = Exhibit(
        "crossover",
        words["crossover_title"],
        words["crossover_about"],
        chart,
        band_head(reading, words["tokens_a_day"], [one.label for one in lines]),
        rows,
        [name for _, name in WAYS],
        columns=[(), *([name] for _, name in WAYS for _ in reading.bands)],
    )
    texts = [verdict(reading), *(_meets(reading, way) for way in ("rent", "buy"))]
    sources = [name for _, name in WAYS]
    return Chapter("ways", words["ways_title"], texts, [exhibit], kind="prices", sources=sources)


def verdict(reading: Reading) -> str:
    """Return the sentence that says which way is the cheapest at the plan's size, and how sure that is."""
    words = reading.words
    costs = {way: (reading.last(name), reading.last(name, "p10"), reading.last(name, "p90")) for way, name in WAYS}
    order = sorted(costs, key=lambda way: costs[way][0])
    apart = costs[order[0]][2] < costs[order[1]][1]
    key = "verdict_one" if reading.document.draws == 1 else "verdict_sure" if apart else "verdict_open"
    texts = {way: words.amount(costs[way][0], "USD") for way in costs}
    return words.say(
        key,
        best=words[f"act_{order[0]}"],
        best_small=words[f"than_{order[0]}"],
        second=words[f"than_{order[1]}"],
        **texts,
    )


def _meets(reading: Reading, way: str) -> str:
    words, part = reading.words, reading.document.crossover
    found = getattr(part, f"build_meets_{way}_tokens_per_day")["p50"]
    if found is None:
        return words.say("meets_never", way=words[f"than_{way}"])
    return words.say("meets_at", way=words[f"than_{way}"], tokens=words.number(found, long=True))


def _sum(rows: Sequence[Sequence[float]]) -> list[float]:
    return [float(sum(column)) for column in zip(*rows, strict=True)]
