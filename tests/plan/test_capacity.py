# SPDX-License-Identifier: Apache-2.0
"""What the capacity stage promises: memory adds up, objectives are kept, and more demand never needs less."""

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.plan import DoesNotFitError, InputError
from daulat.plan._candidates import splits_of, workload_of
from daulat.plan._columns import lay_out_splits
from daulat.plan._goodput import Objective, goodput
from daulat.plan._memory import memory_of
from daulat.plan._tables import accelerators, models, number, serving_factors, throughput_fit
from daulat.plan.capacity import (
    Deployment,
    Factors,
    Mix,
    accelerators_needed,
    cheapest,
    deployment_options,
    throughput_factor,
)

COEFFICIENTS = throughput_fit()["coefficients"][0]
PLACES = [
    ("llama-3.1-8b", "l40s"),
    ("gpt-oss-120b", "h200-sxm"),
    ("deepseek-r1", "b200-sxm"),
    ("gemma-3-27b", "mi300x"),
]
MIX = Mix(1000.0, 300.0)


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    [one] = deployment_options("llama-3.1-8b", MIX, Objective(), accelerators=["h100-sxm"], precisions=["fp8"])
    return one


def memory(model: str, chip: str, context: float, **changed: float):
    splits = splits_of(model, chip, 8)
    columns = lay_out_splits(workload_of(model, chip, "fp8", MIX, "vllm"), splits)
    scaled = {name: column * changed.get(name, 1.0) for name, column in columns.items()}
    return memory_of(COEFFICIENTS, scaled, context)


@given(place=st.sampled_from(PLACES), context=st.floats(64, 60_000), factor=st.floats(1, 8))
def test_a_larger_context_never_raises_the_batch_that_fits(place, context, factor):
    assert (memory(*place, context * factor).most_requests <= memory(*place, context).most_requests).all()


@given(place=st.sampled_from(PLACES), context=st.floats(64, 60_000), factor=st.floats(1, 8))
def test_more_memory_never_holds_less(place, context, factor):
    more, less = memory(*place, context, memory_bytes=factor), memory(*place, context)
    assert (more.most_requests >= less.most_requests).all()
    assert (more.short_bytes <= less.short_bytes + 1).all()


def test_the_cache_of_grouped_heads_is_that_of_the_papers():
    # Llama 3.1 8B: 32 layers x 2 x 8 heads x 128 elements x 2 bytes (vLLM keeps 16 bits) = 131,072 bytes a token.
    found = memory("llama-3.1-8b", "h100-sxm", 1000.0)
    filled = np.exp(COEFFICIENTS["kv_fill"])
    assert found.cache_bytes_per_request[0] * filled == pytest.approx(131_072 * 1000)


def test_a_latent_cache_is_not_shared_out_and_a_window_caps_the_cache():
    # DeepSeek-V3: 61 layers x 576 elements x 2 bytes = 70,272 bytes a token, on every tensor rank.
    splits = splits_of("deepseek-r1", "b200-sxm", 8)
    found = memory("deepseek-r1", "b200-sxm", 1000.0)
    each = found.cache_bytes_per_request * np.exp(COEFFICIENTS["kv_fill"])
    assert {round(each[i]) for i, (tensor, pipeline, _, _) in enumerate(splits) if pipeline == 1} == {70_272_000}
    # gemma-3-27b: 10 of 62 layers see all of the context, the other 52 no more than 1,024 tokens of it.
    gemma = memory("gemma-3-27b", "mi300x", 10_240.0).cache_bytes_per_request[0] * np.exp(COEFFICIENTS["kv_fill"])
    assert gemma == pytest.approx((10 * 10_240 + 52 * 1_024) * 4096 * 2)


@given(
    first=st.floats(0, 1e7), more=st.floats(0, 1e7), utilisation=st.floats(0.1, 1), draw=st.floats(-3, 3),
    spare=st.integers(0, 3),
)  # fmt: skip
def test_more_demand_never_needs_fewer_accelerators(deployment, first, more, utilisation, draw, spare):
    factor = throughput_factor(deployment, np.array(draw))
    needed = [
        accelerators_needed(demand, deployment, factor=factor, utilisation=utilisation, spare_replicas=spare)
        for demand in (first, first + more)
    ]
    assert needed[1] >= needed[0] >= 0


