# SPDX-License-Identifier: Apache-2.0
"""Fit whether there is an answer where a country has no pack: questions in many languages in, `plain` weights out.

    python benchmarks/fit_plain.py --data ../shared/data [--write]

Without a pack no words are stemmed, no question words known, no kinds of answers. So only features count that mean the
same in every language, and none that says how near anything is by itself: another encoder has cosines of another size.
The questions are Javanese and Sundanese (Belebele), Indonesian (a sample of IDK-MRC), and those for development about
pages of offices (`packs/id/tests/pages/first`, `benchmarks/pages`), each read as a country without a pack reads it.
Each answerable question is asked twice: as it is, and without its passage, as what citizens ask and no text answers;
what compares the best hit with the passage that was taken away would give the second kind away, and is not weighed.
Questions beside an answer weigh half. A country begins with few texts: the Javanese and Sundanese ones are asked in
releases of twelve passages too, with as many questions about others. Figures are of five folds, drawn by passage: a
question is in one fold, in whatever release it is asked.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from citizens import open_bench
from fit_answers import WEIGHTS, auroc, fit_logistic, write_json
from new_pages import PAGES as INDONESIAN
from new_pages import Row, known, read_rows
from plain_pages import PAGES, passages_that_answer, read_country
from sentence_models import FOLDS, fold_of

from daulat.assistant.answerable import evidence_features
from daulat.assistant.evidence import gather_evidence
from daulat.assistant.marking import Marker
from daulat.assistant.sentence import load_sentence_models
from daulat.evaluation import Bench, open_corpus, read_questions, sample_questions
from daulat.evaluation.corpus import Corpus
from daulat.knowledge.search import Asked, Searcher, load_ranking
from daulat.knowledge.sources import folder_sources, load_sources
from daulat.knowledge.types import Hit

FEATURES = (
    *("score_lead", "sentence_words"),
    *("sentence_unlike", "sentence_unlike_count", "sentence_unlike_names", "sentence_unheld"),
)
BELEBELE = {"jv": "jav_Latn", "su": "sun_Latn"}
ASKED = 700  # of IDK-MRC, of each kind
WEIGHS = {"answerable": 1.0, "absent": 1.0, "altered": 0.5}  # of all questions of a kind and language together
THRESHOLD = 0.47  # declines 0.87 of what no text answers, as the mean of all releases
FEW = 12  # passages of a small release


@dataclass(frozen=True)
class Case:
    """A question as it was asked once: what the evidence shows, and the fold of its passage."""

    features: Mapping[str, float]
    fold: int


Cases = Mapping[str, Sequence[Case]]


@dataclass(frozen=True)
class Put:
    """A question that is put: its language, the passages that answer it, its kind and its fold."""

    text: str
    language: str
    gold: frozenset[str]
    kind: str
    fold: int


def cases_of(corpus: Corpus, questions: Iterable[Put], language: str, *, without: bool = True) -> Cases:
    """Put questions as in a country without a pack; return the cases of each kind, without their passages too."""
    searcher = Searcher(corpus.release, corpus.encoder, corpus.reader, load_ranking())
    marker = Marker(searcher, {}, language, load_sentence_models(), by_letters=True)
    cases: dict[str, list[Case]] = defaultdict(list)

    def case(asked: Asked, hits: Sequence[Hit], fold: int) -> Case:
        best = gather_evidence(hits, corpus.release)[0]
        return Case(evidence_features(hits, marker.mark(asked, best, None), asked), fold)

    for question in questions:
        asked = searcher.ask(question.text, question.language)
        hits = searcher.rank(searcher.candidates(asked), 14)
        if hits:
            cases[question.kind].append(case(asked, hits[:12], question.fold))
        others = [hit for hit in hits if hit.passage.passage_id not in question.gold]
        if question.gold and without and others:
            cases["absent"].append(case(asked, others[:12], question.fold))
    return dict(cases)


def collect(bench: Bench, folder: Path, language: str, unanswerable: str = "altered") -> Cases:
    """Ask a folder's questions; return the cases of each kind of question."""
    known = read_questions(folder / "questions.jsonl")
    answerable = sample_questions([each for each in known if each.answerable], ASKED)
    others = sample_questions([each for each in known if not each.answerable], ASKED)
    questions = [
        Put(
            each.text,
            language,
            each.gold if each.answerable else frozenset(),
            "answerable" if each.answerable else unanswerable,
            fold_of(each.main or min(each.gold, default=each.question_id)),
        )
        for each in answerable + others
    ]
    with TemporaryDirectory() as work:
        sources = folder_sources(folder, language=language)
        corpus = open_corpus(bench, sources, answerable + others, load_ranking(), Path(work))
        return cases_of(corpus, questions, language, without=unanswerable == "altered")


def collect_pages(bench: Bench, folder: Path, rows: Sequence[Row], language: str) -> Cases:
    """Ask about the pages of one folder."""
    with TemporaryDirectory() as work:
        sources = load_sources(folder / "sources.yaml")
        corpus = open_corpus(bench, sources, [known(row) for row in rows], load_ranking(), Path(work))
        questions = []
        for row in rows:
            gold = passages_that_answer(row, corpus.release) if row.get("kind", "page") == "page" else frozenset()
            kind = "answerable" if gold else "altered"
            if gold or not row["answerable"] or row.get("kind") == "law":
                questions.append(Put(row["question"], row["lang"], gold, kind, fold_of(row.get("page") or row["id"])))
        return cases_of(corpus, questions, language)


