# SPDX-License-Identifier: Apache-2.0
"""Evaluate every split of one model on one accelerator: memory, times, goodput, and why it does not do.

Comes in: known names, a mix, an objective. Goes out: a `Deployment` for each split, in medians of the fit with the
error beside them. Nothing is chosen here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from daulat.plan._candidates import Split, smallest_that_fits, splits_of, workload_of
from daulat.plan._columns import FAMILIES, Columns, Floats, lay_out_splits
from daulat.plan._deployment import Deployment, Factors, Mix
from daulat.plan._goodput import STATES, FirstToken, Goodput, Objective, goodput
from daulat.plan._memory import Memory, memory_of
from daulat.plan._roofline import serving_times
from daulat.plan._tables import accelerators, number, throughput_fit
from daulat.plan.note import Note, note
from daulat.plan.throughput import residual_of

NORMAL_90 = 1.2815515594  # the 90th percentile of the standard normal
LADDER = np.unique(np.round(np.geomspace(1, STATES, 24)))  # requests in flight at which times are computed


@dataclass(frozen=True)
class _Times:
    """Seconds a token at each of `LADDER`, and to read one prompt; float64[n_splits, n_ladder], [n_splits]."""

    token_s: Floats
    prompt_s: Floats


def evaluate(
    model: str,
    chip: str,
    precision: str,
    mix: Mix,
    objective: Objective,
    framework: str,
    largest: int,
    factors: Factors,
    first_token_error: float,
) -> list[Deployment]:
    """Return a deployment for each split of one replica of at most `largest` accelerators."""
    fit = throughput_fit()
    splits = splits_of(model, chip, largest)
    columns = lay_out_splits(workload_of(model, chip, precision, mix, framework), splits)
    memory = memory_of(fit["coefficients"][0], columns, mix.longest)
    added, nearness = residual_of(columns, fit)
    times = _times(columns, added, mix, factors, fit)
    fitted = fit["first_token"]
    first = FirstToken(*(first_token_error * fitted[part] for part in ("overhead_s", "prompt_factor", "steps")))
    strange = accelerators()[chip]["family"] not in FAMILIES
    sigma = _sigma(fit, nearness) * (2 if strange else 1)
    notes = (note("hardware_unmeasured", accelerator=chip),) if strange else ()
    found = []
    for line, split in enumerate(splits):
        most = int(min(memory.most_requests[line], STATES))
        states = np.arange(1.0, max(most, 1) + 1)
        pace = np.exp(np.interp(np.log(states), np.log(LADDER), np.log(times.token_s[line])))
        carried = goodput(pace, float(times.prompt_s[line]), mix.output_tokens, objective, first)
        reason = _reason(model, chip, precision, mix, memory, line, split, carried, objective)
        found.append(
            _deployment(model, chip, precision, split, mix, memory, line, times, carried, factors, float(sigma[line]),
                        reason, notes)
        )  # fmt: skip
    return found


def _times(columns: Columns, added: Floats, mix: Mix, factors: Factors, fit: Mapping[str, Any]) -> _Times:
    batch = LADDER[None, :]
    token_s, prompt_s = serving_times(fit["coefficients"][0], columns, batch)
    slower = np.exp(-added)[:, None]
    # A token's time holds its share of the reading of prompts; the decoding alone is what drafting makes faster.
    step_s = (token_s - batch * prompt_s / mix.output_tokens) * slower / factors.speculative_decoding
    read_s = prompt_s * slower * (1 - mix.cached_share)
    # One prompt at a time is read by one of the data ranks; the others go on with theirs.
    alone = (read_s * columns["data"]).min(axis=1)
    return _Times(np.asarray(step_s + batch * read_s / mix.output_tokens), np.asarray(alone))


def _sigma(fit: Mapping[str, Any], nearness: Floats) -> Floats:
    low, high = fit["interval"]["latency-bounded"]
    width = 1 + fit["interval"].get("growth", 0.0) * (1 - nearness)
    return np.asarray(width * (high - low) / (2 * NORMAL_90))


def _deployment(
    model: str,
    chip: str,
    precision: str,
    split: Split,
    mix: Mix,
    memory: Memory,
    line: int,
    times: _Times,
    carried: Goodput,
    factors: Factors,
    sigma: float,
    reason: str,
    notes: tuple[Note, ...],
) -> Deployment:
    tensor, pipeline, data, _ = split
    ranks = tensor * pipeline * data
    requests = 0.0 if reason else carried.requests_per_s * factors.disaggregated_prefill
    taken = memory.weight_bytes[line] + memory.reserve_bytes[line]
    taken += memory.cache_bytes_per_request[line] * carried.batch / data
    return Deployment(
        model=model,
        accelerator=chip,
        precision=precision,
        tensor=tensor,
        pipeline=pipeline,
        data=data,
        ranks=ranks,
        weight_gb=float(memory.weight_bytes[line] / 1e9),
        cache_gb_per_request=float(memory.cache_bytes_per_request[line] / 1e9),
        memory_share=float(taken / memory.total_bytes[line]),
        max_batch=int(memory.most_requests[line]),
        batch=0 if reason else carried.batch,
        output_tok_s_per_accelerator=requests * mix.output_tokens / ranks,
        prompt_tok_s_per_accelerator=mix.prompt_tokens * data / float(times.prompt_s[line]) / ranks,
        sigma_log=sigma,
        requests_per_s=requests,
        ttft_s=carried.ttft_s,
        tpot_s=carried.tpot_s,
        utilisation=0.0 if reason else carried.utilisation,
        power_limit_w=number(accelerators()[chip], "power_limit_w"),
        reason=reason,
        notes=notes,
    )


def _reason(
    model: str,
    chip: str,
    precision: str,
    mix: Mix,
    memory: Memory,
    line: int,
    split: Split,
    carried: Goodput,
    objective: Objective,
) -> str:
    ranks = split[0] * split[1] * split[2]
    if memory.most_requests[line] < 1:
        return (
            f"does not fit: {ranks} x {chip} lack {memory.short_bytes[line] / 1e9:,.1f} GB each for one request of "
            f"{mix.longest:,.0f} tokens in {precision}; {smallest_that_fits(model, chip, precision, mix)}"
        )
    if carried.batch == 0 and carried.tpot_s > objective.tpot_s:
        return f"too slow: a token takes {carried.tpot_s * 1e3:,.1f} ms alone, allowed {objective.tpot_s * 1e3:,.1f} ms"
    if carried.batch == 0:
        return f"too slow: the first token takes {carried.ttft_s:,.2f} s alone, allowed {objective.ttft_s:,.2f} s"
    return ""
