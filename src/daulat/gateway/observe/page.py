# SPDX-License-Identifier: Apache-2.0
"""GET /metrics at an address of its own: a collector in; what Prometheus reads out. Nothing else is served there."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from daulat.gateway._asgi import ASGIApp, Receive, Scope, Send, send_bytes
from daulat.gateway.access.origins import require_local_name
from daulat.gateway.errors import Misdirected
from daulat.gateway.observe.metrics import Metrics

TEXT = "text/plain; charset=utf-8"


def metrics_app(metrics: Metrics, *, is_private: bool) -> ASGIApp:
    """Return the app of that address; where only this machine can reach it (`is_private`) it goes by no other name."""
    registry = CollectorRegistry()
    registry.register(metrics)  # a collector is whatever has `collect`

    def read(scope: Scope) -> tuple[int, str, bytes]:
        if is_private:
            require_local_name(scope["headers"], fix="ask at 127.0.0.1 or localhost; a proxy has to do so too.")
        if scope["path"] != "/metrics" or scope["method"] not in ("GET", "HEAD"):
            return 404, TEXT, b"not found\n"
        encode, kind = choose_encoder(dict(scope["headers"]).get(b"accept", b"").decode("latin-1"))
        return 200, kind, encode(registry)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        if scope["type"] != "http":
            raise NotImplementedError(f"this app speaks HTTP, not {scope['type']}")
        try:
            status, kind, body = read(scope)
        except Misdirected as error:
            status, kind, body = error.status, TEXT, f"{error}\n".encode()
        await send_bytes(send, status, body, [(b"content-type", kind.encode())])

    return app
