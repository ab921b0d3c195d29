# SPDX-License-Identifier: Apache-2.0
"""Learn to turn questions towards the texts: a pack's everyday questions in, `adapter.e5.npz` and its figures out.

    python benchmarks/fit_adapter.py [--write]

A map of low rank is added to the vector of a question, so that the passages that answer come nearer than others: a
softmax over the question's nearest segments, some drawn at random and those of the other questions, fitted with Adam.
First it is fitted without a fifth of the passages, and the figures are those of the questions about these; what is
written is fitted on all everyday questions. Questions of the test suites are never used.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from citizens import open_bench
from numpy.typing import NDArray

from daulat.evaluation import Bench, KnownQuestion, open_corpus
from daulat.evaluation.corpus import Corpus
from daulat.knowledge.everyday import FOLDER, read_everyday
from daulat.knowledge.everyday.adapter import Adapter
from daulat.knowledge.search import load_ranking
from daulat.knowledge.sources import load_sources

RANK, WARMTH, EPOCHS, BATCH = 32, 0.05, 4, 128
NEAREST, DRAWN = 40, 512  # segments that a question is told apart from
RATE, DECAY = 2e-3, 1e-3
SHRINK = 0.6  # of what was learnt: less than all of it carries over better
FOLDS = 5
Float32 = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Cases:
    """Questions: vectors float32[n, d], the segments that answer each, and the row of the main passage."""

    vectors: Float32
    answers: tuple[Ints, ...]
    main: Ints

    def only(self, keep: NDArray[np.bool_]) -> Cases:
        answers = tuple(answer for answer, kept in zip(self.answers, keep, strict=True) if kept)
        return Cases(self.vectors[keep], answers, self.main[keep])

    @property
    def folds(self) -> Ints:
        return self.main % FOLDS


def everyday_questions(bench: Bench) -> list[KnownQuestion]:
    """Return the pack's everyday questions, those without an answer too."""
    assert bench.pack is not None
    rows, _ = read_everyday(bench.pack.path(FOLDER))
    return [
        KnownQuestion(f"{row.file}-{row.line}-{tag}-{n}", text, bool(row.passages), frozenset(row.passages), tag)
        for row in rows
        for tag, texts in row.asks.items()
        for n, text in enumerate(texts)
    ]


def segments_of(corpus: Corpus) -> Float32:
    """Return the vectors of all segments: float32[n, d], unit length."""
    folder = corpus.release.folder
    rows = np.load(folder / "vectors.npy").astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def read_cases(corpus: Corpus, questions: Sequence[KnownQuestion], *, all_forms: bool) -> Cases:
    """Return the vectors of answerable questions in the forms that are searched, or only in the first."""
    first = corpus.release.first_segments
    vectors, answers, main = [], [], []
    for question in questions:
        rows = [row for gold in sorted(question.gold) if (row := corpus.release.row_of(gold)) is not None]
        if not question.answerable or not rows:
            continue
        forms = corpus.reader.ask(question.text, question.language).forms
        for form in forms if all_forms else forms[:1]:
            vectors.append(corpus.encoder.queries([form])[0])
            answers.append(np.concatenate([np.arange(first[row], first[row + 1]) for row in rows]))
            main.append(min(rows))
    return Cases(np.array(vectors), tuple(answers), np.array(main))


def fit(cases: Cases, segments: Float32, encoder: str, seed: int = 0) -> Adapter:
    """Fit an adapter; the hard segments of a question are those nearest to it before anything is learnt."""
    draw = np.random.default_rng(seed)
    n, d = cases.vectors.shape
    near = np.concatenate(
        [
            np.argpartition(-(part @ segments.T), NEAREST)[:, :NEAREST]
            for part in np.array_split(cases.vectors, n // 256 + 1)
        ]
    )
    down, shift = np.zeros((d, RANK), np.float32), np.zeros(d, np.float32)
    up = draw.normal(scale=d**-0.5, size=(RANK, d)).astype(np.float32)
    weights = [down, up, shift]
    means, squares = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    batches = [part for _ in range(EPOCHS) for part in np.array_split(draw.permutation(n), max(n // BATCH, 1))]
    for step, chosen in enumerate(batches, 1):
        asked = [cases.answers[i] for i in chosen]
        told = np.unique(np.concatenate([near[chosen].ravel(), draw.integers(0, len(segments), DRAWN), *asked]))
        right = np.zeros((len(chosen), len(told)), bool)
        for row, answer in enumerate(asked):
            right[row, np.searchsorted(told, answer)] = True
        slopes = _slopes(cases.vectors[chosen], segments[told], right, down, up, shift)
        rate = RATE * (1 - (step - 1) / len(batches))
        for weight, slope, mean, square in zip(weights, slopes, means, squares, strict=True):
            slope = slope + DECAY * weight
            mean += 0.1 * (slope - mean)
            square += 0.02 * (slope**2 - square)
            weight -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.98**step)) + 1e-8)
    return Adapter(encoder, down, SHRINK * up, SHRINK * shift)


def _slopes(
    queries: Float32, told: Float32, right: NDArray[np.bool_], down: Float32, up: Float32, shift: Float32
) -> tuple[Float32, Float32, Float32]:
    """Return the gradient of the mean negative log-likelihood of a right segment."""
    inner = queries @ down
    turned = queries + inner @ up + shift
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    unit = turned / length
    scores = unit @ told.T / WARMTH
    share = np.exp(scores - scores.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    of_right = share * right
    slope = (share - of_right / (of_right.sum(axis=1, keepdims=True) + 1e-12)) / WARMTH / len(queries)
    to_unit = slope @ told
    to_turned = (to_unit - (to_unit * unit).sum(axis=1, keepdims=True) * unit) / length
    return queries.T @ (to_turned @ up.T), inner.T @ to_turned, to_turned.sum(axis=0)


def ranks(cases: Cases, vectors: Float32, segments: Float32) -> Ints:
    """Return how many segments are as near as the nearest right one."""
    scores = vectors @ segments.T
    best = np.array([row[answer].max() for row, answer in zip(scores, cases.answers, strict=True)])
    found: Ints = (scores >= best[:, None]).sum(axis=1)
    return found


def report(name: str, cases: Cases, segments: Float32, adapter: Adapter) -> None:
    for how, vectors in (("as encoded", cases.vectors), ("turned", adapter.turn(cases.vectors))):
        found = ranks(cases, vectors, segments)
        shares = "".join(f"  R@{k} {(found <= k).mean():.3f}" for k in (1, 5, 40))
        print(f"{name:34s} {how:10s} n {len(found):5d}{shares}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the adapter into the pack")
    write = parser.parse_args().write
    bench = open_bench()
    assert bench.pack is not None
    questions = everyday_questions(bench)
    with TemporaryDirectory() as work:
        sources = load_sources(bench.pack.path("sources.yaml"))
        corpus = open_corpus(bench, sources, questions, load_ranking(), Path(work))
        segments = segments_of(corpus)
        cases, plain = (read_cases(corpus, questions, all_forms=forms) for forms in (True, False))
        apart = fit(cases.only(cases.folds > 0), segments, bench.encoder.name)
        report("nearest segments, held out", plain.only(plain.folds == 0), segments, apart)
        if write:
            path = bench.pack.path(FOLDER) / "adapter.e5.npz"
            fit(cases, segments, bench.encoder.name).save(path)
            print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
