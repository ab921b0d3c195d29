# SPDX-License-Identifier: Apache-2.0
"""What the front door costs, all features on, beside LiteLLM's proxy: `make bench-gateway`.

The gateway has one processor to itself; compiled mock engines, the load client and PostgreSQL share the other. Every
call carries a key with five limits, is routed to one of two engines, metered, its energy worked out, and leaves a row
in the ledger. CPU time is read from /proc and is the steady figure; wall rates swing with whatever else the machine
does, so the load average is written down too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from measures import (
    measure_added,
    measure_decode,
    measure_latency,
    measure_rates,
    measure_slope,
    measure_streams,
    measure_workers,
)
from processes import HERE
from programs import Bench, Side, declare, hold_store, log, start_gateway, start_litellm

from daulat.models import Fetcher, Order, WeightsStore, load_catalogue, pull

OUT = HERE.parent / "out" / "gateway.json"
DECODED = "smollm2-135m-instruct"


def measure_gateway(bench: Bench, key: str, theirs: Side | None) -> None:
    """Fill in our own figures, and LiteLLM's rates beside them."""
    figures = bench.figures
    gateway, port, _ = start_gateway(bench, key)
    gateway.end()  # the first start of all compiles byte code and warms the disk
    gateway, port, figures["ready_s"] = start_gateway(bench, key)
    time.sleep(2)
    figures["rss_idle_mb"] = round(gateway.family.resident_mb(), 1)
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


def weights(wanted: str) -> Path:
    """Return a file of weights: the one that was named, or one of the catalogue, pulled into the user's cache."""
    if (file := Path(wanted)).is_file():
        return file
    model = load_catalogue().find(wanted)
    store = WeightsStore(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "daulat" / "models")
    order = Order(model.id, model.weights, model.weights_sha256, model.weights_bytes, purpose=model.purpose)
    pull(order, store, fetcher=Fetcher())
    return store.verify(model.id).path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--litellm", type=Path, help="the Python of an environment that has LiteLLM")
    parser.add_argument(
        "--decode", nargs="?", const=DECODED, help="measure decoding too, by weights in a file or of the catalogue"
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
                measure_decode(bench, weights(options.decode))
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
