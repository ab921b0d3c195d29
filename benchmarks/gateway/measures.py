# SPDX-License-Identifier: Apache-2.0
"""The single measurements: a running program in, its figures out.

Which are made, and in what order, `bench.py` says.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path

from processes import HERE, Process
from programs import EVENTS, GATEWAY, OTHER, Bench, Side, log, start_gateway

STREAMS = 1_000
CHUNKS = STREAMS * (EVENTS + 1)
ROUNDS = 7
SLICES = 20


def measure_rate(bench: Bench, process: Process, port: int, key: str, requests: int, connections: int) -> dict:
    """Requests per second and CPU per request, at full load."""
    request = bench.request(key)
    bench.load.run("closed", port, request, connections, max(connections, requests // 10))
    process.favour()
    before = process.family.cpu_s()
    done = bench.load.run("closed", port, request, connections, requests)
    used = process.family.cpu_s() - before
    assert not done["failed"], done
    assert not done["other_status"], done
    return {
        "requests": requests,
        "per_s": round(done["per_s"], 1),
        "cpu_us": round(used / requests * 1e6, 1),
        "p50_ms": done["latency_us"]["p50"] / 1000,
    }


def measure_added(bench: Bench, port: int, key: str, rate: int, rounds: int) -> dict:
    """Latency beyond that of the mock engine called directly, at a fixed rate; the median of several rounds of each."""
    request, seconds = bench.request(key), 4
    direct, through = [], []
    for _ in range(rounds):
        direct.append(bench.load.run("open", bench.fast, request, rate, seconds)["latency_us"])
        through.append(bench.load.run("open", port, request, rate, seconds)["latency_us"])
    return {
        f"added_{share}_ms": round(
            (statistics.median(each[share] for each in through) - statistics.median(each[share] for each in direct))
            / 1000,
            3,
        )
        for share in ("p50", "p90", "p99")
    }


def measure_ttft(bench: Bench, port: int, key: str, rounds: int) -> float:
    """Time to the first event beyond that of the mock engine called directly, ms; 50 streams begin each second."""
    request = bench.request(key, stream=True)
    direct, through = [], []
    for _ in range(rounds):
        direct.append(bench.load.run("streams", bench.fast, request, 200, 4_000)["first_us"]["p50"])
        through.append(bench.load.run("streams", port, request, 200, 4_000)["first_us"]["p50"])
    return round((statistics.median(through) - statistics.median(direct)) / 1000, 3)


def measure_streams(bench: Bench, process: Process, port: int, key: str, patience_s: float = 300.0) -> dict:
    """A thousand streams at once, and the most memory that they took."""
    request = bench.request(key, model="slow", stream=True)
    process.family.forget_peak()
    before = process.family.cpu_s()
    done = bench.load.run("streams", port, request, STREAMS, 2_000, patience_s)
    used = process.family.cpu_s() - before
    return {
        "streams_completed": done["streams_done"],
        "gap_p50_ms": done["gap_us"].get("p50", 0) / 1000,
        "gap_p99_ms": done["gap_us"].get("p99", 0) / 1000,
        "first_p50_ms": done["first_us"].get("p50", 0) / 1000,
        "cpu_ms_per_1000_chunks": round(used * 1e6 / CHUNKS, 1),
        "rss_mb": round(process.family.peak_mb(), 1),
    }


def measure_slope(bench: Bench, process: Process, port: int, key: str) -> dict:
    """Resident memory over 200,000 requests, in MB per 100,000, and the standard error of that.

    The heap finds its size first: what it grows in the 600,000 requests before is told apart. Memory only adds up what
    each slice of the requests brought, so its points are not independent of one another; what the slices brought is.
    The slope is their mean, and its error is theirs: a line through the points would claim to know it far better.
    """
    request, requests = bench.request(key), bench.count(200_000)

    def answered(count: int) -> float:
        process.favour()
        done = bench.load.run("closed", port, request, 32, count)
        assert not done["other_status"], done
        return process.family.resident_mb()

    first = answered(requests // SLICES)
    before = answered(3 * requests)
    points = [before, *(answered(requests // SLICES) for _ in range(SLICES))]
    brought = [later - earlier for earlier, later in pairwise(points)]
    slices = 100_000 * SLICES / requests  # in 100,000 requests
    return {
        "requests": requests,
        "mb_per_100000_requests": round(statistics.fmean(brought) * slices, 3),
        "standard_error": round(statistics.stdev(brought) / SLICES**0.5 * slices, 3),
        "first_mb": round(first, 1),
        "points_mb": [round(each, 3) for each in points],
    }


def measure_rates(bench: Bench, ours: Side, theirs: Side | None) -> None:
    """Rates at full load, ours and LiteLLM's in turn: shared processors change their speed within a minute.

    The ratio is the median of the ratios of the rounds. Both programs are up all the time; what they do while they are
    not asked is taken from the other's processor, on either side.
    """
    figures, mine, other = bench.figures, [], []
    for _ in range(ROUNDS):
        mine.append(measure_rate(bench, *ours, bench.count(20_000), 32))
        log(f"{mine[-1]['per_s']} requests/s, {mine[-1]['cpu_us']} us CPU")
        if theirs is not None:
            other.append(measure_rate(bench, *theirs, bench.count(500), 8))
            log(f"litellm {other[-1]['per_s']} requests/s, {other[-1]['cpu_us']} us CPU")
    figures |= {"rates": mine} | _medians(mine)
    if theirs is not None:
        figures["litellm"] |= {"rates": other} | _medians(other)
        by_rate = [a["per_s"] / b["per_s"] for a, b in zip(mine, other, strict=True)]
        by_cpu = [b["cpu_us"] / a["cpu_us"] for a, b in zip(mine, other, strict=True)]
        figures["requests_per_core_over_litellm"] = round(statistics.median(by_rate), 1)
        figures["requests_over_litellm_by_round"] = [round(each, 1) for each in by_rate]
        figures["cpu_over_litellm"] = round(statistics.median(by_cpu), 1)


def _medians(rates: list[dict]) -> dict[str, float]:
    return {
        "requests_per_s": statistics.median(each["per_s"] for each in rates),
        "cpu_us_per_request": statistics.median(each["cpu_us"] for each in rates),
    }


def measure_latency(bench: Bench, key: str) -> None:
    """Added latency and added time to the first event, at rates that leave the processors idle most of the time."""
    bench.load.precedence = "real" if bench.first else ""
    for engine in bench.engines if bench.first else ():  # here the engine has time, and must not add its own delays
        os.sched_setscheduler(engine.process.pid, os.SCHED_RR, os.sched_param(2))
    figures, rounds = bench.figures, 2 if bench.quick else 3
    gateway, port, _ = start_gateway(bench, key)
    figures |= measure_added(bench, port, key, 300, rounds)
    figures["added_ttft_ms"] = measure_ttft(bench, port, key, rounds)
    log(f"added p50 {figures['added_p50_ms']} p99 {figures['added_p99_ms']} first {figures['added_ttft_ms']} ms")
    gateway.end()
    bench.load.precedence = "heavy" if bench.first else ""
    for engine in bench.engines if bench.first else ():
        os.sched_setscheduler(engine.process.pid, os.SCHED_OTHER, os.sched_param(0))


def measure_workers(bench: Bench, key: str) -> None:
    """One worker and two on the same two processors, which the load shares: so CPU a request is compared, not rates.

    `scaling_by_cpu` is what two processors of their own would give: twice the CPU a request of one worker over that of
    two. It does not show what two workers answer a second here, for the load has no processor to itself.
    """
    taken = {}
    for workers in (1, 2):
        gateway, port, _ = start_gateway(bench, key, workers=workers, cores={GATEWAY, OTHER}, precedence="heavy")
        taken[workers] = measure_rate(bench, gateway, port, key, bench.count(30_000), 64)
        gateway.end()
    scaling = round(2 * taken[1]["cpu_us"] / taken[2]["cpu_us"], 2)
    by_rate = round(taken[2]["per_s"] / taken[1]["per_s"], 2)
    bench.figures["two_workers"] = {
        "one": taken[1],
        "two": taken[2],
        "scaling_by_cpu": scaling,
        "rate_beside_the_load": by_rate,
    }
    log(f"two workers over one: {scaling} by CPU a request; {by_rate} by rate, with the load on the same processors")


def measure_decode(bench: Bench, weights: Path) -> None:
    """Decoding through the gateway over the embedded engine itself; see `decode.py`."""
    words = [sys.executable, HERE / "decode.py", weights.absolute(), *([3] if bench.quick else [])]
    run = bench.start(list(words), {GATEWAY, OTHER}, precedence="heavy")
    while run.process.poll() is None:
        time.sleep(0.5)
    if run.process.returncode != 0:
        raise SystemExit(f"decode: {run.talk}")
    bench.figures["decode"] = json.loads(run.talk.splitlines()[-1])
    log(f"decode {bench.figures['decode']}")
