# SPDX-License-Identifier: Apache-2.0
"""Decoding through the front door over decoding by the embedded engine itself: `decode.py WEIGHTS.gguf [ROUNDS]`.

Both are asked in turn for the same tokens as a stream; the rate counts from the first event to the last. The model runs
in a process of its own either way, so what is compared is the way of its tokens to the caller.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path

from daulat.gateway import Meter, Parts, create_app, reserve, run, serve
from daulat.models import EmbeddedEngine, EmbeddedSettings, EngineSet

TOKENS = 192
BODY = json.dumps(
    {
        "model": "m",
        "stream": True,
        "max_tokens": TOKENS,
        "temperature": 0,
        "ignore_eos": True,
        "messages": [{"role": "user", "content": "Count from one to a hundred in words."}],
    }
).encode()


class NoReceipts:
    def put(self, receipt) -> None:
        pass


async def directly(engine: EmbeddedEngine) -> float:
    """Return events a second, asked of the engine itself."""
    count, began = 0, 0.0
    async with engine.open("/chat/completions", BODY) as pieces:
        while (piece := await pieces.read()) is not None:
            count += piece.count(b"data: ")
            began = began or time.perf_counter()
    return count / (time.perf_counter() - began)


async def through(port: int) -> float:
    """Return events a second, asked of the gateway over HTTP."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY)
    await reader.readuntil(b"\r\n\r\n")
    count, began = 0, 0.0
    while piece := await reader.read(65536):
        count += piece.count(b"data: ")
        began = began or time.perf_counter()
    writer.close()
    return count / (time.perf_counter() - began)


async def main(weights: Path, rounds: int) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    async with EmbeddedEngine("m", weights, settings=EmbeddedSettings(threads=1)) as engine:
        engines = EngineSet({"m": engine})
        app = create_app(Parts("XA", {}, engines, Meter(NoReceipts(), 100, time.monotonic)))
        holder = reserve("127.0.0.1", 0)
        port = holder.getsockname()[1]
        serving = asyncio.create_task(serve(app, holder, stop=stop, on_ready=ready.set, before_end=app.close))
        await ready.wait()
        await directly(engine)
        rates = [(await directly(engine), await through(port)) for _ in range(rounds)]
        stop.set()
        await serving
    one, other = (statistics.median(each) for each in zip(*rates, strict=True))
    ratio = statistics.median(b / a for a, b in rates)
    print(json.dumps({"directly_per_s": round(one, 1), "through_per_s": round(other, 1), "ratio": round(ratio, 3)}))


if __name__ == "__main__":
    run(main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 7))
