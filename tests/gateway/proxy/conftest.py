# SPDX-License-Identifier: Apache-2.0
"""A gateway on a port, a scripted engine behind it, and a book of all that was admitted, routed and settled."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "models"))  # the scripted server of the engines' own tests

from scripted_server import SILENCE, ScriptedServer

from daulat.gateway import Meter, Parts, create_app, reserve, serve
from daulat.gateway.errors import NotReady
from daulat.gateway.ports import Call, CallUsage, Target
from daulat.models import EngineSet, RemoteEngine

CHAT = "/v1/chat/completions"


class NoReceipts:
    def put(self, receipt) -> None:
        pass


@dataclass
class Books:
    """An admission, a router and an observer that write everything down."""

    targets: list[Target] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    settled: list[CallUsage] = field(default_factory=list)
    discards: list[CallUsage] = field(default_factory=list)
    route: list[tuple] = field(default_factory=list)
    members: bytes = b""

    def recognise(self, call):
        pass

    async def admit(self, call):
        self.calls.append(call)
        return Grant(self)

    async def choose(self, call, grant, tried=()):
        for target in self.targets:
            if target not in tried:
                return target
        raise NotReady("nobody is left", why="-", fix="-", code="no_route")

    def began(self, target):
        self.route.append(("began", target.engine.name))

    def first_token(self, target, seconds):
        self.route.append(("first", target.engine.name))

    def ended(self, target, usage, error, by=""):
        self.route.append(("ended", target.engine.name, error.code if error else ""))

    def measure(self, call, grant, target, usage):
        return usage

    def annotate(self, call, grant, target, usage):
        return self.members

    def finished(self, call, grant, target, usage):
        pass

    def discarded(self, call, grant, usage):
        self.discards.append(usage)

    async def one_settled(self) -> CallUsage:
        """Wait until a call was settled, and return what it came to."""
        async with asyncio.timeout(20):
            while not self.settled:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)  # a second settlement would come now
        assert len(self.settled) == 1
        return self.settled[0]


@dataclass
class Grant:
    books: Books
    organisation: str = ""
    project: str = ""
    key: str = ""
    data_class: str = ""
    priority: str = ""

    def settle(self, usage):
        self.books.settled.append(usage)

    def discard(self, usage):
        assert not self.books.settled


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Running:
    """A gateway that serves, and the plainest of clients."""

    def __init__(self, port: int, books: Books) -> None:
        self.port, self.books = port, books

    async def connect(self, body: bytes | dict, path: str = CHAT, headers: str = ""):
        """Send a request and return the connection, nothing read."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}"
        writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        return reader, writer

    async def ask(self, body: bytes | dict, path: str = CHAT, headers: str = "") -> Answered:
        reader, writer = await self.connect(body, path, headers)
        async with asyncio.timeout(20):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            named = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            rest = await reader.read()
        writer.close()
        if named.get("transfer-encoding") == "chunked":
            rest = unchunked(rest)
        return Answered(int(head[0].split()[1]), named, rest)


def unchunked(data: bytes) -> bytes:
    """Undo the chunks of HTTP/1.1; fails if the last one is missing."""
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            assert data == b"\r\n"
            return body
        body, data = body + data[:length], data[length + 2 :]


@pytest.fixture
async def engine_server():
    async with ScriptedServer() as running:
        yield running


@pytest.fixture
async def other_server():
    async with ScriptedServer() as running:
        yield running


@asynccontextmanager
async def running_gateway(*engines, **changes):
    books = Books([Target(engine, "m", reason="test") for engine in engines])
    parts = Parts(
        country="XA",
        services={},
        engines=EngineSet({"m": engines[0]}),
        meter=Meter(NoReceipts(), 100, time.monotonic),
        admission=books,
        router=books,
        observer=books,
        **changes,
    )
    app = create_app(parts)
    stop, ready = asyncio.Event(), asyncio.Event()
    holder = reserve("127.0.0.1", 0)
    port = holder.getsockname()[1]
    serving = asyncio.create_task(serve(app, holder, stop=stop, on_ready=ready.set, before_end=app.close))
    await ready.wait()
    running = Running(port, books)
    running.stop = stop
    try:
        yield running
    finally:
        stop.set()
        await serving
        for engine in engines:
            await engine.close()


@pytest.fixture
def remote(engine_server, request):
    """Return the scripted engine under the name `north`; only where its script falls silent it is soon given up."""
    scripts = request.node.callspec.params.values() if hasattr(request.node, "callspec") else ()
    is_silent = any(isinstance(script, list) and SILENCE in script for script in scripts)
    patience_s = 0.25 if is_silent else 60
    return RemoteEngine(engine_server.base_url, name="north", api_key="engine-key", patience_s=patience_s)


@pytest.fixture
async def gateway(remote):
    async with running_gateway(remote) as running:
        yield running


@pytest.fixture
def start():
    """Give a test the function that starts a gateway over engines of its own."""
    return running_gateway
