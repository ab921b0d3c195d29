# SPDX-License-Identifier: Apache-2.0
"""Sums of the usage ledger, for display and for export: by day or month; by organisation, project, key, model, ...

A period and what to group by in; rows of sums out, money as decimals, one row per currency. Sums are of calls, or of
work that engines did within them and nobody was given: never of both. Reads only.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from daulat.ledger.errors import LedgerError
from daulat.store import REPORT_S, Store

By = Literal["organisation", "project", "key", "model", "place", "engine", "discarded"]
Each = Literal["", "day", "month"]

BY: tuple[By, ...] = get_args(By)
EACH: tuple[Each, ...] = get_args(Each)

_COLUMN = {"key": "key_id"}
# Where a range was not kept, in rows older than it, the value stands for both ends. `real` is summed up as `float8`:
# of its own kind, millions of small figures would be lost beside their sum.
_LOW, _HIGH = "coalesce(energy_low_wh, energy_wh)", "coalesce(energy_high_wh, energy_wh)"
_DRAWN = f"""
    sum(energy_wh::float8), sum({_LOW}::float8), sum({_HIGH}::float8), sum(carbon_g::float8),
    sum(carbon_g::float8 * coalesce({_LOW}::float8 / nullif(energy_wh, 0), 1)),
    sum(carbon_g::float8 * coalesce({_HIGH}::float8 / nullif(energy_wh, 0), 1)), sum(embodied_g::float8),
    count(*) FILTER (WHERE energy_method = 'meter'), count(*) FILTER (WHERE energy_method = 'ecologits')
"""
_TIMES = """
    avg(ttft_ms) FILTER (WHERE stream),
    sum(duration_ms::float8 - ttft_ms) FILTER (WHERE stream AND completion_tokens > 1)
        / sum(completion_tokens - 1) FILTER (WHERE stream AND completion_tokens > 1 AND ttft_ms IS NOT NULL)
"""


# A year, a month or a day of this millennium that the calendar has, also as a pattern of ECMAScript.
_DAYS = (
    "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8])"
)
_LEAP_YEARS = "2[0-9](?:0[48]|[2468][048]|[13579][26])|2[048]00"
PERIOD_PATTERN = f"2[0-9]{{3}}(?:-(?:0[1-9]|1[0-2]|{_DAYS}))?|(?:{_LEAP_YEARS})-02-29"


@dataclass(frozen=True, slots=True)
class UsageSum:
    """What one group used in one period. `period` is empty, a day (2026-11-30) or a month (2026-11).

    `energy_low_wh` and `energy_high_wh` are the sums of all lows and of all highs, the widest that the range can be;
    carbon has the same range, times each engine's grid. `by_meter` and `by_ecologits` count the calls whose energy was
    measured and modelled; of the others nothing is known. Times are means of streams: to the first token, and for each
    further token.
    """

    period: str
    group: str
    requests: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost: Decimal
    currency: str
    energy_wh: float | None
    energy_low_wh: float | None
    energy_high_wh: float | None
    carbon_g: float | None
    carbon_low_g: float | None
    carbon_high_g: float | None
    embodied_g: float | None
    by_meter: int
    by_ecologits: int
    time_to_first_token_ms: float | None
    time_per_output_token_ms: float | None


async def sum_usage(
    store: Store,
    month: str,
    zone: ZoneInfo,
    *,
    by: By = "project",
    each: Each = "",
    organisations: Collection[str] = (),
    project: str = "",
    discarded: bool = False,
) -> list[UsageSum]:
    """Sum up a month, a day or a year.

    Parameters
    ----------
    store : Store
        The open database.
    month : str
        ``2026-11``, a day, ``2026-11-30``, or a year, ``2026``; in the nation's time zone.
    zone : ZoneInfo
        The time zone whose days count.
    by : str
        What makes a group; ``discarded``: what became of the attempts that nobody was given.
    each : str
        A row for each day or month, or, empty, one for the whole period.
    organisations : collection of str
        Only these; empty: all.
    project : str
        Only this one; empty: all.
    discarded : bool
        Instead of calls, the attempts within them that an engine worked on and nobody was given.

    Raises
    ------
    LedgerError
        If the period or the grouping is not one of those.
    """
    begin, end = period_of(month)
    query = _query(by, each)
    parameters: dict[str, object] = {
        "zone": zone.key,
        "begin": begin,
        "end": end,
        "all": not organisations,
        "organisations": list(organisations),
        "project": project,
        "discarded": discarded or by == "discarded",
    }
    async with store.connection(limit_s=REPORT_S) as connection:
        rows = await (await connection.execute(query.encode(), parameters)).fetchall()
    return [UsageSum(*row) for row in rows]


def _query(by: str, each: str) -> str:
    if by not in BY or each not in EACH:
        raise LedgerError(
            f"usage cannot be summed up by `{str(by)[:20]}` each `{str(each)[:20]}`",
            why="There is no such column.",
            fix=f"group by one of {', '.join(BY)}; each day or month.",
            code="ledger.usage_group",
        )
    shape = {"": "''", "day": "to_char(at AT TIME ZONE %(zone)s, 'YYYY-MM-DD')",
             "month": "to_char(at AT TIME ZONE %(zone)s, 'YYYY-MM')"}[each]  # fmt: skip
    # Both are words of this file, chosen from two short lists; whatever comes from outside is a parameter.
    return f"""
        SELECT {shape}, {_COLUMN.get(by, by)}, count(*), count(*) FILTER (WHERE status >= 400),
               coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),
               coalesce(sum(reasoning_tokens), 0), coalesce(sum(cached_tokens), 0),
               coalesce(sum(cost), 0), currency, {_DRAWN}, {_TIMES}
        FROM usage_call
        WHERE at >= %(begin)s::timestamp AT TIME ZONE %(zone)s AND at < %(end)s::timestamp AT TIME ZONE %(zone)s
          AND (%(all)s OR organisation = ANY(%(organisations)s)) AND %(project)s IN ('', project)
          AND (discarded <> '') = %(discarded)s
        GROUP BY 1, 2, currency ORDER BY 1, 2, currency
    """  # noqa: S608


def period_of(text: str) -> tuple[date, date]:
    """Return the first day of a period and the first day after it.

    >>> [str(day) for day in period_of("2026-12")]
    ['2026-12-01', '2027-01-01']
    >>> [str(day) for day in period_of("2026-02-28")]
    ['2026-02-28', '2026-03-01']
    """
    if not re.fullmatch(PERIOD_PATTERN, text):
        raise LedgerError(
            f"`{text[:40]}` is not a month, a day or a year",
            why="Usage is summed up by the calendar.",
            fix="write a month as 2026-11, or a day as 2026-11-30.",
            code="ledger.usage_period",
        )
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    if day:
        return first, date.fromordinal(first.toordinal() + 1)
    return first, date(year + month // 12, month % 12 + 1, 1) if month else date(year + 1, 1, 1)


def as_data(sums: Sequence[UsageSum]) -> list[dict[str, Any]]:
    """Return rows as plain data; money as text, so that no digit is lost."""
    return [{name: _plain(getattr(row, name)) for name in _NAMES} for row in sums]


def as_csv(sums: Sequence[UsageSum]) -> str:
    """Return rows as CSV with a header; cells that a spreadsheet would run as a formula are quoted as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_NAMES)
    for row in sums:
        writer.writerow([_cell(_plain(getattr(row, name))) for name in _NAMES])
    return out.getvalue()


_NAMES = [each.name for each in fields(UsageSum)]


def _plain(value: object) -> object:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value
