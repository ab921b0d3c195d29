# SPDX-License-Identifier: Apache-2.0
"""What the front door costs, all features on, beside LiteLLM's proxy: `make bench-gateway`.

The gateway has one processor to itself; a compiled mock engine, the load client and PostgreSQL share the other. Every
call carries a key with five limits, is routed, metered, and leaves a row in the ledger. CPU time is read from /proc and
is the steady figure; wall rates swing with whatever else the machine does, so the load average is written down too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from processes import HERE, Load, Precedence, Process, ask_once, compile_tools, free_port, request_bytes

OUT = HERE.parent / "out" / "gateway.json"
MESSAGES = [{"role": "user", "content": "When must a birth be reported, and to whom?"}]
PATH = "/v1/chat/completions"
GATEWAY, OTHER = 0, 1
EVENTS, GAP_MS, STREAMS = 64, 50, 1_000
CHUNKS = STREAMS * (EVENTS + 1)
ROUNDS = 7
SLICES = 20

NATION = """
models:
- {{id: mock, kind: remote, url: "http://127.0.0.1:{fast}/v1",
   price: {{input: 0.2, output: 0.6, currency: XTS}}}}
- {{id: slow, kind: remote, upstream: mock, url: "http://127.0.0.1:{slow}/v1",
   price: {{input: 0.2, output: 0.6, currency: XTS}}}}
"""

LITELLM = """
model_list:
- model_name: mock
  litellm_params: {{model: openai/mock, api_base: "http://127.0.0.1:{fast}/v1", api_key: none}}
- model_name: slow
  litellm_params: {{model: openai/mock, api_base: "http://127.0.0.1:{slow}/v1", api_key: none}}
