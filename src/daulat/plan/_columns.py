# SPDX-License-Identifier: Apache-2.0
"""Workloads laid out as columns: one line for each way a workload could be split over its accelerators.

Comes in: workloads. Goes out: `Columns`, float64[n_lines, 1] each, with the figures of model, accelerator and workload
in SI units. Where a row states its split there is one line, else one for each split that fits. It chooses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daulat.plan._rows import REFERENCE_DATE, Workload
from daulat.plan._tables import Record, accelerators, models, number, serving_limits
from daulat.plan.errors import DoesNotFitError

Floats = NDArray[np.float64]
Columns = Mapping[str, Floats]

FAMILIES = ("hopper", "blackwell", "nvidia-pcie", "cdna3", "cdna4", "intel")
FRAMEWORKS = ("tensorrt-llm", "sglang", "vllm", "unknown")
HARNESSES = (
    "inferencex",
    "gap-analysis",
    "mlperf-v4.1",
    "mlperf-v5.1",
    "mlperf-v6.0",
    "trtllm-table-v1.0",
    "trtllm-table-v1.2",
)
# Bytes a weight; four bits carry a scale of 8 bits for 16 weights (NVFP4), 4.5 bits in all.
WEIGHT_BYTES = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5625, "int4": 0.5625}
UNLIMITED_S = 1e9
SOFTWARE_DATES = (date(2024, 8, 1), date(2026, 4, 21))  # of the first and the last measured row
DEFAULT_LINK_GB_PER_S = 25.0  # PCIe 4.0 x16 in practice, where the table has no figure
TFLOPS_PER_GB_PER_S = 0.23  # median of the table, where it has neither bf16 nor int8


def lay_out(workloads: Sequence[Workload]) -> tuple[Columns, NDArray[np.int64]]:
    """Return the columns, and for each line the index of its workload.

    Raises
    ------
    DoesNotFitError
        If the weights of a workload's model are larger than all the memory they may be spread over.
    """
    lines: list[dict[str, float]] = []
    owners: list[int] = []
    for index, workload in enumerate(workloads):
        facts = _facts(workload)
        for tensor, pipeline, data, expert in _splits(workload, facts):
            split = {"tensor": tensor, "pipeline": pipeline, "data": data, "expert": expert}
            lines.append({**facts, **split})
            owners.append(index)
    names = lines[0].keys() if lines else ()
    columns = {name: np.array([[line[name]] for line in lines]) for name in names}
    return columns, np.array(owners, dtype=np.int64)


def lay_out_splits(workload: Workload, splits: Sequence[tuple[int, int, int, int]]) -> Columns:
    """Return one line for each (tensor, pipeline, data, expert) split, whether the weights fit or not."""
    facts = _facts(replace(workload, split=(1.0, 1.0, 1.0, 1.0)))
    names = ("tensor", "pipeline", "data", "expert")
    lines = [{**facts, **dict(zip(names, map(float, split), strict=True))} for split in splits]
    return {name: np.array([[line[name]] for line in lines]) for name in lines[0]}


def _splits(workload: Workload, facts: Mapping[str, float]) -> Iterator[tuple[float, float, float, float]]:
    weights = facts["parameters"] * facts["weight_bytes"]
    if workload.split:
        ranks = workload.split[0] * workload.split[1] * (workload.split[2] if facts["experts"] else 1)
        _require_fit(workload, weights, ranks, facts["memory_bytes"])
        yield workload.split
        return
    widest = min(workload.n_accelerators, 8)
    found = False
    for ranks in (1, 2, 4, 5, 8):
        if ranks > widest or workload.n_accelerators % ranks or weights / ranks > 0.88 * facts["memory_bytes"]:
            continue
        found = True
        yield ranks, 1, 1, 1
        if ranks > 1 and not 1 < facts["link_domain"] >= ranks:
            yield 1, ranks, 1, 1
        if ranks > 1 and facts["experts"]:
            yield 1, 1, ranks, ranks
    if not found:
        _require_fit(workload, weights, widest, facts["memory_bytes"])
        yield widest, 1, 1, 1


def _require_fit(workload: Workload, weights: float, ranks: float, memory: float) -> None:
    if weights > ranks * memory:
        raise DoesNotFitError(
            f"row {workload.row_id}: {workload.model} in {workload.precision} needs {weights / 1e9:,.0f} GB for its "
            f"weights; {ranks:.0f} x {workload.accelerator} have {ranks:.0f} x {memory / 1e9:,.0f} = "
            f"{ranks * memory / 1e9:,.0f} GB",
            why="A model that does not fit cannot be served at any speed.",
            fix="Use more accelerators a replica, a smaller precision, or accelerators with more memory.",
            code="plan.fit",
        )


def _facts(workload: Workload) -> dict[str, float]:
    """Return every figure of one workload, in SI units."""
    model, chip = models()[workload.model], accelerators()[workload.accelerator]
    native = model["released_precision"]
    # A model released in four bits keeps its weights so; the stated precision is then that of the arithmetic.
    precision = native if native and workload.precision in ("bf16", "fp8") else workload.precision
    served = workload.framework in ("vllm", "sglang")
    facts = _model_facts(model) | _chip_facts(chip, precision)
    return facts | {
        "weight_bytes": WEIGHT_BYTES[precision],
        "kv_bytes_per_element": 1.0 if WEIGHT_BYTES[precision] < 2 and not served else 2.0,
        "prompt_tokens": workload.prompt_tokens,
        "output_tokens": workload.output_tokens,
        "concurrency": workload.concurrency or np.nan,
        "accelerators": float(workload.n_accelerators),
        "years": (software_date(workload) - REFERENCE_DATE).days / 365.25,
        "chip_age": _log_age(software_date(workload), chip),
        "server": float(workload.scenario == "server"),
        "interactive": float(workload.scenario == "interactive"),
        **_limits(workload),
        "stated_split": float(workload.split is not None),
        "drafting": float(workload.drafting and model["attention"] == "mla"),
        **{f"is_{name}": float(workload.framework == name) for name in FRAMEWORKS},
        **{f"is_{name}": float(workload.harness == name) for name in HARNESSES},
    }


def software_date(workload: Workload) -> date:
    """Return the date whose software is reckoned with: trends are not carried on beyond the measured rows."""
    return min(max(workload.measured_on, SOFTWARE_DATES[0]), SOFTWARE_DATES[1])


def _log_age(measured_on: date, chip: Record) -> float:
    released = date.fromisoformat(chip["release_date"])
    return float(np.log(max((measured_on - released).days / 365.25, 0.1)))


def _model_facts(model: Record) -> dict[str, float]:
    def of(column: str, default: float = 0.0) -> float:
        value = number(model, column)
        return default if value is None else value

    experts, layers = of("moe_experts"), of("layers")
    expert_layers = (layers - of("moe_first_dense_layers")) / of("moe_every", 1.0) if experts else 0.0
    expert_size = of("mlp_matrices") * of("hidden") * of("moe_ffn_dim")
    parameters, active = of("total_parameters_b") * 1e9, of("active_parameters_b") * 1e9
    dense = max(active - expert_layers * of("moe_top_k") * expert_size, 1e8)
    return {
        "layers": layers,
        "hidden": of("hidden"),
        "heads": of("heads"),
        "kv_heads": of("kv_heads"),
        "head_dim": of("head_dim"),
        "experts": experts,
        "experts_a_token": of("moe_top_k"),
        "expert_layers": expert_layers,
        "expert_size": expert_size,
        "expert_parameters": expert_layers * experts * expert_size,
        "parameters": parameters,
        "dense_active": dense,
        "dense_parameters": max(parameters - expert_layers * experts * expert_size, dense),
        "kv_elements": of("kv_elements_per_token_per_layer"),
        "window": of("sliding_window", 1e9),
        "full_layers": of("full_attention_layers"),
        "latent": float(model["attention"] == "mla"),
    }


def _chip_facts(chip: Record, precision: str) -> dict[str, float]:
    bandwidth, int8, fp4 = (number(chip, name) for name in ("memory_bandwidth_gb_per_s", "int8_tops", "fp4_tflops"))
    memory, power, link = (number(chip, name) for name in ("memory_gb", "power_limit_w", "link_gb_per_s"))
    assert memory is not None  # every row of the table has both; a test says so
    assert bandwidth is not None
    bf16 = number(chip, "bf16_tflops")
    if not bf16 and not int8:  # no rate is published: the median of the table, and twice as much in eight bits
        bf16 = bandwidth * TFLOPS_PER_GB_PER_S
        int8 = 2 * bf16
    bf16 = bf16 or (int8 or 0.0) / 2
    rates = {"bf16": bf16, "fp8": number(chip, "fp8_tflops") or bf16, "int8": max(int8 or bf16, bf16)}
    weight_only = precision == "int4" or (precision == "fp4" and not fp4)
    rate = bf16 if weight_only else fp4 or bf16 if precision == "fp4" else rates[precision]
    return {
        "memory_bytes": memory * 1e9,
        "bandwidth": bandwidth * 1e9,
        "flops": rate * 1e12,
        "bf16_flops": bf16 * 1e12,
        "eight_bit": float(precision in ("fp8", "int8") and rate > bf16),
        "four_bit": float(precision == "fp4" and not weight_only),
        "weight_only": float(weight_only),
        "link": (link or DEFAULT_LINK_GB_PER_S) * 1e9,
        "link_domain": number(chip, "link_domain") or 1.0,
        # Watts for each bf16 TFLOPS against 0.5: boards that are short of power do not hold their peak.
        "power": float(np.clip(np.log(power / bf16 / 0.5), -1, 1)) if power else 0.0,
        **{f"is_{name}": float(chip["family"] == name) for name in FAMILIES},
    }


def _limits(workload: Workload) -> dict[str, float]:
    limits = next((row for name, row in serving_limits().items() if workload.benchmark.startswith(name)), None)
    if limits is None or workload.scenario not in ("server", "interactive"):
        return {"ttft_limit_s": UNLIMITED_S, "tpot_limit_s": UNLIMITED_S, "speculative": 0.0}
    kind: Any = workload.scenario
    return {
        "ttft_limit_s": number(limits, f"{kind}_ttft_s") or UNLIMITED_S,
        "tpot_limit_s": number(limits, f"{kind}_tpot_s") or UNLIMITED_S,
        "speculative": float(limits["speculative"] == kind),
    }
