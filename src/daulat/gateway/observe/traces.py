# SPDX-License-Identifier: Apache-2.0
# mypy: disable-error-code="import-not-found,unused-ignore"
"""Traces: a call that has ended in; a span by OpenTelemetry's GenAI conventions out, where a receiver is declared.

Needs the extra ``telemetry`` and OTEL_EXPORTER_OTLP_ENDPOINT (or _TRACES_ENDPOINT); does nothing without. A span holds
names, counts and times: never a prompt, an answer, a key, or who asked. A caller that traces itself (W3C
``traceparent``) finds the span in its own trace, or none where it has said that it keeps none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from daulat.errors import DaulatError
from daulat.gateway.ports import Call, CallUsage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_OPERATIONS = {"chat/completions": "chat", "completions": "text_completion", "embeddings": "embeddings"}


class TelemetryError(DaulatError):
    """A receiver of traces is declared and cannot be used; the operator can act."""


class Traces:
    """Turns calls into spans.

    Parameters
    ----------
    provider : TracerProvider
        Where spans go.
    known : callable
        Whether a name is one that the nation declares; any other is not repeated.
    wall_ns : callable
        Nanoseconds since 1970 UTC.
    """

    def __init__(self, provider: TracerProvider, known: Callable[[str], bool], wall_ns: Callable[[], int]) -> None:
        self._provider, self._known, self._wall_ns = provider, known, wall_ns
        self._tracer = provider.get_tracer("daulat.gateway")

    def add(self, call: Call, usage: CallUsage) -> None:
        """Send the span of a call that has just ended, or of an attempt within one that nobody was given."""
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        # What is not a `traceparent` is passed over there, and the span begins a trace of its own.
        sent = {"traceparent": call.trace_parent} if call.trace_parent else {}
        ended = self._wall_ns()
        operation = _OPERATIONS.get(call.route, call.route)
        asked = call.model if self._known(call.model) else "unknown"
        if usage.discarded:
            asked = usage.declared
        span = self._tracer.start_span(
            f"{operation} {asked}",
            context=TraceContextTextMapPropagator().extract(sent) if sent else None,
            kind=SpanKind.CLIENT,
            start_time=ended - int(usage.duration_s * 1e9),
            attributes=_attributes(call, usage, operation, asked),
        )
        if usage.code:
            span.set_attribute("error.type", usage.code)
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


def _attributes(call: Call, usage: CallUsage, operation: str, asked: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "daulat",
        "gen_ai.request.model": asked,
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "http.response.status_code": usage.status,
        "daulat.request.id": call.request_id,
        "daulat.engine": usage.engine,
        "daulat.place": usage.place,
        "daulat.route.reason": usage.reason,
    }
    if usage.declared:
        attributes["gen_ai.response.model"] = usage.declared
    if call.max_tokens:
        attributes["gen_ai.request.max_tokens"] = call.max_tokens
    if usage.time_to_first_token_s is not None:
        attributes["gen_ai.server.time_to_first_token"] = usage.time_to_first_token_s
    if usage.energy_wh is not None:
        attributes["daulat.energy_wh"] = usage.energy_wh
        attributes["daulat.energy_method"] = usage.energy_method
    if usage.discarded:
        attributes["daulat.discarded"] = usage.discarded
    return attributes


def declared_traces(
    environ: Mapping[str, str], known: Callable[[str], bool], wall_ns: Callable[[], int], version: str
) -> Traces | None:
    """Return what sends traces, if the environment declares a receiver.

    Raises
    ------
    TelemetryError
        If it does, and the extra is not installed.
    """
    if not any(environ.get(name) for name in ENDPOINTS) or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TelemetryError(
            "a receiver of traces is declared, and OpenTelemetry is not installed",
            why="Calls would not be traced, and nobody would notice.",
            fix="install `daulat[telemetry]`, or unset OTEL_EXPORTER_OTLP_ENDPOINT.",
            code="telemetry.missing",
        ) from error
    # The exporter reads its addresses and headers from the environment, as its own documentation says.
    provider = TracerProvider(
        resource=Resource.create({"service.name": "daulat", "service.version": version}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider, known, wall_ns)
