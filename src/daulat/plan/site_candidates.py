# SPDX-License-Identifier: Apache-2.0
"""Candidates: which regions are considered for a site, and which of them law and hazard leave out.

Comes in: a `Place`, its grids and the rules. Goes out: regions in the order in which they are considered, and in
sentences what was left out and why there are fewer than were asked for. It weighs no cost.
"""

from __future__ import annotations

from collections.abc import Sequence

from daulat.nation import Nation
from daulat.plan.grids import Grids
from daulat.plan.hazard import Hazards
from daulat.plan.note import Note, note
from daulat.plan.place import Place, Region
from daulat.plan.residency import broken_by
from daulat.plan.result.joint import SiteRuleRow
from daulat.plan.site_rules import SiteRules


def candidates_of(place: Place, grids: Grids, rules: SiteRules) -> list[Region]:
    """Return the regions that are considered.

    Those that are named; else the largest of each grid, then of each group, then the largest of all, as many as the
    rules say where there are so many. A grid's and a group's largest is that of its most populous group.
    """
    by_size = sorted(place.regions, key=lambda one: -one.people)
    if rules.at:
        known = {one.code: one for one in by_size}
        return [known[code] for code in dict.fromkeys(rules.at)]
    people = dict(zip(place.groups, place.people.tolist(), strict=True))
    standing = [one for one in by_size if grids.may_stand(one)] or by_size
    by_group = sorted(standing, key=lambda one: -people[one.group])
    of_grid: dict[str, Region] = {}
    of_group: dict[str, Region] = {}
    for one in by_group:
        of_grid.setdefault(grids.of_region(one), one)
        of_group.setdefault(one.group, one)
    order = {one.code: one for one in (*of_grid.values(), *of_group.values(), *standing)}
    return list(order.values())[: int(rules.numbers["candidates"].value)]


def fewer_note(found: Sequence[Region], place: Place, rules: SiteRules) -> Note | None:
    """Return why there are fewer candidates than were asked for; None where there are as many."""
    asked = int(rules.numbers["candidates"].value)
    if rules.at or len(found) >= asked:
        return None
    unknown = len(place.regions) - len(found)
    key = "sites_fewer_grids" if unknown > 0 else "sites_fewer"
    return note(key, found=len(found), asked=asked, regions=len(place.regions), unknown=unknown)


def suitable(
    places: Sequence[Region], nation: Nation, hazards: Hazards, rules: SiteRules
) -> tuple[list[Region], tuple[SiteRuleRow, ...]]:
    """Return the places where hazard and law let a site stand, and what was left out in sentences.

    Raises
    ------
    InputError
        If none remains.
    """
    found, left_out = list(places), list[SiteRuleRow]()
    if rules.hazard_exclude:
        safe = [one for one in found if hazards.class_of(one).name not in rules.hazard_exclude]
        barred = ", ".join(rules.hazard_exclude)
        gone = [one.name for one in found if one not in safe]
        told = f"hazard: no site in {barred}, which leaves out {_named(gone, len(found))}"
        left_out.append(SiteRuleRow(kind="hazard", number=len(gone), names=list(rules.hazard_exclude), text=told))
        found = safe
    lawful = [one for one in found if not any(broken_by(one, nation))]
    if len(lawful) < len(found):
        why = next(broken_by(next(one for one in found if one not in lawful), nation))
        gone = [one.name for one in found if one not in lawful]
        told = f"residency: {why}, which leaves out {_named(gone, len(found))}"
        left_out.append(SiteRuleRow(kind="law", number=len(gone), names=gone, text=told))
        found = lawful
    if not found:
        raise rules.fault(
            "at" if rules.at else "candidates",
            ", ".join(one.name for one in places),
            f"places of which at least one remains; {'; '.join(one.text for one in left_out)}",
            "Name other places in plan.siting.at, consider more of them (candidates), or change the rule.",
        )
    return found, tuple(left_out)


def _named(gone: Sequence[str], all_places: int) -> str:
    return f"{len(gone)} of {all_places} places ({', '.join(gone[:6])}{', …' if len(gone) > 6 else ''})"
