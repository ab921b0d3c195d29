# SPDX-License-Identifier: Apache-2.0
"""The figures of a run as a table of Markdown: `table.py benchmarks/out/gateway.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def table(figures: dict) -> str:
    them, slope = figures.get("litellm", {}), figures["slope"]
    drift = f"{slope['mb_per_100000_requests']} ± {slope['standard_error']}"
    rows = [
        ("requests/s on one core", "requests_per_s", "requests_per_s", ""),
        ("CPU, µs a request", "cpu_us_per_request", "cpu_us_per_request", "≤ 250"),
        ("requests/s over LiteLLM's", "requests_per_core_over_litellm", "", "≥ 100"),
        ("CPU a request, LiteLLM's over ours", "cpu_over_litellm", "", ""),
        ("added latency, p50, ms (ours at 300/s, LiteLLM's at 10/s)", "added_p50_ms", "added_p50_ms", "≤ 1"),
        ("added latency, p99, ms", "added_p99_ms", "added_p99_ms", "≤ 3"),
        ("added time to first event, ms", "added_ttft_ms", "", "≤ 1.5"),
        ("1,000 streams: completed", "streams_completed", "streams_completed", "1,000"),
        ("1,000 streams: gap between arrivals, p99, ms", "streams_gap_p99_ms", "gap_p99_ms", "≤ 100"),
        ("CPU, ms per 1,000 chunks", "streams_cpu_ms_per_1000_chunks", "cpu_ms_per_1000_chunks", "≤ 80"),
        ("resident, idle, MB", "rss_idle_mb", "rss_idle_mb", "≤ 100"),
        ("resident, the most during 1,000 streams, MB", "streams_rss_mb", "rss_mb", "≤ 160"),
        ("ready to answer under a key, s", "ready_s", "ready_s", "≤ 1"),
    ]
    cells = [(name, figures.get(ours), them.get(theirs), wanted) for name, ours, theirs, wanted in rows]
    cells += [
        (
            f"memory over {slope['requests']:,} requests, MB per 100,000, after three times as many",
            drift,
            None,
            "0 within twice its error",
        ),
        (
            "two workers over one, by CPU a request; rates share the load's processors",
            figures["two_workers"]["scaling_by_cpu"],
            None,
            "≥ 1.7",
        ),
    ]
    by_cpu = "CPU time a token"
    for by, said in (("rate", "tokens/s"), ("cpu", by_cpu), ("parts", f"{by_cpu}, the engine's share taken alike")):
        if "decode" in figures:
            found = figures["decode"][by]
            low, high = found["interval"]
            cells.append(
                (
                    f"decoding through the gateway over directly, by {said}",
                    f"{found['ratio']} ({low}–{high})",
                    None,
                    "≥ 0.98",
                )
            )
    lines = ["| | Daulat | LiteLLM | wanted |", "| --- | --- | --- | --- |"]
    lines += [f"| {name} | {_shown(ours)} | {_shown(other)} | {wanted} |" for name, ours, other, wanted in cells]
    return "\n".join(lines)


def _shown(value: object) -> str:
    if value is None:
        return "–"
    value = round(value, 2) if isinstance(value, float) else value
    return f"{value:,}" if isinstance(value, int | float) else str(value)


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1]).read_text())))
