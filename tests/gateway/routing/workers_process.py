# SPDX-License-Identifier: Apache-2.0
"""`daulat up --only gateway --workers N` before an engine that counts, and a client that chooses the worker it asks."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from daulat.nation import bootstrap

START = "from daulat.cli import main; main()"
ANSWER = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "small",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "well"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip
MODELS = """models:
- {{id: small, kind: remote, url: "{url}", concurrency: {concurrency}}}
"""


async def until(is_true) -> None:
    async with asyncio.timeout(60):
        while not await is_true():
            await asyncio.sleep(0.02)


async def read_message(reader) -> tuple[str, dict[str, str], bytes]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    named = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    return lines[0], named, await reader.readexactly(int(named.get("content-length", 0)))


def message(first: str, body: object, **named: str) -> bytes:
    data = json.dumps(body).encode() if body is not None else b""
    named |= {"content-type": "application/json", "content-length": str(len(data))}
    lines = [first, *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode() + data


class CountingEngine:
    """Holds each request until `let_go`, or for `hold_s`; `most` is how many it ever held, `order` what they said."""

    def __init__(self, hold_s: float | None = None) -> None:
        self.hold_s = hold_s
        self.held: list[asyncio.Event] = []
        self._callers: list[asyncio.StreamReader] = []  # whoever hung up is held no more, seen or not
        self.most = 0
        self.order: list[str] = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *exc_info):
        self._server.close()

    def let_go(self, count: int) -> None:
        for event in self.held[:count]:
            event.set()

    async def _serve(self, reader, writer) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, _, body = await read_message(reader)
                if first.startswith("GET"):
                    answer = {"object": "list", "data": [{"id": "small", "object": "model"}]}
                elif await self._hold(json.loads(body)["messages"][-1]["content"], reader):
                    answer = ANSWER
                else:
                    break
                writer.write(message("HTTP/1.1 200 OK", answer))
        writer.close()

    async def _hold(self, text: str, reader) -> bool:
        """Hold a request; False if its caller hung up meanwhile."""
        event = asyncio.Event()
        self.held.append(event)
        self.order.append(text)
        self._callers.append(reader)
        self.most = max(self.most, sum(not caller.at_eof() for caller in self._callers))
        leaving = asyncio.ensure_future(reader.read(1))
        waiting = asyncio.ensure_future(event.wait())
        await asyncio.wait((leaving, waiting), timeout=self.hold_s, return_when=asyncio.FIRST_COMPLETED)
        self.held.remove(event)
        self._callers.remove(reader)
        has_left = leaving.done()
        for each in (leaving, waiting):
            each.cancel()
        await asyncio.gather(leaving, waiting, return_exceptions=True)
        return not has_left


class Service:
    def __init__(self, process, port: int) -> None:
        self.process, self.port = process, port
        self._idle: dict[int, list] = {}
        self._writers: list = []
        self._choosing = asyncio.Lock()

    def workers(self) -> list[int]:
        found = []
        for each in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # it ends just now
                if "--join" in each.cmdline():
                    found.append(each.pid)
        return sorted(found)

    async def status(self) -> dict:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(message("GET /v1/status HTTP/1.1", None, host="localhost"))
        _, _, body = await read_message(reader)
        writer.close()
        return json.loads(body)

    async def is_idle(self) -> bool:
        """Say whether no call waits and no engine holds one, all workers together."""
        state = await self.status()
        return (state["waiting"], state["engines"][0]["in_flight"]) == (0, 0)

    async def connection_to(self, worker: int):
        """Return a connection to one of the workers: an idle one, or one that the kernel happens to give to it.

        One after another: while the kernel is asked whose a connection is, nothing else runs here, and one that was
        opened meanwhile and has said nothing for ten seconds is closed by its worker.
        """
        async with self._choosing:
            while True:
                if idle := self._idle.get(worker):
                    return idle.pop()
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                self._writers.append(writer)
                writer.write(message("GET /healthz HTTP/1.1", None, host="localhost"))
                await read_message(reader)
                here = writer.get_extra_info("sockname")[1]
                owners = {each.raddr.port: each.pid for each in psutil.net_connections("tcp") if each.raddr}
                self._idle.setdefault(owners[here], []).append((reader, writer))

    async def ask(self, worker: int, text: str, priority: str = "interactive") -> int:
        """Ask one of the workers; return the status of its answer."""
        reader, writer = connection = await self.connection_to(worker)
        body = {"model": "small", "messages": [{"role": "user", "content": text}]}
        named = {"host": "localhost", "x-daulat-priority": priority}
        writer.write(message("POST /v1/chat/completions HTTP/1.1", body, **named))
        first, _, _ = await read_message(reader)
        self._idle[worker].append(connection)
        return int(first.split()[1])

    def close(self) -> None:
        for writer in self._writers:
            writer.close()

    async def waits(self, worker: int, text: str, priority: str = "interactive") -> asyncio.Task:
        """Ask one of the workers, and go on when the call waits there."""
        before = (await self.status())["waiting"]
        task = asyncio.create_task(self.ask(worker, text, priority))
        await until(lambda: self._wait_at_least(before + 1))
        return task

    async def _wait_at_least(self, count: int) -> bool:
        return (await self.status())["waiting"] >= count


@asynccontextmanager
async def running_workers(place: Path, count: int, engine: CountingEngine, concurrency: int):
    nation = bootstrap("EE").replace("models: []\n", MODELS.format(url=engine.url, concurrency=concurrency))
    (place / "nation.yaml").write_text(nation, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "VALKEY_URL")}
    words = ["up", "--only", "gateway", "--port", "0", "--json", "--workers", str(count)]
    with (place / "talk").open("w") as talk:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, *words, cwd=place, env=clean, stdout=asyncio.subprocess.PIPE, stderr=talk
        )
    out = b""
    while not out.rstrip().endswith(b"}"):
        line = await process.stdout.readline()
        assert line, (place / "talk").read_text()
        out += line
    service = Service(process, int(json.loads(out)["url"].rpartition(":")[2]))
    try:
        await until(lambda: _is_ready(service))
        yield service
    finally:
        service.close()
        process.terminate()
        await process.communicate()


async def _is_ready(service: Service) -> bool:
    states = [part["state"] for part in (await service.status())["parts"]]
    return all(state == "ready" for state in states)
