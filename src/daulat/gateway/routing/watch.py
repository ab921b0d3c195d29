# SPDX-License-Identifier: Apache-2.0
"""Looking after engines: a router in; engines that answer no probe passed over, and asked again when they do.

One probe for each engine at a time, every few seconds as declared; it asks for the list of models and sends no prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from daulat.gateway.routing.router import ModelRouter
from daulat.gateway.routing.seats import Post
from daulat.models import EngineError

TICK_S = 0.5
PROBE_PATIENCE_S = 5.0
# One lost probe is the weather, two are a sign.
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
    """Probe each engine in its own time, and let calls go on whose engines came back."""
    engines: dict[int, list[Post]] = {}
    for post in router.posts.values():
        if post.declared.probe_s > 0:
            engines.setdefault(id(post.declared.engine), []).append(post)
    probing = [asyncio.create_task(_probe_for_ever(posts)) for posts in engines.values()]
    try:
        while True:
            await asyncio.sleep(TICK_S)
            router.tick()
    finally:
        for task in probing:
            task.cancel()
        await asyncio.gather(*probing, return_exceptions=True)


async def _probe_for_ever(posts: list[Post]) -> None:
    lost = 0
    while True:
        await asyncio.sleep(min(post.declared.probe_s for post in posts))
        lost = 0 if await probe(posts[0]) else lost + 1
        for post in posts:
            note_probe(post, lost)


def note_probe(post: Post, lost: int) -> None:
    """Note how many probes in a row an engine has not answered."""
    if lost >= PROBES_LOST:
        post.reachable, post.troubled = False, True
    elif lost == 0:
        post.reachable = True


async def probe(post: Post) -> bool:
    """Say whether an engine lists its models now."""
    try:
        async with asyncio.timeout(PROBE_PATIENCE_S):
            return bool(await post.declared.engine.models())
    except (EngineError, TimeoutError):
        return False
