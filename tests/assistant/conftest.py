# SPDX-License-Identifier: Apache-2.0
"""Four acts of the Indonesian pack as a release of their own, with the real encoder and the pack's own vectors; and an
assistant over it, by quotation or with a scripted model that has passed its gate.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from daulat.assistant import Answer, AnswerEvent, Assistant, Question, Turn, open_assistant
from daulat.assistant.answerable import Answerable, Calibrated
from daulat.knowledge.encoder import Encoder, open_e5
from daulat.knowledge.index.cache import VectorCache
from daulat.knowledge.ingest import load_rules
from daulat.knowledge.release import Builder, Release, SigningKey
from daulat.knowledge.search import reader_for
from daulat.knowledge.sources import Source, load_sources
from daulat.models import EngineSet, FakeEngine, Gates
from daulat.models.engine import Engine
from daulat.models.fake import Reply
from daulat.models.gates import GateResult
from daulat.nation import Pack, find_pack

LANGUAGES = ("id", "jv", "su")
NAMES = {"id": "Indonesia", "en": "Indonesia"}
ACTS = frozenset({"UU-23-2006", "UU-24-2013", "UU-1-1974", "UU-36-2009"})
SERVICE = "public-services"
# How an answer is put together does not depend on how the decision is fitted, so most tests decide it themselves.
ALWAYS = Answerable(*[Calibrated(0.0, {}, 0.0)] * 3)


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


def few_acts(pack: Pack, folder: Path) -> Source:
    """Copy a few acts of the pack's regulations, and declare them as the pack does."""
    source = next(source for source in load_sources(pack.path("sources.yaml")) if source.id == "id-regulations")
    assert source.read.documents is not None
    for name in (source.read.path, source.read.documents.path, source.read.documents.corrections):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    with (
        gzip.open(source.root / source.read.path, "rt", encoding="utf-8") as whole,
        gzip.open(folder / source.read.path, "wt", encoding="utf-8") as part,
    ):
        part.writelines(line for line in whole if json.loads(line)["doc_id"] in ACTS)
    with (source.root / source.read.documents.path).open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    with (folder / source.read.documents.path).open("w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["doc_id"] in ACTS)
    shutil.copy(source.root / source.read.documents.corrections, folder / source.read.documents.corrections)
    return source.at(folder)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory, pack: Pack, encoder: Encoder) -> Release:
    """The release of the four acts; its vectors come from the pack, so that nothing is encoded."""
    folder = tmp_path_factory.mktemp("acts")
    reader = reader_for(pack, LANGUAGES)
    builder = Builder(
        releases=folder / "releases",
        country="ID",
        encoder=encoder,
        cache=VectorCache(folder / "vectors.bin", encoder.dimensions, sorted(pack.root.glob("vectors.*.bin"))),
        terms_for=reader.terms,
        key=SigningKey.open(folder / "key"),
        version="1",
        now=lambda: datetime(2026, 11, 22, tzinfo=UTC),
    )
    report = builder.build([few_acts(pack, folder)], load_rules(pack.root))
    assert not report.failures
    return Release(report.folder)


@pytest.fixture(scope="session")
def judging(release: Release, encoder: Encoder, pack: Pack) -> Asked:
    """Ask the assistant as it is opened, which judges the evidence."""
    return Asked(open_assistant(release, encoder, pack, LANGUAGES, names=NAMES))


@pytest.fixture(scope="session")
def ask(judging: Asked) -> Asked:
    """Ask an assistant that finds all evidence good enough, and quotes it."""
    return Asked(replace(judging.assistant, answerable=ALWAYS))


Writes = Callable[..., tuple[Asked, FakeEngine]]


@pytest.fixture
def writes(release: Release, encoder: Encoder, pack: Pack) -> Writes:
    """Make an assistant whose model, fit in every language, gives the scripted replies."""
    passed = [
        GateResult("fake", SERVICE, language, True, "s", "0" * 64, date(2026, 1, 1)) for language in (*LANGUAGES, "en")
    ]

    def make(*replies: Reply | str) -> tuple[Asked, FakeEngine]:
        script = [each if isinstance(each, Reply) else Reply((each,)) for each in replies]
        engine = FakeEngine(replies=script)
        engines: dict[str, Engine] = {"fake": engine}
        opened = open_assistant(
            release, encoder, pack, LANGUAGES, names=NAMES, engines=EngineSet(engines), gates=Gates(passed)
        )
        return Asked(replace(opened, answerable=ALWAYS)), engine

    return make
