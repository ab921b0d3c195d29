# SPDX-License-Identifier: Apache-2.0
"""Fit which sentence answers and whether any does: development questions in, two weight files and honest figures out.

    python benchmarks/fit_answers.py --data ../shared/data [--write]

The sentence: see `sentence_models`, one model for law and one for other text. Whether there is an answer:
logistic regression for law (citizens' questions in id, en, jv and su, never confirm.jsonl, and a sample of law_qa), for
releases with everyday questions (the same, careless ones of common matters, and a sample of those everyday ones, each
asked while it is not heard itself) and for other text (a sample of IDK-MRC).
Folds are drawn by passage, so that no text is on both sides; the sentence that a question is judged by was marked by a
model that never saw its passage. All figures are cross-validated.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from boosted import as_data, boosted, log_odds
from citizens import open_bench, read_suite
from everyday_asked import ask_held_out, sample_everyday
from numpy.typing import NDArray
from sentence_models import FOLDS, fold_of, law_models, sentence_models

from daulat.assistant.answerable import evidence_features, names_another_law
from daulat.assistant.evidence import gather_evidence
from daulat.assistant.marking import Marker
from daulat.assistant.pairs import FILE, KINDS, SentenceKind
from daulat.assistant.sentence import SENTENCE_FEATURES, SentenceModel, load_sentence_models
from daulat.evaluation import Bench, KnownQuestion, open_corpus, read_questions, sample_questions
from daulat.evaluation.corpus import Corpus, with_languages
from daulat.knowledge.ingest import load_rules
from daulat.knowledge.search import Asked, Candidates, Searcher, load_ranking
from daulat.knowledge.sources import Source, folder_sources, load_sources

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src" / "daulat" / "assistant"
DECLINE = 0.90  # of the questions without an answer
DECLINE_HEARD = 0.935  # of citizens' questions, careless ones among them; of everyday ones fewer, for a third of those
# were written to be as near to a law as can be
L2_ANSWER = {"law": 1e-2, "everyday": 1e-2}
EVERYDAY_WEIGHS = 0.33  # of one everyday question, beside 1 for one of a citizen
COMMON_WEIGHS = (0.3, 1.2)  # of a careless one that has an answer, and of one that has none: nine of ten have
EVERYDAY_ASKED = (2_000, 3_000)  # answerable, and not
LAW_QA_WEIGHS = {"law": 0.3, "everyday": 0.17}  # of one question, beside 1 for one of a citizen
# 232 citizens' questions cannot carry seventy weights: with all of them a tenth fewer are answered. These were chosen
# for what they mean, one of each kind of evidence; 3,000 questions of IDK-MRC carry them all.
LAW_FEATURES = (
    *(f"hit_{name}" for name in ("dense", "dense_own", "cover", "focus", "rank", "past", "sprawl")),
    *(f"sentence_{name}" for name in ("kind", "kind_near", "cover_gap", "dense_terms", "count", "sure")),
    *(f"sentence_{name}" for name in ("held_count", "words", "missing", "missing_most", "missing_name")),
    *("score_lead", "dense_lead", "added", "forms", "named", "defined", "same_document"),
)
HEARD_FEATURES = (
    *(f"heard_asked_{name}" for name in ("best", "best_words", "lead", "agree", "together")),
    *(f"heard_none_{name}" for name in ("dense", "words", "vote", "together")),
    *(
        f"hit_asked_{name}"
        for name in ("dense", "own", "gap", "words", "vote", "main", "beside", "together", "together_gap")
    ),
    *("score", "score_gap", "dense_best", "dense_mean"),
)
Float = NDArray[np.float64]


@dataclass(frozen=True)
class Marking:
    """Which models mark: those of the folds, each of which never saw its passages."""

    apart: Mapping[SentenceKind, Sequence[SentenceModel]]

    def model(self, question: KnownQuestion, kind: SentenceKind) -> SentenceModel:
        return self.apart[kind][fold_of(question.main or min(question.gold, default=question.question_id))]


@dataclass(frozen=True)
class Cases:
    """Questions with the features of their evidence; `ruled` are those that a rule declines."""

    features: tuple[Mapping[str, float], ...]
    answerable: NDArray[np.bool_]
    ruled: NDArray[np.bool_]
    folds: NDArray[np.int64]
    groups: tuple[str, ...]

    def columns(self) -> list[str]:
        return sorted(set().union(*self.features))

    def matrix(self, names: Sequence[str]) -> Float:
        return np.array([[features.get(name, 0.0) for name in names] for features in self.features])


def collect(
    bench: Bench,
    sources: Sequence[Source],
    questions: Sequence[KnownQuestion],
    marking: Marking,
    *,
    with_everyday: bool = False,
) -> Cases:
    """Search, mark and describe, as the assistant does. Questions about a passage that is not there are left out."""
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, sources, questions, load_ranking(), Path(work), with_everyday=with_everyday)
        searcher = Searcher(corpus.release, corpus.encoder, corpus.reader, load_ranking())
        here = [
            q for q in questions if not q.answerable or any(corpus.release.row_of(gold) is not None for gold in q.gold)
        ]
        asked_in = with_languages(bench, here)
        asked = ((replace(q, language=tag), searcher.ask(q.text, tag)) for q, tag in asked_in)
        found = ((question, each, searcher.candidates(each)) for question, each in asked)
        return described(bench, corpus, searcher, found, marking)


def collect_everyday(bench: Bench, sources: Sequence[Source], marking: Marking) -> Cases:
    """Do the same with everyday questions that are not heard themselves."""
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, sources, [], load_ranking(), Path(work), with_everyday=True)
        searcher = Searcher(corpus.release, corpus.encoder, corpus.reader, load_ranking())
        found = ask_held_out(corpus, searcher, sample_everyday(bench, corpus.release, *EVERYDAY_ASKED))
        return described(bench, corpus, searcher, found, marking)


def described(
    bench: Bench,
    corpus: Corpus,
    searcher: Searcher,
    found: Iterable[tuple[KnownQuestion, Asked, Candidates]],
    marking: Marking,
) -> Cases:
    """Rank and mark; return what the models weigh."""
    assert bench.pack is not None
    rules = load_rules(bench.pack.root).sentences
    features, ruled, questions = list[Mapping[str, float]](), list[bool](), list[KnownQuestion]()
    for question, asked, candidates in found:
        hits = searcher.rank(candidates, 12)
        best = gather_evidence(hits, corpus.release)[0]
        models = {kind: marking.model(question, kind) for kind in KINDS}
        marked = Marker(searcher, rules, bench.languages[0], models).mark(asked, best, candidates.heard)
        features.append(evidence_features(hits, marked, asked, candidates.heard))
        ruled.append(names_another_law(hits, asked))
        questions.append(question)
    return Cases(
        tuple(features),
        np.array([question.answerable for question in questions]),
        np.array(ruled),
        np.array([fold_of(min(question.gold, default=question.question_id)) for question in questions]),
        tuple(question.language for question in questions),
    )


def fit_logistic(x: Float, y: NDArray[np.bool_], weight: Float, l2: float) -> tuple[float, Float]:
    """Fit by Newton's method. Returns bias and weights for x as it is."""
    mean, scale = np.average(x, axis=0, weights=weight), x.std(axis=0) + 1e-6
    z = np.column_stack([np.ones(len(x)), (x - mean) / scale])
    weight = weight / weight.sum()
    penalty = np.append(1e-6, np.full(x.shape[1], l2))
    w = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        gradient = z.T @ (weight * (p - y)) + penalty * w
        curvature = (z.T * (weight * p * (1 - p) + 1e-9)) @ z + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        w -= step
        if np.abs(step).max() < 1e-7:
            break
    weights = w[1:] / scale
    return float(w[0] - weights @ mean), weights


