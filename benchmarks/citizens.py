# SPDX-License-Identifier: Apache-2.0
"""Ask the assistant the citizens' questions of a pack and print, by language, what it cited and what it declined.

    python benchmarks/citizens.py                 # the development questions: all but those below
    python benchmarks/citizens.py confirm         # questions kept apart; report every run, tune on none
    python benchmarks/citizens.py third           # the same, begun from what people ask most
    python benchmarks/citizens.py seventh         # by two strangers; nothing was fitted on it, its failures not read
    python benchmarks/citizens.py eighth          # by another stranger, kept apart in the same way
    python benchmarks/citizens.py tenth           # by two more, kept apart in the same way
    python benchmarks/citizens.py eleventh        # by yet another, kept apart in the same way
    python benchmarks/citizens.py twelfth         # by one more, kept apart in the same way
    python benchmarks/citizens.py common          # short and careless wordings of common matters, for development

Answers are quotations over the pack's own release, as after `make up`. One JSON object is printed. Which questions
failed is printed for the development set only: reading the failures of the others would make them one too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from daulat import evaluation
from daulat.assistant import Answer, Question, open_assistant
from daulat.evaluation import Bench, KnownQuestion, judge, measure_answers, open_corpus, read_questions
from daulat.evaluation.corpus import Corpus
from daulat.knowledge.search import load_ranking
from daulat.knowledge.sources import load_sources
from daulat.nation import find_pack

QUESTIONS = Path(__file__).parents[1] / "packs" / "id" / "tests" / "questions"
SUITES = {
    "development": ("id", "jv", "su", "en", "second", "fourth", "fifth", "sixth", "ninth"),
    "confirm": ("confirm",),
    "third": ("third",),
    "seventh": ("seventh",),
    "eighth": ("eighth",),
    "tenth": ("tenth",),
    "eleventh": ("eleventh",),
    "twelfth": ("twelfth",),
    "common": ("common",),
}


def open_bench() -> Bench:
    """Open what the questions of the pack are measured with."""
    pack = find_pack("ID")
    if pack is None:
        raise SystemExit("the pack daulat-id is not installed")
    return evaluation.open_bench(
        pack, evaluation.cache_folder(os.environ), now=lambda: datetime.now(UTC), progress=tell
    )


def tell(stage: str, done: int, total: int) -> None:
    """Say which stage is done."""
    if done == total:
        print(stage, f"{done:,}", file=sys.stderr)


def read_suite(suite: str = "development") -> list[KnownQuestion]:
    """Read the questions of a suite; its files by name, so that the others never slip in."""
    return [question for name in SUITES[suite] for question in read_questions(QUESTIONS / f"{name}.jsonl")]


async def ask_all(bench: Bench, corpus: Corpus, questions: Sequence[KnownQuestion], show_failures: bool) -> None:
    assistant = open_assistant(corpus.release, corpus.encoder, bench.pack, bench.languages)
    # The citizen names no language: the assistant recognises it, and the report groups by the file's.
    asked = [(replace(question, language=""), question.language) for question in questions]
    given: dict[str, Answer] = {}

    async def answer(question: Question) -> Answer:
        given[question.text] = await assistant.answer(question)
        return given[question.text]

    report = await measure_answers(answer, corpus.release, asked, lambda _: None)
    for question, _ in asked if show_failures else ():
        found = judge(question, given[question.text], corpus.release)
        if found.answered != question.answerable or (question.answerable and not found.cited_gold):
            what = "declined" if not found.answered else "answered" if not question.answerable else "other passage"
            print(f"{question.question_id}: {what}", file=sys.stderr)
    groups = {name: asdict(figures) for name, figures in report.by_language.items()}
    print(json.dumps({"all": asdict(report.figures), "by_language": groups}, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="?", default="development", choices=SUITES, help="which questions to ask")
    suite = parser.parse_args().suite
    bench, questions = open_bench(), read_suite(suite)
    assert bench.pack is not None
    sources = load_sources(bench.pack.path("sources.yaml"))
    with TemporaryDirectory() as work:
        corpus = open_corpus(bench, sources, questions, load_ranking(), Path(work), with_everyday=True)
        asyncio.run(ask_all(bench, corpus, questions, show_failures=suite == "development"))


if __name__ == "__main__":
    main()