def test_the_count_is_whole_replicas_and_the_spare_ones(deployment):
    rate = deployment.output_tok_s_per_accelerator
    four = replace(deployment, tensor=4, ranks=4)
    # 10 replicas' worth at 80 % needs 12.5, so 13, and one spare: 14 of one accelerator each.
    assert accelerators_needed(10 * rate, deployment).tolist() == 14
    # 10 accelerators' worth in replicas of four: 10 / (4 x 0.8) = 3.1, so 4 and one spare, 20 accelerators.
    assert accelerators_needed(10 * rate, four).tolist() == 20
    assert accelerators_needed(0.0, deployment).tolist() == 0


def test_draws_are_counted_at_once_and_a_slower_draw_needs_more(deployment):
    draws = throughput_factor(deployment, np.array([-1.0, 0.0, 1.0]))
    needed = accelerators_needed(np.full((2, 1), 1e6), deployment, factor=draws)
    assert needed.shape == (2, 3)
    assert (np.diff(needed, axis=1) < 0).all()


@settings(max_examples=20)
@given(tighter=st.floats(0.3, 1.0))
def test_a_tighter_objective_never_gives_more(tighter):
    def best(ttft_s, tpot_s):
        [one] = deployment_options(
            "gpt-oss-120b", MIX, Objective(ttft_s, tpot_s), accelerators=["h200-sxm"], precisions=["fp4"]
        )
        return one.output_tok_s_per_accelerator

    loose = best(2.0, 0.05)
    assert best(2.0 * tighter, 0.05) <= loose * 1.001
    assert best(2.0, 0.05 * tighter) <= loose * 1.001


def test_the_promised_first_token_is_kept_in_a_simulated_queue():
    # 7 places, a token of 10 + 1 n ms with n in flight, answers of 50 tokens on average, exponential; prompts are free.
    pace = 0.010 + 0.001 * np.arange(1, 65)
    objective = Objective(ttft_s=1.0, tpot_s=0.0175, share=0.95)
    found = goodput(pace, 0.0, 50.0, objective)
    assert found.batch == 7
    waits = simulated_waits(found.requests_per_s, pace[: found.batch], 50.0, arrivals=200_000)
    # What the promise leaves for the wait, beside one step, is kept by 95 % of the arrivals.
    promised = objective.ttft_s - pace[found.batch - 1]
    assert np.mean(waits > promised) == pytest.approx(0.05, abs=0.006)


def simulated_waits(rate: float, pace, output: float, *, arrivals: int):
    """Return the wait of each arrival before it is let in; event by event, by a clock that runs at each one's pace."""
    random = np.random.default_rng(7)
    time, served, queue, inside, waits = 0.0, 0.0, [], [], []
    come = np.cumsum(random.exponential(1 / rate, arrivals))
    lengths = random.exponential(output, arrivals)
    index = 0
    while len(waits) < arrivals:
        speed = 1 / pace[len(inside) - 1] if inside else 0.0
        ends = time + (inside[0] - served) / speed if inside else np.inf
        following = come[index] if index < arrivals else np.inf
        now = min(ends, following)
        served += (now - time) * speed
        time = now
        if ends <= following:
            heapq.heappop(inside)
        else:
            queue.append((time, lengths[index]))
            index += 1
        while queue and len(inside) < len(pace):
            since, length = queue.pop(0)
            waits.append(time - since)
            heapq.heappush(inside, served + length)
    return np.array(waits)


