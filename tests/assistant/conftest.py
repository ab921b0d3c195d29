# SPDX-License-Identifier: Apache-2.0
"""Four acts of the Indonesian pack as a release of their own, with the real encoder and the pack's own vectors; and an
assistant over it, by quotation or with a scripted model that has passed its gate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from daulat.assistant import Answer, AnswerEvent, Assistant, OneWriter, Question, Turn, Writer, open_assistant
from daulat.assistant.answerable import Answerable, Calibrated
from daulat.assistant.turns import Turns
from daulat.assistant.vocabulary import Vocabularies, Vocabulary
from daulat.knowledge.encoder import Encoder, open_e5
from daulat.knowledge.release import Release
from daulat.knowledge.search import reader_for
from daulat.models import FakeEngine
from daulat.models.fake import Reply
from daulat.nation import Pack, find_pack

from .acts import LANGUAGES, build_acts

NAMES = {"id": "Indonesia", "en": "Indonesia"}
SERVICE = "public-services"
# How an answer is put together does not depend on how the decision is fitted, so most tests decide it themselves.
ALWAYS = Answerable(*[Calibrated(0.0, {}, 0.0)] * 4)


class Asked:
    """An assistant that is asked in one line."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant

    def __call__(self, text: str, *before: str, language: str = "", service: str = SERVICE) -> Answer:
        return self.events(text, *before, language=language, service=service)[-1].answer  # type: ignore[return-value]

    def events(self, text: str, *before: str, language: str = "", service: str = SERVICE) -> list[AnswerEvent]:
        """Return every event of the stream; `before` are the turns before, the asker's and ours by turns."""
        history = tuple(Turn("assistant" if n % 2 else "user", said) for n, said in enumerate(before))

        async def collect() -> list[AnswerEvent]:
            return [event async for event in self.assistant.stream(Question(text, service, language, history))]

        return asyncio.run(collect())


@pytest.fixture(scope="session")
def pack() -> Pack:
    found = find_pack("ID")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return open_e5()


def vocabularies_of(pack: Pack) -> Vocabularies:
    """Return what the pack's sentences are checked by."""
    reader = reader_for(pack, LANGUAGES)
    return Vocabularies(pack, reader.terms, reader.wording.to_official)


@pytest.fixture(scope="session")
def indonesian(pack: Pack) -> Vocabulary:
    """What Indonesian sentences about Indonesian text are checked by."""
    found = vocabularies_of(pack).between("id", "id")
    assert found is not None
    return found


def judged_by(assistant: Assistant, answerable: Answerable) -> Assistant:
    """Return the assistant with another judgement of its evidence."""
    return replace(assistant, judge=replace(assistant.judge, answerable=answerable))


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory, pack: Pack, encoder: Encoder) -> Release:
    """The release of the four acts; its vectors come from the pack, so that nothing is encoded."""
    return Release(build_acts(tmp_path_factory.mktemp("acts"), pack, encoder))


@pytest.fixture(scope="session")
def judging(release: Release, encoder: Encoder, pack: Pack) -> Asked:
    """Ask the assistant as it is opened, which judges the evidence."""
    return Asked(open_assistant(release, encoder, pack, LANGUAGES, names=NAMES))


@pytest.fixture(scope="session")
def ask(judging: Asked) -> Asked:
    """Ask an assistant that finds all evidence good enough, and quotes it."""
    return Asked(judged_by(judging.assistant, ALWAYS))


Writes = Callable[..., tuple[Asked, FakeEngine]]


@pytest.fixture
def writes(ask: Asked) -> Writes:
    """Make an assistant whose model, fit in every language, gives the scripted replies; all else is opened once."""
    passed = {(SERVICE, language) for language in (*LANGUAGES, "en")}

    def make(*replies: Reply | str) -> tuple[Asked, FakeEngine]:
        script = [each if isinstance(each, Reply) else Reply((each,)) for each in replies]
        engine = FakeEngine(replies=script)

        async def find(service: str, language: str) -> Writer | None:
            return OneWriter("fake", engine) if (service, language) in passed else None

        return Asked(replace(ask.assistant, writer_for=find, turns=Turns())), engine

    return make
