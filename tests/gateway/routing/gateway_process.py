# SPDX-License-Identifier: Apache-2.0
"""A gateway on a port, over a router, and the plainest of clients."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager

from daulat.gateway import Meter, Parts, create_app, reserve, serve
from daulat.models import EngineSet


class NoReceipts:
    def put(self, receipt) -> None:
        pass


class Running:
    def __init__(self, port: int) -> None:
        self.port = port
        self.headers: dict[str, str] = {}

    async def ask(self, body: dict, **headers: str) -> tuple[int, bytes]:
        """Send a chat request; return the status and the body, of which chunks are not undone."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        data = json.dumps(body).encode()
        named = {"Host": "x", "Connection": "close", "Content-Type": "application/json", "Content-Length": len(data)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in (named | headers).items())
        writer.write(f"POST /v1/chat/completions HTTP/1.1\r\n{lines}\r\n".encode() + data)
        try:
            async with asyncio.timeout(120):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                rest = await reader.read()
        finally:
            writer.close()
        self.headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        return int(head[0].split()[1]), rest


@asynccontextmanager
async def running_gateway(router, **fields):
    parts = Parts(
        country="XA", services={}, engines=EngineSet({}), meter=Meter(NoReceipts(), 64, time.monotonic), router=router,
        **fields,
    )  # fmt: skip
    app, stop, ready = create_app(parts), asyncio.Event(), asyncio.Event()
    holder = reserve("127.0.0.1", 0)
    port = holder.getsockname()[1]
    serving = asyncio.create_task(serve(app, holder, stop=stop, on_ready=ready.set, before_end=app.close))
    await ready.wait()
    try:
        yield Running(port)
    finally:
        stop.set()
        await serving
