# SPDX-License-Identifier: Apache-2.0
"""Where the people live and the fleet stands."""

from __future__ import annotations

from collections.abc import Iterator

from daulat.plan.report.charts import Dot, DotMap
from daulat.plan.report.exhibit import Chapter, Exhibit, Reading
from daulat.plan.report.words import Words
from daulat.plan.result.joint import SiteRuleRow, SitingPart

MOST_DOTS = 600
MOST_NAMES = 5  # of regions in a sentence; all of them stand in tables/site_failures.csv


def places_chapter(reading: Reading) -> Chapter:
    """Return the map of people and sites, with how the sites were chosen."""
    words, document = reading.words, reading.document
    texts = [words.say("places_text", n=len(document.sites), names=", ".join(one.name for one in document.sites))]
    texts += [*_choice(document.siting, words), words["places_hazard"]]
    if len(document.regions) > MOST_DOTS:
        texts.append(words.say("places_cut", n=MOST_DOTS, all=len(document.regions)))
    return Chapter("places", words["places_title"], texts, [_map(reading)])


def _map(reading: Reading) -> Exhibit:
    """Return the map of people and sites, with its table."""
    words, document = reading.words, reading.document
    regions = sorted(document.regions, key=lambda one: -one.people)[:MOST_DOTS]
    power = document.figure("site_power_mw").p50[-1]
    dots = [
        Dot(one.name, one.latitude, one.longitude, one.people, f"{one.name}: {words.amount(one.people, 'people')}")
        for one in regions
    ]
    sites = []
    for rank, one in enumerate(document.sites, start=1):
        size = words.amount(power * one.shares[-1], "MW")
        sites.append(Dot(one.name, one.latitude, one.longitude, 0.0, f"{one.name}: {size}", rank))
    chart = DotMap(dots, sites)
    opens = {row.name: row.opens for row in document.siting.sites} if document.siting else {}
    rows = [
        [
            words.say("site_n", n=dot.rank),
            row.name,
            f"{row.latitude:.2f}, {row.longitude:.2f}",
            words.amount(power * row.shares[-1], "MW"),
            words.texts.get(f"hazard_{row.hazard}", row.hazard),
            str(opens.get(row.name) or document.years[0]),
        ]
        for dot, row in zip(sites, document.sites, strict=True)
    ]
    rows += [
        [words["region"], one.name, f"{one.latitude:.2f}, {one.longitude:.2f}", words.number(one.people), "", ""]
        for one in regions
    ]
    head = [words["what"], words["name"], words["coordinates"], words["size"], words["hazard"], words["since"]]
    behind = ["site_power_mw", "people"]
    return Exhibit(
        "map",
        words["map_title"],
        words["map_about"],
        chart,
        head,
        rows,
        behind,
        columns=[(), (), ["notes"], [*behind, "notes"], ["hazard.*", "notes"], ["notes"]],
    )


def _choice(siting: SitingPart | None, words: Words) -> Iterator[str]:
    """Say how the sites were chosen, or that they were given."""
    if siting is None:
        yield words["places_fixed"]
        return
    yield words.say(
        "places_chosen",
        n=siting.candidates,
        gap=words.percent(max(siting.gap, 0.001), 1),
        spare=words.percent(siting.spare_share),
        rules="; ".join(_rule(one, words) for one in siting.rules),
    )
    yield from _robust(siting, words)
    yield from _failures(siting, words)


def _robust(siting: SitingPart, words: Words) -> Iterator[str]:
    """Say which sites a small and a large demand would have."""
    others = {row.demand: row for row in siting.robustness if row.demand != "p50"}
    if {"p10", "p90"} <= set(others) and all(row.sites for row in others.values()):
        small, large = others["p10"], others["p90"]
        yield words.say(
            "places_robust",
            small=", ".join(small.sites),
            small_mw=words.amount(small.it_mw, "MW"),
            large=", ".join(large.sites),
            large_mw=words.amount(large.it_mw, "MW"),
        )


def _failures(siting: SitingPart, words: Words) -> Iterator[str]:
    """Say what would not hold if a grid failed, or that everything would."""
    if siting.failures == []:
        yield words["failure_none"]
    for row in siting.failures or ():
        names = ", ".join(list(row.regions)[:MOST_NAMES])
        yield words.say(
            f"failure_{row.promise}",
            grid=row.grid,
            year=row.year,
            users=words.amount(row.users, "people", long=True),
            share=words.percent(row.share, 1),
            names=words.say("and_more", names=names, n=len(row.regions) - MOST_NAMES)
            if len(row.regions) > MOST_NAMES
            else names,
            ms=words.number(row.round_trip_ms),
        )


def _rule(rule: SiteRuleRow, words: Words) -> str:
    """Return one rule that the choice kept, in the page's language."""
    number = words.number(rule.number)
    if rule.kind in ("spare", "minimum"):
        number = words.percent(rule.number)
    names = [words.texts.get(f"hazard_{one}", one) for one in rule.names] if rule.kind == "hazard" else rule.names
    return words.say(f"rule_{rule.kind}", number=number, names=", ".join(names))
