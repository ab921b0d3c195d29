# SPDX-License-Identifier: Apache-2.0
"""Which engine finds words, and which finds vectors: figures for the choice in docs/design/search.md.

    python benchmarks/search_engines.py --contexts FOLDER [--laws FOLDER] [--vectors FILE.npz ...]

FOLDER of contexts holds `contexts.jsonl.gz` and `questions.jsonl`; of laws, `passages_*.jsonl.gz` and `law_qa.jsonl`.
All lexical engines get the same analysed terms (Indonesian stems, no stop words), so that what is compared is the
engine. `--vectors` are arrays `keys` (sha256 of a text, 32 hex digits) and `vecs` computed before; without them
vectors are drawn at random and only times are told. bm25s, lancedb and usearch are used where they are installed (in an
environment of their own: they are no dependencies of Daulat). Times are CPU of this process for each question, one
thread, asked twice with the second kept; PostgreSQL works in another process, so its time is on the clock.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.metadata
import json
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from daulat.knowledge.index import LexicalIndex, VectorIndex, quantise, write_lexical, write_vectors
from daulat.knowledge.index.lexical import Entry
from daulat.language import analyser_for
from daulat.nation.packs import find_pack

Ask = Callable[[int], Sequence[int]]
TOP = 5


@dataclass
class Task:
    """Passages and questions as terms, and the row of each question's passage."""

    name: str
    passages: list[list[str]]
    questions: list[list[str]]
    gold: list[int]
    texts: list[str]
    asked: list[str]


def lines(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def read_task(name: str, passages: dict[str, str], questions: list[tuple[str, str]], most: int) -> Task:
    terms = analyser_for("id", find_pack("ID")).terms
    rows = {passage: row for row, passage in enumerate(passages)}
    kept = [(question, rows[gold]) for question, gold in questions if gold in rows]
    kept = random.Random(0).sample(kept, min(most, len(kept)))
    return Task(
        name,
        [terms(text) for text in passages.values()],
        [list(dict.fromkeys(terms(question))) for question, _ in kept],
        [row for _, row in kept],
        list(passages.values()),
        [question for question, _ in kept],
    )


def contexts(folder: Path, most: int) -> Task:
    passages = {item["context_id"]: item["text"] for item in lines(next(folder.glob("contexts.jsonl*")))}
    asked = [(q["question"], q["context_id"]) for q in lines(folder / "questions.jsonl") if q["answerable"]]
    return read_task("contexts", passages, asked, most)


def laws(folder: Path, most: int) -> Task:
    files = sorted(folder.glob("passages_*.jsonl.gz"))
    passages = {item["passage_id"]: item["text"] for path in files for item in lines(path)}
    asked = [(q["question"], q["passage_id"]) for q in lines(folder / "law_qa.jsonl") if q["answerable"]]
    return read_task("laws", passages, asked, most)


def ours_words(task: Task, folder: Path) -> Ask:
    write_lexical(folder, (Entry(terms, ()) for terms in task.passages))
    index = LexicalIndex(folder)
    return lambda n: index.search(dict.fromkeys(task.questions[n], 1.0), TOP)[0].tolist()


def fts5(task: Task, folder: Path) -> Ask:
    db = sqlite3.connect(folder / "fts.db")
    db.execute("create virtual table p using fts5(body, content='', tokenize='unicode61')")
    db.executemany("insert into p(rowid, body) values (?, ?)", ((n, " ".join(t)) for n, t in enumerate(task.passages)))
    db.commit()
    sql = "select rowid from p where p match ? order by bm25(p) limit ?"

    def ask(n: int) -> list[int]:
        query = " OR ".join('"' + term.replace('"', "") + '"' for term in task.questions[n])
        return [row for (row,) in db.execute(sql, (query, TOP))] if query else []

    return ask


def postgres(url: str, task: Task, _: Path) -> Ask:
    import psycopg

    db = psycopg.connect(url, autocommit=True)
    db.execute("drop table if exists bench_passages")
    db.execute("create table bench_passages (id int primary key, body tsvector)")
    with db.cursor() as cursor, cursor.copy("copy bench_passages from stdin") as copy:
        for n, terms in enumerate(task.passages):
            copy.write_row((n, " ".join(f"'{t}':{at % 16_000 + 1}" for at, t in enumerate(terms) if plain(t))))
    db.execute("create index on bench_passages using gin (body)")
    db.execute("analyze bench_passages")
    sql = (
        "select id from bench_passages, to_tsquery('simple', %s) q where body @@ q "
        "order by ts_rank(body, q) desc, id limit 5"
    )

    def ask(n: int) -> list[int]:
        query = " | ".join(f"'{term}'" for term in task.questions[n] if plain(term))
        return [row for (row,) in db.execute(sql, (query,))] if query else []

    return ask


def plain(term: str) -> bool:
    return term.isalnum()


def bm25s(task: Task, _: Path) -> Ask:
    import bm25s as library

    index = library.BM25()
    index.index(task.passages, show_progress=False)
    return lambda n: index.retrieve([task.questions[n]], k=TOP, show_progress=False)[0][0].tolist()


def exact(vectors: np.ndarray, queries: np.ndarray, _: Path) -> Ask:
    return lambda n: np.argsort(-(vectors @ queries[n]), kind="stable")[:TOP].tolist()


def ours_vectors(vectors: np.ndarray, queries: np.ndarray, folder: Path) -> Ask:
    write_vectors(folder, *quantise(vectors))
    index = VectorIndex(folder)
    return lambda n: index.nearest(queries[n], TOP)[0].tolist()


def usearch(vectors: np.ndarray, queries: np.ndarray, folder: Path) -> Ask:
    from usearch.index import Index

    index = Index(ndim=vectors.shape[1], metric="cos", dtype="i8")
    index.add(np.arange(len(vectors)), vectors, threads=1)
    index.save(str(folder / "usearch"))
    return lambda n: index.search(queries[n], TOP, threads=1).keys.tolist()


def lancedb(vectors: np.ndarray, queries: np.ndarray, folder: Path) -> Ask:
    import lancedb as library

    rows = [{"id": n, "vector": vector} for n, vector in enumerate(vectors)]
    table = library.connect(str(folder)).create_table("p", rows)
    return lambda n: [row["id"] for row in table.search(queries[n]).limit(TOP).select(["id"]).to_list()]


def measure(name: str, task: Task, make: Callable[[Path], Ask], clock: Callable[[], float], *, labelled: bool) -> dict:
    with tempfile.TemporaryDirectory() as place:
        before, started = resident_mb(), clock()
        ask = make(Path(place))
        built = clock() - started
        held = max(resident_mb() - before, 0)
        size = sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())
        times, found = [], []
        for n in range(len(task.questions)):
            ask(n)
            started = clock()
            found.append(ask(n))
            times.append((clock() - started) * 1e3)
    hits = [list(rows).index(gold) if gold in rows else TOP for rows, gold in zip(found, task.gold, strict=True)]
    recall = {f"recall_at_{k}": round(float(np.mean([hit < k for hit in hits])), 3) for k in (1, 5)} if labelled else {}
    p50, p95 = np.percentile(times, (50, 95))
    figures = {"task": task.name, "engine": name, "version": version(name), **recall, "ms_p50": round(p50, 2)}
    return figures | {
        "ms_p95": round(p95, 2), "build_s": round(built, 1), "disk_mb": round(size / 1e6, 1), "resident_mb": held
    }  # fmt: skip


