# SPDX-License-Identifier: Apache-2.0
"""The database while it is open: looked at every few seconds, told as it is, and started again where it is ours.

A store and the service's readiness in; nothing out. The parts above it make new connections by themselves once it
answers; here it is seen that it does. One that is away from the start is looked for, too. What keeps it away goes to
the operator's log, and to readiness without a path.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from daulat.errors import DaulatError
from daulat.gateway.readiness import Readiness
from daulat.store.errors import StoreUnreachableError

LOOK_S = 5.0
NAME = "database"

_LOG = logging.getLogger(__name__)


class Watched(Protocol):
    """A database that is open; see `daulat.store.Store`."""

    async def is_ready(self) -> bool:
        """Say whether a query sent now would be answered."""
        ...

    async def revive(self) -> None:
        """Start it again, where it is ours and has ended."""
        ...


async def kept_open(readiness: Readiness, hold: Callable[[], Awaitable[None]], look_s: float = LOOK_S) -> None:
    """Open the database, and look for it again for as long as it is not reached; what waiting does not mend, ends it.

    Parameters
    ----------
    readiness : Readiness
        Where it is told.
    hold : callable
        Opens the database and holds it open.
    look_s : float
        Seconds between two attempts.

    Raises
    ------
    StoreError
        If it is there and cannot be used: its schema is newer, its disk full, its address none.
    """
    last = ""
    while True:
        try:
            return await hold()
        except StoreUnreachableError as error:
            if error.what != last or NAME not in readiness.failed():  # once, not every few seconds
                readiness.fail(NAME, error)
            last = error.what
        await asyncio.sleep(look_s)


async def watch_database(readiness: Readiness, store: Watched, said: str, look_s: float = LOOK_S) -> None:
    """Tell how the database is for as long as this runs, and start it again where it is ours.

    Parameters
    ----------
    readiness : Readiness
        Where it is told; `said` while all is well.
    store : Watched
    said : str
        One phrase for the operator, e.g. its version.
    look_s : float
        Seconds between two looks.
    """
    readiness.set(NAME, "ready", said)
    is_there = True
    while True:
        await asyncio.sleep(look_s)
        # Twice: a server that was away for a moment answers over new connections alone.
        if await store.is_ready() or await store.is_ready():
            if not is_there:
                _LOG.warning("the database answers again")
                readiness.set(NAME, "ready", said)
            is_there = True
            continue
        if is_there:
            readiness.set(NAME, "failed", "it does not answer, and is looked for every few seconds")
        try:
            await store.revive()
        except DaulatError as error:
            if is_there:  # once, not every few seconds
                _LOG.error("the database does not answer: %s (%s): %s", error.what, error.code, error.fix)
        is_there = False
