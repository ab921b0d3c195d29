# SPDX-License-Identifier: Apache-2.0
"""Fit which sentence answers: questions whose answering sentence is known in, models and how often they are right out.

For other text these are the answerable questions of IDK-MRC; for law the citizens' development questions, by their
`quote`, and the pack's everyday questions of rows that have one. A softmax over the sentences of the passage. Folds are
drawn by passage, so that no text is on both sides.
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

from daulat.assistant.pairs import SentenceKind, pairs_of, question_words
from daulat.assistant.sentence import SentenceModel, sentence_rows
from daulat.assistant.words import read_sentence
from daulat.evaluation import Bench, KnownQuestion, open_corpus
from daulat.evaluation.corpus import Corpus, with_languages
from daulat.knowledge.cutting import sentences
from daulat.knowledge.cutting.segments import Span
from daulat.knowledge.everyday import FOLDER, Heard, read_everyday
from daulat.knowledge.ingest import load_rules
from daulat.knowledge.search import Searcher, load_ranking
from daulat.knowledge.sources import Source

FOLDS = 5
L2_SENTENCE = 1e-3
L2_PAIRS, LEAST_PAIR = {"law": 1e-2, "text": 3e-3}, {"law": 0.02, "text": 0.01}
CLAUSES = "clauses_"  # begins the files of everyday questions that were written for one sentence
CITIZEN_WEIGHS = 3  # of one citizen's question, beside 1 for an everyday one
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
    """Read the answerable questions of IDK-MRC."""
    choose = Chooser(searcher, bench)
    with gzip.open(folder / "contexts.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = {row["context_id"]: row["text"] for row in map(json.loads, file)}
    found = []
    for row in map(json.loads, (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()):
        if row["answerable"]:
            text, start = texts[row["context_id"]], row["answer_start"]
            gold = [a <= start and start + len(row["answer"]) <= b for a, b in choose.spans(text)]
            found.append(choose(row["question"], "id", row["context_id"], text, gold))
    return found


def read_law_choices(corpus: Corpus, searcher: Searcher, bench: Bench, citizens: Sequence[KnownQuestion]) -> Law:
    """Read the citizens' questions and the everyday ones whose answering sentence is known.

    No everyday question hears itself, and every second one does not hear its row either.
    """
    assert bench.pack is not None
    assert corpus.release.everyday is not None
    choose, asked, everyday = Chooser(searcher, bench), list[Choice](), list[Choice]()
    for question, language in with_languages(bench, [each for each in citizens if each.quote]):
        row = corpus.release.row_of(question.main)
        if row is not None:
            text = corpus.release.stored(row).passage.text
            gold = [question.is_said_in(text[a:b]) for a, b in choose.spans(text)]
            found = searcher.candidates(searcher.ask(question.text, language)).heard
            asked += [choose(question.text, language, question.main, text, gold, found, row)] if any(gold) else []
    index = corpus.release.everyday
    rows, _ = read_everyday(bench.pack.path(FOLDER))
    written_for_one = {(row.passages, row.quote) for row in rows if row.quote and row.file.startswith(CLAUSES)}
    for number, each in enumerate(index.read_questions()):
        of = index.rows[each.row]
        if (of.passages, of.quote) not in written_for_one:
            continue
        row = int(index.targets(each.row)[0])
        text = corpus.release.stored(row).passage.text
        plain = [" ".join(text[a:b].split()) for a, b in choose.spans(text)]
        gold = [sentence.startswith(of.quote) for sentence in plain]
        others = index.row_of != each.row if number % 2 else np.arange(len(index)) != number
        found = searcher.candidates(searcher.ask(each.text, each.language), heard_from=others).heard
        everyday.append(choose(each.text, each.language, of.passages[0], text, gold, found, row))
    return Law(asked, everyday)


@dataclass(frozen=True)
class Law:
    """Choices of the citizens' questions and of everyday ones."""

    citizens: list[Choice]
    everyday: list[Choice]

    def but(self, fold: int) -> list[Choice]:
        """Return those of the other folds, a citizen's as often as it weighs."""
        return [each for each in [*self.citizens * CITIZEN_WEIGHS, *self.everyday] if each.fold != fold]


class Chooser:
    """Makes choices: the sentences of a passage, as the assistant looks at them."""

    def __init__(self, searcher: Searcher, bench: Bench) -> None:
        assert bench.pack is not None
        self.searcher, self.rules = searcher, load_rules(bench.pack.root).sentences

    def spans(self, text: str) -> list[Span]:
        return sentences(text, "id", self.rules)

    def __call__(
        self,
        question: str,
        language: str,
        name: str,
        text: str,
        gold: Sequence[bool],
        heard: Heard | None = None,
        row: int = -1,
    ) -> Choice:
        asked, reader = self.searcher.ask(question, language), self.searcher.reader
        looked = [read_sentence(text, span, "id", reader) for span in self.spans(text)]
        sought = {term: weight * self.searcher.rarity.of(term) for term, weight in asked.terms.items()}
        others = tuple(pairs_of(asked, sentence) for sentence in looked)
        x = sentence_rows(asked, sought, looked, reader, heard.said_of(row) if heard else {})[:, :-1]
        return Choice(x, np.array(gold), question_words(asked), others, fold_of(name))


def fit_sentence(choices: Sequence[Choice], kind: SentenceKind, about: str = "", steps: int = 400) -> SentenceModel:
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
    penalty = np.append(np.full(dense, L2_SENTENCE), np.full(len(names), L2_PAIRS[kind]))
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
        if abs(weight) >= LEAST_PAIR[kind]:
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
    apart = [fit_sentence([choice for choice in choices if choice.fold != fold], "text") for fold in range(FOLDS)]
    right = np.mean([chosen_right(choice, apart[choice.fold]) for choice in choices])
    print(f"sentence that answers    n {len(choices):5d}  right {right:.3f}", flush=True)
    about = f"{len(choices):,} answerable questions of IDK-MRC, development only; cross-validated: {right:.3f} right"
    return apart, fit_sentence(choices, "text", about)


def law_models(
    bench: Bench, sources: Sequence[Source], citizens: Sequence[KnownQuestion]
) -> tuple[list[SentenceModel], SentenceModel]:
    """Return a model of law for each fold, which never saw it, and the one fitted on all; print how often right."""
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, sources, citizens, load_ranking(), Path(work), with_everyday=True)
        searcher = Searcher(corpus.release, corpus.encoder, corpus.reader, load_ranking())
        law = read_law_choices(corpus, searcher, bench, citizens)
    apart = [fit_sentence(law.but(fold), "law") for fold in range(FOLDS)]
    right, told = [], []
    for name, choices in (("citizens", law.citizens), ("everyday", law.everyday)):
        right.append(np.mean([chosen_right(choice, apart[choice.fold]) for choice in choices]))
        told.append(f"{len(choices):,} questions, {name}, {right[-1]:.3f} right")
        print(f"sentence of law, {name} n {len(choices):5d}  right {right[-1]:.3f}", flush=True)
    return apart, fit_sentence(law.but(-1), "law", f"development only; cross-validated: {'; '.join(told)}")