general_settings: {{master_key: {key}}}
"""


class Bench:
    """One run: a directory, the mock engines, the load client, and what was measured."""

    def __init__(self, directory: Path, quick: bool, first: bool = False) -> None:
        self.directory, self.quick, self.first = directory, quick, first
        compile_tools(directory)
        self.load = Load(directory, OTHER, "heavy" if first else "")
        self.fast, self.slow = free_port(), free_port()
        self.running: list[Process] = []
        for port, words in ((self.fast, []), (self.slow, [GAP_MS, EVENTS])):
            self.start([directory / "mock", port, *words], {OTHER}).wait_for_port(port)
        self.figures: dict[str, object] = {}

    def start(
        self,
        words: list[object],
        cores: set[int],
        environ: dict[str, str] | None = None,
        precedence: Precedence = "heavy",
    ) -> Process:
        process = Process(words, cores, self.directory, environ, precedence if self.first else "")
        self.running.append(process)
        return process

    def end(self) -> None:
        for process in reversed(self.running):
            process.end()

    def count(self, whole: int) -> int:
        return whole // 10 if self.quick else whole

    def request(self, key: str, model: str = "mock", **fields: object) -> bytes:
        return request_bytes(PATH, key, {"model": model, "messages": MESSAGES, **fields})


# A program that is measured, its port, and the key to call it with.
Side = tuple[Process, int, str]


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def declare(bench: Bench) -> None:
    """Write a declaration with two engines."""
    country = "EE"  # any will do; the front door alone reads no official text
    subprocess.run([program(), "init", country], cwd=bench.directory, check=True, capture_output=True)
    path = bench.directory / "nation.yaml"
    text = path.read_text()
    assert "\nmodels: []\n" in text
    path.write_text(text.replace("\nmodels: []\n", NATION.format(fast=bench.fast, slow=bench.slow)))


def program() -> str:
    return str(Path(sys.executable).with_name("daulat"))


def hold_store(bench: Bench) -> str:
    """Start PostgreSQL beside the load, and return a key with limits."""
    holder = bench.start([sys.executable, HERE / "hold_store.py", bench.directory / ".daulat/postgres"], {OTHER})
    while not holder.talk.strip():
        if holder.process.poll() is not None:
            raise SystemExit("the database did not come up")
        time.sleep(0.1)
    return holder.talk.split()[0]


def start_gateway(
    bench: Bench, key: str, workers: int = 1, cores: set[int] | None = None, precedence: Precedence = "real"
) -> tuple[Process, int, float]:
    """Start the front door; return it, its port, and the seconds until it answered a call under a key."""
    port = free_port()
    words: list[object] = [program(), "up", "--only", "gateway", "--port", port, "--workers", workers]
    began = time.perf_counter()
    gateway = bench.start(words, cores or {GATEWAY}, precedence=precedence)
    gateway.wait_for_port(port)
    wait_until_answered(port, bench.request(key), 60)
    return gateway, port, time.perf_counter() - began


def wait_until_answered(port: int, request: bytes, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while (status := ask_once(port, request)) != 200:
        if time.monotonic() > deadline:
            raise SystemExit(f"the last answer had status {status}")
        time.sleep(0.01)


def measure_rate(bench: Bench, process: Process, port: int, key: str, requests: int, connections: int) -> dict:
    """Requests per second and CPU per request, at full load."""
    request = bench.request(key)
    bench.load.run("closed", port, request, connections, max(connections, requests // 10))
    process.favour()
    before = process.cpu_s()
    done = bench.load.run("closed", port, request, connections, requests)
    used = process.cpu_s() - before
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
    """A thousand streams at once."""
    request = bench.request(key, model="slow", stream=True)
    before = process.cpu_s()
    done = bench.load.run("streams", port, request, STREAMS, 2_000, patience_s)
    used = process.cpu_s() - before
    return {
        "streams_completed": done["streams_done"],
        "gap_p50_ms": done["gap_us"].get("p50", 0) / 1000,
        "gap_p99_ms": done["gap_us"].get("p99", 0) / 1000,
        "first_p50_ms": done["first_us"].get("p50", 0) / 1000,
        "cpu_ms_per_1000_chunks": round(used * 1e6 / CHUNKS, 1),
        "rss_mb": round(process.resident_mb(), 1),
    }


def measure_slope(bench: Bench, process: Process, port: int, key: str) -> dict:
    """Resident memory over 200,000 requests: the slope of a line through all points, in MB per 100,000.

    The heap finds its size first: what it grows in the 600,000 requests before is told apart.
    """
    request, requests, points = bench.request(key), bench.count(200_000), []

    def answered(count: int) -> float:
        process.favour()
        done = bench.load.run("closed", port, request, 32, count)
        assert not done["other_status"], done
        return process.resident_mb()

    first = answered(requests // SLICES)
    before = answered(3 * requests)
    for number in range(1, SLICES + 1):
        points.append((number * requests / SLICES / 100_000, answered(requests // SLICES)))
    line = statistics.linear_regression(*zip(*points, strict=True))
    squares = sum((y - line.intercept - line.slope * x) ** 2 for x, y in points)
    xs = [x for x, _ in points]
    error = (squares / (SLICES - 2)) ** 0.5 / (statistics.stdev(xs) * (SLICES - 1) ** 0.5)
    return {
        "requests": requests,
        "mb_per_100000_requests": round(line.slope, 3),
        "standard_error": round(error, 3),
        "first_mb": round(first, 1),
        "before_mb": round(before, 1),
        "last_mb": round(points[-1][1], 1),
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


def measure_gateway(bench: Bench, key: str, theirs: Side | None) -> None:
    """Fill in our own figures, and LiteLLM's rates beside them."""
    figures = bench.figures
    gateway, port, _ = start_gateway(bench, key)
    gateway.end()  # the first start of all compiles byte code and warms the disk
    gateway, port, figures["ready_s"] = start_gateway(bench, key)
    time.sleep(2)
    figures["rss_idle_mb"] = round(gateway.resident_mb(), 1)
    log(f"ready in {figures['ready_s']:.2f} s, idle {figures['rss_idle_mb']} MB")
    measure_rates(bench, (gateway, port, key), theirs)
    gateway.end()
    if theirs is not None:
        measure_litellm(bench, theirs)
    # They fill the processor, and real-time work that does so is halted for a twentieth of each second.
    gateway, port, _ = start_gateway(bench, key, precedence="heavy")
    for name, value in measure_streams(bench, gateway, port, key).items():
        figures[name if name.startswith("streams") else f"streams_{name}"] = value
    log(json.dumps({name: value for name, value in figures.items() if name.startswith("streams")}))
    gateway.end()
    measure_latency(bench, key)
    gateway, port, _ = start_gateway(bench, key)
    figures["slope"] = measure_slope(bench, gateway, port, key)
    log(f"memory {figures['slope']}")
    gateway.end()
    measure_workers(bench, key)


