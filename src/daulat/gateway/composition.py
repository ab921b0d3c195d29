# SPDX-License-Identifier: Apache-2.0
"""Composing a running service: a declaration in; `Parts` that fill up in the background, and end with the block, out.

The address is open at once; the database, the official text and the models each come when they are ready, and
`Parts.readiness` says how far they are. A part that fails is named with its reason and the others go on. When another
release is put in use, it is opened beside the old one and takes its place between two answers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from threading import Event

import numpy as np
from numpy.typing import NDArray

from daulat.errors import DaulatError
from daulat.gateway.errors import defect
from daulat.gateway.library import OpenLibrary
from daulat.gateway.metering import Meter
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Assistant, Receipts
from daulat.knowledge.encoder import Encoder
from daulat.ledger import Receipt, open_receipts
from daulat.models import EngineSet, declare_engines
from daulat.nation import Nation
from daulat.store import StoreSettings, open_store

ANSWERS_AT_ONCE = 64
WEIGHTS = ".daulat/models"
RECEIPTS_WAITING = 10_000
WATCH_S = 2.0

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers questions: an assistant over one open release, and the encoder that it searches with.

    `detail` is a phrase for the operator; `writer` the model that writes, empty where answers are quoted.
    """

    assistant: Assistant
    library: OpenLibrary | None
    encoder: Encoder | None
    detail: str
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """How the official text comes here.

    Attributes
    ----------
    open : callable
        Opens what answers, making a release first where there is none; slow, and run in a thread. It reports
        (stage, done, total) as it goes, and whatever its report raises ends it.
    current : callable
        Names the release in use, quickly; a change of it is a swap.
    """

    open: Callable[[EngineSet, Report], Answering]
    current: Callable[[], str]


class StoppingError(Exception):
    """Raised inside slow work when the service ends."""


class WaitingReceipts:
    """Takes receipts before the database is there, and hands them on once it is.

    Examples
    --------
    >>> waiting = WaitingReceipts(limit=1)
    >>> waiting.put(Receipt("health", "xa", "quotation", True))
    >>> waiting.waiting
    1
    """

    def __init__(self, limit: int = RECEIPTS_WAITING) -> None:
        self._early: deque[Receipt] = deque(maxlen=limit)
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


class ThreadedEmbedder:
    """An encoder behind the API: one call at a time, in a thread, so that the event loop goes on."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._turn = asyncio.Lock()

    async def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """Encode texts as questions, the form that fits comparing texts with each other; tokens counted as words."""
        async with self._turn:
            vectors = await asyncio.to_thread(self._encoder.queries, texts)
        return vectors, sum(len(text.split()) for text in texts)


@asynccontextmanager
async def open_parts(nation: Nation, knowledge: Knowledge, environ: Mapping[str, str]) -> AsyncIterator[Parts]:
    """Give the parts of a nation's service at once; fill them in the background; end everything with the block.

    Raises
    ------
    ModelsError
        If the declared engines cannot be made. What fails later is told by `Parts.readiness`.
    """
    engines = declare_engines(nation.models, base=nation.directory, weights=nation.path(WEIGHTS), environment=environ)
    receipts = WaitingReceipts()
    loop = asyncio.get_running_loop()
    parts = Parts(
        country=nation.country,
        name=next(iter(nation.names.values())),
        languages=nation.language_tags,
        services={f"{nation.country.lower()}/{service.id}": service.id for service in nation.services},
        engines=engines,
        meter=Meter(receipts, ANSWERS_AT_ONCE, loop.time),
        version=version("daulat"),
        public_url=nation.gateway.public_url or "",
    )
    settings = StoreSettings.from_environment(nation.path(nation.store.directory), environ)
    work = {
        "database": _keep_store(parts, settings, receipts),
        "knowledge": _keep_answering(parts, knowledge, engines),
    }
    for name in work:
        parts.readiness.set(name, "loading")
    tasks = [asyncio.create_task(_reporting(parts, name, each), name=name) for name, each in work.items()]
    try:
        yield parts
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await engines.close()


async def _reporting(parts: Parts, name: str, work: Coroutine[None, None, None]) -> None:
    """Do the work of one part; what ends it is told, and ends nothing else."""
    try:
        await work
    except DaulatError as error:
        parts.readiness.fail(name, error)
    except Exception as error:  # noqa: BLE001 - the edge of the task: a part must not stay "loading" for ever
        parts.readiness.fail(name, defect(error, name))


async def _keep_store(parts: Parts, settings: StoreSettings, receipts: WaitingReceipts) -> None:
    """Hold the database open."""
    async with open_store(settings) as store, open_receipts(store) as kept:
        receipts.attach(kept)
        status = await store.status()
        parts.readiness.set("database", "ready", f"PostgreSQL {status.server_version}")
        await asyncio.Event().wait()


async def _keep_answering(parts: Parts, knowledge: Knowledge, engines: EngineSet) -> None:
    """Open the release in use, and every one that takes its place."""
    ending = Event()

    def report(stage: str, done: int, total: int) -> None:
        if ending.is_set():
            raise StoppingError
        parts.readiness.set("knowledge", "loading", f"{stage} {done:,} of {total:,}" if total else stage)

    try:
        while True:
            opened = knowledge.current()
            try:
                answering = await asyncio.to_thread(knowledge.open, engines, report)
            except DaulatError as error:
                parts.readiness.fail("knowledge", error)  # the release that was open before goes on answering
            else:
                _swap(parts, answering)
                opened = knowledge.current()
            while knowledge.current() == opened:
                await asyncio.sleep(WATCH_S)
    finally:
        ending.set()


def _swap(parts: Parts, answering: Answering) -> None:
    """Put a release in use; answers that are being made keep the one that they began with."""
    parts.library = answering.library
    parts.embedder = ThreadedEmbedder(answering.encoder) if answering.encoder else None
    parts.assistant, parts.writes_with = answering.assistant, answering.writer
    parts.readiness.set("knowledge", "ready", answering.detail)
