# SPDX-License-Identifier: Apache-2.0
"""A model that is slow keeps nobody from the official text, and whoever chose it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from daulat.assistant import Question, Writer
from daulat.assistant.patience import Patience, TooSlow
from daulat.models import ChatRequest, Delta, FakeEngine

from .test_written import DEATH, TRUE


class SlowEngine(FakeEngine):
    """Writes its pieces and then nothing more; or the last of them again and again."""

    def __init__(self, *pieces: str, again: bool = False) -> None:
        super().__init__()
        self.pieces, self.again, self.left = pieces, again, 0

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Yield the pieces, and hang."""
        self.requests.append(request)
        try:
            for piece in self.pieces:
                yield Delta(content=piece)
            while self.again:
                await asyncio.sleep(0.001)
                yield Delta(reasoning=self.pieces[-1])
            await asyncio.Event().wait()
        finally:
            self.left += 1


class Told:
    """A writer that remembers what it was told."""

    model = "slow"

    def __init__(self, engine: SlowEngine) -> None:
        self.engine = engine
        self.heard: list[TooSlow] = []

    def too_slow(self, error: TooSlow) -> None:
        """Remember."""
        self.heard.append(error)


QUICK = Patience(0.05, 0.2)


def answered(ask, find, patience=QUICK):
    assistant = replace(ask.assistant, patience=patience)

    async def collect():
        return [event async for event in assistant.stream(Question(DEATH), find)]

    return asyncio.run(collect())[-1].answer


@pytest.mark.parametrize(
    "engine",
    [
        SlowEngine(),
        SlowEngine(TRUE[:20]),
        SlowEngine(f"{TRUE} Pejabat"),
        SlowEngine("I think about it.", again=True),
        SlowEngine("Kematian dilaporkan kapan saja [P1]. "),
    ],
    ids=["silent", "begun", "one sentence", "thinking", "nothing that stands"],
)
def test_a_slow_model_is_replaced_by_the_text_and_counted(ask, engine):
    writer = Told(engine)

    async def find(_service: str, _language: str) -> Writer | None:
        return writer

    assert answered(ask, find) == ask(DEATH)
    assert [each.code for each in writer.heard] == ["writing.too_slow"]
    assert engine.left == 1


def test_a_model_that_comes_free_too_late_does_not_write(ask):
    async def find(_service: str, _language: str) -> Writer | None:
        await asyncio.Event().wait()

    assert answered(ask, find) == ask(DEATH)


def test_sentences_that_keep_coming_have_an_end_in_all(ask):
    engine = SlowEngine()

    async def endless(_request: ChatRequest) -> AsyncGenerator[Delta, None]:
        while True:
            await asyncio.sleep(0.01)
            yield Delta(content=f"{TRUE} ")

    engine.stream = endless  # type: ignore[method-assign]
    writer = Told(engine)

    async def find(_service: str, _language: str) -> Writer | None:
        return writer

    # Each sentence comes in time; the characters that a model may write would be reached later.
    assert answered(ask, find, Patience(30, 0.1)) == ask(DEATH)
    assert len(writer.heard) == 1
