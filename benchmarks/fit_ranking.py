# SPDX-License-Identifier: Apache-2.0
"""Fit the weights by which passages are ranked: development questions in, `ranking.json` and its honest figures out.

    python benchmarks/fit_ranking.py --data ../shared/data [--write] [--confirm]

law: citizens' questions (id, en, jv, su; never confirm.jsonl). everyday: the same over a release with the pack's
everyday questions, careless questions of common matters, and a sample of the everyday ones, each asked while it is not
heard itself. defined: a sample of law_qa, and a
little of the citizens'. text: a sample of IDK-MRC over its contexts. All but the last are asked over the pack's own
release. A softmax over the candidates of a question, with the log-likelihood of any passage that answers, is fitted:
linear by Newton's method with the expected curvature, where L2 keeps weights small, and with a hidden layer beside it
where thousands of questions carry one (see `nets`). Figures are those of five-fold cross-validation; with --confirm
those of confirm.jsonl come after, from weights that never saw it. Report every such run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from citizens import open_bench, read_suite
from everyday_asked import ask_held_out, sample_everyday
from nets import Net, fit_net
from numpy.typing import NDArray

from daulat.evaluation import Bench, KnownQuestion, open_corpus, read_questions, sample_questions
from daulat.evaluation.corpus import with_languages
from daulat.knowledge.everyday import EVERYDAY_FEATURES
from daulat.knowledge.search import FEATURES, Candidates, Ranking, Searcher
from daulat.knowledge.sources import Source, folder_sources, load_sources

ROOT = Path(__file__).parents[1]
RANKING = ROOT / "src" / "daulat" / "knowledge" / "search" / "ranking.json"
LAW_ONLY = {"named", "other", "article", "preamble", "elucidation", "past", "rank", "topic", "recent", "title"}
CITIZENS_WEIGH = 0.15  # in `defined`: of all citizens' questions together, beside 1 for all of law_qa
COMMON_WEIGH = 1.0  # of all careless ones together, beside 1 for the citizens'
EVERYDAY_WEIGH, EVERYDAY_ASKED = 3.0, 3_000  # of all of them together, beside 1 for the citizens'; how many
FOLDS = 5
L2 = {"law": 3e-3, "defined": 1e-3}
HIDDEN, DECAY = 16, {"everyday": 0.3, "text": 0.05}
Float = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """Candidates of many questions, one after another. x: float64[rows, features]; gold: bool[rows]; counts: int[n]."""

    x: Float
    gold: NDArray[np.bool_]
    counts: NDArray[np.int64]
    groups: tuple[str, ...]

    @property
    def starts(self) -> NDArray[np.int64]:
        return np.cumsum(self.counts) - self.counts

    def only(self, keep: NDArray[np.bool_]) -> Asked:
        rows = np.repeat(keep, self.counts)
        groups = tuple(group for group, kept in zip(self.groups, keep, strict=True) if kept)
        return Asked(self.x[rows], self.gold[rows], self.counts[keep], groups)

    def ranks(self, weights: Net) -> NDArray[np.int64]:
        """Return the rank of the first passage that answers, 1 for the best; a large number where it was not found."""
        scores = weights.scores(self.x)
        best = np.maximum.reduceat(np.where(self.gold, scores, -np.inf), self.starts)
        better = np.add.reduceat(scores > np.repeat(best, self.counts), self.starts, dtype=np.int64)
        return np.where(np.isfinite(best), 1 + better, 10_000)


def collect(
    bench: Bench, sources: Sequence[Source], questions: Sequence[KnownQuestion], *, with_everyday: bool = False
) -> Asked:
    """Search without ranking and keep the features of every candidate."""
    ranking = Ranking.blank()
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, sources, questions, ranking, Path(work), with_everyday=with_everyday)
        searcher = Searcher(corpus.release, corpus.encoder, corpus.reader, ranking)
        usable = [q for q in questions if any(corpus.release.row_of(gold) is not None for gold in q.gold)]
        found = [
            (q, lang, searcher.candidates(searcher.ask(q.text, lang))) for q, lang in with_languages(bench, usable)
        ]
    return joined(found)


def collect_everyday(bench: Bench, sources: Sequence[Source]) -> Asked:
    """Ask everyday questions that are not heard themselves; those that no candidate answers are left out."""
    ranking = Ranking.blank()
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, sources, [], ranking, Path(work), with_everyday=True)
        searcher = Searcher(corpus.release, corpus.encoder, corpus.reader, ranking)
        sample = sample_everyday(bench, corpus.release, EVERYDAY_ASKED, 0)
        asked = ask_held_out(corpus, searcher, sample)
        return joined([(q, q.language, candidates) for q, _, candidates in asked if not candidates.is_definition])


def joined(found: Sequence[tuple[KnownQuestion, str, Candidates]]) -> Asked:
    """Put the candidates of many questions one after another."""
    return Asked(
        x=np.concatenate([candidates.features for *_, candidates in found]).astype(np.float64),
        # A passage with a newer text leads to that text, so it counts where the newer one does.
        gold=np.array(
            [
                item.passage.passage_id in q.gold or bool(item.changed and item.changed.newer_passage_id in q.gold)
                for q, _, found_for in found
                for item in found_for.stored
            ]
        ),
        counts=np.array([len(candidates.rows) for *_, candidates in found]),
        groups=tuple(language for _, language, _ in found),
    )


Sets = Sequence[tuple[Asked, float]]
"""Questions, and how much each set of them counts."""


def fit(name: str, sets: Sets, columns: NDArray[np.intp]) -> Net:
    """Fit the weights of a model over `columns`; the others are zero."""
    if name in L2:
        return fit_linear(sets, columns, L2[name])
    x = np.zeros((sum(len(asked.x) for asked, _ in sets), len(FEATURES)))
    x[:, columns] = np.concatenate([asked.x for asked, _ in sets])[:, columns]
    weight = np.concatenate([np.full(len(asked.counts), w / len(asked.counts)) for asked, w in sets])
    gold, counts = (np.concatenate([getattr(asked, part) for asked, _ in sets]) for part in ("gold", "counts"))
    return fit_net(x, gold, counts, weight, hidden=HIDDEN, decay=DECAY[name])


def fit_linear(sets: Sets, columns: NDArray[np.intp], l2: float) -> Net:
    """Fit linear weights."""
    scale = np.concatenate([asked.x for asked, _ in sets]).std(axis=0)[columns] + 1e-6
    usable = [
        (_scaled(asked.only(np.add.reduceat(asked.gold, asked.starts) > 0), columns, scale), w) for asked, w in sets
    ]
    w = np.zeros(len(columns))
    for _ in range(100):
        value, gradient, curvature = _loss(usable, w, l2)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while (lower := _loss(usable, w - size * step, l2)[0]) > value and size > 1e-4:
            size /= 2
        if value - lower < 1e-6:
            break
        w = w - size * step
    weights = np.zeros(len(FEATURES))
    weights[columns] = w / scale
    return Net(weights, np.zeros((len(FEATURES), 0)), np.zeros(0), np.zeros(0))


def _scaled(asked: Asked, columns: NDArray[np.intp], scale: Float) -> Asked:
    return replace(asked, x=asked.x[:, columns] / scale)


def _loss(sets: Sequence[tuple[Asked, float]], w: Float, l2: float) -> tuple[float, Float, Float]:
    """Return the loss, its gradient, and its expected curvature, which is never negative."""
    value, gradient, curvature = l2 * w @ w, 2 * l2 * w, 2 * l2 * np.eye(len(w))
    for asked, weight in sets:
        scores = asked.x @ w
        scores -= np.repeat(np.maximum.reduceat(scores, asked.starts), asked.counts)
        p = np.exp(scores)
        p /= np.repeat(np.add.reduceat(p, asked.starts), asked.counts)
        mass = np.add.reduceat(p * asked.gold, asked.starts) + 1e-300
        each = weight / len(asked.counts)
        value -= each * np.log(mass).sum()
        gradient = gradient + each * asked.x.T @ (p - p * asked.gold / np.repeat(mass, asked.counts))
        mean = np.add.reduceat(p[:, None] * asked.x, asked.starts, axis=0)
        curvature = curvature + each * ((asked.x.T * p) @ asked.x - mean.T @ mean)
    return float(value), gradient, curvature


def cross_validated(name: str, sets: Sets, columns: NDArray[np.intp]) -> list[NDArray[np.int64]]:
    """Return the rank of each question by weights fitted on the other folds."""
    folds = [np.random.default_rng(0).permutation(len(asked.counts)) % FOLDS for asked, _ in sets]
    ranks = [np.zeros(len(asked.counts), np.int64) for asked, _ in sets]
    for fold in range(FOLDS):
        rest = [(asked.only(of != fold), w) for (asked, w), of in zip(sets, folds, strict=True)]
        weights = fit(name, rest, columns)
        for (asked, _), of, into in zip(sets, folds, ranks, strict=True):
            into[of == fold] = asked.only(of == fold).ranks(weights)
    return ranks


def shares(ranks: NDArray[np.int64]) -> str:
    """Return n and the shares of ranks up to 1, 3 and 5."""
    return f"n {len(ranks):4d}" + "".join(f"  R@{k} {(ranks <= k).mean():.3f}" for k in (1, 3, 5))


def report(name: str, ranks: NDArray[np.int64], groups: Sequence[str] = ()) -> None:
    print(f"{name:32s} {shares(ranks)}")
    for group in sorted(set(groups)):
        print(f"  {group:30s} {shares(ranks[[each == group for each in groups]])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds idk_mrc and peraturan_id")
    parser.add_argument("--confirm", action="store_true", help="report on confirm.jsonl too; count every such run")
    parser.add_argument("--write", action="store_true", help=f"write {RANKING.relative_to(ROOT)}")
    arguments = parser.parse_args()
    bench = open_bench()
    assert bench.pack is not None
    sources = load_sources(bench.pack.path("sources.yaml"))
    suite = _answerable(read_suite())
    citizens, hearing = (collect(bench, sources, suite, with_everyday=heard) for heard in (False, True))
    common = collect(bench, sources, _answerable(read_suite("common")), with_everyday=True)
    everyday = collect_everyday(bench, sources)
    law_qa = _answerable(read_questions(arguments.data / "peraturan_id" / "law_qa.jsonl"))
    law = collect(bench, sources, sample_questions(law_qa, 1_100))
    contexts = folder_sources(arguments.data / "idk_mrc", language="id", jurisdiction="ID")
    idk = collect(
        bench,
        contexts,
        _answerable(read_questions(arguments.data / "idk_mrc" / "questions.jsonl")),
    )

    every = np.arange(len(FEATURES))
    own = np.array([i for i, name in enumerate(FEATURES) if name not in EVERYDAY_FEATURES])
    of_text = np.array([i for i in own if FEATURES[i] not in LAW_ONLY])
    models = {
        "law": ([(citizens, 1.0)], own),
        "everyday": ([(hearing, 1.0), (common, COMMON_WEIGH), (everyday, EVERYDAY_WEIGH)], every),
        "defined": ([(law, 1.0), (citizens, CITIZENS_WEIGH)], own),
        "text": ([(idk, 1.0)], of_text),
    }
    print(f"five-fold cross-validation, {len(FEATURES)} features")
    crossed = {name: cross_validated(name, *model) for name, model in models.items()}
    reached = {name: ranks[0] for name, ranks in crossed.items()}
    report("law: citizens, development", reached["law"], citizens.groups)
    report("everyday: citizens, development", reached["everyday"], hearing.groups)
    report("everyday: common matters", crossed["everyday"][1])
    report("everyday: everyday, kept apart", crossed["everyday"][2])
    report("defined: law_qa, development", reached["defined"])
    report("text: IDK-MRC, development", reached["text"])
    weights = {name: fit(name, *model) for name, model in models.items()}

    if arguments.confirm:
        confirm = collect(bench, sources, _answerable(read_suite("confirm")), with_everyday=True)
        report("everyday: citizens, confirmation", confirm.ranks(weights["everyday"]), confirm.groups)
    recalls = ", ".join(f"{name} {(ranks <= 5).mean():.3f}" for name, ranks in reached.items())
    about = (
        f"law: {len(citizens.counts)} citizens' questions; everyday: the same, {len(common.counts)} careless"
        f" and {len(everyday.counts)} everyday questions; defined: {len(law.counts)} of law_qa, a little of the"
        f" citizens'; text: {len(idk.counts)} of IDK-MRC. Cross-validated R@5: {recalls}."
    )
    if arguments.write:
        data = {"about": about} | {name: _named(row) for name, row in weights.items()}
        RANKING.write_text(_one_line_lists(json.dumps(data, indent=1)) + "\n", encoding="utf-8")
        print(f"wrote {RANKING.relative_to(ROOT)}")


def _answerable(questions: Sequence[KnownQuestion]) -> list[KnownQuestion]:
    return [question for question in questions if question.answerable]


def _named(net: Net) -> Mapping[str, Any]:
    named: dict[str, Any] = {"linear": dict(zip(FEATURES, _rounded(net.linear), strict=True))}
    if len(net.up):
        down = dict(zip(FEATURES, map(_rounded, net.down), strict=True))
        named |= {"down": down, "bias": _rounded(net.bias), "up": _rounded(net.up)}
    return named


def _one_line_lists(text: str) -> str:
    return re.sub(r"\[[^\[\]]*\]", lambda found: " ".join(found[0].split()), text)


def _rounded(values: Float) -> list[float]:
    return [round(float(value), 4) for value in values]


if __name__ == "__main__":
    main()
