# SPDX-License-Identifier: Apache-2.0
"""Fit how surely a document answers of which nobody has asked yet: a pack in, one model of `answerable.json` out.

    python benchmarks/fit_unheard.py [--write]

A release mostly knows how people ask; of a document that a curator has just added it does not, and everything that was
asked of other documents speaks against it. So a fifth of the documents at a time is made new: none of the everyday
questions about them is heard. Asked are everyday questions about those documents, others that are not heard themselves,
and the citizens' development questions, never those that confirm. The model says whether the best newcomer answers;
`Judge` weighs it against the best of the other documents. Folds are drawn by document, so that none is on both sides.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from citizens import open_bench, read_suite
from everyday_asked import ask_held_out, everyday_questions, sample_everyday
from fit_answers import HEARD_FEATURES, LAW_FEATURES, ROOT, WEIGHTS, auroc, fit_logistic, write_json
from numpy.typing import NDArray

from daulat.assistant.answerable import Answerable, evidence_features, load_answerable
from daulat.assistant.evidence import gather_evidence
from daulat.assistant.judging import CITED, LOOKED_AT, weighed
from daulat.assistant.marking import Marker
from daulat.assistant.sentence import load_sentence_models
from daulat.evaluation import Bench, KnownQuestion, open_corpus
from daulat.evaluation.corpus import Corpus, with_languages
from daulat.knowledge.ingest import load_rules
from daulat.knowledge.search import Asked, Candidates, Filters, Searcher, load_ranking
from daulat.knowledge.sources import load_sources
from daulat.knowledge.types import Hit

FOLDS = 5
ASKED, HELD = 900, (600, 900)  # questions about the new documents; others, that a text answers and that none does
L2, THRESHOLD = 3e-3, 0.35
WEIGHS = {"new": 0.5, "citizens": 1.0, "others": 0.5}
# What kind of text it is does not speak for or against a new one.
NAMES = tuple(name for name in (*LAW_FEATURES, *HEARD_FEATURES) if name not in ("hit_rank", "hit_past"))
Found = Iterator[tuple[KnownQuestion, Asked, Candidates]]


def document_of(passage_id: str) -> str:
    """Return the document of a passage of the pack."""
    return passage_id.split(":")[0]


def fold_of(document: str, use: str) -> int:
    """Draw a fold; documents are made new, and kept apart, independently of each other."""
    return hashlib.sha256(f"{use} {document}".encode()).digest()[0] % FOLDS


class Forgetful(Searcher):
    """Searches a release as if nobody had asked about a fifth of its documents."""

    def __init__(self, corpus: Corpus, fold: int) -> None:
        super().__init__(corpus.release, corpus.encoder, corpus.reader, load_ranking())
        everyday = corpus.release.everyday
        assert everyday is not None
        self.is_new = np.array([fold_of(each.doc_id, "new") == fold for each in corpus.release.documents])
        rows = corpus.release.rows["document"]
        about = [everyday.targets(row) for row in range(len(everyday.rows))]
        known = np.array([not self.is_new[rows[targets]].any() for targets in about])
        self.remembered = known[everyday.row_of]
        self.unheard = self.unheard | self.is_new

    def candidates(
        self, asked: Asked, filters: Filters | None = None, *, heard_from: NDArray[np.bool_] | None = None
    ) -> Candidates:
        """Collect candidates; what was forgotten is not heard."""
        heard = self.remembered if heard_from is None else self.remembered & heard_from
        return super().candidates(asked, filters, heard_from=heard)


@dataclass(frozen=True, slots=True)
class Case:
    """A question that a newcomer may answer.

    `kind` is one of `WEIGHS`, `group` whether it is about a new document, another one or nothing that is here;
    `known` is the probability of the best other document. `is_right` says whether the newcomer answers, `is_cited` and
    `is_cited_alone` whether a passage that does is among the first with the newcomer leading, and without it.
    """

    kind: str
    group: str
    fold: int
    features: Mapping[str, float]
    is_right: bool
    known: float
    is_cited: bool
    is_cited_alone: bool


def collect(
    kind: str, searcher: Forgetful, marker: Marker, answerable: Answerable, found: Found, fold: int
) -> Iterator[Case]:
    """Search and describe, with the best newcomer first."""
    for question, asked, candidates in found:
        newcomers = searcher.newcomers(candidates, LOOKED_AT)
        new = {fold_of(document_of(gold), "new") == fold for gold in question.gold}
        if not newcomers or len(new) > 1:  # partly about a new document: either answer is right
            continue
        hits = searcher.rank(candidates, LOOKED_AT)
        alone = described(searcher, marker, asked, candidates, hits)
        led = [(described(searcher, marker, asked, candidates, each), each) for each in newcomers]
        features, new_first = max(led, key=lambda each: answerable.unheard.probability(each[0]))
        yield Case(
            kind,
            "none" if not question.answerable else "new" if True in new else "old",
            fold_of(document_of(min(question.gold)) if question.gold else question.question_id, "apart"),
            features,
            new_first[0].passage.passage_id in question.gold,
            answerable.everyday.probability(alone),
            is_cited(question, new_first),
            is_cited(question, hits),
        )


def described(
    searcher: Forgetful, marker: Marker, asked: Asked, candidates: Candidates, hits: Sequence[Hit]
) -> Mapping[str, float]:
    """Return what the models weigh of hits in this order."""
    best = gather_evidence(hits[:1], searcher.release)[0]
    return evidence_features(hits, marker.mark(asked, best, candidates.heard), asked, candidates.heard)


def is_cited(question: KnownQuestion, hits: Sequence[Hit]) -> bool:
    """Say whether a passage that answers is among the first, which are cited."""
    return any(hit.passage.passage_id in question.gold for hit in hits[:CITED])


def all_cases(bench: Bench, answerable: Answerable) -> Iterator[Case]:
    """Make each fifth of the documents new in turn, and ask."""
    assert bench.pack is not None
    suite, everyday, draw = read_suite(), everyday_questions(bench), random.Random(5)  # a sample, not a secret
    about: list[list[KnownQuestion]] = []
    for fold in range(FOLDS):
        of_new = [
            question
            for question in everyday
            if question.gold and all(fold_of(document_of(gold), "new") == fold for gold in question.gold)
        ]
        about.append(draw.sample(of_new, min(ASKED, len(of_new))))
    asked = [*suite, *(question for each in about for question in each)]
    sources = load_sources(bench.pack.path("sources.yaml"))
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, sources, asked, load_ranking(), Path(work), with_everyday=True)
        others = sample_everyday(bench, corpus.release, *HELD)
        for fold in range(FOLDS):
            searcher = Forgetful(corpus, fold)
            rules = load_rules(bench.pack.root).sentences
            marker = Marker(searcher, rules, bench.languages[0], load_sentence_models(bench.pack))

            def searched(questions: Sequence[KnownQuestion], searcher: Forgetful = searcher) -> Found:
                for question, tag in with_languages(bench, questions):
                    asked = searcher.ask(question.text, tag)
                    yield question, asked, searcher.candidates(asked)

            yield from collect("new", searcher, marker, answerable, searched(about[fold]), fold)
            yield from collect("citizens", searcher, marker, answerable, searched(suite), fold)
            yield from collect("others", searcher, marker, answerable, ask_held_out(corpus, searcher, others), fold)


def report(cases: Sequence[Case], p: NDArray[np.float64], answerable: Answerable) -> None:
    """Print how often the answer was right, wrong or declined: as people asked alone, and with newcomers weighed."""
    enough = answerable.everyday.threshold
    judged = [weighed(case.known, float(new), THRESHOLD) for case, new in zip(cases, p, strict=True)]
    leads = np.array([newcomer_leads for newcomer_leads, _ in judged])
    answered = leads | np.array([surely >= enough for _, surely in judged])
    known, is_cited, is_cited_alone, is_right = (
        np.array([getattr(case, name) for case in cases])
        for name in ("known", "is_cited", "is_cited_alone", "is_right")
    )
    right = np.where(leads, is_cited, is_cited_alone) & answered
    print(f"n {len(cases):,}  AUROC {auroc(p, is_right):.3f}")
    for kind, group in sorted({(case.kind, case.group) for case in cases}):
        here = np.array([(case.kind, case.group) == (kind, group) for case in cases])
        alone, held = known[here] >= enough, is_cited_alone[here]
        print(
            f"{kind:9s} about {group:5s} n {here.sum():5d}  as people asked alone: right {(alone & held).mean():.3f}"
            f" wrong {(alone & ~held).mean():.3f}  with newcomers: right {right[here].mean():.3f}"
            f" wrong {(answered & ~right)[here].mean():.3f}  newcomer leads {leads[here].mean():.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write into {WEIGHTS.relative_to(ROOT)}")
    arguments = parser.parse_args()
    bench = open_bench()
    answerable = load_answerable(bench.pack)
    cases = list(all_cases(bench, answerable))
    x = np.array([[case.features.get(name, 0.0) for name in NAMES] for case in cases])
    y = np.array([case.is_right for case in cases])
    weight, folds = np.array([WEIGHS[case.kind] for case in cases]), np.array([case.fold for case in cases])
    p = np.zeros(len(cases))
    for fold in range(FOLDS):
        rest, here = folds != fold, folds == fold
        bias, weights = fit_logistic(x[rest], y[rest], weight[rest], L2)
        p[here] = 1 / (1 + np.exp(-np.clip(x[here] @ weights + bias, -30, 30)))
    report(cases, p, answerable)
    if arguments.write:
        bias, weights = fit_logistic(x, y, weight, L2)
        kept = {name: round(float(each), 4) for name, each in zip(NAMES, weights, strict=True) if abs(each) >= 5e-5}
        path = WEIGHTS / "answerable.json"
        data = json.loads(path.read_text(encoding="utf-8"))
        data["unheard"] = {"threshold": THRESHOLD, "bias": round(bias, 4), "weights": kept}
        write_json(path, data)


if __name__ == "__main__":
    main()
