# SPDX-License-Identifier: Apache-2.0
"""Fit which sentence answers: answerable questions of IDK-MRC in, models and how often they are right out.

A softmax over the sentences of the passage. Folds are drawn by passage, so that no text is on both sides.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from daulat.assistant.sentence import SentenceModel, pairs_of, question_words, read_sentence, sentence_rows
from daulat.evaluation import Bench, open_corpus
from daulat.knowledge.cutting import sentences
from daulat.knowledge.ingest import load_rules
from daulat.knowledge.search import Searcher, load_ranking
from daulat.knowledge.sources import Source

FOLDS = 5
L2_SENTENCE, L2_PAIRS, LEAST_PAIR = 1e-3, 3e-3, 0.01
Float = NDArray[np.float64]


def fold_of(name: str) -> int:
    """Return the fold of a passage."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % FOLDS


@dataclass(frozen=True)
class Choice:
    """One question and the sentences of its passage: features, which answer, and the words of both."""

    x: Float
    gold: NDArray[np.bool_]
    words: frozenset[str]
    others: tuple[frozenset[str], ...]
    fold: int


def read_choices(folder: Path, searcher: Searcher, bench: Bench) -> list[Choice]:
    assert bench.pack is not None
    rules, reader = load_rules(bench.pack.root).sentences, searcher.reader
    with gzip.open(folder / "contexts.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = {row["context_id"]: row["text"] for row in map(json.loads, file)}
    found = []
    for row in map(json.loads, (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()):
        if not row["answerable"]:
            continue
        text, start = texts[row["context_id"]], row["answer_start"]
        spans = sentences(text, "id", rules)
        asked = searcher.ask(row["question"], "id")
        looked = [read_sentence(text, span, "id", reader) for span in spans]
        sought = {term: weight * searcher.rarity.of(term) for term, weight in asked.terms.items()}
        gold = np.array([a <= start and start + len(row["answer"]) <= b for a, b in spans])
        others = tuple(pairs_of(asked, sentence) for sentence in looked)
        x = sentence_rows(asked, sought, looked, reader)[:, :-1]
        found.append(Choice(x, gold, question_words(asked), others, fold_of(row["context_id"])))
    return found


def fit_sentence(choices: Sequence[Choice], about: str, steps: int = 400) -> SentenceModel:
    """Fit by gradient descent with Adam's step sizes; the loss is convex."""
    usable = [choice for choice in choices if choice.gold.any() and len(choice.gold) > 1]
    counts = np.array([len(choice.gold) for choice in usable])
    starts, owner = np.cumsum(counts) - counts, np.repeat(np.arange(len(usable)), counts)
    gold = np.concatenate([choice.gold for choice in usable]).astype(float)
    x = np.concatenate([choice.x for choice in usable])
    scale = x.std(axis=0) + 1e-9
    names, rows, columns = _pair_columns(usable)
    x, dense = x / scale, x.shape[1]
    w = np.zeros(dense + len(names))
    penalty = np.append(np.full(dense, L2_SENTENCE), np.full(len(names), L2_PAIRS))
    mean, square = np.zeros_like(w), np.zeros_like(w)
    for step in range(1, steps + 1):
        scores = x @ w[:dense] + np.bincount(rows, w[dense:][columns], len(x))
        shares = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        shares /= np.add.reduceat(shares, starts)[owner]
        mass = np.add.reduceat(shares * gold, starts)[owner]
        slope = (shares - shares * gold / np.maximum(mass, 1e-300)) / len(usable)
        gradient = np.append(x.T @ slope, np.bincount(columns, slope[rows], len(names))) + 2 * penalty * w
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        rate = 0.05 * (1 - (step - 1) / steps)
        w -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
    pairs: dict[str, dict[str, float]] = defaultdict(dict)
    for (word, other), weight in zip(names, w[dense:], strict=True):
        if abs(weight) >= LEAST_PAIR:
            pairs[word][other] = round(float(weight), 3)
    return SentenceModel(np.append(w[:dense] / scale, 1.0), {"id": pairs}, about)


def _pair_columns(usable: Sequence[Choice]) -> tuple[list[tuple[str, str]], NDArray[np.int64], NDArray[np.int64]]:
    """Number the pairs that occur often enough; return them, and where they stand: row and column of each."""
    asked = Counter(word for choice in usable for word in choice.words)
    often = {word for word, count in asked.items() if count >= 15}
    seen = Counter((w, o) for c in usable for others in c.others for w in c.words & often for o in others)
    names = sorted(pair for pair, count in seen.items() if count >= 8)
    number = {pair: i for i, pair in enumerate(names)}
    rows, columns, row = [], [], 0
    for choice in usable:
        for others in choice.others:
            found = [number[pair] for w in choice.words & often for o in others if (pair := (w, o)) in number]
            rows += [row] * len(found)
            columns += found
            row += 1
    return names, np.array(rows, np.int64), np.array(columns, np.int64)


def chosen_right(choice: Choice, model: SentenceModel) -> bool:
    tables = [table for word, table in model.pairs["id"].items() if word in choice.words]
    learnt = [sum(table.get(other, 0.0) for other in others for table in tables) for others in choice.others]
    return bool(choice.gold[int(np.argmax(choice.x @ model.weights[:-1] + np.array(learnt)))])


def sentence_models(data: Path, bench: Bench, contexts: Sequence[Source]) -> tuple[list[SentenceModel], SentenceModel]:
    """Return a model for each fold, which never saw it, and the one fitted on all; print the figure of the first."""
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, contexts, [], load_ranking(), Path(work))
        searcher = Searcher(corpus.release, None, corpus.reader, load_ranking())
        choices = read_choices(data / "idk_mrc", searcher, bench)
    apart = [fit_sentence([choice for choice in choices if choice.fold != fold], "") for fold in range(FOLDS)]
    right = np.mean([chosen_right(choice, apart[choice.fold]) for choice in choices])
    print(f"sentence that answers    n {len(choices):5d}  right {right:.3f}", flush=True)
    about = f"{len(choices):,} answerable questions of IDK-MRC, development only; cross-validated: {right:.3f} right"
    return apart, fit_sentence(choices, about)
