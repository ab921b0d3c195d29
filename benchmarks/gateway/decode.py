# SPDX-License-Identifier: Apache-2.0
"""Decoding through the front door over decoding by the embedded engine itself: `decode.py WEIGHTS.gguf [ROUNDS]`.

Both are asked for the same tokens as a stream, in turn and in changing order: directly, through, through, directly, and
so on. Two ratios are told, each with a 95 % interval over the rounds. `rate`: tokens a second, from the first event to
the last, which other work on the machine disturbs. `cpu`: CPU time a token of engine, gateway and client together, so
what the ratio of rates would come to if all three shared one processor. The model runs in a process of its own either
way; what is compared is the way of its tokens to the caller.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import platform
import random
import statistics
import sys
import time
from pathlib import Path

from processes import Family

from daulat.gateway import Meter, Parts, create_app, reserve, run, serve
from daulat.models import EmbeddedEngine, EmbeddedSettings, EngineSet

TOKENS, ROUNDS, DRAWS = 128, 16, 10_000
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


class Timed:
    """Counts the events of one answer, from the first on, and the CPU time of this process and its children."""

    def __init__(self) -> None:
        self.events, self.began, self._cpu_s = 0, 0.0, Family(os.getpid()).cpu_s()

    def take(self, piece: bytes) -> None:
        self.events += piece.count(b"data: ")
        self.began = self.began or time.perf_counter()

    def end(self) -> tuple[float, float]:
        """Return tokens a second and tokens a CPU second."""
        seconds, cpu_s = time.perf_counter() - self.began, Family(os.getpid()).cpu_s() - self._cpu_s
        return self.events / seconds, self.events / cpu_s


async def directly(engine: EmbeddedEngine) -> tuple[float, float]:
    """Ask the engine itself."""
    timed = Timed()
    async with engine.open("/chat/completions", BODY) as pieces:
        while (piece := await pieces.read()) is not None:
            timed.take(piece)
    return timed.end()


async def through(port: int) -> tuple[float, float]:
    """Ask the gateway over HTTP."""
    timed = Timed()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY)
    await reader.readuntil(b"\r\n\r\n")
    while piece := await reader.read(65536):
        timed.take(piece)
    writer.close()
    return timed.end()


def ratio(pairs: list[tuple[float, float]]) -> dict[str, object]:
    """Return the mean ratio of pairs (geometric), with its 95 % interval by resampling."""
    logs = [math.log(through / direct) for direct, through in pairs]
    draw = random.Random(0)  # the same figures give the same interval
    means = sorted(statistics.fmean(draw.choices(logs, k=len(logs))) for _ in range(DRAWS))
    low, high = means[round(0.025 * DRAWS)], means[round(0.975 * DRAWS) - 1]
    return {
        "directly": round(statistics.median(direct for direct, _ in pairs), 1),
        "through": round(statistics.median(through for _, through in pairs), 1),
        "ratio": round(math.exp(statistics.fmean(logs)), 3),
        "interval": [round(math.exp(low), 3), round(math.exp(high), 3)],
    }


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
        measured = []
        for number in range(rounds):
            if number % 2:
                later = await through(port)
                measured.append((await directly(engine), later))
            else:
                measured.append((await directly(engine), await through(port)))
        stop.set()
        await serving
    figures = {
        "rounds": rounds,
        "tokens": TOKENS,
        "rate": ratio([(direct[0], passed[0]) for direct, passed in measured]),
        "cpu": ratio([(direct[1], passed[1]) for direct, passed in measured]),
        "load_average": os.getloadavg(),
        "python": platform.python_version(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    run(main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else ROUNDS))
