# SPDX-License-Identifier: Apache-2.0
"""An engine that answers no probe is passed over, and asked again as soon as it answers."""

import asyncio

from routing_calls import ANYWHERE, WELL, call, grant
from scripted_server import ScriptedServer, status

from daulat.gateway.routing import Declared, ModelRouter, Post, QueueSettings, Route, watched
from daulat.models import FakeEngine, RemoteEngine

LISTED = status(200, {"data": [{"id": "north"}]})


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def test_an_engine_that_is_silent_is_passed_over_until_it_answers_again():
    async with ScriptedServer() as server, RemoteEngine(server.base_url, name="north") as engine:
        north = Post(Declared("north", engine, probe_s=0.02))
        south = Post(Declared("south", FakeEngine(["south"]), probe_s=0.0))
        router = ModelRouter([north, south], [Route("writer", ((north, 1.0), (south, 1.0)), "weighted")], ANYWHERE)
        for _ in range(2):
            server.answers(status(500, {}))
        for _ in range(200):
            server.answers(LISTED)
        async with watched(router):
            await until(lambda: not north.reachable)
            chosen = {(await router.choose(call(), grant())).model for _ in range(4)}
            await until(lambda: north.reachable)
            again = {(await router.choose(call(), grant())).model for _ in range(4)}
        assert chosen == {"south"}
        assert again == {"north", "south"}


async def test_one_lost_probe_is_no_sign():
    async with ScriptedServer() as server, RemoteEngine(server.base_url, name="north") as engine:
        north = Post(Declared("north", engine, probe_s=0.02))
        router = ModelRouter([north], [], ANYWHERE)
        server.answers(status(500, {}))
        for _ in range(200):
            server.answers(LISTED)
        async with watched(router):
            await until(lambda: len(server.requests) >= 3)
        assert north.reachable


async def test_calls_that_wait_go_on_when_their_engine_comes_back_by_itself(clock):
    busy = Post(Declared("busy", FakeEngine(["busy"]), concurrency=1, probe_s=0.0))
    router = ModelRouter(
        [busy], [Route("busy", ((busy, 1.0),))], ANYWHERE, queue=QueueSettings(wait_s=60.0), clock=clock
    )
    held = await router.choose(call("busy"), grant())
    waiting = asyncio.create_task(router.choose(call("busy"), grant()))
    await asyncio.sleep(0)
    busy.paused_until, busy.troubled = clock.now + 5, True
    router.ended(held, WELL, None)  # there is room, but it has said that it is busy
    assert router.waiting == 1
    async with watched(router):
        clock.now += 5
        assert (await waiting).model == "busy"