def version(name: str) -> str:
    package = {"ours, words": "tantivy", "exact": "numpy", "ours, vectors": "numpy"}.get(name, name)
    if name == "fts5":
        return sqlite3.sqlite_version
    return importlib.metadata.version(package) if find_spec(package) else ""


def resident_mb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1_000_000


def vectors_of(task: Task, files: Sequence[Path]) -> tuple[np.ndarray, np.ndarray, bool]:
    known: dict[str, np.ndarray] = {}
    for path in files:
        with np.load(path) as held:
            known |= dict(zip(held["keys"].tolist(), held["vecs"], strict=True))

    def found(texts: Sequence[str]) -> np.ndarray | None:
        keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        return np.stack([known[key] for key in keys]).astype(np.float32) if all(key in known for key in keys) else None

    vectors, queries = found(task.texts), found(task.asked)
    if vectors is not None and queries is not None:
        return vectors, queries, True
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(len(task.texts) + len(task.asked), 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[: len(task.texts)], rows[len(task.texts) :], False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contexts", type=Path)
    parser.add_argument("--laws", type=Path)
    parser.add_argument("--vectors", type=Path, nargs="*", default=[])
    parser.add_argument("--postgres", help="address of a server to try; its table bench_passages is replaced")
    parser.add_argument("--questions", type=int, default=1_000)
    given = parser.parse_args()
    tasks = [contexts(given.contexts, given.questions)] if given.contexts else []
    tasks += [laws(given.laws, given.questions)] if given.laws else []
    for task in tasks:
        makers: dict[str, Callable[[Task, Path], Ask]] = {"ours, words": ours_words, "fts5": fts5}
        makers |= {"bm25s": bm25s} if find_spec("bm25s") else {}
        for name, make in makers.items():
            tell(measure(name, task, partial(make, task), time.process_time, labelled=True))
        if given.postgres:
            make = partial(postgres, given.postgres)
            tell(measure("postgresql (clock)", task, partial(make, task), time.perf_counter, labelled=True))
        vectors, queries, real = vectors_of(task, given.vectors)
        nearest = {"exact": exact, "ours, vectors": ours_vectors}
        nearest |= {"usearch": usearch} if find_spec("usearch") else {}
        nearest |= {"lancedb": lancedb} if find_spec("lancedb") else {}
        for name, near in nearest.items():
            tell(measure(name, task, partial(near, vectors, queries), time.process_time, labelled=real))


def tell(figures: dict) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
