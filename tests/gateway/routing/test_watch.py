# SPDX-License-Identifier: Apache-2.0
"""An engine that answers no probe is passed over, and asked again as soon as it answers."""

import asyncio
from types import SimpleNamespace

from routing_calls import ANYWHERE, WELL, call, grant
from scripted_server import ScriptedServer, status

from daulat.gateway.routing import Declared, ModelRouter, Post, QueueSettings, Route, watched
from daulat.models import FakeEngine, RemoteEngine, declare_engines

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


async def test_one_lost_probe_is_no_sign_where_one_was_answered():
    async with ScriptedServer() as server, RemoteEngine(server.base_url, name="north") as engine:
        north = Post(Declared("north", engine, probe_s=0.02))
        router = ModelRouter([north], [], ANYWHERE)
        server.answers(LISTED)
        server.answers(status(500, {}))
        for _ in range(200):
            server.answers(LISTED)
        async with watched(router):
            await until(lambda: len(server.requests) >= 4)
        assert not north.troubled


async def test_an_engine_that_was_never_there_is_known_before_anybody_asks_it(caplog):
    async with RemoteEngine("http://127.0.0.1:1/v1", name="north") as engine:
        north = Post(Declared("north", engine, probe_s=3_600))
        async with watched(ModelRouter([north], [], ANYWHERE)):
            await until(lambda: not north.reachable)
        assert north.vitals(0).level == "red"
    assert "model `north` does not answer" in caplog.text


async def test_the_log_tells_once_of_an_engine_that_answers_calls_and_no_probe(caplog):
    async with ScriptedServer() as server, RemoteEngine(server.base_url, name="north") as engine:
        north = Post(Declared("north", engine, probe_s=0.02))
        for _ in range(200):
            server.answers(status(404, {}))
        async with watched(ModelRouter([north], [], ANYWHERE)):
            for probes in (2, 4, 6):
                await until(lambda probes=probes: len(server.requests) >= probes)
                north.reachable = True  # as after a call that it answered
        assert caplog.text.count("does not answer") == 1


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


def shared(server: ScriptedServer, count: int, tmp_path):
    """Declare so many models of one server, its address and its key written in more than one way."""
    rows = [
        SimpleNamespace(
            id=f"m{number}", kind="remote", url=server.base_url + "/" * (number % 2), upstream=f"Org/M{number}",
            key_from=("ONE_NAME", "ANOTHER")[number % 3 == 0], weights=None, context_length=4096,
        )
        for number in range(count)
    ]  # fmt: skip
    keys = {"ONE_NAME": "the same key", "ANOTHER": "the same key"}
    return declare_engines(rows, base=tmp_path, weights=tmp_path, environment=keys)


def listing(*numbers: int) -> bytes:
    return status(200, {"data": [{"id": f"Org/M{number}"} for number in numbers]})


async def test_a_server_is_probed_once_for_all_of_its_models_and_each_that_it_stops_listing_is_away(tmp_path):
    async with ScriptedServer() as server, shared(server, 20, tmp_path) as engines:
        posts = [Post(Declared(name, engines.engine_for(name), probe_s=0.02)) for name in engines.model_ids]
        router = ModelRouter(posts, [], ANYWHERE)
        for _ in range(2):
            server.answers(listing(*range(20)))
        for _ in range(200):
            server.answers(listing(*range(19)))  # the last one was unloaded
        async with watched(router):
            await until(lambda: len(server.requests) >= 2)
            assert all(post.reachable for post in posts)
            await until(lambda: not posts[19].reachable)
        # Two probes found all of them, and two that one is missing; a probe for each model would have been eighty.
        assert 4 <= len(server.requests) < 20
        assert [post.reachable for post in posts] == [True] * 19 + [False]


async def test_a_list_of_all_models_asks_a_server_once_too(tmp_path):
    async with ScriptedServer() as server, shared(server, 20, tmp_path) as engines:
        server.answers(listing(3, 5, 77))
        assert await engines.list_models() == ["m3", "m5"]
        assert len(server.requests) == 1


async def test_servers_of_different_keys_are_asked_each_under_its_own(tmp_path):
    async with ScriptedServer() as server:
        rows = [
            SimpleNamespace(
                id=name,
                kind="remote",
                url=server.base_url,
                upstream=None,
                key_from=name,
                weights=None,
                context_length=1,
            )
            for name in ("A", "B")
        ]
        keys = {"A": "first", "B": "second"}
        async with declare_engines(rows, base=tmp_path, weights=tmp_path, environment=keys) as engines:
            for _ in range(2):
                server.answers(status(200, {"data": [{"id": "A"}, {"id": "B"}]}))
            assert await engines.list_models() == ["A", "B"]
        assert {headers["authorization"] for _, headers, _ in server.requests} == {"Bearer first", "Bearer second"}
