# SPDX-License-Identifier: Apache-2.0
"""Gateway: HTTP in, answers out, in the words of OpenAI's API.

In: requests of any OpenAI client, and of our own page, which uses the same API. Out: the answer of a service with its
citations as `annotations`, or of a raw model; streamed or whole; errors in the envelope of OpenAI. `create_app` builds
the app over its `Parts`, `serve` puts it on a port, `open_parts` composes the rooms below for a running service.

It never answers by itself, never logs or stores a question, and never knows which country it serves.
"""

from daulat.gateway._asgi import ASGIApp
from daulat.gateway.app import Gateway, create_app
from daulat.gateway.chat import answer_whole
from daulat.gateway.composition import Answering, Knowledge, Report, open_parts
from daulat.gateway.library import OpenLibrary
from daulat.gateway.metering import Meter
from daulat.gateway.parts import Parts
from daulat.gateway.ports import Readiness
from daulat.gateway.server import ListenError, reserve, serve

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
    "open_parts",
    "reserve",
    "serve",
]
