# SPDX-License-Identifier: Apache-2.0
"""What a request costs: CPU of the gateway's process per request, by server and by kind of request.

Run `python benchmarks/gateway/measure.py [embedded process uvicorn]`; uvicorn has to be installed for its turn. CPU
time is read from /proc, for the process and its children: other work on the machine moves it less than wall times.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
CONNECTIONS = 8


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(kind: str, upstream: str) -> tuple[subprocess.Popen, int]:
    port = free_port()
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    process = subprocess.Popen([sys.executable, str(HERE / "serve.py"), kind, str(port), upstream], env=environment)
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process, port
        except OSError:
            time.sleep(0.025)
    raise SystemExit(f"{kind} did not come up")


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def cpu_s(pid: int) -> float:
    total = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total * TICK_S


def resident_mb(pid: int) -> float:
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def encode(path: str, body: dict | None) -> bytes:
    data = json.dumps(body).encode() if body else b""
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


async def run(port: int, request: bytes, count: int) -> list[float]:
    """Send a request `count` times over a few connections; return the seconds that each took."""
    left = iter(range(count))
    taken: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if b"chunked" in head.lower():
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readexactly(2)
            else:
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                await reader.readexactly(int(length.split(b":")[1]))
            assert b" 200 " in head[:20], head
            taken.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return sorted(taken)


def chat(model: str, **fields) -> bytes:
    messages = [{"role": "user", "content": "Kapan kelahiran harus dilaporkan?"}]
    return encode("/v1/chat/completions", {"model": model, "messages": messages} | fields)


REQUESTS = {
    "GET /healthz": (encode("/healthz", None), 20_000),
    "service, whole": (chat("xa/public-services"), 6_000),
    "service, streamed": (chat("xa/public-services", stream=True), 6_000),
    "model, whole": (chat("mock", max_tokens=1), 4_000),
    "model, 64 chunks streamed": (chat("mock", max_tokens=64, stream=True), 600),
}


def main() -> None:
    engine, upstream_port = start("upstream", "-")
    results = {}
    for kind in sys.argv[1:] or ["embedded", "process"]:
        process, port = start(kind, f"http://127.0.0.1:{upstream_port}/v1")
        time.sleep(1)
        results[kind] = {"resident MB": round(resident_mb(process.pid))}
        for name, (request, count) in REQUESTS.items():
            asyncio.run(run(port, request, count // 20))
            before, began = cpu_s(process.pid), time.perf_counter()
            taken = asyncio.run(run(port, request, count))
            used_us = (cpu_s(process.pid) - before) / count * 1e6
            results[kind][name] = {
                "cpu_us": round(used_us),
                "per_s": round(count / (time.perf_counter() - began)),
                "p50_ms": round(taken[count // 2] * 1000, 2),
            }
        process.terminate()
        process.wait(10)
    engine.terminate()
    engine.wait(10)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
