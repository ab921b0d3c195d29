# SPDX-License-Identifier: Apache-2.0
"""GET /metrics at an address of its own: a collector in; what Prometheus reads out. Nothing else is served there."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from daulat.gateway._asgi import ASGIApp, Receive, Scope, Send
from daulat.gateway.observe.metrics import Metrics


def metrics_app(metrics: Metrics) -> ASGIApp:
    """Return the app of that address."""
    registry = CollectorRegistry()
    registry.register(metrics)  # a collector is whatever has `collect`

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        if scope["type"] != "http":
            raise NotImplementedError(f"this app speaks HTTP, not {scope['type']}")
        is_found = scope["path"] == "/metrics" and scope["method"] in ("GET", "HEAD")
        accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
        encode, kind = choose_encoder(accept)
        body = encode(registry) if is_found else b"not found\n"
        kind = kind if is_found else "text/plain"
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if is_found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app
