# SPDX-License-Identifier: Apache-2.0
"""The roofline: how long a step takes, how many requests fit, and how many tokens a second come out.

Comes in: `Columns` (see `_columns.py`) and coefficients by name. Goes out: natural logarithms of output tokens a second
and accelerator. All arithmetic is on arrays, [n_lines, n_batch_sizes]; nothing is read and nothing is random.

Coefficients with the units of time, tokens or a share are stored as natural logarithms; offsets, trends and exponents
as they are. Derivation, sources and limits: docs/concepts/throughput.md.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from daulat.plan._columns import FAMILIES, FRAMEWORKS, HARNESSES, Columns, Floats

Coefficients = Mapping[str, float]

RESERVED_SHARE = 0.08  # of memory, for activations, graphs and the runtime (the usual 0.9 to 0.92 setting of engines)
LATENT_KEY, LATENT_VALUE = (
    576.0,
    512.0,
)  # elements of multi-head latent attention, DeepSeek-V3 report (arXiv:2412.19437)
LATENT_PROMPT_ELEMENTS = 320.0  # 192 for the keys and 128 for the values, not absorbed while a prompt is read
FAST_LINK_BYTES_PER_S = 150e9


def log_throughput(c: Coefficients, q: Columns, *, batch_sizes: int = 10) -> Floats:
    """Predict each line: natural log of output tokens a second and accelerator.

    Parameters
    ----------
    c : Coefficients
        By name, as in `throughput_fit.json`.
    q : Columns
        float64[n_lines, 1] each.
    batch_sizes : int
        Points on the ladder of batch sizes where the batch is free, 2 or more.

    Returns
    -------
    float64[n_lines]
    """
    answer = np.empty(len(q["layers"]))
    closed = ~np.isnan(q["concurrency"][:, 0])
    for lines, is_closed in ((closed, True), (~closed, False)):
        if lines.any():
            part = {name: column[lines] for name, column in q.items()}
            answer[lines] = _closed_loop(c, part) if is_closed else _open_loop(c, part, batch_sizes)
    return answer


def _closed_loop(c: Coefficients, q: Columns) -> Floats:
    """A stated number of requests is always in flight; more than fit in memory wait."""
    replicas = q["accelerators"] / _ranks(q)
    wanted = np.maximum(q["concurrency"] / replicas, 1)
    batch = np.minimum(wanted, _most_requests(c, q))
    together = np.minimum(q["prompt_tokens"] * np.maximum(batch / 2, 1), np.exp(c["prefill_chunk_tokens"]))
    rate, _, _ = _rate(c, q, batch, together, np.exp(c["sequence_served_s"]))
    return np.asarray((rate + _offsets(c, q))[:, 0])


def serving_times(c: Coefficients, q: Columns, batch: Floats) -> tuple[Floats, Floats]:
    """Return seconds a token seen by each of `batch` requests, and seconds of the engine to read one prompt.

    A token's time holds the share of reading the prompts that arrive meanwhile; offsets are in both.
    """
    together = np.minimum(q["prompt_tokens"] * np.maximum(batch / 2, 1), np.exp(c["prefill_chunk_tokens"]))
    _, token_s, prompt_s = _rate(c, q, batch, together, np.exp(c["sequence_served_s"]))
    slower = np.exp(-_offsets(c, q))
    return np.asarray(token_s * slower), np.asarray(prompt_s * slower)


def _open_loop(c: Coefficients, q: Columns, batch_sizes: int) -> Floats:
    """The batch is free: the largest that keeps the latency limits, or the fastest where there are none."""
    most = np.minimum(_most_requests(c, q), np.exp(c["batch_ceiling"]) * q["data"])
    least = np.minimum(q["data"], most)
    batch = least * (most / least) ** np.linspace(0, 1, batch_sizes)[None, :]
    together = np.minimum(batch * q["prompt_tokens"], np.exp(c["prefill_chunk_tokens"]))
    table = q["is_trtllm-table-v1.0"] + q["is_trtllm-table-v1.2"] > 0
    sequence = np.exp(np.where(table, c["sequence_table_s"], c["sequence_s"]))
    rate, token_time, prompt_time = _rate(c, q, batch, together, sequence)
    speculative = c["speculative_gain"] * q["speculative"]
    share = np.where(q["server"] > 0, c["server_tpot_share"], c["interactive_tpot_share"])
    excess = np.log(token_time) - speculative - np.log(q["tpot_limit_s"]) - share
    best = _within_limit(rate, np.maximum.accumulate(excess, axis=1)) + speculative[:, 0]
    best += (c["server_utilisation"] * q["server"] + c["interactive_utilisation"] * q["interactive"])[:, 0]
    first_token = 2 * q["data"] * prompt_time + token_time
    late = np.log(first_token[:, 0] / q["ttft_limit_s"][:, 0])
    # Smooth: no loss while the prompt takes far less than the limit, in proportion once it takes longer.
    best -= np.log1p(np.exp(np.clip(1.5 * (late + 1), -30, 30))) / 1.5
    return np.asarray(best + _offsets(c, q)[:, 0])


def _within_limit(rate: Floats, excess: Floats) -> Floats:
    """Return the best rate at or below the limit, interpolated between the batch sizes on both sides of it."""
    lines, last = np.arange(len(rate)), rate.shape[1] - 1
    kept = excess <= 0
    count = kept.sum(axis=1)
    best = np.where(kept, rate, -np.inf).max(axis=1)
    above = np.clip(count, 1, last)
    low, high = excess[lines, above - 1], excess[lines, above]
    weight = np.clip(-low / (high - low + 1e-9), 0, 1)
    between = rate[lines, above - 1] * (1 - weight) + rate[lines, above] * weight
    too_slow = rate[:, 0] - 3 * np.maximum(excess[:, 0], 0)  # even one request is late: the rate falls off steeply
    return np.asarray(np.where(count == 0, too_slow, np.where(count == last + 1, best, np.maximum(best, between))))


def _rate(
    c: Coefficients, q: Columns, batch: Floats, together: Floats, sequence_s: Floats | float
) -> tuple[Floats, Floats, Floats]:
    """Return log tokens/s and accelerator, seconds a token seen by a request, seconds to read a prompt."""
    prompt, output = q["prompt_tokens"], q["output_tokens"]
    local = batch / q["data"] / q["pipeline"]
    step = _step(c, q, local, batch / q["pipeline"], sequence_s)
    step = step + _attention_step(c, q, local, _context(q, prompt + output / 2))
    step = step * q["pipeline"] * np.exp(-c["drafting_gain"] * q["drafting"])
    chunk = _step(c, q, together, together * q["data"], 0.0) / together
    chunk = chunk * np.exp(c["prefill_sglang"] * q["is_sglang"] + c["prefill_vllm"] * q["is_vllm"])
    reading = (chunk * prompt + _attention_prompt(c, q)) / q["data"]
    reading = reading + np.exp(c["prompt_overhead_s"]) * _overhead(c, q) / np.maximum(batch, 1)
    cycle = output * step + batch * reading  # seconds in which each of the requests in flight is served once
    rate = np.log(batch * output / cycle / _ranks(q))
    return rate, step + batch * reading / output, reading


def _step(c: Coefficients, q: Columns, local: Floats, group: Floats, sequence_s: Floats | float) -> Floats:
    """Seconds of one forward pass of `local` tokens a rank, `group` tokens in the ranks that share the experts."""
    tensor, data, pipeline = q["tensor"], q["data"], q["pipeline"]
    spread = tensor * data * pipeline
    bandwidth, efficiency = _bandwidth(c, q), _compute(c, q)
    width = q["hidden"] / tensor
    dense_efficiency = efficiency * width / (width + np.exp(c["narrow_width"]))
    dense_compute = 2 * q["dense_active"] * local / (tensor * pipeline) / (q["flops"] * dense_efficiency)
    dense_memory = q["dense_active"] * q["weight_bytes"] / (tensor * pipeline) / bandwidth
    total = np.hypot(dense_compute, dense_memory)
    chosen = np.minimum(q["experts_a_token"] / np.maximum(q["experts"], 1), 1)
    touched = 1 - (1 - chosen) ** group  # share of the experts that at least one token chose
    uneven = np.where(q["expert"] > 1, c["expert_imbalance"], 0.0)
    expert_compute = 2 * q["expert_layers"] * q["experts_a_token"] * q["expert_size"] * group / spread
    expert_compute = expert_compute * np.exp(uneven) / (q["flops"] * efficiency * np.exp(c["expert_compute"]))
    expert_memory = q["expert_parameters"] * q["weight_bytes"] * touched / spread * np.exp(uneven / 2) / bandwidth
    total = total + np.hypot(expert_compute, expert_memory / np.exp(c["expert_bandwidth"]))
    own = np.exp(c["step_s"]) + local * sequence_s + _layer_overheads(c, q)
    return np.asarray(total + own * _overhead(c, q) + _exchange(c, q, local))


def _layer_overheads(c: Coefficients, q: Columns) -> Floats:
    routing = np.exp(c["expert_layer_s"]) * (np.maximum(q["experts_a_token"], 1) / 4) ** c["expert_layer_exponent"]
    seconds = q["layers"] * (np.exp(c["layer_s"]) + q["latent"] * np.exp(c["latent_layer_s"]))
    return np.asarray((seconds + q["expert_layers"] * routing) / q["pipeline"])


def _exchange(c: Coefficients, q: Columns, local: Floats) -> Floats:
    """Seconds of all-reduce between tensor ranks and all-to-all between expert ranks, latency and volume."""
    tensor = q["tensor"]
    fast = (q["link_domain"] > 1) & (q["link"] > FAST_LINK_BYTES_PER_S)
    slower = np.where(fast, 1.0, np.exp(c["pcie_latency"]))
    link = q["link"] * np.exp(c["link_efficiency"] + np.where(fast, 0.0, c["pcie_volume"]))
    latency = (np.exp(c["allreduce_s"]) + np.exp(c["allreduce_rank_s"]) * tensor) * slower
    volume = 2 * (tensor - 1) / tensor * local * q["hidden"] * 2
    reduce = np.where(tensor > 1, 2 * q["layers"] / q["pipeline"] * (latency + volume / link), 0.0)
    copies = np.minimum(q["experts_a_token"], tensor * q["data"])
    shuffle = np.exp(c["alltoall_s"]) * slower + local * copies * q["hidden"] * 1.5 / link
    return np.asarray(reduce + np.where(q["data"] > 1, 2 * q["expert_layers"] / q["pipeline"] * shuffle, 0.0))


def _attention_step(c: Coefficients, q: Columns, local: Floats, context: Floats) -> Floats:
    """Seconds in which one token of each request attends to its context: the cache is read, or computed on."""
    spread = q["tensor"] * q["pipeline"]
    read = local * context * _kv_bytes(q) / _kv_shards(q) / (_bandwidth(c, q) * np.exp(c["kv_bandwidth"]))
    elements = np.where(q["latent"] > 0, 2 * (LATENT_KEY + LATENT_VALUE), 4 * q["head_dim"])
    compute = q["heads"] * elements * local * context / spread / (q["bf16_flops"] * np.exp(c["attention_compute"]))
    return np.asarray(np.hypot(read, compute))


def _attention_prompt(c: Coefficients, q: Columns) -> Floats:
    """Seconds of the part of reading a prompt that grows with its square, on one attention rank."""
    prompt, windowed = q["prompt_tokens"], q["layers"] - q["full_layers"]
    half = prompt * prompt / 2
    pairs = q["full_layers"] * half + windowed * np.where(prompt < q["window"], half, prompt * q["window"])
    elements = np.where(q["latent"] > 0, LATENT_PROMPT_ELEMENTS, 2 * q["head_dim"])
    family = sum(c[f"compute_{name}"] * q[f"is_{name}"] for name in FAMILIES[1:])
    peak = q["bf16_flops"] * np.exp(c["attention_compute"] + family)
    return np.asarray(2 * q["heads"] * elements * pairs / (q["tensor"] * q["pipeline"] * peak))


def _most_requests(c: Coefficients, q: Columns) -> Floats:
    """Requests whose key-value cache fits beside the weights, over all ranks of a replica."""
    tensor, pipeline, data = q["tensor"], q["pipeline"], q["data"]
    weights = q["dense_parameters"] / (tensor * pipeline) + q["expert_parameters"] / (tensor * data * pipeline)
    memory = q["memory_bytes"]
    free = memory * (1 - RESERVED_SHARE) - np.exp(c["reserve_bytes"]) - weights * q["weight_bytes"]
    free = np.maximum(free, 0.02 * memory) * np.exp(c["kv_fill"])
    request = cache_bytes(q, q["prompt_tokens"] + 0.6 * q["output_tokens"])
    return np.asarray(np.maximum(free / request, 1) * data)


def cache_bytes(q: Columns, tokens: Floats) -> Floats:
    """Bytes of cache that one request of so many tokens takes on each accelerator that holds a part of it."""
    return np.asarray(_kv_bytes(q) * _context(q, tokens) / _kv_shards(q))


def _context(q: Columns, tokens: Floats) -> Floats:
    """Tokens that are kept, summed over the layers."""
    return np.asarray(q["full_layers"] * tokens + (q["layers"] - q["full_layers"]) * np.minimum(tokens, q["window"]))


def _kv_bytes(q: Columns) -> Floats:
    return np.asarray(q["kv_elements"] * q["kv_bytes_per_element"])


def _kv_shards(q: Columns) -> Floats:
    # A latent cache has no heads to share out: each tensor rank keeps all of it.
    return np.asarray(np.where(q["latent"] > 0, 1, np.minimum(q["tensor"], q["kv_heads"])) * q["pipeline"])


def _ranks(q: Columns) -> Floats:
    return np.asarray(q["tensor"] * q["pipeline"] * q["data"])


def _bandwidth(c: Coefficients, q: Columns) -> Floats:
    family = sum(c[f"memory_{name}"] * q[f"is_{name}"] for name in FAMILIES[1:])
    return np.asarray(q["bandwidth"] * np.exp(c["memory_efficiency"] + family))


def _compute(c: Coefficients, q: Columns) -> Floats:
    family = sum(c[f"compute_{name}"] * q[f"is_{name}"] for name in FAMILIES[1:])
    kind = c["four_bit_compute"] * q["four_bit"] + c["eight_bit_compute"] * q["eight_bit"]
    kind = kind + c["weight_only_compute"] * q["weight_only"]
    return np.asarray(np.exp(c["compute_efficiency"] + family + c["power_exponent"] * q["power"] + kind))


def _overhead(c: Coefficients, q: Columns) -> Floats:
    """The factor on all times that do not depend on the size of the work."""
    family = sum(c[f"overhead_{name}"] * q[f"is_{name}"] for name in FAMILIES[1:])
    framework = sum(c[f"overhead_{name}"] * q[f"is_{name}"] for name in FRAMEWORKS[1:])
    return np.asarray(np.exp(family + framework + c["overhead_trend"] * q["years"]))


def _offsets(c: Coefficients, q: Columns) -> Floats:
    """What is left: how each harness counts, and how software has matured."""
    expert = q["experts"] > 0
    harness = sum(c[f"harness_{name}"] * q[f"is_{name}"] for name in HARNESSES[1:])
    trend = c["trend"] + c["expert_trend"] * expert + c["latent_trend"] * q["latent"]
    return np.asarray(harness + trend * q["years"] + c["chip_age"] * q["chip_age"])
