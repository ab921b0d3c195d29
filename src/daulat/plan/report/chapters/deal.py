# SPDX-License-Identifier: Apache-2.0
"""Who pays, who gets, who owns, and whether the country keeps control."""

from __future__ import annotations

from daulat.plan.report.chapters.need import band_head
from daulat.plan.report.charts import BandChart, Bar, BarChart, Line, StackChart
from daulat.plan.report.exhibit import Chapter, Exhibit, Reading
from daulat.plan.result.joint import DealPart, PartyRow

PAID, RECEIVED, NET = 1, 0, 3


def deal_chapter(reading: Reading) -> Chapter | None:
    """Return the joint investment; None where the plan has none."""
    words, deal = reading.words, reading.document.deal
    if deal is None:
        return None
    exhibits = [_waterfall(reading, at, party) for at, party in enumerate(deal.parties)]
    exhibits.append(_ownership(reading, deal))
    if deal.loans and any(value is not None for value in deal.dscr.p50):
        exhibits.append(_cover(reading, deal))
    control = words[f"control_{deal.control}"]
    texts = [control, words.say("deal_text", origin=deal.origin, basis=words[f"basis_{deal.revenue_basis}"])]
    if deal.source:
        source = words.named(deal.source)
        texts.append(source[:1].upper() + source[1:] + ".")
    if deal.loans:
        texts.append(words.say("deal_short", share=words.percent(deal.short_share)))
    sources = ["deal.control", *(["deal.dscr"] if deal.loans else [])]
    return Chapter("deal", words["deal_title"], texts, exhibits, kind="deal", sources=sources)


def _waterfall(reading: Reading, at: int, party: PartyRow) -> Exhibit:
    """Means over the draws, summed over the years, in the order of paying and getting."""
    words = reading.words
    bars, so_far = [], 0.0
    for name, value in party.parts_usd.items():
        place = PAID if value < 0 else RECEIVED
        bars.append(Bar(words[f"flow_{name}"], so_far, so_far + value, place, words.amount(value, "USD")))
        so_far += value
    bars.append(Bar(words["flow_net"], 0.0, so_far, NET, words.amount(so_far, "USD")))
    rows = [[one.label, one.said] for one in bars]
    title = words.say("waterfall_title", party=words.named(party.name))
    chart = BarChart(bars, reading.number, links=True)
    head, sources = [words["part"], words["sum"]], ["deal.cash_usd"]
    return Exhibit(f"waterfall-{at}", title, words["waterfall_about"], chart, head, rows, sources, half=True)


def _ownership(reading: Reading, deal: DealPart) -> Exhibit:
    """Medians, brought to a sum of 1 in each year."""
    words = reading.words
    medians = [[value or 0.0 for value in party.ownership.p50] for party in deal.parties]
    sums = [sum(column) or 1.0 for column in zip(*medians, strict=True)]
    parts = [
        (words.named(party.name), [value / whole for value, whole in zip(values, sums, strict=True)])
        for party, values in zip(deal.parties, medians, strict=True)
        if any(values)
    ]
    chart = StackChart(reading.years(), parts, lambda value: words.percent(value, 1), whole=1.0)
    head = [words["year"], *(label for label, _ in parts)]
    return Exhibit(
        "ownership",
        words["ownership_title"],
        words["ownership_about"],
        chart,
        head,
        chart.rows(total=False),
        ["deal.ownership"],
        half=True,
    )


def _cover(reading: Reading, deal: DealPart) -> Exhibit:
    words, document = reading.words, reading.document
    covers = [(words.named(party.name), party.dscr) for party in deal.parties if party.dscr is not None]
    if len(covers) < 2:
        covers = [(words["dscr"], deal.dscr)]
    lines = [Line(label, one.p10, one.p50, one.p90) for label, one in covers]
    least = max(loan.least_dscr for loan in deal.loans)
    chart = BandChart(
        lines,
        [float(year) for year in document.years],
        reading.number,
        x_marks=[(float(year), str(year)) for year in document.years],
        limit=(least, words.say("covenant_at", least=words.number(least))),
    )
    head = band_head(reading, words["year"], [line.label for line in lines])
    return Exhibit(
        "cover",
        words["cover_title"],
        words["cover_about"],
        chart,
        head,
        chart.rows(reading.years(), reading.bands),
        ["deal.dscr"],
        half=True,
    )
