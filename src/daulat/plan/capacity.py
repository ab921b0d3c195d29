# SPDX-License-Identifier: Apache-2.0
"""Capacity: which deployments of a model keep a latency objective, what each accelerator then gives, and how many.

Comes in: a model, a `Mix` of lengths, an `Objective`, candidate accelerators and precisions. Goes out: `Deployment`s,
the infeasible ones with the reason; `cheapest` picks one by energy or money, `accelerators_needed` counts. It knows no
country, no site and no export rule; those stages take a deployment's accelerator and judge it.

Memory: `_memory.py`; times: the calibrated roofline of `throughput.py`; goodput: `_goodput.py`. The fit's error travels
as `sigma_log`, so that whoever draws a plan can draw it. Derivation, limits and sources: docs/concepts/capacity.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from daulat.plan._candidates import check_inputs, precisions_of, within
from daulat.plan._columns import Floats
from daulat.plan._deployment import Deployment, Factors, Mix
from daulat.plan._evaluate import evaluate
from daulat.plan._goodput import Objective
from daulat.plan.errors import DoesNotFitError

__all__ = [
    "Deployment",
    "Factors",
    "Mix",
    "Objective",
    "accelerators_needed",
    "cheapest",
    "deployment_options",
    "throughput_factor",
]


def deployment_options(
    model: str,
    mix: Mix,
    objective: Objective,
    *,
    accelerators: Iterable[str],
    precisions: Iterable[str] | None = None,
    framework: str = "vllm",
    largest_replica: int = 16,
    factors: Factors | None = None,
    first_token_error: float = 1.0,
) -> list[Deployment]:
    """Return for each accelerator and precision the split that gives most; first those that give most, then the rest.

    Parameters
    ----------
    model : str
        A `model_id` of models.csv.
    mix : Mix
        Lengths of prompts and answers, the longest context, the share of prompts found in the cache.
    objective : Objective
        Times to first token and per token, and the share of requests that keep them.
    accelerators, precisions : iterables of str
        Candidates; precisions default to those in which the model can be served.
    largest_replica : int
        Accelerators that one replica may be spread over, 1 to 64.
    first_token_error : float
        Real over predicted time to the first token without a queue.

    Raises
    ------
    PlanError
        If a name is not known or a value lies outside its range; the message names the likely meant one.

    Examples
    --------
    >>> [best] = deployment_options("llama-3.1-8b", Mix(1000, 300), Objective(), accelerators=["h100-sxm"],
    ...                             precisions=["fp8"])
    >>> best.feasible, best.tensor
    (True, 1)
    """
    model, chips, precisions = check_inputs(model, mix, objective, accelerators, precisions)
    factors = factors or Factors()
    found = []
    for chip in chips:
        for precision in precisions_of(model, precisions):
            how = (framework, largest_replica, factors, first_token_error)
            options = evaluate(model, chip, precision, mix, objective, *how)
            found.append(max(options, key=lambda one: (one.output_tok_s_per_accelerator, one.max_batch, one.ranks)))
    return sorted(found, key=lambda one: -one.output_tok_s_per_accelerator)


def cheapest(
    options: Sequence[Deployment],
    by: Literal["energy", "money"] = "energy",
    usd_per_hour: Mapping[str, float] | None = None,
) -> Deployment:
    """Return the feasible deployment with the least energy, or money, per output token.

    Raises
    ------
    DoesNotFitError
        If none is feasible; the message carries every reason.
    """
    prices = usd_per_hour or {}
    costs = {}
    for index, one in enumerate(options):
        cost = one.joules_per_token if by == "energy" else prices.get(one.accelerator)
        if one.feasible and cost is not None:
            costs[index] = cost if by == "energy" else cost / one.output_tok_s_per_accelerator
    if costs:
        return options[min(costs, key=lambda index: costs[index])]
    reasons = "; ".join(
        f"{one.accelerator} {one.precision}: {one.reason or 'no price or power limit'}" for one in options
    )
    raise DoesNotFitError(
        f"no deployment keeps the objective: {reasons or 'no candidates were given'}",
        why="Whatever was planned on it could not be served.",
        fix="Give more candidates, a looser objective, a shorter context or a smaller precision.",
        code="plan.capacity.none",
    )


def accelerators_needed(
    demand_tok_s: Floats | float,
    deployment: Deployment,
    *,
    factor: Floats | float = 1.0,
    utilisation: Floats | float = 0.8,
    spare_replicas: int = 1,
) -> NDArray[np.int64]:
    """Count the accelerators that carry a peak demand, in whole replicas, with spare ones; all arguments broadcast.

    Parameters
    ----------
    demand_tok_s : float64[...]
        Peak demand, output tokens a second, 0 or more. No demand needs no accelerators.
    factor : float64[...]
        Draws of actual over predicted throughput, positive; see `throughput_factor`.
    utilisation : float64[...]
        Share of the goodput that is planned on, in (0, 1].
    spare_replicas : int
        Replicas that may fail without loss; 1 is N+1.

    Examples
    --------
    >>> [one] = deployment_options("llama-3.1-8b", Mix(1000, 300), Objective(), accelerators=["h100-sxm"],
    ...                            precisions=["fp8"])
    >>> int(accelerators_needed(10 * 0.8 * one.output_tok_s_per_accelerator, one))
    11
    """
    if not deployment.feasible:
        raise DoesNotFitError(
            f"{deployment.model} on {deployment.accelerator}: {deployment.reason}",
            why="A deployment that does not keep the objective carries nothing.",
            fix="Take one of the feasible options; `deployment_options` lists them first.",
            code="plan.capacity.none",
        )
    demand, drawn, planned = (np.asarray(one, dtype=float) for one in (demand_tok_s, factor, utilisation))
    within("demand_tok_s", demand, 0.0, 1e15, "tokens/s")
    within("factor", drawn, 0.02, 50.0, "ratio")
    within("utilisation", planned, 0.01, 1.0, "share")
    within("spare_replicas", np.asarray(float(spare_replicas)), 0.0, 1000.0, "count")
    each = deployment.output_tok_s_per_accelerator * deployment.ranks * drawn * planned
    # A millionth of a replica is a rounding error, not a demand for one more.
    replicas = np.ceil(demand / each - 1e-6) + spare_replicas * (demand > 0)
    return np.asarray(replicas * deployment.ranks, dtype=np.int64)


def throughput_factor(deployment: Deployment, standard_normal: Floats) -> Floats:
    """Return actual over predicted throughput for standard normal draws: log-normal, median 1."""
    return np.asarray(np.exp(deployment.sigma_log * standard_normal))
