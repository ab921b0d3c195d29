# SPDX-License-Identifier: Apache-2.0
"""While a model talks no connection to the database is held; a caller that leaves ends it, and pays for what came."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from browser import Browser

sys.path.insert(0, str(Path(__file__).parents[2] / "models"))  # the scripted server of the engines' own tests

from scripted_server import EVENT_STREAM, SILENCE, ScriptedServer, says, status

from daulat.assistant.types import AnswerEvent
from daulat.gateway import create_app, reserve, serve
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.api.files.shelf import FileShelf
from daulat.gateway.quota.prices import Price
from daulat.models import EngineSet, RemoteEngine
from daulat.store import StoreSettings, open_store

ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 100}
PRICE = Price.of("XTS", input=Decimal("1000000"), output=Decimal("2000000"))  # a token: 1 and 2
AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle' AND xact_start <= %s
"""


class WaitingAssistant:
    """Begins an answer, and goes on when it is told to."""

    def __init__(self):
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def stream(self, question, writer_for=None):
        yield AnswerEvent("text", "The law says")
        self.begun.set()
        await self.go_on.wait()
        raise AssertionError("its caller leaves first")


@asynccontextmanager
async def serving(fakes, store, engine, **changes):
    """Serve a gateway over one engine and a database; give its port."""
    access = Access(AccessSettings(ZoneInfo("UTC"), is_private=False, prices={"m": PRICE}))
    parts = fakes.make_parts(
        admission=access,
        routes=access.routes(),
        engines=EngineSet({"m": engine}),
        files=FileShelf(store, 3_600),
        **changes,
    )
    app, holder = create_app(parts), reserve("127.0.0.1", 0)
    stop, ready = asyncio.Event(), asyncio.Event()
    async with access.open(store):
        running = asyncio.create_task(serve(app, holder, stop=stop, on_ready=ready.set, before_end=app.close))
        await ready.wait()
        yield holder.getsockname()[1]
        stop.set()
        await running


@pytest.fixture
async def upstream():
    """Give an engine's server that never ends by itself what ends in `SILENCE`."""
    async with ScriptedServer() as server:
        yield server


async def begin(port, body, key):
    """Send a request and return its connection, nothing read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = json.dumps(body).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Authorization: Bearer {key.token}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
    return reader, writer


async def until(true):
    """Wait until something holds, which the test goes on from."""
    async with asyncio.timeout(30):
        while not await true():
            await asyncio.sleep(0.02)


async def limits_of(port, key):
    """Return, by metric, what is used and what is left, as the holder of a key is shown them."""
    bearer = {"authorization": f"Bearer {key.token}"}
    found, shown = await Browser().json(f"http://127.0.0.1:{port}/v1/usage", headers=bearer)
    assert found == 200, shown
    return {each["metric"]: (each["used"], each["available"]) for each in shown["limits"]}


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
async def test_a_caller_that_leaves_ends_the_engines_work_pays_for_what_came_and_gets_the_rest_back(
    store, office, fakes, upstream, streamed
):
    key = await office.key()
    await office.limit("key", key.key.id, "concurrent", "", 1)
    await office.limit("key", key.key.id, "tokens_out", "month", 150)
    upstream.answers(*([EVENT_STREAM, says("One"), says(" two"), SILENCE] if streamed else [SILENCE]))
    engine = RemoteEngine(upstream.base_url, name="north", patience_s=600)
    async with engine, serving(fakes, store, engine) as port:
        reader, writer = await begin(port, ASK | {"stream": streamed}, key)
        if streamed:
            await asyncio.wait_for(reader.readuntil(b"two"), 30)
        await until(lambda: heard(upstream))
        # While it runs, the one call at a time is taken, and the 100 tokens that it may come to are.
        assert (await limits_of(port, key))["concurrent"][1] == "0"
        assert Decimal((await limits_of(port, key))["tokens_out"][1]) <= 50
        assert not upstream.hung_up.is_set()

        writer.close()

        await asyncio.wait_for(upstream.hung_up.wait(), 30)
        written = "SELECT status, code, completion_tokens, prompt_tokens, cost, engine FROM usage_call"
        await until(lambda: store.fetch(written))
        [(ended, code, completion, prompt, cost, by)] = await store.fetch(written)
        assert (ended, code, completion, by) == (499, "client_gone", 2 if streamed else 0, "north")
        assert cost == prompt + 2 * completion
        assert prompt > 0

        # What is left of 150 tokens is there for the next call, and so is the place of the one call at a time.
        left = 150 - completion
        assert await outcome(port, key, left + 1) == (429, "insufficient_quota")
        upstream.answers(status(200, {"choices": []}))
        assert await outcome(port, key, left) == (200, "")


async def outcome(port, key, max_tokens):
    """Send one call that may come to so many tokens; return the status, and the code of an error."""
    bearer = {"authorization": f"Bearer {key.token}"}
    address, body = f"http://127.0.0.1:{port}/v1/chat/completions", ASK | {"max_tokens": max_tokens}
    found, said = await Browser().json(address, "POST", body, bearer)
    return found, said["error"]["code"] if found >= 400 else ""


async def heard(upstream):
    return upstream.requests


async def test_no_connection_to_the_database_is_held_while_a_model_talks(store, office, fakes, upstream):
    key = await office.key()
    await office.limit("key", key.key.id, "tokens_out", "month", 10_000)
    for script in ([EVENT_STREAM, says("One"), SILENCE], [SILENCE], [SILENCE]):
        upstream.answers(*script)
    engine, assistant = RemoteEngine(upstream.base_url, name="north", patience_s=600), WaitingAssistant()
    async with (
        open_store(StoreSettings(Path(), store.conninfo, connections=1)) as narrow,
        engine,
        serving(fakes, narrow, engine, assistant=assistant) as port,
        await psycopg.AsyncConnection.connect(store.conninfo, autocommit=True) as watch,
    ):
        service = ASK | {"model": "xa/public-services", "stream": True}
        asked = [ASK | {"stream": True}, ASK, ASK, service]
        writers = [(await begin(port, body, key))[1] for body in asked]

        async def all_talk():
            return len(upstream.requests) == 3 and assistant.begun.is_set()

        await until(all_talk)
        [since] = await (await watch.execute("SELECT clock_timestamp()")).fetchone()

        async def nobody_is_at_work():
            # What had begun by then may have been the accounts of an instant; what stays is held for a call.
            return (await (await watch.execute(AT_WORK, [since])).fetchone()) == (0,)

        await until(nobody_is_at_work)
        # The pool has one connection, and four calls are in progress: others get it.
        assert set(await limits_of(port, key)) == {"tokens_out"}
        for _ in range(2):
            bearer = {"authorization": f"Bearer {key.token}"}
            found, files = await Browser().json(f"http://127.0.0.1:{port}/v1/files", headers=bearer)
            assert (found, files["object"]) == (200, "list")
        assert not upstream.hung_up.is_set()
        assert not assistant.go_on.is_set()
        for writer in writers:
            writer.close()
        await asyncio.wait_for(upstream.hung_up.wait(), 30)
