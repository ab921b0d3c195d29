# SPDX-License-Identifier: Apache-2.0
"""`daulat up --only gateway` on loopback ports of its own, a receiver of traces, and the plainest of clients."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

START = "from daulat.cli import main; main()"


async def ask(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict, bytes]:
    """Send one request; return status, headers and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = b"" if body is None else json.dumps(body).encode()
    named = {"Host": "localhost", "Connection": "close", "Content-Type": "application/json"}
    named["Content-Length"] = len(data)
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)
    async with asyncio.timeout(30):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        rest = await reader.read()
    writer.close()
    answered = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    return int(lines[0].split()[1]), answered, rest


class Receiver:
    """Takes OTLP over HTTP, and keeps each body that was posted to /v1/traces."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc_info):
        self._server.close()

    async def _serve(self, reader, writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        named = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(named["content-length"]))
        assert head[0].startswith("POST /v1/traces ")
        assert named["content-type"] == "application/x-protobuf"
        self.bodies.append(body)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        writer.close()


class Front:
    """A running front door; `said` is all that it wrote once it has ended."""

    def __init__(self, process, port: int, metrics: int) -> None:
        self.process, self.port, self.metrics = process, port, metrics
        self.said = b""

    async def ask(self, method, path, body=None, **headers):
        return await ask(self.port, method, path, body, **headers)

    async def status(self) -> dict:
        return json.loads((await self.ask("GET", "/v1/status"))[2])

    async def chat(self, model: str, text: str, **fields):
        headers = fields.pop("headers", {})
        body = {"model": model, "messages": [{"role": "user", "content": text}]} | fields
        return await self.ask("POST", "/v1/chat/completions", body, **headers)


@asynccontextmanager
async def running_front(place: Path, nation: str, metrics: int = 0, **environ: str):
    """Start the front door over a declaration; wait until its database is there."""
    (place / "nation.yaml").write_text(nation, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "VALKEY_URL")}
    words = ["up", "--only", "gateway", "--port", "0", "--json"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, *words, cwd=place, env=clean | environ,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out = b""
    while not out.rstrip().endswith(b"}"):
        line = await process.stdout.readline()
        assert line, (await process.stderr.read()).decode()
        out += line
    front = Front(process, int(json.loads(out)["url"].rpartition(":")[2]), metrics)
    try:
        async with asyncio.timeout(90):
            while any(part["state"] != "ready" for part in (await front.status())["parts"]):
                await asyncio.sleep(0.1)
        yield front
    finally:
        if process.returncode is None:
            process.terminate()
        rest, talk = await process.communicate()
        front.said = out + rest + talk
    assert process.returncode == 0, front.said.decode()
