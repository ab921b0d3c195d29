# SPDX-License-Identifier: Apache-2.0
"""Rows of serving measurements, read and checked: what was served, on what, in which way. Results are never read.

Comes in: a CSV file of the shape of `benchmarks/plan/data/measured_throughput.csv`. Goes out: a `Workload` a row, or a
`RowError` that names file, row, column, value and allowed range. The columns that hold results (`output_tok_s`,
`output_tok_s_per_accelerator`, `ttft_ms`, `tpot_ms`, `power_w`, `saturated`) are not looked at.
"""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path

from daulat.files import read_regular
from daulat.plan._tables import accelerators, models, serving_limits
from daulat.plan.errors import PlanError, RowError

PRECISIONS = ("bf16", "fp8", "fp4", "int8", "int4")
SCENARIOS = ("closed-loop concurrency", "offline", "server", "interactive")
# Other names of the same thing, as submissions and configuration files write them; compared in lower case.
ALIASES = {
    **dict.fromkeys(("fp16", "float16", "half", "bfloat16"), "bf16"),
    **dict.fromkeys(("fp8_block", "fp8-block", "float8", "e4m3", "fp8_e4m3", "fp8e4m3"), "fp8"),
    **dict.fromkeys(("nvfp4", "mxfp4", "e2m1"), "fp4"),
    **dict.fromkeys(("w8a8", "w8a16"), "int8"),
    **dict.fromkeys(("awq", "gptq", "uint4", "w4a16"), "int4"),
    **dict.fromkeys(("closed-loop", "fixed-concurrency"), "closed-loop concurrency"),
    **dict.fromkeys(("max-throughput", "unlimited"), "offline"),
    "latency-bounded": "server",
}
REQUIRED = ("row_id", "model", "accelerator", "n_accelerators", "scenario", "osl")
# A bound is far beyond any measured row; what lies outside is a slip of unit or column, not a workload.
BOUNDS = {
    "n_accelerators": (1.0, 1_000_000.0, "accelerators"),
    "isl": (1.0, 2_000_000.0, "prompt tokens"),
    "osl": (1.0, 2_000_000.0, "output tokens"),
    "concurrency": (1.0, 10_000_000.0, "requests at a time"),
    "tp": (1.0, 1024.0, "ranks"),
    "pp": (1.0, 1024.0, "stages"),
    "dp": (1.0, 1024.0, "replicas"),
    "ep": (1.0, 1024.0, "ranks"),
}
# Where a row carries no date, the date on which its source was published.
PUBLISHED = {
    "mlperf-inference-v4.1": date(2024, 8, 1),
    "mlperf-inference-v5.1": date(2025, 8, 15),
    "mlperf-inference-v6.0": date(2026, 3, 1),
    "tensorrt-llm-perf-overview-v1.0": date(2025, 9, 15),
    "tensorrt-llm-perf-overview-v1.2": date(2026, 1, 15),
}
# Builds that drafted several tokens a step in InferenceX, told by their steps: 0.52 of the time of the rows of the same
# model, split and lengths without a build name (11 settings), where the build before it takes 0.78.
DRAFTING_BUILDS = ("1.2.0rc6.post3",)
REFERENCE_DATE = date(2025, 10, 15)


@dataclass(frozen=True)
class Workload:
    """One serving workload on one system; tokens are means a request.

    `concurrency` is of the whole system and None where the batch is free; `split` is (tp, pp, dp, ep), None where the
    system chooses; `harness` names who measured how; `notes` say what was assumed; `drafting` is true where several
    tokens a step are drafted and checked (multi-token prediction).
    """

    row_id: str
    model: str
    accelerator: str
    n_accelerators: int
    precision: str
    scenario: str
    benchmark: str
    harness: str
    framework: str
    prompt_tokens: float
    output_tokens: float
    concurrency: float | None
    split: tuple[float, float, float, float] | None
    measured_on: date
    notes: tuple[str, ...] = ()
    drafting: bool = False


