# SPDX-License-Identifier: Apache-2.0
"""Looking after engines: a router in; engines that answer no probe passed over, and asked again when they do.

One probe for each server at a time, the first at once and then every few seconds as declared, however many models it
runs: it asks for the list of models and sends no prompt. A model that is no longer listed is away, as if its engine
were. Who goes away or comes back is told to the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from daulat.gateway.routing.router import ModelRouter
from daulat.gateway.routing.seats import Post
from daulat.models import Engine, EngineError, by_server, models_of

_LOG = logging.getLogger(__name__)

TICK_S = 0.5
PROBE_PATIENCE_S = 5.0
# One lost probe is the weather, two are a sign; of an engine that never answered one says enough.
PROBES_LOST = 2


@asynccontextmanager
async def watched(router: ModelRouter) -> AsyncIterator[ModelRouter]:
    """Look after a router's engines for as long as the block lasts."""
    watching = asyncio.create_task(_watch(router), name="routing")
    try:
        yield router
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(router: ModelRouter) -> None:
    """Probe each server in its own time, and let calls go on whose engines came back."""
    posts = [post for post in router.posts.values() if post.declared.probe_s > 0]
    engines = {id(post.declared.engine): post.declared.engine for post in posts}
    probing = [asyncio.create_task(_probe_for_ever(_Server(group, posts))) for group in by_server(engines.values())]
    try:
        while True:
            await asyncio.sleep(TICK_S)
            router.tick()
    finally:
        for task in probing:
            task.cancel()
        await asyncio.gather(*probing, return_exceptions=True)


class _Server:
    """The engines of one server, the posts of each, and how many probes in a row each has lost."""

    def __init__(self, engines: Sequence[Engine], posts: Sequence[Post]) -> None:
        self.engines = engines
        self.posts = [[post for post in posts if post.declared.engine is engine] for engine in engines]
        self.lost = [PROBES_LOST - 1] * len(engines)
        self.probe_s = min(post.declared.probe_s for each in self.posts for post in each)


async def _probe_for_ever(server: _Server) -> None:
    while True:
        for index, lists in enumerate(await probe(server.engines)):
            before, lost = server.lost[index], 0 if lists else server.lost[index] + 1
            server.lost[index] = lost
            for post in server.posts[index]:
                note_probe(post, lost)
                _tell(post.model, before, lost)
        await asyncio.sleep(server.probe_s)


def note_probe(post: Post, lost: int) -> None:
    """Note how many probes in a row an engine has not answered."""
    if lost >= PROBES_LOST:
        post.reachable, post.troubled = False, True
    elif lost == 0:
        post.reachable = True


def _tell(model: str, before: int, lost: int) -> None:
    """Tell the log once of each change: an engine may answer no probe for ever, and its calls all the same."""
    if lost == PROBES_LOST:
        _LOG.warning("model `%s` does not answer, or its server does not list it: it is asked last", model)
    elif lost == 0 and before >= PROBES_LOST:
        _LOG.warning("model `%s` answers, and is listed", model)


async def probe(engines: Sequence[Engine]) -> list[bool]:
    """Say of each engine of one server whether the server lists a model of it now."""
    try:
        async with asyncio.timeout(PROBE_PATIENCE_S):
            return [bool(models) for models in await models_of(engines)]
    except (EngineError, TimeoutError):
        return [False] * len(engines)
