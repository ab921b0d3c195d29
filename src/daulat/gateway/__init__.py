# SPDX-License-Identifier: Apache-2.0
"""Gateway: HTTP in, answers out, in the words of OpenAI's API.

In: requests of any OpenAI client, and of our own page, which uses the same API. Out: the answer of a service with its
citations as `annotations`, or of a raw model; streamed or whole; errors in the envelope of OpenAI. `create_app` builds
the app over its `Parts`, `serve` puts it on a port, `open_parts` composes the rooms below for a running service.

It never answers by itself, never logs or stores a question, and never knows which country it serves.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from daulat.gateway._asgi import ASGIApp
from daulat.gateway.app import Gateway, create_app
from daulat.gateway.chat import answer_whole
from daulat.gateway.front import open_front
from daulat.gateway.metering import Meter
from daulat.gateway.parts import Parts
from daulat.gateway.readiness import Readiness
from daulat.gateway.server import ListenError, reserve, run, serve

if TYPE_CHECKING:
    from daulat.gateway.composition import Answering, Knowledge, Report, open_parts
    from daulat.gateway.library import OpenLibrary

__all__ = [
    "ASGIApp",
    "Answering",
    "Gateway",
    "Knowledge",
    "ListenError",
    "Meter",
    "OpenLibrary",
    "Parts",
    "Readiness",
    "Report",
    "answer_whole",
    "create_app",
    "open_front",
    "open_parts",
    "reserve",
    "run",
    "serve",
]

# A gateway that only stands in front of engines has no use for the official text, and does not wait for its rooms.
_LATER = {
    "Answering": "composition",
    "Knowledge": "composition",
    "OpenLibrary": "library",
    "Report": "composition",
    "open_parts": "composition",
}


def __getattr__(name: str) -> Any:
    """Import on first use what only a service with official text needs."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
