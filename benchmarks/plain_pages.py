# SPDX-License-Identifier: Apache-2.0
"""Ask a country without a pack about the pages of its offices: invented pages in, what was cited and declined out.

    python benchmarks/plain_pages.py          # the questions for development
    python benchmarks/plain_pages.py kept     # those kept apart, of other pages; report every run, tune on none

Answers are quotations, as after a civil servant declared the pages and built a release. One JSON object is printed: by
language, of the questions that a page answers how many cite the words that answer and how many are declined, of the
others how many are declined. See `benchmarks/pages/README.md`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from citizens import open_bench
from new_pages import Row, known, letters

from daulat.assistant import Answer, Question, open_assistant
from daulat.evaluation import Bench, open_corpus
from daulat.knowledge.release import Release
from daulat.knowledge.search import load_ranking
from daulat.knowledge.sources import load_sources

PAGES = Path(__file__).with_name("pages")


def read_country(folder: Path, *, kept: bool) -> list[Row]:
    """Read one country's questions: those for development, or those kept apart."""
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["kept"] == kept]


def passages_that_answer(row: Row, release: Release) -> frozenset[str]:
    """Return the passages of a question's page that hold its words that answer."""
    if not row.get("quote"):
        return frozenset()
    held = (release.stored(number).passage for number in range(release.manifest.passages))
    of_page = [passage for passage in held if row["page"] in passage.passage_id]
    quote = letters(row["quote"])
    return frozenset(each.passage_id for each in of_page if quote in letters(each.text))


def found_in(row: Row, answer: Answer, gold: Collection[str]) -> Iterator[str]:
    """Say what an answer has of what its question asks for."""
    kind = "answerable" if row["answerable"] else "unanswerable"
    yield kind
    if not answer.answered:
        yield f"{kind} declined"
    elif any(citation.passage_id in gold for citation in answer.citations):
        yield "gold cited"


async def ask_country(bench: Bench, folder: Path, kept: bool, counts: Mapping[str, Counter[str]]) -> None:
    """Build the release of a country and ask; adds to the counts, by language."""
    rows = read_country(folder, kept=kept)
    with TemporaryDirectory() as work:
        sources = load_sources(folder / "sources.yaml")
        corpus = open_corpus(bench, sources, [known(row) for row in rows], load_ranking(), Path(work))
        languages = tuple(dict.fromkeys(row["lang"] for row in rows))
        assistant = open_assistant(corpus.release, corpus.encoder, None, (*languages, "en"))
        for row in rows:
            answer = await assistant.answer(Question(row["question"]))
            for group in ("all", row["lang"]):
                counts[group].update(found_in(row, answer, passages_that_answer(row, corpus.release)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("half", nargs="?", default="development", choices=("development", "kept"))
    half: str = parser.parse_args().half
    bench = replace(open_bench(), pack=None)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for folder in sorted(PAGES.glob("*/")):
        asyncio.run(ask_country(bench, folder, half == "kept", counts))
    told: dict[str, Any] = {group: dict(counted) for group, counted in counts.items()}
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