def read_rows(path: Path) -> Iterator[Workload | RowError]:
    """Read a table of measurements row by row; a row that cannot be used comes out as its error.

    Raises
    ------
    PlanError
        If the file cannot be read, is empty, or lacks a column that is needed.
    """
    try:
        table = csv.DictReader(StringIO(read_regular(path).decode("utf-8-sig"), newline=""))
        missing = [name for name in REQUIRED if name not in (table.fieldnames or ())]
        if missing:
            raise PlanError(
                f"{path}: column {', '.join(f'`{name}`' for name in missing)} is missing",
                why="Without it a row does not say what was served.",
                fix="Give the columns of measured_throughput.csv; docs/concepts/throughput.md lists them.",
                code="plan.rows.columns",
            )
        yield from parse_rows(table, file=str(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PlanError(
            f"{path} cannot be read: {error}",
            why="There is nothing to predict.",
            fix="Give a CSV file in UTF-8 with a header row.",
            code="plan.rows.file",
        ) from error


def parse_rows(rows: Iterable[Mapping[str, str | None]], *, file: str) -> Iterator[Workload | RowError]:
    """Check rows that are already read; see `read_rows`."""
    for place, row in enumerate(rows, start=2):
        cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
        try:
            yield _workload(cells, f"{file} row {place}")
        except RowError as error:
            yield error


def _workload(row: Mapping[str, str], place: str) -> Workload:
    notes: list[str] = []
    model = _known(row["model"], models(), "model", place)
    accelerator = _known(row["accelerator"], accelerators(), "accelerator", place)
    scenario = row["scenario"] or row.get("mode", "")
    if not row["scenario"] and scenario:
        notes.append(f"scenario not stated: taken from mode `{scenario}`")
    scenario = _known(scenario, SCENARIOS, "scenario", place)
    precision = row.get("precision", "")
    if not precision:
        precision = models()[model]["released_precision"] or "bf16"
        notes.append(f"precision not stated: {precision} assumed")
    precision = _known(precision, PRECISIONS, "precision", place)
    concurrency = _number(row, "concurrency", place)
    if scenario == "closed-loop concurrency" and concurrency is None:
        raise _row_error(place, "concurrency", "", "a closed loop is defined by it: 1 or more requests at a time")
    benchmark = row.get("benchmark", "")
    prompt = _number(row, "isl", place)
    if prompt is None:
        limits = next((cells for name, cells in serving_limits().items() if benchmark.startswith(name)), None)
        if limits is None:
            raise _row_error(place, "isl", "", "mean prompt tokens, 1 to 2,000,000")
        prompt = float(limits["prompt_tokens"])
        notes.append(f"prompt length not stated: {prompt:,.0f} tokens assumed for {benchmark}")
    split = tuple(_number(row, name, place) or 1.0 for name in ("tp", "pp", "dp", "ep")) if row.get("tp") else None
    output = _number(row, "osl", place)
    accelerators_used = _number(row, "n_accelerators", place)
    if output is None or accelerators_used is None:
        raise _row_error(place, "osl" if output is None else "n_accelerators", "", "a number of 1 or more")
    if split and split[0] * split[1] * split[2] > accelerators_used:
        raise _row_error(place, "tp", row["tp"], f"tp x pp x dp at most n_accelerators = {accelerators_used:.0f}")
    harness = _harness(row.get("source", ""), row.get("submitter", ""))
    return Workload(
        row_id=row["row_id"],
        model=model,
        accelerator=accelerator,
        n_accelerators=int(accelerators_used),
        precision=precision,
        scenario=scenario,
        benchmark=benchmark,
        harness=harness,
        framework=_framework(row.get("framework", ""), row.get("source", "")),
        prompt_tokens=prompt * (0.9 if harness == "inferencex" else 1.0),  # draws 0.8 to 1.0 of the nominal length
        output_tokens=output * (0.9 if harness == "inferencex" else 1.0),
        concurrency=concurrency if scenario == "closed-loop concurrency" else None,
        split=split,  # type: ignore[arg-type]
        measured_on=_date(row, place),
        notes=tuple(notes),
        drafting=harness == "inferencex" and any(name in row.get("framework", "") for name in DRAFTING_BUILDS),
    )


def _known(value: str, allowed: Iterable[str], column: str, place: str) -> str:
    names, plain = list(allowed), "-".join(value.lower().split())
    for name in (value, value.lower(), plain, ALIASES.get(value.lower(), "")):
        if name in names:
            return name
    near = difflib.get_close_matches(value, names, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(names[:6])}{' ...' if len(names) > 6 else ''}"
    raise RowError(
        f"{place}: {column} `{value}` is not known",
        why="Its figures are not in the tables, and a guess would not be traceable.",
        fix=hint,
        code=f"plan.rows.{column}",
    )


def _number(row: Mapping[str, str], column: str, place: str) -> float | None:
    cell = row.get(column, "")
    if not cell:
        return None
    low, high, unit = BOUNDS[column]
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise _row_error(place, column, cell, f"{low:,.0f} to {high:,.0f} {unit}")
    return value


def _row_error(place: str, column: str, cell: str, allowed: str) -> RowError:
    shown = f"`{cell}`" if cell else "empty"
    return RowError(
        f"{place}: column {column} is {shown}",
        why=f"Allowed is {allowed}.",
        fix="Correct the value; look for a slip of unit (thousands for units) or a shifted column.",
        code=f"plan.rows.{column}",
    )


def _date(row: Mapping[str, str], place: str) -> date:
    cell = row.get("date", "")
    if not cell:
        return PUBLISHED.get(row.get("source", ""), REFERENCE_DATE)
    try:
        return date.fromisoformat(cell[:10])
    except ValueError as error:
        raise _row_error(place, "date", cell, "an ISO date such as 2026-03-01") from error


def _harness(source: str, submitter: str) -> str:
    if source.startswith("inferencex"):
        return "inferencex" if "SemiAnalysis" in submitter else "gap-analysis"
    return source.replace("mlperf-inference-", "mlperf-").replace("tensorrt-llm-perf-overview-", "trtllm-table-")


def _framework(framework: str, source: str) -> str:
    text = framework.lower()
    if source.startswith("tensorrt-llm") or (("trtllm" in text or "tensorrt" in text) and "sglang" not in text):
        return "tensorrt-llm"
    return next((name for name in ("sglang", "vllm") if name in text), "unknown")
