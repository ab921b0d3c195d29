# SPDX-License-Identifier: Apache-2.0
"""Four acts of the Indonesian pack, built into a release of their own with the pack's own vectors: in seconds."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from daulat.knowledge.encoder import Encoder
from daulat.knowledge.index.cache import VectorCache
from daulat.knowledge.ingest import load_rules
from daulat.knowledge.legal import RelationBook
from daulat.knowledge.release import Builder, SigningKey
from daulat.knowledge.search import reader_for
from daulat.knowledge.sources import Source, load_sources
from daulat.nation import Pack

LANGUAGES = ("id", "jv", "su")
ACTS = frozenset({"UU-23-2006", "UU-24-2013", "UU-1-1974", "UU-36-2009"})


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


def build_acts(folder: Path, pack: Pack, encoder: Encoder, also: RelationBook | None = None) -> Path:
    """Build the release below `folder / "releases"`, and return its own folder; `also` is what else changed the law."""
    rules = load_rules(pack.root)
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
    report = builder.build([few_acts(pack, folder)], replace(rules, book=rules.book.joined(also)) if also else rules)
    assert not report.failures
    return report.folder
