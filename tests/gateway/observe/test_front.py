# SPDX-License-Identifier: Apache-2.0
"""The front door as it is started: what it tells its watchers is true, and never holds a word or a key."""

import asyncio
import json

from front_process import Receiver, ask, running_front
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from scripted_server import DONE, EVENT_STREAM, ScriptedServer, counts, says, status
from tests.ports import free_port

from daulat.nation import bootstrap

CANARY = "kenari7f3a"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"  # the example of the W3C recommendation
ANSWER = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": f"I say {CANARY}"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 100, "total_tokens": 109},
}  # fmt: skip
MODELS = """
models:
- id: north
  kind: remote
  url: {north}
  place: EE-37
  probe_s: 0
  price: {{input: 1, output: 2, currency: EUR}}
  energy: {{active_parameters_b: 8, total_parameters_b: 8, pue: 1.2}}
- {{id: south, kind: remote, url: {south}, place: FI, probe_s: 0}}
- {{id: large, kind: remote, url: {north}, place: EE-37, probe_s: 0}}
routes:
- {{id: writer, to: [{{model: north}}, {{model: south}}], policy: least-busy}}
- {{id: thrifty, to: [{{model: north}}, {{model: large}}], policy: cascade, verify: {{refusals: ["^I say"]}}}}
"""


def declaration(north: str, south: str, metrics: int) -> str:
    plain = "gateway:\n  listen: 127.0.0.1:8080"
    text = bootstrap("EE").replace("\nmodels: []\n", MODELS.format(north=north, south=south))
    assert plain in text
    return text.replace(plain, f"{plain}\n  log_calls: true\n  metrics: 127.0.0.1:{metrics}")


def sample(text: str, name: str, **labels: str) -> float:
    return sum(
        each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
        if each.name == name and labels.items() <= each.labels.items()
    )


def spans_of(bodies: list[bytes]) -> list:
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes_of(span) -> dict:
    return {each.key: each.value for each in span.attributes}


