# SPDX-License-Identifier: Apache-2.0
"""Declarations of one source, what is read by them, and the files that they name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import yaml

from daulat.knowledge.ingest import Ingested, IngestRules, ingest_all
from daulat.knowledge.sources import Source, load_sources

SOURCES = """
format: 1
sources:
  - id: xa
    title: Texts of Exampland
    publisher: Government of Exampland
    jurisdiction: XA
    licence: CC0-1.0
    retrieved: 2024-05-02
    coverage_date: 2024-05-01
    language: en
    services: [all]
    service_names: {wellbeing: health}
    document: {title: Texts of Exampland, status: not_law}
    read:
      format: FORMAT
      path: "PATH"
"""


def ingested(folder: Path, form: str, pattern: str, more: str = "") -> Ingested:
    (folder / "sources.yaml").write_text(SOURCES.replace("FORMAT", form).replace("PATH", pattern) + more)
    return ingest_all(load_sources(folder / "sources.yaml"), IngestRules())


def lines(*records: object) -> bytes:
    return gzip.compress("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records).encode())


def passage(doc: str, number: int, text: str = "Text.") -> dict[str, object]:
    return {"passage_id": f"{doc}:{number}", "doc_id": doc, "text": text}


def files(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"Text of {path}.")


def folder_source(pattern: str) -> Source:
    text = SOURCES.partition("sources:\n")[2].replace("FORMAT", "markdown").replace("PATH", pattern)
    return Source.model_validate(yaml.safe_load(text)[0]).at(Path("/declared"))