def probabilities(cases: Cases, names: Sequence[str], weight: Float, l2: float) -> Float:
    """Return the cross-validated probability of each question; 0 where the rule declines."""
    x, p = cases.matrix(names), np.zeros(len(cases.answerable))
    for fold in range(FOLDS):
        rest, here = cases.folds != fold, cases.folds == fold
        bias, weights = fit_logistic(x[rest], cases.answerable[rest], weight[rest], l2)
        p[here] = 1 / (1 + np.exp(-np.clip(x[here] @ weights + bias, -30, 30)))
    return np.where(cases.ruled, 0.0, p)


def boosted_probabilities(cases: Cases, names: Sequence[str]) -> Float:
    """Return the same by boosted trees."""
    x, p = cases.matrix(names), np.zeros(len(cases.answerable))
    for fold in range(FOLDS):
        rest, here = cases.folds != fold, cases.folds == fold
        p[here] = 1 / (1 + np.exp(-log_odds(boosted(x[rest], cases.answerable[rest]), x[here])))
    return np.where(cases.ruled, 0.0, p)


def grown(cases: Cases, names: Sequence[str], threshold: float) -> dict[str, Any]:
    """Return boosted trees fitted on all cases, as `answerable.json` holds them."""
    model = boosted(cases.matrix(names), cases.answerable)
    return {"threshold": threshold, "bias": 0.0, "weights": {}, "trees": as_data(model.booster_, names)}


