# SPDX-License-Identifier: Apache-2.0
"""What Prometheus reads: usages of calls that ended come in; counters, histograms and gauges go out when it asks.

A call costs a few additions; names and buckets are put together only when somebody reads. Labels are names that the
nation declares, parts of the API and statuses: no person, no key, no organisation, no word of a request.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from daulat.gateway.ports import Call, CallUsage
from daulat.gateway.routing import Vitals

if TYPE_CHECKING:
    from prometheus_client.core import Metric

# Seconds; the buckets of OpenTelemetry's GenAI conventions.
TTFT_BUCKETS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
TPOT_BUCKETS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
DURATION_BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
UNKNOWN = "unknown"
# Calls that are added up one after another: one by one, between two calls, each costs twice as much.
TOGETHER = 64


class Histogram:
    """Counts in buckets."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """Return upper bounds and counts up to them."""
        rows, sum_ = [], 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            sum_ += count
            rows.append((bound, float(sum_)))
        return rows


@dataclass(slots=True)
class Series:
    """What the calls of one model, path and status add up to."""

    requests: int = 0
    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0
    energy_wh: float = 0.0
    carbon_g: float = 0.0
    ttft: Histogram = field(default_factory=lambda: Histogram(TTFT_BUCKETS))
    tpot: Histogram = field(default_factory=lambda: Histogram(TPOT_BUCKETS))
    duration: Histogram = field(default_factory=lambda: Histogram(DURATION_BUCKETS))

    def add(self, usage: CallUsage, *, is_stream: bool) -> None:
        """Add a call; only a stream tells when tokens came, for a whole answer comes at once."""
        self.requests += 1
        self.prompt += usage.prompt_tokens
        self.completion += usage.completion_tokens
        self.reasoning += usage.reasoning_tokens
        self.cached += usage.cached_tokens
        self.energy_wh += usage.energy_wh or 0.0
        self.carbon_g += usage.carbon_g or 0.0
        self.duration.add(usage.duration_s)
        if is_stream and usage.time_to_first_token_s is not None:
            self.ttft.add(usage.time_to_first_token_s)
            if usage.completion_tokens > 1:
                rest_s = usage.duration_s - usage.time_to_first_token_s
                self.tpot.add(rest_s / (usage.completion_tokens - 1))


class Engines(Protocol):
    """What is read of the router when somebody asks; `ModelRouter` is one."""

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        ...

    def vitals(self) -> list[Vitals]:
        """How each engine is."""
        ...


Cost = Callable[[str, int, int, int], tuple[float, str]]


class Metrics:
    """Adds calls up; a collector of `prometheus_client`.

    Parameters
    ----------
    engines : Engines
        Queue and breakers, read when somebody asks.
    known : collection of str
        Names of models that may become labels; any other is ``unknown``, for callers may send what they like.
    cost : callable
        (model, prompt, completion, cached tokens) to money and its currency.
    kept : callable
        Hits and misses of the answers that are kept.
    """

    def __init__(
        self,
        engines: Engines,
        known: Iterable[str],
        cost: Cost = lambda *_: (0.0, ""),
        kept: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        self.engines, self._known, self._cost, self._kept = engines, frozenset(known), cost, kept
        self._series: dict[tuple[str, str, int], Series] = {}
        self._ended: list[tuple[str, str, bool, CallUsage]] = []
        self._discarded: dict[tuple[str, str], Series] = {}

    def add(self, call: Call, usage: CallUsage) -> None:
        """Count a call that has ended."""
        model = usage.declared or (call.model if call.model in self._known else UNKNOWN)
        self._ended.append((model, call.route, call.stream, usage))
        if len(self._ended) >= TOGETHER:
            self._add_up()

    def discard(self, usage: CallUsage) -> None:
        """Count an attempt within a call that an engine worked on and nobody was given."""
        key = (usage.declared, usage.discarded)
        if key not in self._discarded:
            self._discarded[key] = Series()
        self._discarded[key].add(usage, is_stream=False)

    def discarded(self) -> list[tuple[tuple[str, str], Series]]:
        """Return what such attempts of each model add up to, by what became of them."""
        return sorted(self._discarded.items())

    def rows(self) -> list[tuple[tuple[str, str, int], Series]]:
        """Return what the calls of each model, path and status add up to."""
        self._add_up()
        return sorted(self._series.items())

    def cost(self, model: str, prompt: int, completion: int, cached: int) -> tuple[float, str]:
        """Return what tokens of a model cost, and in which currency; empty where no price is declared."""
        return self._cost(model, prompt, completion, cached)

    def kept(self) -> tuple[int, int]:
        """Return how many deterministic requests were answered again, and how many were not."""
        return self._kept()

    def _add_up(self) -> None:
        ended, self._ended = self._ended, []
        for model, route, is_stream, usage in ended:
            key = (model, route, usage.status)
            series = self._series.get(key)
            if series is None:
                series = self._series[key] = Series()
            series.add(usage, is_stream=is_stream)

    def collect(self) -> Iterable[Metric]:
        """Give every metric; Prometheus' library is read when somebody asks for the first time."""
        from daulat.gateway.observe.families import families_of

        return families_of(self)


def costs(prices: Mapping[str, tuple[float, float, float, str]]) -> Cost:
    """Return what works out costs: by model (input, output, cached per million tokens, currency).

    >>> costs({"m": (1.0, 4.0, 0.5, "EUR")})("m", 1_000_000, 500_000, 400_000)
    (2.8, 'EUR')
    """

    def cost(model: str, prompt: int, completion: int, cached: int) -> tuple[float, str]:
        if model not in prices:
            return 0.0, ""
        per_input, per_output, per_cached, currency = prices[model]
        read = (prompt - cached) * per_input + cached * per_cached
        return (read + completion * per_output) / 1e6, currency

    return cost
