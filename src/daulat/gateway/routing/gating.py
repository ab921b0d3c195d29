# SPDX-License-Identifier: Apache-2.0
"""Gates while a service runs: a folder of results in; whoever asks is told anew when a file in it changes.

A model that has failed since must not go on writing until somebody thinks of a restart. A file that cannot be read
might hold such a result, so that nobody is fit until it can be. It reads names, sizes and times every few seconds, and
contents only when these differ.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from daulat.models import GateError, Gates, kept_gates

LOOK_S = 5.0

_LOG = logging.getLogger(__name__)
_Seen = tuple[tuple[str, int, int], ...]


@asynccontextmanager
async def gated(folder: Path, use: Callable[[Gates], None], *, look_s: float = LOOK_S) -> AsyncIterator[None]:
    """Hand the gates of a folder to `use`, now and whenever they change, for as long as the block lasts.

    Raises
    ------
    GateError
        If a file cannot be read now; later that is logged, and nobody is fit.
    """
    seen = _look(folder)
    use(kept_gates(folder))
    watching = asyncio.create_task(_watch(folder, use, seen, look_s), name="gates")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(folder: Path, use: Callable[[Gates], None], seen: _Seen, look_s: float) -> None:
    while True:
        await asyncio.sleep(look_s)
        now = await asyncio.to_thread(_look, folder)
        if now == seen:
            continue
        seen = now
        try:
            use(await asyncio.to_thread(kept_gates, folder))
        except GateError as error:
            use(Gates())
            _LOG.error("no model may write to citizens: %s", error.what)


def _look(folder: Path) -> _Seen:
    """Return what tells whether anything in the folder has changed; a file that goes meanwhile is not there."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            about = path.stat()
        except FileNotFoundError:
            continue
        found.append((path.name, about.st_mtime_ns, about.st_size))
    return tuple(found)