def collect_offices(bench: Bench) -> Cases:
    """Ask about the pages of offices of all the countries, for development."""
    cases: dict[str, list[Case]] = defaultdict(list)
    for folder in sorted(PAGES.glob("*/")):
        rows = read_country(folder, kept=False)
        for kind, found in collect_pages(bench, folder, rows, rows[0]["lang"]).items():
            cases[kind] += found
    return dict(cases)


def collect_small(bench: Bench, data: Path, language: str) -> Cases:
    """Ask in releases of few passages, each time as many questions about other passages."""
    rows = belebele(data, language)
    texts = list(dict.fromkeys(row["passage"] for row in rows))
    cases: dict[str, list[Case]] = {"answerable": [], "absent": []}
    for first in range(0, len(texts) - FEW + 1, FEW):
        here = set(texts[first : first + FEW])
        own, others = ([row for row in rows if (row["passage"] in here) == held] for held in (True, False))
        asked = own + others[first :: max(len(others) // len(own), 1)][: len(own)]
        with TemporaryDirectory() as place:
            folder = write_folder(Path(place), language, asked, here)
            for kind, found in collect(bench, folder, language, "absent").items():
                cases[kind] += found
    return cases


def belebele(data: Path, language: str) -> list[dict[str, str]]:
    """Return the questions of a language, each with its passage."""
    lines = (data / "belebele" / "belebele.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["lang"] == BELEBELE[language]]


def write_folder(folder: Path, language: str, rows: Sequence[Mapping[str, str]], held: Container[str]) -> Path:
    """Write questions, and those of their passages that are held, in the form of a folder that is measured."""
    ids = {row["passage"]: f"{language}-{hashlib.sha256(row['passage'].encode()).hexdigest()[:12]}" for row in rows}
    with gzip.open(folder / "contexts.jsonl.gz", "wt", encoding="utf-8") as contexts:
        contexts.writelines(
            json.dumps({"context_id": id_, "text": text}) + "\n" for text, id_ in ids.items() if text in held
        )
    questions = (
        {
            "id": f"{language}{n}",
            "context_id": ids[row["passage"]],
            "question": row["question"],
            "answerable": row["passage"] in held,
        }
        for n, row in enumerate(rows)
    )
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)), encoding="utf-8")
    return folder


def matrix(found: Sequence[Case]) -> np.ndarray:
    return np.array([[case.features.get(name, 0.0) for name in FEATURES] for case in found])


def folds(found: Sequence[Case]) -> np.ndarray:
    return np.array([case.fold for case in found])


def fitted(cases: Mapping[str, Cases], fold: int | None = None) -> tuple[float, np.ndarray]:
    """Fit on all folds but one, or on all."""
    xs, ys, weights = [], [], []
    for of_language in cases.values():
        for kind, found in of_language.items():
            keep = folds(found) != (FOLDS if fold is None else fold)
            xs.append(matrix(found)[keep])
            ys.append(np.full(keep.sum(), kind == "answerable"))
            weights.append(np.full(keep.sum(), WEIGHS[kind] / keep.sum()))
    return fit_logistic(np.concatenate(xs), np.concatenate(ys), np.concatenate(weights), 1e-2)


def probabilities(cases: Mapping[str, Cases], language: str, kind: str) -> np.ndarray:
    """Return the probability of each question by the fold that never saw it."""
    x, p = matrix(cases[language][kind]), np.zeros(len(cases[language][kind]))
    for fold in range(FOLDS):
        here = folds(cases[language][kind]) == fold
        bias, weights = fitted(cases, fold)
        p[here] = 1 / (1 + np.exp(-(x[here] @ weights + bias)))
    return p


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds belebele and idk_mrc")
    parser.add_argument("--write", action="store_true", help="write into answerable.json")
    arguments = parser.parse_args()
    bench = replace(open_bench(), pack=None)
    cases = {"id": collect(bench, arguments.data / "idk_mrc", "id")}
    for tag in BELEBELE:
        rows = belebele(arguments.data, tag)
        with TemporaryDirectory() as place:
            folder = write_folder(Path(place), tag, rows, {row["passage"] for row in rows})
            cases[tag] = collect(bench, folder, tag)
        cases[f"{tag}, few"] = collect_small(bench, arguments.data, tag)
    cases["pages, id"] = collect_pages(bench, INDONESIAN / "first", read_rows("first"), "id")
    cases["pages, others"] = collect_offices(bench)
    declined: dict[str, list[float]] = defaultdict(list)
    for tag in cases:
        p = {kind: probabilities(cases, tag, kind) for kind in cases[tag]}
        both = np.concatenate([p["answerable"], p["absent"]])
        area = auroc(both, np.arange(len(both)) < len(p["answerable"]))
        for kind, each in p.items():
            declined[kind].append((each < THRESHOLD).mean())
        told = {kind: f"{(each < THRESHOLD).mean():.3f} of {len(each)}" for kind, each in p.items()}
        print(tag, f"AUROC without its passage {area:.3f}, declined:", told)
    print("mean", {kind: round(float(np.mean(each)), 3) for kind, each in declined.items()})
    bias, weights = fitted(cases)
    if arguments.write:
        path = WEIGHTS / "answerable.json"
        held = json.loads(path.read_text(encoding="utf-8"))
        kept = {name: round(float(each), 4) for name, each in zip(FEATURES, weights, strict=True)}
        write_json(path, held | {"plain": {"bias": round(bias, 4), "threshold": THRESHOLD, "weights": kept}})


if __name__ == "__main__":
    main()
