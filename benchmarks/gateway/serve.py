# SPDX-License-Identifier: Apache-2.0
"""One gateway process for the measurements: `serve.py embedded|process|uvicorn PORT UPSTREAM`.

Serves the app over a remote engine at UPSTREAM and a service that answers at once, so that what is measured is the
gateway. `upstream` instead of a server kind serves the mock engine itself.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import msgspec

from daulat.assistant.types import Answer, AnswerEvent, Citation, Question
from daulat.gateway import Meter, Parts, create_app, reserve, serve
from daulat.models import EngineSet, RemoteEngine

QUOTE = "Setiap kelahiran wajib dilaporkan paling lambat 60 hari sejak kelahiran. " * 3
CITATION = Citation("XA-1:pasal-1#1", "XA-1", "Law 1", "Pasal 1", QUOTE, "in_force", "/p/XA-1", start=20, end=23)
ANSWER = Answer(True, QUOTE, (CITATION,), "id", "2023-02-01", "quotation", 0.9)


class Instant:
    """Answers every question at once."""

    async def stream(self, _question: Question):
        yield AnswerEvent("text", QUOTE)
        yield AnswerEvent("citation", citation=CITATION)
        yield AnswerEvent("answer", answer=ANSWER)


class NoReceipts:
    def put(self, receipt) -> None:
        pass


def build(upstream: str):
    return create_app(
        Parts(
            country="XA",
            services={"xa/public-services": "public-services"},
            engines=EngineSet({"mock": RemoteEngine(upstream)}),
            meter=Meter(NoReceipts(), 100_000, time.monotonic),
            assistant=Instant(),
        )
    )


HEAD = '{"id":"c","object":"chat.completion.chunk","created":1,"model":"mock","choices":'
CHUNK = f'data: {HEAD}[{{"index":0,"delta":{{"content":"word "}},"finish_reason":null}}]}}\n\n'.encode()
STOP = f'data: {HEAD}[{{"index":0,"delta":{{}},"finish_reason":"stop"}}]}}\n\n'.encode()
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":64,"total_tokens":73}}\n\n'
LAST = STOP + USAGE + b"data: [DONE]\n\n"


async def mock_engine(scope, receive, send) -> None:
    """Stream as many chunks as `max_tokens` says, at once."""
    assert scope["type"] == "http"
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    asked = msgspec.json.decode(body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(asked.get("max_tokens") or 1):
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": LAST})


async def embedded(app, port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve(app, reserve("127.0.0.1", port), stop=stop)


def factory():
    return build(sys.argv[3])


if __name__ == "__main__":
    kind, port, upstream = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if kind == "upstream":
        asyncio.run(embedded(mock_engine, port))
    elif kind == "embedded":
        asyncio.run(embedded(build(upstream), port))
    elif kind == "uvicorn":
        import uvicorn

        uvicorn.run(build(upstream), host="127.0.0.1", port=port, log_level="error", lifespan="off", http="httptools")
    else:
        from granian import Granian
        from granian.constants import HTTPModes, Interfaces

        Granian(
            "serve:factory", address="127.0.0.1", port=port, interface=Interfaces.ASGINL, factory=True, workers=1,
            http=HTTPModes.http1, websockets=False, log_enabled=False, working_dir=None,
        ).serve()  # fmt: skip
