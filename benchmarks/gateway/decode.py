# SPDX-License-Identifier: Apache-2.0
"""Decoding through the front door over decoding by the embedded engine itself: `decode.py WEIGHTS.gguf [ROUNDS]`.

Both are asked for the same tokens as a stream, in turn and in changing order: directly, through, through, directly, and
so on. Three ratios are told, each with a 95 % interval over the rounds. `rate`: tokens a second, from first event to
last, which other work on the machine disturbs. `cpu`: CPU time a token of engine, gateway and client together, so
what the ratio of rates would come to if all three shared one processor. `parts`: the same with the engine's share taken
from all rounds alike. The model runs in a process of its own either way and does the same work for both, so how its
share differs between them is the machine's noise, five times what is to be measured; the rest is the way of its tokens
to the caller, which is what is compared.
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
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from processes import Family

from daulat.gateway import Meter, Parts, create_app, reserve, run, serve
from daulat.models import EmbeddedEngine, EmbeddedSettings, EngineSet

TOKENS, ROUNDS, DRAWS = 64, 40, 10_000
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


class Round(NamedTuple):
    """What one answer took: tokens a second, and CPU seconds a token of the engine and of everything else."""

    rate: float
    engine_s: float
    rest_s: float

    @property
    def per_cpu_s(self) -> float:
        """Tokens for each second of CPU time."""
        return 1 / (self.engine_s + self.rest_s)


class Timed:
    """Counts the events of one answer, from the first on, and the CPU time of this process and its children."""

    def __init__(self) -> None:
        self.events, self.began = 0, 0.0
        self._engine_s, self._rest_s = engine_cpu_s(), time.process_time()

    def take(self, piece: bytes) -> None:
        self.events += piece.count(b"data: ")
        self.began = self.began or time.perf_counter()

    def end(self) -> Round:
        seconds, rest_s = time.perf_counter() - self.began, time.process_time() - self._rest_s
        return Round(self.events / seconds, (engine_cpu_s() - self._engine_s) / self.events, rest_s / self.events)


def engine_cpu_s() -> float:
    """CPU seconds of the processes that this one has started, to the nanosecond."""
    children = Family(os.getpid()).members()[1:]
    tasks = [task for pid in children for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


async def directly(engine: EmbeddedEngine) -> Round:
    """Ask the engine itself."""
    timed = Timed()
    async with engine.open("/chat/completions", BODY) as pieces:
        while (piece := await pieces.read()) is not None:
            timed.take(piece)
    return timed.end()


async def through(port: int) -> Round:
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


def figure(pairs: list[tuple[Round, Round]], of: Callable[[Round], float]) -> dict[str, object]:
    """Return the mean ratio of a figure of pairs (geometric), with its 95 % interval by resampling."""
    logs = [math.log(of(through) / of(direct)) for direct, through in pairs]
    draw = random.Random(0)  # the same figures give the same interval
    means = sorted(statistics.fmean(draw.choices(logs, k=len(logs))) for _ in range(DRAWS))
    low, high = means[round(0.025 * DRAWS)], means[round(0.975 * DRAWS) - 1]
    return {
        "directly": round(statistics.median(of(direct) for direct, _ in pairs), 1),
        "through": round(statistics.median(of(through) for _, through in pairs), 1),
        "ratio": round(math.exp(statistics.fmean(logs)), 3),
        "interval": [round(math.exp(low), 3), round(math.exp(high), 3)],
    }


def parts(pairs: list[tuple[Round, Round]]) -> dict[str, object]:
    """Return the ratio of CPU time a token with one engine's share for both ways, and the shares in microseconds."""
    engine_us = statistics.fmean(each.engine_s for pair in pairs for each in pair) * 1e6
    rest = [(direct.rest_s * 1e6, through.rest_s * 1e6) for direct, through in pairs]

    def ratio(drawn: list[tuple[float, float]]) -> float:
        direct_us, through_us = (statistics.fmean(each) for each in zip(*drawn, strict=True))
        return (engine_us + direct_us) / (engine_us + through_us)

    draw = random.Random(0)
    ratios = sorted(ratio(draw.choices(rest, k=len(rest))) for _ in range(DRAWS))
    low, high = ratios[round(0.025 * DRAWS)], ratios[round(0.975 * DRAWS) - 1]
    return {
        "engine_us": round(engine_us, 1),
        "directly_us": round(statistics.fmean(direct for direct, _ in rest), 1),
        "through_us": round(statistics.fmean(through for _, through in rest), 1),
        "ratio": round(ratio(rest), 4),
        "interval": [round(low, 4), round(high, 4)],
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
        "rate": figure(measured, lambda each: each.rate),
        "cpu": figure(measured, lambda each: each.per_cpu_s),
        "parts": parts(measured),
        "load_average": os.getloadavg(),
        "python": platform.python_version(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    run(main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else ROUNDS))
