# SPDX-License-Identifier: Apache-2.0
"""Every route of this folder by its path: parts in, the two tables of `daulat.gateway.app` out."""

from __future__ import annotations

from daulat.gateway._asgi import Route, Routes
from daulat.gateway.api.audio import TranscriptionsRoute
from daulat.gateway.api.batches.route import BatchRoutes
from daulat.gateway.api.files.route import FileRoutes
from daulat.gateway.api.forwarded import Forwarded
from daulat.gateway.api.moderations import ModerationsRoute
from daulat.gateway.api.rerank import rerank
from daulat.gateway.api.responses import ResponsesRoute
from daulat.gateway.api.uploads import Uploads
from daulat.gateway.api.vector_stores import VectorStoreRoutes
from daulat.gateway.embeddings import embed
from daulat.gateway.parts import Parts
from daulat.gateway.proxy import Proxy


def api_routes(parts: Parts, proxy: Proxy, chat: Route) -> tuple[Routes, Routes]:
    """Return the routes with a path of their own, and those whose path goes on or holds a ``*``."""
    forwarded, uploads = Forwarded(parts, proxy), Uploads()
    responses, files, batches = ResponsesRoute(parts, chat), FileRoutes(parts, uploads), BatchRoutes(parts)
    stores = VectorStoreRoutes(parts)
    exact: Routes = {
        "/v1/audio/speech": {"POST": forwarded.route("audio/speech")},
        "/v1/audio/transcriptions": {"POST": TranscriptionsRoute(parts, uploads).transcribe},
        "/v1/batches": {"GET": batches.list_batches, "POST": batches.create},
        "/v1/completions": {"POST": forwarded.route("completions")},
        "/v1/embeddings": {"POST": forwarded.or_encoded("embeddings", embed)},
        "/v1/files": {"GET": files.list_files, "POST": files.upload},
        "/v1/moderations": {"POST": ModerationsRoute(parts, forwarded).moderate},
        "/v1/rerank": {"POST": forwarded.or_encoded("rerank", rerank)},
        "/v1/responses": {"POST": responses.create},
        "/v1/vector_stores": {"GET": stores.list_stores},
    }
    prefixed: Routes = {
        "/v1/batches/*/cancel": {"POST": batches.cancel},
        "/v1/batches/": {"GET": batches.show},
        "/v1/files/*/content": {"GET": files.read},
        "/v1/files/": {"GET": files.show, "DELETE": files.delete},
        "/v1/responses/": {"GET": responses.show, "DELETE": responses.show},
        "/v1/vector_stores/*/search": {"POST": stores.search},
        "/v1/vector_stores/": {"GET": stores.show},
    }
    return exact, prefixed
