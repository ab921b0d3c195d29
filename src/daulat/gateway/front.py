# SPDX-License-Identifier: Apache-2.0
"""The front door alone: a declaration in; `Parts` with engines, keys, quotas and routing, and no official text, out.

What a ministry runs in front of its engines, and what a whole service is built upon (`composition`). The address is
open at once; the database comes when it is ready, and until then nobody is let in on an account.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from daulat.errors import DaulatError
from daulat.gateway.access.service import Access
from daulat.gateway.access.settings import access_settings, is_private
from daulat.gateway.api.batches.queue import BatchQueue
from daulat.gateway.api.batches.worker import working
from daulat.gateway.api.files.shelf import FileShelf
from daulat.gateway.app import create_app
from daulat.gateway.database import kept_open, watch_database
from daulat.gateway.declared_models import MODELS, keep_told
from daulat.gateway.errors import defect
from daulat.gateway.media import declared_fetcher
from daulat.gateway.metering import Meter
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Receipts
from daulat.gateway.routing import Row
from daulat.gateway.steering import steered
from daulat.ledger import Receipt, open_receipts
from daulat.models import WEIGHTS, EngineSet, declare_engines
from daulat.nation import Nation, pack_of
from daulat.store import StoreSettings, end_tasks, open_store

if TYPE_CHECKING:
    from daulat.gateway.api.moderation_schema import ModerationMethod, ModerationResult
    from daulat.gateway.api.moderator import Moderator

ANSWERS_AT_ONCE = 64
RECEIPTS_WAITING = 10_000
DAY_S = 86_400


class WaitingReceipts:
    """Takes receipts before the database is there, and hands them on once it is.

    Examples
    --------
    >>> waiting = WaitingReceipts()
    >>> waiting.put(Receipt("health", "xa", "quotation", True))
    >>> waiting.waiting
    1
    """

    def __init__(self) -> None:
        self._early: deque[Receipt] = deque(maxlen=RECEIPTS_WAITING)
        self._target: Receipts | None = None

    @property
    def waiting(self) -> int:
        """How many wait for a database."""
        return len(self._early)

    def put(self, receipt: Receipt) -> None:
        """Take a receipt without waiting."""
        if self._target is None:
            self._early.append(receipt)
        else:
            self._target.put(receipt)

    def attach(self, target: Receipts) -> None:
        """Hand on what waits, and everything that comes."""
        self._target = target
        while self._early:
            target.put(self._early.popleft())


@dataclass(frozen=True, slots=True)
class Front:
    """The parts, and the engines in them."""

    parts: Parts
    engines: EngineSet


@asynccontextmanager
async def open_front(
    nation: Nation, environ: Mapping[str, str], *, workers: int = 1, row: Row | None = None
) -> AsyncIterator[Front]:
    """Give the parts of a nation's front door at once; fill them in the background; end everything with the block.

    Parameters
    ----------
    nation : Nation
        The declaration.
    environ : mapping
        Where the database's address and the engines' keys are looked up.
    workers : int
        How many processes serve this address.
    row : Row, optional
        Where this one counts together with the others. None: it is alone.

    Raises
    ------
    ModelsError
        If the declared engines cannot be made. What fails later is told by `Parts.readiness`.
    WeakSecretError
        If others can reach the address, and a secret behind it could be guessed.
    """
    engines = declare_engines(nation.models, base=nation.directory, weights=nation.path(WEIGHTS), environment=environ)
    receipts = WaitingReceipts()
    access = Access(access_settings(nation, environ, workers=workers))
    parts = Parts(
        country=nation.country,
        name=next(iter(nation.names.values())),
        languages=nation.language_tags,
        services={},
        engines=engines,
        meter=Meter(receipts, ANSWERS_AT_ONCE, asyncio.get_running_loop().time),
        version=version("daulat"),
        public_url=nation.gateway.public_url or "",
        admission=access,
        moderator=_rules(nation),
        media=declared_fetcher(nation.gateway.media),
        body_limit_bytes=nation.gateway.body_limit_bytes,
        routes=access.routes(),
        allowed_origins=nation.gateway.allowed_origins,
        trusted_proxies=nation.gateway.trusted_proxies,
        is_private=is_private(nation),
    )
    settings = StoreSettings.from_environment(nation.path(nation.store.directory), environ)
    parts.readiness.set("database", "loading")
    keep_s = nation.retention.files_days * DAY_S
    hold = partial(_keep_store, parts, settings, receipts, access, keep_s)
    keeping = [
        asyncio.create_task(reporting(parts, "database", kept_open(parts.readiness, hold))),
        asyncio.create_task(reporting(parts, MODELS, keep_told(engines, parts.readiness))),
    ]
    try:
        async with steered(parts, nation, engines, environ, workers=workers, row=row):
            yield Front(parts, engines)
    finally:
        await end_tasks(*keeping)
        await engines.close()


def _rules(nation: Nation) -> Callable[[Sequence[str]], tuple[list[ModerationResult], ModerationMethod]]:
    """Return what looks at texts by the rules of the pack, which are read when they are first asked for."""

    @cache
    def rules() -> Moderator:
        from daulat.gateway.api.moderator import moderator_for  # most gateways are never asked

        return moderator_for(pack_of(nation), nation.language_tags[0])

    def look(texts: Sequence[str]) -> tuple[list[ModerationResult], ModerationMethod]:
        return rules().look(texts), rules().method()

    return look


async def reporting(parts: Parts, name: str, work: Coroutine[None, None, None]) -> None:
    """Do the work of one part; what ends it is told, and ends nothing else."""
    try:
        await work
    except DaulatError as error:
        parts.readiness.fail(name, error)
    except Exception as error:  # noqa: BLE001 - the edge of the task: a part must not stay "loading" for ever
        parts.readiness.fail(name, defect(error, name))


async def _keep_store(
    parts: Parts, settings: StoreSettings, receipts: WaitingReceipts, access: Access, keep_s: int
) -> None:
    """Hold the database open, and what stands on it; files are kept for `keep_s` seconds."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings))
        status = await store.status()
        await stack.enter_async_context(access.open(store))
        # From here on calls and answers are accounted for in what this block holds, so nothing below may end it.
        receipts.attach(await stack.enter_async_context(open_receipts(store)))
        shelf = FileShelf(store, keep_s)
        parts.files, parts.batches = shelf, BatchQueue(store)
        app = create_app(parts)  # a batch is answered by the routes that everybody calls
        await stack.enter_async_context(working(store, shelf, lambda path: app.exact[path]["POST"], parts.new_id))
        await watch_database(parts.readiness, store, f"PostgreSQL {status.server_version}")
