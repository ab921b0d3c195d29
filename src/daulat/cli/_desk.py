# SPDX-License-Identifier: Apache-2.0
"""What the commands of `daulat access` share: the open desk they work at, and how they print.

A path to a declaration in; work done on its database, rows printed, out. On a dry run the work is taken back.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from daulat.cli._output import emit, emit_json, hint, moment, say, table
from daulat.nation import Nation, load_nation
from daulat.store import Store, StoreSettings, open_store

if TYPE_CHECKING:
    from daulat.gateway.access.registry import Registry

Result = TypeVar("Result")

dry_run_option = click.option("--dry-run", is_flag=True, help="Do everything, then take it back.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    nation: Nation
    store: Store
    registry: Registry


def run_at_desk(path: Path, work: Callable[[Desk], Awaitable[Result]], dry_run: bool = False) -> Result:
    """Do some work with the database open."""

    async def running() -> Result:
        async with _desk(path, dry_run) as desk:
            return await work(desk)

    return asyncio.run(running())


@asynccontextmanager
async def _desk(path: Path, dry_run: bool) -> AsyncIterator[Desk]:
    from daulat.gateway.access.registry import Registry

    nation = load_nation(path)
    settings = StoreSettings.from_environment(nation.path(nation.store.directory), os.environ)
    async with open_store(settings) as store:
        yield Desk(nation, store, Registry(store, by="operator", dry_run=dry_run))


def told(data: dict[str, object], sentence: str, as_json: bool) -> None:
    """Say what was done."""
    if as_json:
        emit_json(data)
    else:
        say(f"{sentence}{' (a dry run: nothing has been changed)' if data.get('dry_run') else ''}")


def show(rows: list[Any], columns: list[str], as_json: bool, empty: str) -> None:
    """Print rows of the register, or what to do where there are none."""
    from daulat.gateway.access.registry import as_data

    show_data([as_data(row) for row in rows], columns, as_json, empty)


def show_data(rows: list[dict[str, Any]], columns: list[str], as_json: bool, empty: str) -> None:
    """Print plain data, or what to do where there is none."""
    if as_json:
        emit_json(rows)
    elif rows:
        shown = [[_cell(column, row[column]) for column in columns] for row in rows]
        emit(table([column.removesuffix("_at").removesuffix("_id") for column in columns], shown))
    else:
        hint(empty)


def _cell(column: str, value: Any) -> object:
    """Return a value as it stands in a table; what a key is bound to, each after a space."""
    if column.endswith("_at"):
        return moment(value or "")
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else value
