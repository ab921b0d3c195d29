# SPDX-License-Identifier: Apache-2.0
"""Serving: output tokens a second that one accelerator gives within the objective, for any lengths.

Comes in: a model, hardware, precision, framework and latency objective. Goes out: a `ServingCurve`, worked out once on
a grid of lengths by `daulat.plan.capacity`, from which thousands of draws are read. Beyond the grid its
nearest edge holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np

from daulat.plan._tables import models, number
from daulat.plan.capacity import Deployment, Factors, Mix, Objective, deployment_options
from daulat.plan.errors import DoesNotFitError
from daulat.plan.figures import Floats
from daulat.plan.inputs.settings import Settings

PROMPTS = np.geomspace(32, 32_768, 7)
OUTPUTS = np.geomspace(16, 16_384, 6)
SERVER = 8  # accelerators of one server, the least that is bought
Z90 = NormalDist().inv_cdf(0.9)
FLOOR = 0.01  # output tokens a second and accelerator where the objective cannot be kept: as good as none


@dataclass(frozen=True)
class Way:
    """How a model is to be served.

    Parameters
    ----------
    ttft_s, tpot_s : float
        Objective for the first token and for each after it, seconds.
    share : float
        Of the requests that keep both.
    context_tokens : float
        The longest prompt and answer together for which memory is kept.
    speculative_decoding, disaggregated_prefill : float
        Factors of `serving_factors.csv`; 1 is off.
    """

    model: str
    accelerator: str
    precision: str
    framework: str
    ttft_s: float
    tpot_s: float
    share: float
    context_tokens: float
    speculative_decoding: float
    disaggregated_prefill: float


@dataclass(frozen=True)
class ServingCurve:
    """Natural log of output tokens a second and accelerator, over prompt and output lengths.

    Parameters
    ----------
    log_rate : float64[prompts, outputs]
        At `PROMPTS` and `OUTPUTS`.
    log_low, log_high : float
        The fit's 80 % interval around it.
    """

    model: str
    accelerator: str
    log_rate: Floats
    log_low: float
    log_high: float
    notes: tuple[str, ...]

    def rate(self, prompt_tokens: Floats, output_tokens: Floats, error: Floats) -> Floats:
        """Return output tokens a second and accelerator; all arguments broadcast.

        Parameters
        ----------
        prompt_tokens, output_tokens : float64
            Means a request; prompt tokens without those found in the cache.
        error : float64
            In units of the interval: -1 is its 10th percentile, 1 its 90th.
        """
        across = _position(PROMPTS, prompt_tokens)
        along = _position(OUTPUTS, output_tokens)
        i, j = np.floor(across).astype(int), np.floor(along).astype(int)
        i, j = np.minimum(i, len(PROMPTS) - 2), np.minimum(j, len(OUTPUTS) - 2)
        a, b, z = across - i, along - j, self.log_rate
        log_rate = (z[i, j] * (1 - a) + z[i + 1, j] * a) * (1 - b) + (z[i, j + 1] * (1 - a) + z[i + 1, j + 1] * a) * b
        return np.asarray(np.exp(log_rate + np.where(error < 0, -self.log_low, self.log_high) * error))


def _position(grid: Floats, values: Floats) -> Floats:
    steps = np.log(np.clip(values, grid[0], grid[-1]) / grid[0]) / np.log(grid[1] / grid[0])
    return np.asarray(np.minimum(steps, len(grid) - 1))


def way_of(settings: Settings, model: str, accelerator: str = "") -> Way:
    """Return how a plan serves a model, on its accelerator or on another."""
    return Way(
        model,
        accelerator or settings.accelerator,
        settings.precision,
        settings.framework,
        settings.ttft_s,
        settings.tpot_s,
        settings.objective_share,
        settings.context_tokens,
        settings.speculative_decoding,
        settings.disaggregated_prefill,
    )


@cache
def serving_curve(way: Way) -> ServingCurve:
    """Return the curve of one way to serve.

    Raises
    ------
    DoesNotFitError
        If no deployment keeps the objective at any length; with the reason.
    """
    options = [[_best(way, float(prompt), float(output)) for output in OUTPUTS] for prompt in PROMPTS]
    rates = np.array([[one.output_tok_s_per_accelerator if one.feasible else 0.0 for one in row] for row in options])
    if not rates.any():
        raise DoesNotFitError(
            f"plan.model `{way.model}` on {way.accelerator} in {way.precision}: {options[0][0].reason}",
            why="A model that does not fit, or keeps no objective, cannot be served.",
            fix="Choose a smaller model or precision, a looser objective, or accelerators with more memory.",
            code="plan.fit",
        )
    feasible = [one for row in options for one in row if one.feasible]
    centre = max(feasible, key=lambda one: one.output_tok_s_per_accelerator)
    notes = dict.fromkeys(note for row in options for one in row for note in one.notes)
    spread = centre.sigma_log * Z90
    return ServingCurve(way.model, way.accelerator, np.log(np.maximum(rates, FLOOR)), -spread, spread, tuple(notes))


def keeps_objective(way: Way) -> bool:
    """Say whether a way serves a request of usual length within its objective."""
    return _best(way, 1000.0, 300.0).feasible


def _best(way: Way, prompt: float, output: float) -> Deployment:
    # A model reads no more than its context; beyond it the edge holds, and the plan notes it.
    limit = number(models()[way.model], "context") or np.inf
    output = min(output, limit / 2)
    prompt = min(prompt, limit - output)
    options = deployment_options(
        way.model,
        Mix(prompt, output, min(max(way.context_tokens, prompt + output), limit)),
        Objective(way.ttft_s, way.tpot_s, way.share),
        accelerators=[way.accelerator],
        precisions=[way.precision],
        framework=way.framework,
        largest_replica=SERVER,
        factors=Factors(way.speculative_decoding, way.disaggregated_prefill),
    )
    return options[0]
