# SPDX-License-Identifier: Apache-2.0
"""The chapters of a report, each from a `Reading`: need, fleet, places, money, deal, people, moves."""

from __future__ import annotations

from daulat.plan.report.chapters.deal import deal_chapter
from daulat.plan.report.chapters.money import crossover_chapter, money_chapter
from daulat.plan.report.chapters.moves import moves_chapter
from daulat.plan.report.chapters.need import fleet_chapter, need_chapter, people_chapter
from daulat.plan.report.chapters.places import places_chapter
from daulat.plan.report.exhibit import Chapter, Reading

__all__ = ["chapters"]


def chapters(reading: Reading) -> list[Chapter]:
    """Return the chapters that a document has something for, in their order."""
    makers = (
        need_chapter,
        fleet_chapter,
        places_chapter,
        money_chapter,
        crossover_chapter,
        deal_chapter,
        people_chapter,
        moves_chapter,
    )
    return [one for one in (make(reading) for make in makers) if one is not None]
