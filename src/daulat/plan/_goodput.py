# SPDX-License-Identifier: Apache-2.0
"""Goodput: the requests a second of one replica whose first token and whose pace both keep their objective.

Comes in: seconds a token at each number of requests in flight, seconds to read a prompt, and an objective. Goes out:
the highest rate of arrivals, and the latencies there. A queue with state-dependent service, no simulation, no chance.

Arrivals are Poisson. Continuous batching serves n requests side by side, each at 1/t(n) tokens a second: a processor
that is shared, whose states have p(n) ~ product of arrival over completion rates whatever the lengths (Baskett et al.
1975, doi:10.1145/321879.321887). No more than B are let in, B the most at which the pace still holds; who finds B
waits in line. The wait is taken as exponential beyond its probability, as in M/M/B (Gross et al., *Fundamentals of
Queueing Theory*, 4th ed., 2008, chapter 2), and so is the wait for the reader of prompts. Percentiles of the two waits
are added, which is no less than the percentile of their sum is likely to be. Derivation: docs/concepts/capacity.md
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from daulat.plan._columns import Floats

HALVINGS = 10  # of the span of arrival rates, before what is left of it is nearly straight
BETWEEN = 4  # steps, one of which halves: so that the search ends, whatever the curve
NARROW = 1e-12  # share of the span to which the rate is found
MOST_LOG = 700.0  # logarithm of a weight beyond which the state weighed against is as good as never there
STATES = 1024  # requests in flight beyond which a replica is not planned: engines' default limits lie below it


@dataclass(frozen=True)
class Objective:
    """What users are promised: both hold for `share` of the requests.

    Parameters
    ----------
    ttft_s : float
        Time to the first token, seconds.
    tpot_s : float
        Time per output token after the first, seconds.
    share : float
        Of the requests, in [0.5, 0.999]; 0.95 is the 95th percentile.
    """

    ttft_s: float = 2.0
    tpot_s: float = 0.05
    share: float = 0.95


@dataclass(frozen=True)
class FirstToken:
    """The first token where nobody waits: overhead + prompt factor x reading + steps x time of a token."""

    overhead_s: float = 0.0
    prompt_factor: float = 1.0
    steps: float = 1.0

    def alone_s(self, prompt_s: float, step_s: float) -> float:
        """Return seconds from arrival to the first token, without a queue."""
        return self.overhead_s + self.prompt_factor * prompt_s + self.steps * step_s


@dataclass(frozen=True)
class Goodput:
    """What one replica carries: requests a second, requests in flight at most, and its latencies at the percentile."""

    requests_per_s: float
    batch: int
    ttft_s: float
    tpot_s: float
    utilisation: float


def goodput(
    token_s: Floats, prompt_s: float, output_tokens: float, objective: Objective, first: FirstToken | None = None
) -> Goodput:
    """Return the most that one replica carries within the objective; nothing where not even one request keeps it.

    Parameters
    ----------
    token_s : float64[n_states]
        Seconds a token seen by each of 1, 2, ... requests in flight, not falling.
    prompt_s : float
        Seconds of the engine to read one prompt.
    output_tokens : float
        Mean tokens of an answer, 1 or more.
    first : FirstToken
        What the first token takes beside the queue; reading once and one step by default.

    Examples
    --------
    One request at a time, 10 ms a token, 100 tokens, prompts read at once; 95 % wait no more than 2 s:

    >>> found = goodput(np.array([0.01]), 0.0, 100.0, Objective(ttft_s=2.0, tpot_s=0.05))
    >>> round(found.requests_per_s, 2), round(found.ttft_s, 2)
    (0.23, 2.0)

    which is M/M/1 with load 0.23, for 0.23 exp(-(1 - 0.23) 1.99) = 0.05.
    """
    first = first or FirstToken()
    pace = np.maximum.accumulate(token_s)
    batch = _most_let_in(pace, prompt_s, objective, first)
    if batch == 0:
        return Goodput(0.0, 0, first.alone_s(prompt_s, float(pace[0])), float(pace[0]), 0.0)
    alone = first.alone_s(prompt_s, float(pace[batch - 1]))
    completion = np.arange(1, batch + 1) / (output_tokens * pace[:batch])
    queue = _Queue.of(completion, prompt_s, 1 - objective.share)
    most = min(queue.most, 1 / prompt_s if prompt_s else np.inf)
    rate = _highest_rate(lambda arrivals: alone + queue.wait_s(arrivals) - objective.ttft_s, most)
    return Goodput(rate, batch, alone + queue.wait_s(rate), float(pace[batch - 1]), rate / queue.most)


def _highest_rate(late_by_s: Callable[[float], float], most: float) -> float:
    """Return the highest rate below `most` that is not late: by halves, then by the Illinois method.

    Dowell and Jarratt 1971, doi:10.1007/BF01934364.
    """
    low, high, early, late, side, step = 0.0, most, late_by_s(0.0), np.inf, 0, 0
    while high - low > NARROW * most:
        is_halving = step < HALVINGS or step % BETWEEN == 0 or not np.isfinite(late)
        middle = (low + high) / 2 if is_halving else low + (high - low) * early / (early - late)
        found = late_by_s(middle)
        if found > 0:
            high, late, early = middle, found, early / 2 if side > 0 else early
        else:
            low, early, late = middle, found, late / 2 if side < 0 else late
        side, step = 0 if is_halving else 1 if found > 0 else -1, step + 1
    return low


def _most_let_in(pace: Floats, prompt_s: float, objective: Objective, first: FirstToken) -> int:
    """Requests in flight at which both the pace and the first token of who finds no queue keep the objective."""
    alone = first.alone_s(prompt_s, 0.0) + first.steps * pace
    return int(((pace <= objective.tpot_s) & (alone <= objective.ttft_s)).sum())


@dataclass(frozen=True)
class _Queue:
    """The two waits of one replica: for a place among those in flight, and for the reader of prompts.

    `most` completions a second with as many in flight as are let in; `log_before` float64[n_states], how much more
    likely than that state those of 1, 2, ... requests fewer are at one arrival a second, as logarithms.
    """

    most: float
    fewer: Floats
    log_before: Floats
    prompt_s: float
    late: float

    @classmethod
    def of(cls, completion: Floats, prompt_s: float, late: float) -> _Queue:
        """Return the queue of `completion` float64[n_states], completions a second with 1, 2, ... in flight."""
        fewer = np.arange(1.0, len(completion) + 1)
        return cls(float(completion[-1]), fewer, np.cumsum(np.log(completion[::-1])), prompt_s, late)

    def wait_s(self, arrivals: float) -> float:
        """Return the wait for both that all but a share `late` of the requests keep, in seconds."""
        if arrivals >= self.most or arrivals * self.prompt_s >= 1:
            return float("inf")
        if arrivals <= 0:
            return 0.0
        before = np.exp(np.minimum(self.log_before - self.fewer * np.log(arrivals), MOST_LOG)).sum()
        full = 1 / (1 - arrivals / self.most)  # this state and all beyond it: a geometric tail
        slot = _percentile(full / (before + full), self.most - arrivals, self.late)
        reading = arrivals * self.prompt_s
        reader = _percentile(reading, (1 - reading) / self.prompt_s, self.late) if reading else 0.0
        return slot + reader


def _percentile(probability: float, rate: float, late: float) -> float:
    """Return the wait that a share `late` exceeds, where waits have this probability and then this rate of ending."""
    return float(np.log(probability / late) / rate) if probability > late else 0.0
