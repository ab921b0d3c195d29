# SPDX-License-Identifier: Apache-2.0
"""What capacity is asked and what it answers: a mix of lengths, factors beyond plain serving, and deployments.

Comes in: nothing. Goes out: frozen dataclasses between the files of the capacity stage; they compute only ratios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from daulat.plan.note import Note


@dataclass(frozen=True)
class Mix:
    """The lengths of the requests.

    Parameters
    ----------
    prompt_tokens, output_tokens : float
        Means a request, 1 or more.
    context_tokens : float, optional
        The longest prompt and answer together for which memory is kept; their means together where it is not given.
    cached_share : float
        Of the prompt tokens, found in the cache and not read again, in [0, 0.99].
    """

    prompt_tokens: float
    output_tokens: float
    context_tokens: float | None = None
    cached_share: float = 0.0

    @property
    def longest(self) -> float:
        """The context for which memory is kept, tokens."""
        return self.context_tokens or self.prompt_tokens + self.output_tokens


@dataclass(frozen=True)
class Factors:
    """What a deployment adds to plain continuous batching; `serving_factors.csv` states ranges and sources.

    Parameters
    ----------
    speculative_decoding : float
        Tokens a step, 1 to 2; 1 is off.
    disaggregated_prefill : float
        Goodput over that of one pool, 1 to 1.4; 1 is off.
    """

    speculative_decoding: float = 1.0
    disaggregated_prefill: float = 1.0


@dataclass(frozen=True)
class Deployment:
    """One way to serve a model: accelerator, precision and split of a replica, and what it gives within the objective.

    Rates are medians of the fit; `sigma_log` is the standard deviation of their natural logarithm. `reason` is empty
    where the deployment is feasible, else says what is missing. `batch` is the requests in flight that the pace allows
    and `max_batch` those that the memory allows. Latencies are those at the objective's percentile.
    """

    model: str
    accelerator: str
    precision: str
    tensor: int
    pipeline: int
    data: int
    ranks: int
    weight_gb: float
    cache_gb_per_request: float
    memory_share: float
    max_batch: int
    batch: int
    output_tok_s_per_accelerator: float
    prompt_tok_s_per_accelerator: float
    sigma_log: float
    requests_per_s: float
    ttft_s: float
    tpot_s: float
    utilisation: float
    power_limit_w: float | None
    reason: str
    notes: tuple[Note, ...]

    @property
    def feasible(self) -> bool:
        """Whether the objective is kept by at least one request at a time."""
        return not self.reason

    def quantile(self, level: float) -> float:
        """Return the quantile of output tokens a second and accelerator, of the fit's log-normal error."""
        return float(self.output_tok_s_per_accelerator * math.exp(self.sigma_log * NormalDist().inv_cdf(level)))

    @property
    def joules_per_token(self) -> float | None:
        """Energy of the accelerators at their power limit per output token, joules; None where no limit is known."""
        if not self.power_limit_w or not self.output_tok_s_per_accelerator:
            return None
        return self.power_limit_w / self.output_tok_s_per_accelerator
