# SPDX-License-Identifier: Apache-2.0
"""The texts of Exampland, an encoder that needs no weights, and a release of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from daulat.knowledge.index.cache import VectorCache
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.legal import load_legal_rules
from daulat.knowledge.release import Builder, Release, SigningKey
from daulat.knowledge.search import Reader, reader_for
from daulat.knowledge.sources import Source, folder_sources

LEGAL = r"""
format: 1
kinds:
  - {code: ACT, title: Act, rank: 3, names: [Statute]}
  - {code: REG, title: Regulation, rank: 4, names: [Reg]}
number: '\s+(?:no\.?\s*)?(?P<number>\d{1,4})\s*(?:/|\s+of\s+)\s*(?P<year>[12]\d{3})\b'
article: '\bsection\s+(?P<article>\d{1,3})\b(?:\s*\(\d\))?'
title_link: '\s+on\s+(?=\w)'
title_stop: '[?.,;]'
digits: {}
amendment:
  title: 'amendment\s+of\s+'
  instruction: 'section\s+\w+\s+is\s+changed'
  neighbours: 'between\s+section\s+\w+\s+and\s+section\s+\w+'
  articles: 'section\s+(\d+)'
promulgated: 'published\s+on\s+(?P<day>\d{1,2})\s+(?P<month>\w+)\s+(?P<year>\d{4})'
months: [january, february, march, april, may, june, july, august, september, october, november, december]
relation_words: {repeals: revokes}
relation_kinds: {act: ACT}
"""
TITLES = "doc_id,kind,number,year,title,citation,topics\n" + "\n".join((
    "ACT-1-2001,ACT,1,2001,Births and Deaths,Act 1 of 2001,registry",
    "ACT-2-2005,ACT,2,2005,Schools,Act 2 of 2005,education",
    "REG-3-2010,REG,3,2010,Bicycles,Regulation 3 of 2010,transport",
))  # fmt: skip
PASSAGES = {
    "ACT-1-2001": (
        "A birth certificate is a document that proves a birth. A parent is whoever raises a child.",
        "Every birth is reported within sixty days to the registry office of the district.",
        "Every death is reported by the family within thirty days.",
        "A late report costs ten crowns; the registry may waive the fee for the poor.",
    ),
    "ACT-2-2005": (
        "Every child who lives in Exampland goes to school from the age of six.",
        "School is free of charge; books are lent to each pupil.",
        "Enrolment opens in May and closes in June. The school answers within two weeks.",
        "The registry office reports the births of six years ago to the schools.",
    ),
    "REG-3-2010": (
        "A bicycle carries a lamp at night.",
        "A bicycle carries a bell.",
        "Whoever rides without a lamp pays five crowns.",
        "Children under six ride on the pavement.",
    ),
}


@dataclass(frozen=True)
class WordEncoder:
    """Gives texts with the same words the same direction: enough wherever meaning does not matter."""

    name: str = "words-64"
    dimensions: int = 64

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.array([np.sum([_direction(word) for word in words(text)], axis=0) for text in texts], np.float32)
        return rows.reshape(len(texts), self.dimensions) / np.linalg.norm(rows, axis=-1, keepdims=True)

    passages = queries


def words(text: str) -> list[str]:
    return [word.strip(".,;?").lower() for word in text.split()] or [""]


def _direction(word: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=64)


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with twelve passages of three acts."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "documents_laws.csv").write_text(TITLES)
    records = [
        {"passage_id": f"{doc}:{n}", "doc_id": doc, "seq": n, "section": "body", "article": str(n), "text": text}
        for doc, passages in PASSAGES.items()
        for n, text in enumerate(passages, 1)
    ]
    (folder / "passages_laws.jsonl").write_text("\n".join(map(json.dumps, records)))
    return folder


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> IngestRules:
    path = tmp_path_factory.mktemp("law") / "legal.yaml"
    path.write_text(LEGAL)
    return IngestRules(legal=load_legal_rules(path))


@pytest.fixture(scope="session")
def reader(rules: IngestRules) -> Reader:
    return replace(reader_for(None, ["en"]), legal=rules.legal)


@pytest.fixture(scope="session")
def make_builder(reader: Reader) -> Callable[[Path], Builder]:
    def make(folder: Path) -> Builder:
        encoder = WordEncoder()
        cache = VectorCache(folder / "vectors.bin", encoder.dimensions)
        key = SigningKey.open(folder / "key")
        return Builder(
            folder / "releases", "XA", encoder, cache, reader.terms, key, "1", lambda: datetime(2024, 5, 1, tzinfo=UTC)
        )

    return make


@pytest.fixture(scope="session")
def sources(texts: Path) -> list[Source]:
    return folder_sources(texts, language="en", jurisdiction="XA")


@pytest.fixture(scope="session")
def release(
    tmp_path_factory: pytest.TempPathFactory,
    make_builder: Callable[[Path], Builder],
    sources: list[Source],
    rules: IngestRules,
) -> Release:
    """The release of all twelve; not to be written to."""
    return Release(make_builder(tmp_path_factory.mktemp("release")).build(sources, rules).folder)


@pytest.fixture(scope="session")
def encoder() -> WordEncoder:
    return WordEncoder()
