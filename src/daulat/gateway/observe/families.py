# SPDX-License-Identifier: Apache-2.0
"""Sums of calls into the families that Prometheus reads: `Metrics` in, counters, histograms and gauges out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from daulat.gateway.observe.metrics import Histogram, Metrics, Series

Row = tuple[tuple[str, str, int], Series]
_LABELS = ("model", "path", "status")
_KINDS = ("prompt", "completion", "reasoning", "cached")
_HISTOGRAMS: tuple[tuple[str, str, Callable[[Series], Histogram]], ...] = (
    ("daulat_time_to_first_token_seconds", "Of streams, from the arrival of the request.", lambda series: series.ttft),
    ("daulat_time_per_output_token_seconds", "After the first.", lambda series: series.tpot),
    ("daulat_request_duration_seconds", "From arrival to end.", lambda series: series.duration),
)


def families_of(metrics: Metrics) -> Iterable[Metric]:
    """Give every metric."""
    rows = metrics.rows()
    yield _counter("daulat_requests", "Calls that have ended.", rows, lambda series: series.requests)
    yield from _tokens(metrics, rows)
    yield _counter("daulat_energy_wh", "Energy of answers, watt-hours.", rows, lambda series: series.energy_wh)
    yield _counter("daulat_carbon_g", "Their CO2 equivalent, grams.", rows, lambda series: series.carbon_g)
    for name, about, read in _HISTOGRAMS:
        family = HistogramMetricFamily(name, about, labels=_LABELS)
        for key, series in rows:
            histogram = read(series)
            family.add_metric(_values(key), histogram.buckets(), histogram.total)
        yield family
    yield from _of_attempts(metrics)
    yield from _of_engines(metrics)


def _tokens(metrics: Metrics, rows: list[Row]) -> Iterable[Metric]:
    tokens = CounterMetricFamily("daulat_tokens", "Tokens, as engines count them.", labels=("model", "kind"))
    cost = CounterMetricFamily("daulat_cost", "Price of answers, by currency.", labels=("model", "currency"))
    for model in sorted({model for (model, _, _), _ in rows}):
        of_model = [series for (each, _, _), series in rows if each == model]
        sums = {kind: sum(getattr(one, kind) for one in of_model) for kind in _KINDS}
        for kind, total in sums.items():
            tokens.add_metric((model, kind), total)
        money, currency = metrics.cost(model, sums["prompt"], sums["completion"], sums["cached"])
        if currency:
            cost.add_metric((model, currency), money)
    yield tokens
    yield cost


def _of_attempts(metrics: Metrics) -> Iterable[Metric]:
    """Give what engines worked on and nobody was given; none of it is in the sums of calls."""
    labels = ("model", "outcome")
    attempts = CounterMetricFamily("daulat_discarded_attempts", "Answers that nobody was given.", labels=labels)
    tokens = CounterMetricFamily("daulat_discarded_tokens", "Their tokens.", labels=(*labels, "kind"))
    energy = CounterMetricFamily("daulat_discarded_energy_wh", "Their energy, watt-hours.", labels=labels)
    carbon = CounterMetricFamily("daulat_discarded_carbon_g", "Their CO2 equivalent, grams.", labels=labels)
    for key, series in metrics.discarded():
        attempts.add_metric(key, series.requests)
        for kind in _KINDS:
            tokens.add_metric((*key, kind), getattr(series, kind))
        energy.add_metric(key, series.energy_wh)
        carbon.add_metric(key, series.carbon_g)
    yield from (attempts, tokens, energy, carbon)


def _of_engines(metrics: Metrics) -> Iterable[Metric]:
    yield GaugeMetricFamily("daulat_queue_waiting", "Calls that wait in this worker.", value=metrics.engines.waiting)
    hits, misses = metrics.kept()
    kept = CounterMetricFamily("daulat_kept_answers", "Deterministic requests.", labels=("outcome",))
    kept.add_metric(("hit",), hits)
    kept.add_metric(("miss",), misses)
    yield kept
    busy = GaugeMetricFamily("daulat_engine_in_flight", "Requests it holds of this worker.", labels=("model",))
    light = GaugeMetricFamily("daulat_engine_level", "0 green, 1 amber, 2 red.", labels=("model",))
    state = GaugeMetricFamily("daulat_engine_breaker", "1 where it stands.", labels=("model", "position"))
    for vitals in metrics.engines.vitals():
        busy.add_metric((vitals.model,), vitals.held)
        light.add_metric((vitals.model,), ("green", "amber", "red").index(vitals.level))
        for position in ("closed", "half-open", "open", "unreachable"):
            state.add_metric((vitals.model, position), vitals.position == position)
    yield from (busy, light, state)


def _values(key: tuple[str, str, int]) -> tuple[str, str, str]:
    return key[0], key[1], str(key[2])


def _counter(name: str, about: str, rows: list[Row], read: Callable[[Series], float]) -> Metric:
    family = CounterMetricFamily(name, about, labels=_LABELS)
    for key, series in rows:
        family.add_metric(_values(key), read(series))
    return family
