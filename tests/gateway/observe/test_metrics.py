# SPDX-License-Identifier: Apache-2.0
"""Prometheus reads true sums, and callers cannot make labels."""

import asyncio

import pytest
from front_process import ask
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from routing_calls import call, grant, post, router_of
from tests.ports import free_port

from daulat.gateway.observe.declared import _reserved
from daulat.gateway.observe.metrics import Metrics, costs
from daulat.gateway.observe.page import metrics_app
from daulat.gateway.ports import CallUsage
from daulat.gateway.server import ListenError, reserve, serve


def read(metrics: Metrics) -> dict:
    registry = CollectorRegistry()
    registry.register(metrics)
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: dict, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


usages = st.lists(
    st.builds(
        CallUsage,
        prompt_tokens=st.integers(0, 5000),
        completion_tokens=st.integers(0, 5000),
        time_to_first_token_s=st.none() | st.floats(0, 20),
        duration_s=st.floats(20, 100),
        declared=st.just("m"),
        energy_wh=st.none() | st.floats(0, 10),
    ),
    min_size=1,
    max_size=40,
)


@given(usages)
def test_counters_and_histograms_are_the_sums_of_the_calls(many):
    metrics = Metrics(router_of(post("m")), ["m"], costs({"m": (2.0, 6.0, 2.0, "EUR")}))
    for usage in many:
        metrics.add(call("m", stream=True), usage)
    found = read(metrics)
    labels = {"model": "m", "path": "chat/completions", "status": "200"}
    prompt, completion = sum(u.prompt_tokens for u in many), sum(u.completion_tokens for u in many)
    firsts = [u.time_to_first_token_s for u in many if u.time_to_first_token_s is not None]
    assert value(found, "daulat_requests_total", **labels) == len(many)
    assert value(found, "daulat_tokens_total", model="m", kind="completion") == completion
    cost = value(found, "daulat_cost_total", model="m", currency="EUR")
    assert abs(cost - (2 * prompt + 6 * completion) / 1e6) < 1e-9
    assert value(found, "daulat_time_to_first_token_seconds_count", **labels) == len(firsts)
    within = value(found, "daulat_time_to_first_token_seconds_bucket", le="1.0", **labels)
    assert within == sum(first <= 1.0 for first in firsts)


def test_a_caller_cannot_make_a_label():
    metrics = Metrics(router_of(post("m")), ["m"])
    for number in range(100):
        metrics.add(call(f"name-{number}"), CallUsage(status=404))
    found = read(metrics)
    assert value(found, "daulat_requests_total", model="unknown", path="chat/completions", status="404") == 100
    assert not any("name-" in str(labels) for _, labels in found)


async def test_queue_and_breakers_are_read_when_somebody_asks():
    router = router_of(post("m", concurrency=2))
    await router.choose(call("m"), grant())
    found = read(Metrics(router, ["m"]))
    assert value(found, "daulat_engine_in_flight", model="m") == 1
    assert value(found, "daulat_engine_breaker", model="m", position="closed") == 1
    assert value(found, "daulat_engine_breaker", model="m", position="open") == 0
    assert found["daulat_queue_waiting", ()] == 0


def test_each_worker_has_a_port_of_its_own_and_one_too_many_is_told_so():
    port = free_port(2)
    holders = [_reserved(f"127.0.0.1:{port}", 2) for _ in range(2)]
    try:
        assert [holder.getsockname()[1] for holder in holders] == [port, port + 1]
        with pytest.raises(ListenError):
            _reserved(f"127.0.0.1:{port}", 2)
    finally:
        for holder in holders:
            holder.close()


async def test_metrics_that_others_reach_are_read_by_any_name():
    app = metrics_app(Metrics(router_of(post("m")), ["m"]), is_private=False)
    holder, stop, ready = reserve("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    port = holder.getsockname()[1]
    serving = asyncio.ensure_future(serve(app, holder, stop=stop, on_ready=ready.set))
    await ready.wait()
    status, _, said = await ask(port, "GET", "/metrics", Host="metrics.example")
    stop.set()
    await serving
    assert status == 200
    assert b"daulat_queue_waiting 0.0" in said
