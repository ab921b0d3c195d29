# SPDX-License-Identifier: Apache-2.0
"""`daulat store`: describe the database, walk its chain of events, and bring its schema to this version or show the SQL
that would.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from daulat.cli._declaration import file_option
from daulat.cli._output import emit, emit_json, hint, json_option, say, table
from daulat.ledger import Event, verify_events
from daulat.nation import load_nation
from daulat.store import StoreSettings, StoreStatus, migrate_store, open_store

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("store")
def command() -> None:
    """Check, verify and migrate the database: the embedded one, or that of DATABASE_URL."""


@command.command()
@file_option
@json_option
def status(path: Path, as_json: bool) -> None:
    """Open the database and describe it. Opening brings its schema to this version."""
    found = asyncio.run(_status(_settings(path)))
    if as_json:
        emit_json(asdict(found))
    else:
        emit(table(("key", "value"), [(key, str(value)) for key, value in asdict(found).items()]))


@command.command()
@file_option
@json_option
def verify(path: Path, as_json: bool) -> None:
    """Walk the chain of audit events, and say whether it is whole.

    Events that are cut off at the end can only be missed by whoever kept the hash that was printed after them.
    """
    last = asyncio.run(_verify(_settings(path)))
    count, seal = (last.id, last.hash.hex()) if last else (0, "")
    if as_json:
        emit_json({"events": count, "is_whole": True, "last_hash": seal})
    else:
        say(f"the chain is whole; events: {count:,}")
        if seal:
            emit(seal)
            hint("keep this hash outside the database")


@command.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; print the SQL that would be run.")
@file_option
@json_option
def migrate(path: Path, dry_run: bool, as_json: bool) -> None:
    """Bring the schema to this version. It goes forward only, in one transaction."""
    done = asyncio.run(migrate_store(_settings(path), dry_run=dry_run))
    if as_json:
        emit_json(asdict(done))
    elif not done.steps:
        say(f"the schema is that of this version ({done.after}); there is nothing to do")
    elif dry_run:
        emit(done.sql)
        hint("`daulat store migrate` runs it; make a backup first")
    else:
        say(f"the schema went from {done.before or 'nothing'} to {done.after}")


async def _status(settings: StoreSettings) -> StoreStatus:
    async with open_store(settings) as store:
        return await store.status()


async def _verify(settings: StoreSettings) -> Event | None:
    async with open_store(settings) as store:
        return await verify_events(store)


def _settings(path: Path) -> StoreSettings:
    nation = load_nation(path)
    return StoreSettings.from_environment(nation.path(nation.store.directory), os.environ)
