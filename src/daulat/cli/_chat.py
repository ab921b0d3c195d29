# SPDX-License-Identifier: Apache-2.0
"""A conversation at the terminal: lines in, answers out as they come. Kept in memory until it ends, nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import click

from daulat.cli._output import emit, emit_part, say
from daulat.models import ChatRequest, Engine, Message


def _read() -> str:
    """Read a line; empty at the end."""
    try:
        return str(click.prompt("", prompt_suffix="> ", default="", show_default=False, err=True))
    except click.Abort:
        return ""


async def converse(engine: Engine, model: str, max_tokens: int, read: Callable[[], str] = _read) -> None:
    """Talk with a model until an empty line; the engine is stopped at the end."""
    said: tuple[Message, ...] = ()
    say("an empty line ends the conversation; nothing here is checked against a source")
    try:
        while text := (await asyncio.to_thread(read)).strip():
            said = (*said, Message("user", text))
            answer = ""
            async for delta in engine.stream(ChatRequest(model, said, max_tokens=max_tokens)):
                answer += delta.content
                emit_part(delta.content)
            emit()
            said = (*said, Message("assistant", answer))
    finally:
        await engine.close()
