# SPDX-License-Identifier: Apache-2.0
"""A form is read within limits of size and time, over a real connection; and nobody is answered who has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Any

import pytest
import uvicorn

from daulat.assistant.types import Answer, Question
from daulat.web import app as web_app

from .answers import ScriptedAssistant, SmallLibrary
from .stage import build_web

FORM = b"POST /ask HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: %d\r\n\r\n"


class HangingAssistant(ScriptedAssistant):
    """Never has an answer; says when it was asked, and when it was told to stop."""

    def __init__(self) -> None:
        super().__init__(SmallLibrary())
        self.was_asked, self.was_stopped = asyncio.Event(), asyncio.Event()

    async def ask(self, question: Question, client: str = "") -> Answer:
        self.was_asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.was_stopped.set()
        raise AssertionError


@asynccontextmanager
async def connected(web: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve the pages on a free port, and connect to it."""
    config = uvicorn.Config(web, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(30):
        while not server.started:
            await asyncio.sleep(0.001)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(30):
            yield reader, writer
    finally:
        writer.close()
        server.should_exit = server.force_exit = True
        await asyncio.wait([serving])


async def test_a_form_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_app, "read_request", partial(web_app.read_request, timeout_s=0.05))
    async with connected(build_web(ScriptedAssistant(SmallLibrary()), SmallLibrary())) as (reader, writer):
        writer.write(FORM % 60_000 + b"q=" + b"a" * 40_000)
        said = await reader.read()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close\r\n" in said


async def test_a_form_that_says_it_is_too_large_is_refused_before_it_is_sent() -> None:
    async with connected(build_web(ScriptedAssistant(SmallLibrary()), SmallLibrary())) as (reader, writer):
        writer.write(FORM % 10_000_000)
        assert (await reader.read()).startswith(b"HTTP/1.1 413 ")


async def test_nobody_is_answered_who_has_left() -> None:
    assistant = HangingAssistant()
    async with connected(build_web(assistant, SmallLibrary())) as (_, writer):
        writer.write(FORM % 6 + b"q=bayi")
        await assistant.was_asked.wait()
        writer.close()
        await assistant.was_stopped.wait()
