# SPDX-License-Identifier: Apache-2.0
"""Composing a running service: a declaration in; `Parts` that fill up in the background, and end with the block, out.

The address is open at once; the database, the official text and the models each come when they are ready, and
`Parts.readiness` says how far they are. A part that fails is named with its reason and the others go on. When another
release is put in use, it is opened beside the old one and takes its place between two answers.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Event

from daulat.assistant import Answer, Danger, Question
from daulat.errors import DaulatError
from daulat.gateway.embedder import ThreadedEmbedder
from daulat.gateway.front import open_front, reporting
from daulat.gateway.library import OpenLibrary
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Assistant
from daulat.knowledge.encoder import Encoder
from daulat.nation import Nation

WATCH_S = 2.0
RETRY_S = 30.0

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers questions: an assistant over one open release, and the encoder that it searches with.

    `detail` is a phrase for the operator; `is_as_opened` says, quickly, that nobody wrote to the release meanwhile. Who
    may write is said with each question; see `daulat.gateway.writing`.
    """

    assistant: Assistant
    library: OpenLibrary | None
    encoder: Encoder | None
    detail: str
    is_as_opened: Callable[[], bool] = lambda: True


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
    danger : callable, optional
        Opens what hears that somebody is in danger; it needs no release. None: it is not heard before one is open.
    """

    open: Callable[[Report], Answering]
    current: Callable[[], str]
    danger: Callable[[], Danger] | None = None


class DangerWatch:
    """Hears danger from the first moment: opened in a thread, once, when a question would be refused."""

    def __init__(self, open_danger: Callable[[], Danger]) -> None:
        self._open = open_danger
        self._opening: asyncio.Task[Danger] | None = None

    async def __call__(self, question: Question) -> Answer | None:
        """Return the notice that names whom to call; None where nobody is in danger."""
        if self._opening is None:
            self._opening = asyncio.create_task(asyncio.to_thread(self._open))
        try:
            # Whoever leaves meanwhile must not end it for the next.
            return (await asyncio.shield(self._opening)).heard(question)
        except DaulatError:
            self._opening = None  # a fault in contacts.yaml, which `daulat doctor` names; the refusal stands
            return None


class StoppingError(Exception):
    """Raised inside slow work when the service ends."""


@asynccontextmanager
async def open_parts(nation: Nation, knowledge: Knowledge, environ: Mapping[str, str]) -> AsyncIterator[Parts]:
    """Give the parts of a nation's service at once; fill them in the background; end everything with the block.

    Raises
    ------
    ModelsError
        If the declared engines cannot be made. What fails later is told by `Parts.readiness`.
    """
    async with open_front(nation, environ) as front:
        parts = front.parts
        parts.services = {f"{nation.country.lower()}/{service.id}": service.id for service in nation.services}
        if knowledge.danger is not None:
            parts.danger = DangerWatch(knowledge.danger)
        parts.readiness.set("knowledge", "loading")
        answering = asyncio.create_task(
            reporting(parts, "knowledge", _keep_answering(parts, knowledge)), name="knowledge"
        )
        try:
            yield parts
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)


async def _keep_answering(parts: Parts, knowledge: Knowledge) -> None:
    """Open the release in use, and every one that takes its place."""
    ending = Event()

    def report(stage: str, done: int, total: int) -> None:
        if ending.is_set():
            raise StoppingError
        parts.readiness.set("knowledge", "loading", f"{stage} {done:,} of {total:,}" if total else stage)

    answering: Answering | None = None
    try:
        while True:
            opened = knowledge.current()
            try:
                answering = await asyncio.to_thread(knowledge.open, report)
            except DaulatError as error:
                parts.readiness.fail("knowledge", error)  # the release that was open before goes on answering
                if answering is not None and not answering.is_as_opened():
                    answering = parts.assistant = parts.library = None
            else:
                _swap(parts, answering)
                opened = knowledge.current()
            await _until_other(knowledge, opened, answering)
    finally:
        ending.set()


async def _until_other(knowledge: Knowledge, opened: str, answering: Answering | None) -> None:
    """Wait until another release is in use, or the open one was written to and has to be verified anew."""
    tries = RETRY_S / WATCH_S if answering is None else math.inf  # what was damaged may be mended under its own name
    while knowledge.current() == opened and tries > 0 and (answering is None or answering.is_as_opened()):
        await asyncio.sleep(WATCH_S)
        tries -= 1


def _swap(parts: Parts, answering: Answering) -> None:
    """Put a release in use; answers that are being made keep the one that they began with."""
    parts.library = answering.library
    parts.embedder = ThreadedEmbedder(answering.encoder) if answering.encoder else None
    parts.assistant = answering.assistant
    parts.readiness.set("knowledge", "ready", answering.detail)