def test_what_does_not_fit_says_by_how_much_and_what_would():
    [one] = deployment_options(
        "llama-3.1-405b", Mix(1000, 300), Objective(), accelerators=["l40s"], precisions=["bf16"], largest_replica=8
    )
    assert not one.feasible
    # 405.8 B parameters at two bytes are 811.7 GB, 101.5 GB on each of 8; an L40S has 48.
    assert one.weight_gb == pytest.approx(811.7 / 8, rel=0.01)
    assert "8 x l40s lack" in one.reason
    assert "the smallest that fits is 32 x l40s" in one.reason
    with pytest.raises(DoesNotFitError, match="lack"):
        cheapest([one])
    with pytest.raises(DoesNotFitError, match="lack"):
        accelerators_needed(1.0, one)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"model": "llama-3.1-8"}, "`llama-3.1-8b`"),
        ({"accelerators": ["h100"]}, "`h100-"),
        ({"precisions": ["fp88"]}, "`fp8`"),
        ({"objective": Objective(tpot_s=50.0)}, "50 ms, which is 0.05 s?"),
        ({"objective": Objective(ttft_s=2000.0)}, "2,000 ms, which is 2 s?"),
        ({"objective": Objective(share=95.0)}, "95 percent, which is 0.95 share?"),
        ({"mix": Mix(float("nan"), 300.0)}, "slip of unit"),
        ({"mix": Mix(1000.0, 300.0, 1e6)}, "Shorten the context"),
    ],
)
def test_a_slip_is_named_with_what_was_likely_meant(given, told):
    asked = {"model": "llama-3.1-8b", "mix": MIX, "objective": Objective(), "accelerators": ["h100-sxm"]} | given
    with pytest.raises(InputError) as fault:
        deployment_options(asked.pop("model"), asked.pop("mix"), asked.pop("objective"), **asked)
    assert told in fault.value.fix


@pytest.mark.parametrize(
    ("demand", "utilisation", "told"),
    [(float("nan"), 0.8, "demand_tok_s"), (-1.0, 0.8, "demand_tok_s"), (1.0, 80.0, "80 percent, which is 0.8 share?")],
)
def test_a_demand_that_is_no_number_is_refused(deployment, demand, utilisation, told):
    with pytest.raises(InputError, match="(?s)" + told.replace("?", r"\?")):
        accelerators_needed(demand, deployment, utilisation=utilisation)


def test_cached_prompts_and_drafted_tokens_help_as_stated_and_the_cheapest_is_chosen():
    def options(mix, factors=None):
        return deployment_options(
            "llama-3.3-70b",
            mix,
            Objective(),
            accelerators=["h100-sxm", "h200-sxm"],
            precisions=["fp8"],
            factors=factors,
        )

    plain = options(Mix(4000, 300))
    cached, drafted = options(Mix(4000, 300, cached_share=0.5)), options(Mix(4000, 300), Factors(1.5))
    assert cached[0].output_tok_s_per_accelerator > plain[0].output_tok_s_per_accelerator
    assert drafted[0].output_tok_s_per_accelerator > plain[0].output_tok_s_per_accelerator
    least = min(one.joules_per_token for one in plain)
    assert cheapest(plain).joules_per_token == least
    # At a price a hundred times higher the better accelerator is not the cheaper one.
    dear = plain[0].accelerator
    assert cheapest(plain, "money", {"h100-sxm": 1.0, "h200-sxm": 1.0} | {dear: 100.0}).accelerator != dear


def test_every_factor_states_a_range_and_a_source():
    for name, row in serving_factors().items():
        assert float(row["low"]) <= float(row["typical"]) <= float(row["high"]), name
        assert row["source"], name


@pytest.mark.parametrize("model", sorted(models()))
def test_every_model_can_be_asked_for(model):
    [one] = deployment_options(model, MIX, Objective(), accelerators=["b200-sxm"], precisions=["fp8"])
    assert np.isfinite(one.output_tok_s_per_accelerator)
    assert one.feasible == (one.output_tok_s_per_accelerator > 0)


RANGES = {  # of any accelerator on sale since 2017; a tenth or tenfold of nearly every figure lies outside
    "memory_gb": (16, 384),
    "memory_bandwidth_gb_per_s": (200, 10_000),
    "bf16_tflops": (60, 3_000),
    "power_limit_w": (60, 2_000),
    "link_gb_per_s": (10, 2_000),
}


@pytest.mark.parametrize("column", RANGES)
def test_no_accelerator_of_the_table_has_a_slip_of_unit(column):
    low, high = RANGES[column]
    for name, row in accelerators().items():
        value = number(row, column)
        assert value is None or low <= value <= high, name


def test_rates_and_bandwidth_of_one_accelerator_belong_together():
    # 30 to 600 operations in 16 bits for each byte read: a tenfold slip in either breaks it for nearly all.
    for name, row in accelerators().items():
        rate, bandwidth = number(row, "bf16_tflops"), number(row, "memory_bandwidth_gb_per_s")
        assert rate is None or 30 <= rate * 1e3 / bandwidth <= 600, name
