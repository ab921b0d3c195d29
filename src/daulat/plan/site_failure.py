# SPDX-License-Identifier: Apache-2.0
"""What a failed grid costs the people: a choice of sites in, the promises that would not hold and for how many users.

The megawatts are the siting's own (`plan.siting.failure`); users are those of the plan at its inputs' values, spread
over regions as the load is. It moves no site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from daulat.plan.chain import Plan
from daulat.plan.note import Note, note
from daulat.plan.result.joint import FailureRow
from daulat.plan.site_part import Choice
from daulat.plan.siting import Lost, lost_promises

MOST_NAMES = 5


def failure_rows(choice: Choice, plan: Plan, names: Mapping[str, str]) -> list[FailureRow]:
    """Return one row for each grid and promise, of the year in which most users lose it; none: everything holds."""
    worst: dict[tuple[str, str], FailureRow] = {}
    for lost in lost_promises(choice.siting, choice.found):
        row = _row(lost, choice, plan, names)
        known = worst.get((row.grid, row.promise))
        if known is None or row.users > known.users:
            worst[row.grid, row.promise] = row
    return sorted(worst.values(), key=lambda row: -row.users)


def failure_notes(rows: Sequence[FailureRow], round_trip_ms: float) -> Iterator[Note]:
    """Yield what the plan says of them."""
    if not rows:
        yield note("failure_none", round_trip_ms=round_trip_ms)
    for row in rows:
        names, more = list(row.regions)[:MOST_NAMES], len(row.regions) - MOST_NAMES
        yield note(
            f"failure_{row.promise}",
            grid=row.grid,
            users=row.users,
            share=row.share,
            year=row.year,
            ms=row.round_trip_ms,
            regions=note("and_more", names=names, more=more) if more > 0 else names,
        )


def _row(lost: Lost, choice: Choice, plan: Plan, names: Mapping[str, str]) -> FailureRow:
    regions = choice.siting.regions
    group_of = {one.code: one.group for one in plan.case.place.regions}
    t = lost.year - choice.siting.first_year
    users = regions.it_mw[:, t] / regions.it_mw[:, t].sum() * plan.demand.active_users[0, t]
    hit: dict[str, float] = {}
    every: dict[str, float] = {}
    for name, all_users, share in zip(regions.names, users, lost.share, strict=True):
        group = names.get(group_of.get(name, name), group_of.get(name, name))
        hit[group] = hit.get(group, 0.0) + float(all_users * share)
        every[group] = every.get(group, 0.0) + float(all_users)
    total = sum(hit.values())
    return FailureRow(
        grid=lost.grid,
        promise=lost.promise,
        year=lost.year,
        users=total,
        share=total / float(users.sum()),
        regions={one: hit[one] / every[one] for one in sorted(hit, key=lambda one: -hit[one]) if hit[one] > 0},
        round_trip_ms=lost.round_trip_ms,
    )
