# SPDX-License-Identifier: Apache-2.0
"""A release of a million passages: what it costs to build, to hold and to search.

    python benchmarks/scale.py --data FOLDER --work FOLDER [--passages 1000000] [--vectors FILE.npz ...]

FOLDER holds `passages_*.jsonl.gz` and `documents_*.csv`. Its passages are varied until there are enough: each copy
takes the clauses of a passage in another order, one of them from elsewhere, under a document id of its own. Vectors
are not computed (that would take two days) but drawn: real vectors from the files of `--vectors` (array `vecs`),
reflected at a random plane for each copy, so that each copy has the real distances inside it; else random directions.
CPU times are of this process; residence is what the kernel counts after the questions. Questions are nine words in
a row out of passages.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from daulat.knowledge.cutting.segments import segments
from daulat.knowledge.index.vectors import quantise, write_vectors
from daulat.knowledge.ingest import Ingested, IngestedDocument, ingest_all, load_rules
from daulat.knowledge.legal import RelationBook
from daulat.knowledge.release import Manifest, Release
from daulat.knowledge.release.layout import FORMAT, MANIFEST, FileEntry, encode_json
from daulat.knowledge.release.write import Segment, write_records, write_words
from daulat.knowledge.search import Searcher, load_ranking, reader_for
from daulat.knowledge.sources import folder_sources
from daulat.nation.packs import find_pack

CLAUSE = re.compile(r"(?<=[.;:?!])\s+|\n")
DIMENSIONS = 384
QUESTIONS = 200


class Drawn:
    """Stands in for the encoder of the release: a question's vector is one of the release's own, disturbed."""

    name = "drawn"
    dimensions = DIMENSIONS

    def __init__(self, pool: np.ndarray) -> None:
        self._pool, self._draw = pool, np.random.default_rng(2)

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        rows = self._pool[self._draw.integers(len(self._pool), size=len(texts))]
        return unit(rows + self._draw.normal(scale=0.25 / DIMENSIONS**0.5, size=rows.shape))

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        raise NotImplementedError("every vector is drawn before the build")


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True)
class Real:
    """The collection that is varied: documents, and of each passage its clauses and the spans of its segments."""

    documents: list[IngestedDocument]
    spans: dict[str, list[tuple[int, int]]]
    clauses: list[str]


def read_real(folder: Path) -> Real:
    pack = find_pack("ID")
    documents = list(ingest_all(folder_sources(folder, language="id"), load_rules(pack.root)).documents)
    passages = [passage for item in documents for passage in item.passages]
    spans = {passage.passage_id: list(segments(passage.text)) for passage in passages}
    return Real(documents, spans, [clause for passage in passages for clause in CLAUSE.split(passage.text)])


def varied(real: Real, wanted: int) -> Iterator[IngestedDocument]:
    """Yield documents until they hold `wanted` passages, whole copies of the collection one after another."""
    draw, number, copy = random.Random(1), 0, 0
    while True:
        for item in real.documents:
            passages = [
                replace(passage, doc_id=f"{passage.doc_id}~{copy}", passage_id=f"{passage.passage_id}~{copy}",
                        text=varied_text(passage.text, real.clauses, draw) if copy else passage.text)
                for passage in item.passages[: wanted - number]
            ]  # fmt: skip
            document = replace(item.document, doc_id=f"{item.document.doc_id}~{copy}", relations=())
            yield IngestedDocument(document, tuple(passages))
            number += len(passages)
            if number >= wanted:
                return
        copy += 1


def varied_text(text: str, others: Sequence[str], draw: random.Random) -> str:
    clauses = CLAUSE.split(text)
    draw.shuffle(clauses)
    clauses[draw.randrange(len(clauses))] = draw.choice(others)
    return "\n".join(clauses)[: max(len(text), 1)].ljust(len(text))  # as long as it was: segments lie where they lay


def drawn_vectors(files: Sequence[Path], count: int) -> Iterator[np.ndarray]:
    """Yield float32[m, 384] parts of `count` rows in all, each part a reflection of the real ones."""
    draw = np.random.default_rng(3)
    real = (
        np.concatenate([np.load(path)["vecs"].astype(np.float32) for path in files])
        if files
        else draw.normal(size=(20_000, DIMENSIONS)).astype(np.float32)
    )
    while count > 0:
        axis = unit(draw.normal(size=(1, DIMENSIONS)))[0]
        part = real[:count] - 2 * np.outer(real[:count] @ axis, axis)
        yield unit(part)
        count -= len(part)


def build(folder: Path, work: Path, wanted: int, vectors: Sequence[Path], figures: dict) -> None:
    """Write every file of a release except what the encoder does; manifest and signature at the end."""
    reader = reader_for(find_pack("ID"), ["id"])
    remembered = lru_cache(2_000_000)(reader.terms)  # the analysis of a clause is measured by latency.py
    real = read_real(folder)
    documents = tuple(varied(real, wanted))
    cut = [
        Segment(row, start, end, "")
        for row, passage in enumerate(passage for item in documents for passage in item.passages)
        for start, end in real.spans[passage.passage_id.rpartition("~")[0]]
    ]
    target = work / "release"
    target.mkdir(parents=True)
    parts, sample = [], []
    for part in drawn_vectors(vectors, len(cut)):
        parts.append(quantise(part))
        sample.append(part[::50])
    np.save(work / "pool.npy", np.concatenate(sample))
    marks = {"start": time.process_time()}
    write_vectors(target, np.concatenate([rows for rows, _ in parts]), np.concatenate([scales for _, scales in parts]))
    marks["vectors"] = time.process_time()
    write_records(target, Ingested(documents, (), RelationBook()), cut)
    marks["records"] = time.process_time()
    write_words(target, documents, remembered, lambda _: None)
    marks["words"] = time.process_time()
    passages = sum(len(item.passages) for item in documents)
    files = {
        str(path.relative_to(target)): FileEntry(path.stat().st_size, "")
        for path in sorted(target.rglob("*"))
        if path.is_file()
    }
    (target / MANIFEST).write_bytes(
        encode_json(
            Manifest("xa-scale", FORMAT, "", "", "", "XA", Drawn.name, DIMENSIONS, "", len(documents), passages,
                     len(cut), 0, (), files)
        )
    )  # fmt: skip
    figures |= {
        "passages": passages,
        "segments": len(cut),
        "write_cpu_s": {b: round(marks[b] - marks[a], 1) for a, b in pairwise(marks)},
        "build_peak_mb": peak_mb(),
        "release_mb": round(sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) / 1e6),
    }


def search(release: Release, pool: np.ndarray, figures: dict) -> None:
    pack = find_pack("ID")
    searcher = Searcher(release, Drawn(pool), reader_for(pack, ["id"]), load_ranking())
    draw = random.Random(4)
    questions = []
    for _ in range(QUESTIONS + 1):
        words = release.stored(draw.randrange(len(release))).passage.text.split()
        at = draw.randrange(max(len(words) - 10, 1))
        questions.append("Bagaimana " + " ".join(words[at : at + 9]) + "?")
    started = time.process_time()
    searcher.search(questions[0])
    figures["first_search_cpu_ms"] = round((time.process_time() - started) * 1e3, 1)
    times, forms = [], 0
    for question in questions[1:]:
        started = time.process_time()
        asked = searcher.ask(question)
        searcher.rank(searcher.candidates(asked), 10)
        times.append((time.process_time() - started) * 1e3)
        forms += len(asked.forms)
    figures |= {f"search_cpu_ms_p{q}": round(float(np.percentile(times, q)), 1) for q in (50, 95, 99)}
    figures["forms_per_question"] = round(forms / QUESTIONS, 2)
    figures["resident_mb"] = resident_mb()
    figures["recall_of_exact_at_10"] = vector_recall(release, pool)


def vector_recall(release: Release, pool: np.ndarray, questions: int = 40) -> float:
    """Return the share of the ten nearest segments, by an exact search of the 8-bit vectors, that ours finds."""
    vectors, found = release.vectors, 0
    for query in Drawn(pool).queries([""] * questions):
        exact = np.argsort(-vectors.cosines(query, np.arange(len(vectors))), kind="stable")[:10]
        found += len(set(exact.tolist()) & set(vectors.nearest(query, 40)[0][:10].tolist()))
    return round(found / (10 * questions), 3)


def resident_mb() -> int:
    """All pages that this process holds, shared with the files or not."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1_000_000


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="3 GB for a million passages; kept for a second run")
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--vectors", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    figures: dict = {}
    built = given.work / "built.json"
    if not built.is_file():  # a process of its own measures the search: the build's memory is not the service's
        build(given.data, given.work, given.passages, given.vectors, figures)
        built.write_text(json.dumps(figures))
        print(json.dumps(figures, indent=1))
        print("run the same command again to measure the search")
        return
    figures = json.loads(built.read_text())
    release = Release(given.work / "release")
    figures["opened_resident_mb"] = resident_mb()
    search(release, np.load(given.work / "pool.npy"), figures)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