def auroc(p: Float, y: NDArray[np.bool_]) -> float:
    below = (p[y][:, None] > p[~y]).mean()
    return float(below + (p[y][:, None] == p[~y]).mean() / 2)


def calibration_error(p: Float, y: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    bins = np.minimum((10 * p).astype(int), 9)
    return float(sum(abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in set(bins)))


def report(name: str, p: Float, cases: Cases, threshold: float, only: NDArray[np.bool_] | None = None) -> None:
    keep = np.ones(len(p), bool) if only is None else only
    p, y = p[keep], cases.answerable[keep]
    print(
        f"{name:24s} n {len(p):5d}  AUROC {auroc(p, y):.3f}  declined of unanswerable {(p[~y] < threshold).mean():.3f}"
        f"  declined of answerable {(p[y] < threshold).mean():.3f}  calibration error {calibration_error(p, y):.3f}"
    )


def fitted(cases: Cases, names: Sequence[str], weight: Float, l2: float, threshold: float) -> dict[str, Any]:
    bias, weights = fit_logistic(cases.matrix(names), cases.answerable, weight, l2)
    kept = {name: round(float(each), 4) for name, each in zip(names, weights, strict=True) if abs(each) >= 5e-5}
    return {"threshold": round(threshold, 4), "bias": round(bias, 4), "weights": kept}


def joined(first: Cases, second: Cases) -> Cases:
    return Cases(
        first.features + second.features,
        np.append(first.answerable, second.answerable),
        np.append(first.ruled, second.ruled),
        np.append(first.folds, second.folds),
        first.groups + second.groups,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds idk_mrc and peraturan_id")
    parser.add_argument("--keep-sentence", action="store_true", help="fit only whether there is an answer")
    parser.add_argument("--write", action="store_true", help=f"write into {WEIGHTS.relative_to(ROOT)}")
    arguments = parser.parse_args()
    bench = open_bench()
    assert bench.pack is not None
    contexts = folder_sources(arguments.data / "idk_mrc", language="id", jurisdiction=bench.country)
    sources = load_sources(bench.pack.path("sources.yaml"))
    if arguments.keep_sentence:
        marking = Marking({kind: [model] * FOLDS for kind, model in load_sentence_models(bench.pack).items()})
    else:
        text_apart, text = sentence_models(arguments.data, bench, contexts)
        law_apart, whole = law_models(bench, sources, read_suite())
        marking = Marking({"law": law_apart, "text": text_apart})
        if arguments.write:
            write_json(WEIGHTS / "sentence.json", {"law": as_json(whole), "text": as_json(text)})
            write_json(bench.pack.path(FILE), {"law": whole.pairs, "text": text.pairs})

    citizens = collect(bench, sources, read_suite(), marking)
    law_qa = read_questions(arguments.data / "peraturan_id" / "law_qa.jsonl")
    law_rows = sample_questions([q for q in law_qa if q.answerable], 700) + [q for q in law_qa if not q.answerable]
    law = collect(bench, sources, law_rows, marking)
    law_cases = joined(citizens, law)
    is_citizen = np.arange(len(law_cases.answerable)) < len(citizens.answerable)
    weight = np.where(is_citizen, 1.0, LAW_QA_WEIGHS["law"]) * ~law_cases.ruled
    p = probabilities(law_cases, LAW_FEATURES, weight, L2_ANSWER["law"])
    law_threshold = float(np.quantile(p[is_citizen & ~law_cases.answerable], DECLINE))
    report("citizens", p, law_cases, law_threshold, is_citizen)
    for group in sorted(set(citizens.groups)):
        report(f"  {group}", p, law_cases, law_threshold, is_citizen & (np.array(law_cases.groups) == group))
    report("law_qa", p, law_cases, law_threshold, ~is_citizen)
    fitted_law = fitted(law_cases, LAW_FEATURES, weight, L2_ANSWER["law"], law_threshold)
    fitted_everyday, careless, heard = fit_everyday(bench, sources, law_rows, marking)

    idk_rows = read_questions(arguments.data / "idk_mrc" / "questions.jsonl")
    idk = collect(bench, contexts, idk_rows, marking)
    report("IDK-MRC", boosted_probabilities(idk, idk.columns()), idk, 0.5)
    about = (
        f"law: {len(citizens.answerable)} citizens' questions, {len(law.answerable)} of law_qa; everyday: the same,"
        f" {careless} careless and {heard} everyday questions; text: {len(idk.answerable):,} of IDK-MRC;"
        " never what confirms"
    )
    if arguments.write:
        models = {
            "law": fitted_law,
            "everyday": fitted_everyday,
            "text": grown(idk, idk.columns(), 0.5),
        }
        path = WEIGHTS / "answerable.json"
        others = json.loads(path.read_text(encoding="utf-8"))
        write_json(path, {**others, "about": about, **models})


def as_json(model: SentenceModel) -> dict[str, Any]:
    weights = dict(zip(SENTENCE_FEATURES, (round(float(w), 4) for w in model.weights), strict=True))
    return {"about": model.about, "weights": weights}


def fit_everyday(
    bench: Bench, sources: Sequence[Source], law_rows: Sequence[KnownQuestion], marking: Marking
) -> tuple[dict[str, Any], int, int]:
    """Fit the model of releases with everyday questions; return it, and of how many careless and everyday ones."""
    suites = (read_suite(), read_suite("common"), law_rows)
    citizens, common, law = (collect(bench, sources, rows, marking, with_everyday=True) for rows in suites)
    everyday = collect_everyday(bench, sources, marking)
    parts = {"citizens": citizens, "common": common, "everyday": everyday, "law_qa": law}
    cases = reduce(joined, parts.values())
    part = np.repeat(list(parts), [len(each.answerable) for each in parts.values()])
    is_common, weighed = part == "common", [part == name for name in parts]
    common_weighs = np.where(cases.answerable, *COMMON_WEIGHS)
    weight = np.select(weighed, [1.0, common_weighs, EVERYDAY_WEIGHS, LAW_QA_WEIGHS["everyday"]]) * ~cases.ruled
    names = (*LAW_FEATURES, *HEARD_FEATURES)
    p = probabilities(cases, names, weight, L2_ANSWER["everyday"])
    is_citizen = part == "citizens"
    threshold = float(np.quantile(p[(is_citizen | is_common) & ~cases.answerable], DECLINE_HEARD))
    report("citizens, everyday", p, cases, threshold, is_citizen)
    for group in sorted(set(citizens.groups)):
        report(f"  {group}", p, cases, threshold, is_citizen & (np.array(cases.groups) == group))
    report("common, everyday", p, cases, threshold, is_common)
    report("everyday, held out", p, cases, threshold, part == "everyday")
    report("law_qa, everyday", p, cases, threshold, part == "law_qa")
    return (
        fitted(cases, names, weight, L2_ANSWER["everyday"], threshold),
        len(common.answerable),
        len(everyday.answerable),
    )


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write weights, one a line."""
    path.write_text(_lines(data) + "\n", encoding="utf-8")
    print(f"wrote {path.relative_to(ROOT)}")


def _lines(value: Any, depth: int = 1) -> str:
    """Return JSON with one entry of an object a line, and one list of a list of lists."""
    space = "\n" + depth * " "
    if isinstance(value, Mapping) and value:
        entries = (f"{json.dumps(key, ensure_ascii=False)}: {_lines(value[key], depth + 1)}" for key in sorted(value))
        return "{" + space + f",{space}".join(entries) + space[:-1] + "}"
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "[" + space + f",{space}".join(map(json.dumps, value)) + space[:-1] + "]"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
