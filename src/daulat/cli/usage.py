# SPDX-License-Identifier: Apache-2.0
"""`daulat usage`: what was used, by whom, in a month; as a table, as JSON, or as CSV for a spreadsheet."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from daulat.cli._declaration import file_option
from daulat.cli._options import OneOf
from daulat.cli._output import emit, emit_json, hint, json_option, table
from daulat.nation import load_nation
from daulat.store import StoreSettings, open_store

if TYPE_CHECKING:
    from daulat.ledger.usage_report import By, Each, UsageSum

_COLUMNS = ["period", "group", "requests", "failed", "prompt_tokens", "completion_tokens", "cost", "currency",
            "energy_wh", "by_meter", "by_ecologits", "carbon_g"]  # fmt: skip
_RANGES = {"energy_wh": ("energy_low_wh", "energy_high_wh"), "carbon_g": ("carbon_low_g", "carbon_high_g")}


@click.command("usage")
@click.option("--by", type=OneOf(["organisation", "project", "key", "model", "place", "engine", "discarded"]),
              metavar="WHAT", default="project", show_default=True,
              help="What makes a row: organisation, project, key, model, place, engine or discarded.")  # fmt: skip
@click.option("--month", default="", metavar="YYYY-MM", help="Or a day, YYYY-MM-DD, or a year; default: this month.")
@click.option("--each", type=OneOf(["", "day", "month"]), default="", metavar="[day|month]",
              help="A row for each of these.")  # fmt: skip
@click.option("--organisation", default="", metavar="ID", help="Only of this one.")
@click.option("--discarded", is_flag=True, help="Instead of calls, what engines worked and nobody was given.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@file_option
@json_option
def command(by: By, month: str, each: Each, organisation: str, discarded: bool, as_csv: bool, path: Path,
            as_json: bool) -> None:  # fmt: skip
    """Sum up what was used: requests, tokens, money, energy; days and months are those of the nation's first time zone.

    \b
    daulat usage                                      this month, by project
    daulat usage --by model --month 2026-11 --json
    daulat usage --by organisation --month 2026 --each month --csv > 2026.csv
    daulat usage --by engine --discarded              answers that lost, were rejected or broke off
    """
    from daulat.ledger.usage_report import as_csv as csv_of
    from daulat.ledger.usage_report import as_data, sum_usage

    nation = load_nation(path)
    zone = ZoneInfo(nation.time_zones[0])
    chosen = month or datetime.now(zone).strftime("%Y-%m")
    settings = StoreSettings.from_environment(nation.path(nation.store.directory), os.environ)

    async def summing() -> list[UsageSum]:
        async with open_store(settings) as store:
            only = [organisation] if organisation else []
            return await sum_usage(store, chosen, zone, by=by, each=each, organisations=only, discarded=discarded)

    sums = asyncio.run(summing())
    if as_csv:
        emit(csv_of(sums).rstrip("\n"))
    elif as_json:
        emit_json({"month": chosen, "by": by, "time_zone": zone.key, "data": as_data(sums)})
    elif sums:
        emit(table([by if column == "group" else column for column in _COLUMNS],
                   [[_cell({**row, "period": row["period"] or chosen}, column) for column in _COLUMNS]
                    for row in as_data(sums)]))  # fmt: skip
    elif discarded or by == "discarded":
        hint(f"no engine worked for nothing in {chosen}")
    else:
        hint(f"nothing was used in {chosen}; `daulat access keys create` gives out a key")


def _cell(row: dict[str, Any], column: str) -> object:
    """Return what stands in a column: a figure with its range, or nothing where it is not known."""
    value = row[column]
    if column == "group":
        return value or "(no key)"
    if column not in _RANGES:
        return value
    low, high = (row[name] for name in _RANGES[column])
    return "" if value is None else f"{_figure(value)} ({_figure(low)} to {_figure(high)})"


def _figure(value: float) -> str:
    return f"{value:.4g}" if value < 10_000 else f"{value:,.0f}"
