# SPDX-License-Identifier: Apache-2.0
"""What a measurement runs: a directory in; mock engines, the store, the gateway and LiteLLM's proxy out, running.

Nothing here measures.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from processes import HERE, Load, Precedence, Process, ask_once, compile_tools, free_port, request_bytes

PATH = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "When must a birth be reported, and to whom?"}]
GATEWAY, OTHER = 0, 1
EVENTS, GAP_MS = 64, 50

# Everything a call can cost: two engines of one model behind a route, prices, and sizes, so that energy is worked out.
NATION = """
models:
- {{id: mock-a, kind: remote, upstream: mock, url: "http://127.0.0.1:{fast}/v1", {facts}}}
- {{id: mock-b, kind: remote, upstream: mock, url: "http://127.0.0.1:{twin}/v1", {facts}}}
- {{id: slow, kind: remote, upstream: mock, url: "http://127.0.0.1:{slow}/v1", {facts}}}
routes:
- {{id: mock, to: [{{model: mock-a}}, {{model: mock-b}}]}}
"""
FACTS = (
    "price: {input: 0.2, output: 0.6, currency: XTS}, energy: {active_parameters_b: 8, total_parameters_b: 8, pue: 1.2}"
)

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
        self.fast, self.twin, self.slow = free_port(), free_port(), free_port()
        self.running: list[Process] = []
        for port, words in ((self.fast, []), (self.twin, []), (self.slow, [GAP_MS, EVENTS])):
            self.start([directory / "mock", port, *words], {OTHER}).wait_for_port(port)
        self.engines = tuple(self.running)
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
    """Write a declaration of the engines."""
    country = "EE"  # any will do; the front door alone reads no official text
    subprocess.run([program(), "init", country], cwd=bench.directory, check=True, capture_output=True)
    path = bench.directory / "nation.yaml"
    text = path.read_text()
    assert "\nmodels: []\n" in text
    ours = NATION.format(fast=bench.fast, twin=bench.twin, slow=bench.slow, facts=FACTS)
    path.write_text(text.replace("\nmodels: []\n", ours))


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
    theirs["rss_idle_mb"] = round(proxy.family.resident_mb(), 1)
    bench.figures["litellm"] = theirs
    log(f"litellm {theirs}")
    return proxy, port, key
