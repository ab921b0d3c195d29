# SPDX-License-Identifier: Apache-2.0
"""A release of the size that a country starts with: how fast it is built, rebuilt and searched.

    python benchmarks/latency.py --data FOLDER --work FOLDER [--questions 300]

FOLDER holds `passages_*.jsonl.gz`, `documents_*.csv` and `law_qa.jsonl`. Vectors are drawn (see scale.py), so the build
is told without the encoder and the search beside the question's embedding, as the target is. CPU of this process.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scale import DIMENSIONS, Drawn, drawn_vectors, peak_mb, resident_mb

from daulat.knowledge.index.cache import VectorCache, key_of, record_type
from daulat.knowledge.index.vectors import quantise
from daulat.knowledge.ingest import ingest_all, load_rules
from daulat.knowledge.release import Builder, Release, SigningKey
from daulat.knowledge.release.write import cut_segments
from daulat.knowledge.search import Reader, Searcher, load_ranking, reader_for
from daulat.knowledge.sources import folder_sources
from daulat.nation.packs import find_pack


def build(data: Path, work: Path, reader: Reader, figures: dict) -> tuple[Release, np.ndarray]:
    rules, sources = load_rules(find_pack("ID").root), folder_sources(data, language="id")
    texts = list(dict.fromkeys(segment.text for segment in cut_segments(ingest_all(sources, rules).documents)))
    parts = list(drawn_vectors([], len(texts)))
    vectors = np.concatenate(parts)
    records = np.empty(len(texts), record_type(DIMENSIONS))
    records["key"] = [key_of(Drawn.name, text) for text in texts]
    records["row"], records["scale"] = quantise(vectors)
    work.mkdir(parents=True, exist_ok=True)
    (work / "seed.bin").write_bytes(records.tobytes())
    pool = vectors[::50]
    cache = VectorCache(work / "cache.bin", DIMENSIONS, [work / "seed.bin"])
    key = SigningKey.open(work / "key")
    builder = Builder(
        work / "releases", "ID", Drawn(pool), cache, reader.terms, key, "bench", lambda: datetime.now(UTC)
    )
    for name in ("build", "rebuild"):
        started = time.process_time()
        report = builder.build(sources, rules)
        figures[f"{name}_cpu_s"] = round(time.process_time() - started, 2)
    figures["passages"] = report.manifest.passages
    figures["build_passages_per_cpu_s"] = round(report.manifest.passages / figures["build_cpu_s"])
    figures["build_peak_mb"] = peak_mb()
    return Release(report.folder), pool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=300)
    given = parser.parse_args()
    figures: dict = {}
    reader = reader_for(find_pack("ID"), ["id"])
    release, pool = build(given.data, given.work, reader, figures)
    asked = [json.loads(line)["question"] for line in (given.data / "law_qa.jsonl").open(encoding="utf-8")]
    searcher = Searcher(release, Drawn(pool), reader, load_ranking())
    times = []
    for question in random.Random(0).sample(asked, min(given.questions, len(asked))):
        started = time.process_time()
        searcher.search(question)
        times.append((time.process_time() - started) * 1e3)
    figures |= {f"search_cpu_ms_p{q}": round(float(np.percentile(times, q)), 1) for q in (50, 95, 99)}
    figures["resident_mb"] = resident_mb()
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