async def test_the_watchers_hear_the_truth_and_never_a_word_or_a_key(tmp_path, engine_server):
    metrics = free_port()
    async with ScriptedServer() as south, Receiver() as receiver:
        nation = declaration(engine_server.base_url, south.base_url, metrics)
        otel = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        async with running_front(tmp_path, nation, metrics, **otel) as front:
            engine_server.answers(status(200, ANSWER))
            key = {"Authorization": f"Bearer sk-{CANARY}"}
            sent = {"X-Daulat-Data-Class": "personal", "traceparent": f"00-{TRACE}-{PARENT}-01"}
            code, headers, body = await front.chat("writer", f"My number is {CANARY}", headers=key | sent)
            assert (code, headers.get("x-daulat-engine")) == (200, "north"), body
            assert headers["x-daulat-route-reason"] == "only; personal may go to ee"  # lower case by our client
            drawn = json.loads(body)["usage"]["daulat"]
            assert drawn["energy_low_uwh"] < drawn["energy_uwh"] < drawn["energy_high_uwh"]
            assert (drawn["by_meter"], drawn["by_ecologits"]) == (0, 1)
            engine_server.answers(EVENT_STREAM, says(CANARY, finish="stop"), counts(9, 1), DONE)
            malformed = {"traceparent": f"00-{CANARY}-01"}
            assert (await front.chat("north", CANARY, stream=True, headers=malformed))[0] == 200
            engine_server.answers(status(400, {"error": {"message": f"too long: {CANARY}"}}))
            assert (await front.chat("north", CANARY))[0] == 400
            assert (await front.chat(f"model-{CANARY}", "hello"))[0] == 404
            assert (await front.chat("north", CANARY, headers={"Authorization": f"Bearer daulat_sk_{CANARY}"}))[
                0
            ] == 401
            code, _, body = await front.chat("south", CANARY)  # internal: may not leave the country
            assert (code, json.loads(body)["error"]["code"]) == (403, "no_route")
            engine_server.answers(status(200, ANSWER))  # rejected
            engine_server.answers(status(200, ANSWER))
            code, headers, _ = await front.chat("thrifty", CANARY)
            assert (code, headers["x-daulat-engine"]) == (200, "large")
            _, kind, page = await front_metrics(front)
            engine_server.answers(status(200, {"data": [{"id": "north"}]}))
            south.answers(status(200, {"data": []}))
            listed = json.loads((await front.ask("GET", "/v1/models"))[2])
            told = await front.status()
            await wait_for(lambda: len(spans_of(receiver.bodies)) >= 8)
        text = page.decode()
        assert kind["content-type"].startswith("text/plain")
        assert sample(text, "daulat_requests_total", model="north", status="200") == 2
        assert sample(text, "daulat_requests_total", model="unknown", status="404") == 1
        assert sample(text, "daulat_tokens_total", model="north", kind="completion") == 101
        assert sample(text, "daulat_cost_total", currency="EUR") == (18 * 1 + 101 * 2) / 1e6
        assert sample(text, "daulat_time_to_first_token_seconds_count", model="north") == 1
        assert sample(text, "daulat_engine_breaker", model="north", position="closed") == 1
        assert {model["id"] for model in listed["data"]} >= {"writer", "north"}
        levels = {"north": "green", "south": "green", "large": "green"}
        assert {engine["model"]: engine["level"] for engine in told["engines"]} == levels
        vain = {"model": "north", "outcome": "rejected", "kind": "completion"}
        assert sample(text, "daulat_discarded_tokens_total", **vain) == 100
        assert sample(text, "daulat_requests_total", model="large", status="200") == 1
        spans = spans_of(receiver.bodies)
        assert {"chat writer", "chat north", "chat unknown"} <= {span.name for span in spans}
        [joined] = [span for span in spans if span.name == "chat writer"]
        assert (joined.trace_id.hex(), joined.parent_span_id.hex()) == (TRACE, PARENT)
        assert all(span.trace_id.hex() != TRACE and not span.parent_span_id for span in spans if span is not joined)
        named = attributes_of(joined)
        assert named["gen_ai.usage.output_tokens"].int_value == 100
        assert named["gen_ai.response.model"].string_value == "north"
        [vain] = [each for each in map(attributes_of, spans) if "daulat.discarded" in each]
        assert vain["daulat.discarded"].string_value == "rejected"
        assert vain["daulat.engine"].string_value == "north"
        assert vain["daulat.route.reason"].string_value.startswith("cascade: rejected by the verifier, declined; ")
        assert vain["daulat.energy_method"].string_value == "ecologits"
        lines = [json.loads(line) for line in front.said.decode().splitlines() if line.startswith('{"at"')]
        calls = [line["status"] for line in lines if line["event"] == "call"]
        assert calls == [200, 200, 400, 404, 401, 403, 200]
        assert [line["discarded"] for line in lines if line["event"] == "attempt"] == ["rejected"]
        assert lines[0]["place"] == "EE-37"
        # Nothing that anybody keeps, shows or sends on holds what was planted.
        for what in (front.said, page, *receiver.bodies):
            assert CANARY.encode() not in what
        for path in tmp_path.rglob("*"):
            if path.is_file():
                assert CANARY.encode() not in path.read_bytes(), path


async def test_metrics_of_this_machine_alone_are_read_by_no_other_name(tmp_path, engine_server):
    metrics = free_port()
    nation = declaration(engine_server.base_url, engine_server.base_url, metrics)
    async with running_front(tmp_path, nation, metrics):
        status, headers, said = await ask(metrics, "GET", "/metrics", Host="rebound.example")
        assert (status, headers["content-type"]) == (421, "text/plain; charset=utf-8")
        assert b"`rebound.example`" in said
        assert b"daulat_" not in said
        for host in ("localhost", f"127.0.0.1:{metrics}", "[::1]"):
            status, headers, said = await ask(metrics, "GET", "/metrics", Host=host)
            assert (status, headers["x-content-type-options"]) == (200, "nosniff")
            assert b"daulat_queue_waiting 0.0" in said


async def front_metrics(front):
    return await ask(front.metrics, "GET", "/metrics")


async def wait_for(condition) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.05)