def measure_latency(bench: Bench, key: str) -> None:
    """Added latency and added time to the first event, at rates that leave the processors idle most of the time."""
    bench.load.precedence = "real" if bench.first else ""
    for engine in bench.running[:2] if bench.first else []:  # here the engine has time, and must not add its own delays
        os.sched_setscheduler(engine.process.pid, os.SCHED_RR, os.sched_param(2))
    figures, rounds = bench.figures, 2 if bench.quick else 3
    gateway, port, _ = start_gateway(bench, key)
    figures |= measure_added(bench, port, key, 300, rounds)
    figures["added_ttft_ms"] = measure_ttft(bench, port, key, rounds)
    log(f"added p50 {figures['added_p50_ms']} p99 {figures['added_p99_ms']} first {figures['added_ttft_ms']} ms")
    gateway.end()
    bench.load.precedence = "heavy" if bench.first else ""
    for engine in bench.running[:2] if bench.first else []:
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


def start_litellm(bench: Bench, python: Path) -> Side:
    """Start LiteLLM's proxy as shipped: one worker, a master key, the same mock engine; note how long that took."""
    port, key = free_port(), "sk-benchmark-0123456789abcdef"
    config = bench.directory / "litellm.yaml"
    config.write_text(LITELLM.format(fast=bench.fast, slow=bench.slow, key=key))
    program = python.absolute().with_name("litellm")
    words: list[object] = [program, "--config", config, "--port", port, "--host", "127.0.0.1", "--num_workers", 1]
    environ = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    began = time.perf_counter()
    proxy = bench.start(words, {GATEWAY}, environ, "real")
    proxy.wait_for_port(port, 300)
    wait_until_answered(port, bench.request(key), 300)
    theirs: dict[str, object] = {"ready_s": round(time.perf_counter() - began, 1)}
    time.sleep(3)
    theirs["rss_idle_mb"] = round(proxy.resident_mb(), 1)
    bench.figures["litellm"] = theirs
    log(f"litellm {theirs}")
    return proxy, port, key


def measure_litellm(bench: Bench, theirs: Side) -> None:
    """Fill in what LiteLLM adds to an answer, and how it carries a thousand streams."""
    proxy, port, key = theirs
    if not bench.quick:
        bench.figures["litellm"] |= measure_added(bench, port, key, 10, 1)
        bench.figures["litellm"] |= measure_streams(bench, proxy, port, key)
    proxy.end()


def machine() -> dict:
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    return {"processor": model, "processors": os.cpu_count(), "system": f"{platform.system()} {platform.release()}"}


def installed(names: list[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except ModuleNotFoundError:
            continue
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--litellm", type=Path, help="the Python of an environment that has LiteLLM")
    parser.add_argument(
        "--decode", type=Path, help="weights of an embedded model, to measure decoding through the gateway"
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests: to see that it runs")
    parser.add_argument("--first", action="store_true", help="go before what else runs on this machine (root, Linux)")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("two processors are needed: one for the gateway, one for the load")
    with tempfile.TemporaryDirectory(prefix="daulat-bench-") as name:
        bench = Bench(Path(name), options.quick, options.first)
        bench.figures["load_average_before"] = os.getloadavg()
        try:
            declare(bench)
            key = hold_store(bench)
            theirs = start_litellm(bench, options.litellm) if options.litellm else None
            measure_gateway(bench, key, theirs)
            if options.decode:
                measure_decode(bench, options.decode)
        finally:
            bench.end()
        bench.figures |= {
            "load_average_after": os.getloadavg(),
            "machine": machine(),
            "went_first": options.first,
            "python": platform.python_version(),
            "versions": installed(["daulat", "uvicorn", "uvloop", "httptools", "pyreqwest", "msgspec"]),
        }
        if options.litellm:
            said = subprocess.run(
                [options.litellm, "-c", "from importlib.metadata import version; print(version('litellm'))"],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            bench.figures["versions"]["litellm"] = said.stdout.strip()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(bench.figures, indent=1) + "\n")
    from table import table

    print(table(bench.figures))


if __name__ == "__main__":
    main()
