# SPDX-License-Identifier: Apache-2.0
"""Serving: output tokens a second that one accelerator gives within the objective, for any lengths.

Comes in: a model, hardware, precision, framework and latency objective. Goes out: a `ServingCurve`, worked out once on
a grid of lengths by `daulat.plan.capacity`, from which thousands of draws are read. Beyond the grid its
nearest edge holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from statistics import NormalDist

import numpy as np

from daulat.plan._tables import models, number, throughput_fit
from daulat.plan.capacity import Deployment, Factors, Mix, Objective, deployment_options
from daulat.plan.errors import DoesNotFitError
from daulat.plan.figures import Floats
from daulat.plan.inputs.settings import Settings
from daulat.plan.note import Note

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
    log_rate : float64[n_late, prompts, outputs]
        At `PROMPTS` and `OUTPUTS`; the first axis is the error of the time to the first token at its 10th percentile,
        its median and its 90th, or its median alone.
    log_spread : float64[prompts, outputs]
        Half the width of the fit's 80 % interval around it, at the same lengths.
    """

    model: str
    accelerator: str
    log_rate: Floats
    log_spread: Floats
    notes: tuple[Note, ...]

    def rate(self, prompt_tokens: Floats, output_tokens: Floats, error: Floats, late: Floats | float = 0.0) -> Floats:
        """Return output tokens a second and accelerator; all arguments broadcast.

        Parameters
        ----------
        prompt_tokens, output_tokens : float64
            Means a request; prompt tokens without those found in the cache.
        error : float64
            Of the pace, in units of its interval: -1 is its 10th percentile, 1 its 90th.
        late : float64
            Of the time to the first token, likewise; beyond the interval its ends hold.
        """
        prompt_tokens, output_tokens, late = np.broadcast_arrays(prompt_tokens, output_tokens, late)
        where = (_position(PROMPTS, prompt_tokens), _position(OUTPUTS, output_tokens))
        middle = len(self.log_rate) // 2
        log_rate = _between(self.log_rate, (middle + np.clip(late, -1, 1) * middle, *where))
        return np.asarray(np.exp(log_rate + _between(self.log_spread, where) * error))


def _between(grid: Floats, places: Sequence[Floats]) -> Floats:
    """Return values between the points of a grid, linear along each axis; places are fractional indices."""
    low = [np.minimum(np.floor(place).astype(int), max(n - 2, 0)) for place, n in zip(places, grid.shape, strict=True)]
    total = np.zeros(places[0].shape)
    for corner in product((0, 1), repeat=len(places)):
        weight = np.ones(places[0].shape)
        for place, start, step in zip(places, low, corner, strict=True):
            weight = weight * (place - start if step else 1 - (place - start))
        at = tuple(np.minimum(one + step, n - 1) for one, step, n in zip(low, corner, grid.shape, strict=True))
        total += weight * grid[at]
    return total


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
def serving_curve(way: Way, *, certain: bool = False) -> ServingCurve:
    """Return the curve of one way to serve.

    Parameters
    ----------
    certain : bool
        Leave out what an error of the time to the first token does: a third of the work, for a single draw.

    Raises
    ------
    DoesNotFitError
        If no deployment keeps the objective at any length; with the reason.
    """
    options = [[_best(way, float(prompt), float(output)) for output in OUTPUTS] for prompt in PROMPTS]
    if not any(one.feasible for row in options for one in row):
        raise DoesNotFitError(
            f"plan.model `{way.model}` on {way.accelerator} in {way.precision}: {options[0][0].reason}",
            why="A model that does not fit, or keeps no objective, cannot be served.",
            fix="Choose a smaller model or precision, a looser objective, or accelerators with more memory.",
            code="plan.fit",
        )
    fitted = throughput_fit()["first_token"]
    ends = () if certain else (fitted["log_p10_left_out_by_pair"], fitted["log_p90_left_out_by_pair"])
    early_late = [
        [[_best(way, float(prompt), float(output), np.exp(end)) for output in OUTPUTS] for prompt in PROMPTS]
        for end in ends
    ]
    grids = [*early_late[:1], options, *early_late[1:]]
    notes = dict.fromkeys(note for row in options for one in row if one.feasible for note in one.notes)
    spread = np.array([[one.sigma_log * Z90 for one in row] for row in options])
    return ServingCurve(way.model, way.accelerator, np.stack([_logs(grid) for grid in grids]), spread, tuple(notes))


def _logs(grid: Sequence[Sequence[Deployment]]) -> Floats:
    rates = np.array([[one.output_tok_s_per_accelerator if one.feasible else 0.0 for one in row] for row in grid])
    return np.asarray(np.log(np.maximum(rates, FLOOR)))


def keeps_objective(way: Way) -> bool:
    """Say whether a way serves a request of usual length within its objective."""
    return _best(way, 1000.0, 300.0).feasible


def _best(way: Way, prompt: float, output: float, first_token_error: float = 1.0) -> Deployment:
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
        first_token_error=first_token_error,
    )
    return options[0]
